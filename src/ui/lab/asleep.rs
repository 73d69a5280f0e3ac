//! The lab before it is needed: what the server rendered stands there, and the program that brings it to life comes when
//! the reader turns to it.
//!
//! Most of what a browser would have to download for a page is the lab's program: clients, picture, ledger. Who reads does
//! not need it. So it is a part of its own (`scripts/bundle/src/parts.rs`), and what is here is what every page has: it
//! notices that the lab is wanted, fetches the part, says so when that takes long, and says so when it fails. A press on
//! the button that runs is kept meanwhile.
//!
//! # How to make something else a part
//!
//! A function that only its callers await is cut off, with all that nobody else reaches:
//!
//! ```ignore
//! #[wasm_split(panel, fallible, wasm_split_path = ::leptos::wasm_split)]
//! fn open(place: web_sys::Element, rig: Rig) -> Result<(), SplitLoaderError> { … Ok(()) }
//! ```
//!
//! It becomes `async`; `open(place, rig).await` is an error when the part cannot be fetched, and the next call tries again.
//! Functions with the same name in front share a part. Leptos' own `#[lazy]` would stop the whole page in that case. What
//! belongs to the lab is in the lab's part already, and needs nothing of this.

use leptos::{ev, html, prelude::*};

use super::rig::Rig;
use crate::{i18n::t, ui::stage::Stage};

/// Which lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The one beside a lesson.
    Whole,
    /// The small one of the home page.
    Glance,
}

/// Where the lab's program is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "on the server it never leaves"))]
enum Program {
    /// With the server: nobody has asked for it.
    #[default]
    Away,
    /// On its way.
    Coming,
    /// On its way for so long that the reader is told.
    Late,
    /// Here: the lab is alive.
    Here,
    /// It could not be fetched.
    Lost,
}

/// How long the program may be on its way before the reader is told, in milliseconds. Sooner, the words would only flicker.
#[cfg(feature = "hydrate")]
const SOON_MS: u64 = 400;

/// The place of a lab, as the server renders it, and what wakes it.
pub fn asleep(stage: Stage, kind: Kind) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let program = RwSignal::new(Program::default());
    #[cfg(feature = "hydrate")]
    browser::watch(stage, kind, place, program);
    // The browser takes it from the page.
    #[cfg(not(feature = "hydrate"))]
    let inside = super::inside(Rig::new(stage), kind).to_html();
    #[cfg(feature = "hydrate")]
    let inside = "";

    // A pointer that passes by asks once; after a failure it takes a will.
    let pass = move || {
        if program.get_untracked() == Program::Away {
            stage.wanted.set(true);
        }
    };
    let press = move |event: &ev::MouseEvent| {
        stage.wanted.set(true);
        if program.get_untracked() != Program::Here && is_run(event) {
            stage.pressed.set(true);
        }
    };
    let words = move || match program.get() {
        Program::Late => t("lab.coming"),
        Program::Lost => t("lab.lost"),
        _ => String::new(),
    };
    let state = move || if program.get() == Program::Lost { "refused" } else { "coming" };
    view! {
        <div class="standing" data-standing=state data-quiet=move || words().is_empty().to_string()>
            <p role="status">{words}</p>
            <button
                class="pill"
                id="lab-again"
                hidden=move || program.get() != Program::Lost
                on:click=move |_| stage.wanted.set(true)
            >
                {t("lab.again")}
            </button>
        </div>
        <div
            class="lab-place"
            node_ref=place
            on:pointerover=move |_| pass()
            on:focusin=move |_| pass()
            on:click=move |event| press(&event)
            inner_html=inside
        ></div>
    }
}

/// Whether somebody pressed the button that runs.
fn is_run(event: &ev::MouseEvent) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::within(event, "button.run").is_some();
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{
        tachys::view::{Position, RenderHtml},
        task::spawn_local,
        wasm_split::{SplitLoaderError, wasm_split},
    };
    use std::time::Duration;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlInputElement};

    use super::*;
    use crate::lesson::manifest::OUTSIDE;

    /// Fetches the program when the lab is wanted; until then the lab looks as the page knows it.
    pub fn watch(stage: Stage, kind: Kind, place: NodeRef<html::Div>, program: RwSignal<Program>) {
        let owner = Owner::current().unwrap_or_default();
        let replays = stage.play.with_value(|play| play.step.is_replay());
        if !replays {
            stage.remember();
        }
        // Outside a lesson, the lab is what the page is for.
        if stage.play.with_value(|play| play.lesson == OUTSIDE) {
            stage.wanted.set(true);
        }
        Effect::new(move |_| {
            let (Some(place), false) = (place.get(), program.get() == Program::Here) else { return };
            let (alive, must_predict) = (stage.ready.get(), stage.must_predict());
            Look { alive, may_press: alive && !must_predict, must_predict }.show(&place);
        });
        Effect::new(move |_| {
            let idle = matches!(program.get_untracked(), Program::Away | Program::Lost);
            if let (true, true, Some(place)) = (stage.wanted.get(), idle, place.get()) {
                stage.wanted.set(false);
                fetch(place.unchecked_into(), stage, kind, owner.clone(), program);
            }
        });
        let links = window_event_listener(ev::click, move |event| {
            if within(&event, ".flash").is_some() {
                stage.wanted.set(true);
                show_lab();
            }
        });
        on_cleanup(move || links.remove());
    }

    fn fetch(place: Element, stage: Stage, kind: Kind, owner: Owner, program: RwSignal<Program>) {
        program.set(Program::Coming);
        set_timeout(
            move || {
                if program.try_get_untracked() == Some(Program::Coming) {
                    program.set(Program::Late);
                }
            },
            Duration::from_millis(SOON_MS),
        );
        spawn_local(async move {
            program.set(match wake(place, stage, kind, owner).await {
                Ok(()) => Program::Here,
                Err(_) => {
                    stage.pressed.set(false);
                    Program::Lost
                }
            });
        });
    }

    /// Brings to life what the server rendered: it must be as that left it.
    #[wasm_split(lab, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn wake(place: Element, stage: Stage, kind: Kind, owner: Owner) -> Result<(), SplitLoaderError> {
        owner.with(|| {
            // The lab begins with what the server knew, which is nothing, and learns the rest then.
            let own = Stage { memory: RwSignal::default(), ready: RwSignal::new(false), ..stage };
            Look { alive: false, may_press: false, must_predict: untrack(|| own.must_predict()) }.show(&place);
            let state = Owner::with_hydration(move || {
                let rig = Rig::new(own);
                super::super::inside(rig, kind).hydrate_from_position::<true>(&place, Position::FirstChild)
            });
            // It stays as long as the page.
            std::mem::forget(state);
            let learn = move || {
                own.memory.set(stage.memory.get());
                own.ready.set(stage.ready.get());
            };
            if !stage.play.with_value(|play| play.step.is_replay()) {
                untrack(learn);
                Effect::new(move |_| learn());
            }
        });
        Ok(())
    }

    /// What of a lab is the page's as long as it sleeps.
    struct Look {
        /// Whether the page is alive.
        alive: bool,
        /// Whether the button that runs may be pressed.
        may_press: bool,
        /// Whether it is said that the prediction comes first.
        must_predict: bool,
    }

    impl Look {
        fn show(&self, place: &Element) {
            let find = |selector| place.query_selector(selector).ok().flatten();
            // All these names and values are valid: nothing can fail.
            if let Some(lab) = find("section.lab") {
                let _ = lab.set_attribute("data-hydrated", &self.alive.to_string());
            }
            if let Some(run) = find("button.run") {
                let _ = run.toggle_attribute_with_force("disabled", !self.may_press);
            }
            if let Some(standing) = find(".standing") {
                let _ = standing.set_attribute("data-quiet", &(!self.must_predict).to_string());
            }
        }
    }

    /// The element round what an event happened to that this selector finds.
    pub fn within(event: &ev::MouseEvent, selector: &str) -> Option<Element> {
        event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
    }

    /// On a narrow screen a link to a control has to bring its half into sight first.
    fn show_lab() {
        let pane = crate::client::browser::window().document().and_then(|page| page.get_element_by_id("pane-lab"));
        if let Some(pane) = pane.and_then(|pane| pane.dyn_into::<HtmlInputElement>().ok()) {
            pane.set_checked(true);
        }
    }
}
