//! Joining a class: a check of this device, a name if one likes, and one press.

use leptos::{html, prelude::*};

use crate::i18n::Locale;

/// The form, in a part of the program of its own.
#[island]
pub fn Join(
    /// The class's code.
    code: String,
    /// The page's language.
    locale: Locale,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    #[cfg(feature = "hydrate")]
    super::part::fill(place, move || Some(super::part::What::Join { code: code.clone(), locale }));
    #[cfg(not(feature = "hydrate"))]
    let _ = (code, locale);
    view! { <div class="join-place" node_ref=place></div> }
}

#[cfg(feature = "hydrate")]
pub use browser::view;

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::task::spawn_local;
    use web_sys::RequestCache;

    use super::*;
    use crate::{
        client::browser::{self, Asked},
        i18n::{t, tf},
        ui::class::{
            member::MEMBER,
            reach::{Reach, try_all},
        },
    };

    /// The most people of one device that are remembered for a class.
    const PEOPLE: usize = 4;

    /// Where this device keeps who joined a class on it: one line for each, the token and the name.
    fn people(code: &str) -> Vec<(String, String)> {
        let kept = browser::recall(&key(code)).unwrap_or_default();
        let person = |line: &str| line.split_once(' ').map(|(token, name)| (token.to_owned(), name.to_owned()));
        kept.lines().filter_map(person).collect()
    }

    fn key(code: &str) -> String {
        ["lifeline/class/", code].concat()
    }

    fn note(code: &str, token: &str, name: &str) {
        let mut all = people(code);
        all.retain(|(other, _)| other != token);
        all.push((token.to_owned(), name.to_owned()));
        let first = all.len().saturating_sub(PEOPLE);
        let lines: Vec<String> = all[first..].iter().map(|(token, name)| [token, " ", name].concat()).collect();
        browser::keep(&key(code), &lines.join("\n"));
    }

    /// From here on this tab is this reader's; the bar on the next page leads to where the class is.
    fn enter(code: &str, token: &str, locale: Locale) {
        browser::keep_in_tab(MEMBER, &[code, " ", token].concat());
        browser::forget_in_tab("lifeline/class-place");
        browser::go(&["/", locale.prefix(), "/join/", code, "/room"].concat());
    }

    /// The server's answer to somebody who joined.
    #[derive(serde::Deserialize)]
    struct Joined {
        reader: u32,
        token: String,
    }

    async fn join(code: &str, name: &str) -> Result<Joined, String> {
        let json = serde_json::to_string(&serde_json::json!({ "nickname": name })).unwrap_or_default();
        let url = ["/api/classes/", code, "/readers"].concat();
        let cache = RequestCache::NoStore;
        let (method, json) = ("POST", Some(json.as_str()));
        let asked = Asked { method, url: &url, cache, accept: None, json, bytes: None, bearer: None, signal: None };
        match browser::fetch(asked).await {
            Ok((200 | 201, body)) => serde_json::from_str(&body).map_err(|error| error.to_string()),
            Ok((404, _)) => Err(t("member.no_class")),
            Ok((410, _)) => Err(t("member.closed")),
            Ok((_, why)) => Err(tf("member.refused", &[("why", why.trim())])),
            Err(_) => Err(t("member.unreachable")),
        }
    }

    /// The form.
    pub fn view(code: String, locale: Locale) -> AnyView {
        let name = RwSignal::new(String::new());
        let (busy, why) = (RwSignal::new(false), RwSignal::new(String::new()));
        let reach = RwSignal::new(Reach::default());
        spawn_local(try_all(move |now| reach.set(now)));

        let go = {
            let code = code.clone();
            move || {
                if busy.get_untracked() {
                    return;
                }
                busy.set(true);
                why.set(String::new());
                let code = code.clone();
                spawn_local(async move {
                    let typed = name.get_untracked();
                    match join(&code, &typed).await {
                        Ok(Joined { reader, token }) => {
                            let called = match typed.trim() {
                                "" => tf("member.reader", &[("no", &reader.to_string())]),
                                typed => typed.to_owned(),
                            };
                            note(&code, &token, &called);
                            enter(&code, &token, locale);
                        }
                        Err(refused) => {
                            why.set(refused);
                            busy.set(false);
                        }
                    }
                });
            }
        };
        let known: Vec<_> = people(&code)
            .into_iter()
            .map(|(token, called)| {
                let (code, words) = (code.clone(), tf("member.go_on", &[("name", &called)]));
                view! { <button type="button" class="button" on:click=move |_| enter(&code, &token, locale)>{words}</button> }
            })
            .collect();
        let returning = (!known.is_empty()).then(|| view! { <p class="calls known">{known}</p> });
        let row = move |key: &'static str, look: fn(&Reach) -> Option<bool>| {
            let found = move || reach.with(look);
            let state = move || match found() {
                None => "waiting",
                Some(true) => "good",
                Some(false) => "bad",
            };
            let said = move || match found() {
                None => t("member.checking"),
                Some(true) => t("member.works"),
                Some(false) => t(&[key, "_bad"].concat()),
            };
            view! { <li data-reach=state><b>{t(key)}</b> " " <span>{said}</span></li> }
        };
        view! {
            {returning}
            <form
                on:submit=move |event| {
                    event.prevent_default();
                    go();
                }
            >
                <label for="join-name">{t("member.name")}</label>
                <input id="join-name" maxlength="24" autocomplete="nickname" bind:value=name />
                <button class="button go" disabled=move || busy.get()>{t("member.join")}</button>
            </form>
            <p role="alert" class="why">{why}</p>
            <ul class="reach" aria-label=t("member.check")>
                {row("member.site", |reach| reach.site)} {row("member.port", |reach| reach.port)}
                {row("member.socket", |reach| reach.socket)}
            </ul>
        }
        .into_any()
    }
}
