//! The bar of a reader who belongs to a class: where the class is, whether one goes along, and a word to the front.
//!
//! Every page has its place, and the few lines that see whether this tab belongs to a class. The bar itself is in the class's
//! part of the program.

use leptos::{html, prelude::*};

use crate::i18n::Locale;

/// The place of the bar, which is empty where there is no class.
#[island]
pub fn ClassBar(
    /// What the class would call this page: `lesson/step`, `quiz/before`, or nothing.
    here: String,
    /// The page's language.
    locale: Locale,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    #[cfg(feature = "hydrate")]
    super::part::fill(place, move || {
        let kept = crate::client::browser::recall_in_tab(super::member::MEMBER)?;
        let (code, token) = kept.split_once(' ')?;
        Some(super::part::What::Bar(Tab { code: code.into(), token: token.into(), here: here.clone(), locale }))
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (here, locale);
    view! { <div class="class-place" node_ref=place></div> }
}

#[cfg(feature = "hydrate")]
pub use browser::{Tab, view};

#[cfg(feature = "hydrate")]
mod browser {
    use super::*;
    use crate::{
        class::{
            event::Signal,
            order::{Face, Steering, Wish},
            view::Own,
        },
        client::browser,
        i18n::{t, tf},
        ui::class::{
            link::{Heard, Link, Standing},
            member::{MEMBER, Member},
            way::{Way, place as place_of, way},
        },
    };

    /// What a tab knows of its class.
    #[derive(Clone)]
    pub struct Tab {
        /// The class's code.
        pub code: String,
        /// The reader's token.
        pub token: String,
        /// What the class would call the page.
        pub here: String,
        /// The page's language, which the reader keeps.
        pub locale: Locale,
    }

    /// Where a tab keeps the place that it was last at together with its class.
    const LAST: &str = "lifeline/class-place";

    /// The page of a place of the class, in this language.
    pub fn page(place: &str, code: &str, locale: Locale) -> String {
        let prefix = locale.prefix();
        match place.strip_prefix("quiz/") {
            Some(which) => format!("/{prefix}/join/{code}/quiz/{which}"),
            None => format!("/{prefix}/lessons/{place}"),
        }
    }

    /// The bar.
    pub fn view(tab: Tab) -> AnyView {
        let member = Member::here();
        let (own, standing) = (member.own.clone(), RwSignal::new(Standing::default()));
        let hear = {
            let own = own.clone();
            move |heard| match heard {
                Heard::Own(view) => own.set(Some(*view)),
                Heard::Standing(now) => {
                    standing.set(now);
                    if now == Standing::Gone {
                        browser::forget_in_tab(MEMBER);
                        own.set(None);
                    }
                }
                Heard::Refused(_, why) => leptos::logging::warn!("the class refused: {why:?}"),
                Heard::Desk(_) | Heard::Wall(_) | Heard::Done(_) => {}
            }
        };
        let link = StoredValue::new_local(Link::open(&tab.code, Face::Reader, tab.token.clone(), hear));
        let wish = move |wish| _ = link.try_with_value(|link| link.wish(wish));
        Effect::new(move |_| member.take().into_iter().for_each(wish));
        walk(&tab, own.clone(), wish);

        let see = {
            let own = own.clone();
            move |look: fn(&Own) -> bool| own.with(|own| own.as_ref().is_some_and(look))
        };
        let known = {
            let see = see.clone();
            move || see(|_| true)
        };
        let name = {
            let own = own.clone();
            move || {
                own.with(|own| {
                    own.as_ref().map(|own| match &own.name {
                        Some(name) => name.clone(),
                        None => tf("member.reader", &[("no", &own.no.to_string())]),
                    })
                })
            }
        };
        let (here, code, locale) = (tab.here.clone(), tab.code.clone(), tab.locale);
        let apart = {
            let own = own.clone();
            Memo::new(move |_| {
                own.with(|own| {
                    let own = own.as_ref()?;
                    let class = place_of(&own.common);
                    let apart = !class.is_empty() && class != here;
                    apart.then(|| (class.to_owned(), page(class, &code, locale)))
                })
            })
        };
        let words = {
            let see = see.clone();
            move || match standing.get() {
                Standing::Gone => t("member.gone"),
                Standing::Away => t("member.away"),
                Standing::Connecting => t("member.connecting"),
                Standing::Live if see(|own| own.common.closed) => t("member.closed"),
                Standing::Live if apart.with(Option::is_some) => t("member.apart"),
                Standing::Live if see(|own| place_of(&own.common).is_empty()) => t("member.waiting"),
                Standing::Live => t("member.together"),
            }
        };
        let says = |signal: Signal, key: &'static str| {
            let own = own.clone();
            let said = move || own.with(|own| own.as_ref().is_some_and(|own| own.signal == signal));
            let pressed = {
                let said = said.clone();
                move || said().to_string()
            };
            view! {
                <button
                    class="pill"
                    data-signal=key
                    aria-pressed=pressed
                    on:click=move |_| {
                        let signal = if untrack(&said) { Signal::None } else { signal };
                        wish(Wish::Signal { signal });
                    }
                >
                    {t(key)}
                </button>
            }
        };
        let signals = (says(Signal::Done, "member.done"), says(Signal::Stuck, "member.stuck"));
        let eyes = Memo::new(move |_| see(|own| own.common.steering.1 == Steering::Eyes));
        let state = move || standing.get().name();
        let back = move || {
            apart.get().map(|(class, href)| {
                let go = href.clone();
                let come = move |event: leptos::ev::MouseEvent| {
                    event.prevent_default();
                    browser::keep_in_tab(LAST, &class);
                    wish(Wish::At { step: class.clone(), follows: true });
                    browser::go(&go);
                };
                view! { <a class="pill back" href=href on:click=come>{t("member.back")}</a> }
            })
        };
        let code = spaced(&tab.code);
        view! {
            <aside class="class-bar" aria-label=t("member.title") data-standing=state>
                <p class="who">
                    <i class="dot" aria-hidden="true"></i>
                    <b>{tf("member.class", &[("code", &code)])}</b>
                    <span>{name}</span>
                </p>
                <p class="how" role="status">{words}</p>
                <p class="says" hidden=move || !known()>
                    {back} {signals}
                </p>
            </aside>
            <p class="class-eyes" role="status" hidden=move || !eyes.get()>
                {move || eyes.get().then(|| t("member.eyes"))}
            </p>
        }
        .into_any()
    }

    /// Goes along with the class, or notes that the reader does not.
    fn walk(tab: &Tab, own: ArcRwSignal<Option<Own>>, wish: impl Fn(Wish) + Copy + 'static) {
        let (here, code, locale) = (tab.here.clone(), tab.code.clone(), tab.locale);
        Effect::new(move |told: Option<bool>| {
            let Some((class, follows)) =
                own.with(|own| own.as_ref().map(|own| (place_of(&own.common).to_owned(), own.follows)))
            else {
                return told.unwrap_or_default();
            };
            let last = browser::recall_in_tab(LAST).unwrap_or_default();
            match way(&class, &here, follows, &last) {
                Way::Go => {
                    browser::keep_in_tab(LAST, &class);
                    browser::go(&page(&class, &code, locale));
                }
                Way::Here => {
                    browser::keep_in_tab(LAST, &class);
                    wish(Wish::At { step: here.clone(), follows: true });
                }
                Way::Leaves => wish(Wish::At { step: here.clone(), follows: false }),
                Way::Apart if told != Some(true) => wish(Wish::At { step: here.clone(), follows: false }),
                Way::Nowhere | Way::Aside | Way::Apart => {}
            }
            true
        });
    }

    /// A code as it is shown to people.
    fn spaced(code: &str) -> String {
        crate::class::Code::parse(code).map_or_else(String::new, |code| code.spaced())
    }
}
