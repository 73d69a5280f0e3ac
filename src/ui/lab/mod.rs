//! The lab beside a lesson: controls, picture, ledger; and the small one of the home page.

mod asleep;
#[cfg(feature = "hydrate")]
mod classmate;
mod compare;
pub mod controls;
mod crowd;
#[cfg(feature = "hydrate")]
mod engine;
mod faults;
mod notices;
mod pad;
#[cfg(feature = "hydrate")]
pub mod panel;
pub mod parts;
#[cfg(feature = "hydrate")]
mod replay;
pub mod rig;

use leptos::prelude::*;

use self::{
    asleep::{Kind, asleep},
    rig::Rig,
};
use super::stage::{Play, Stage};
use crate::{
    diagram::{Scene, details::Details, layout::ZOOM, table::Table, view::Picture},
    i18n::t,
    wire::{Technique, packed::Packed},
};

/// The picture of an open connection goes on while nothing travels, if the keep-alive time is at most so long.
const SOON_MS: u32 = 15_000;

/// The lab of the step around it.
#[island]
pub fn Lab() -> impl IntoView {
    asleep(expect_context::<Stage>(), Kind::Whole)
}

/// The small lab of the home page: the visitor's own browser polling, with nothing to set. It runs while it is looked at,
/// for a minute.
#[island]
pub fn Glance(
    /// How its lab is made and how its client works.
    play: Packed<Play>,
) -> impl IntoView {
    asleep(Stage::new(play.0), Kind::Glance)
}

/// What is in the place of a lab. In the browser this and all below is in the lab's part of the program: see [`asleep`].
fn inside(rig: Rig, kind: Kind) -> AnyView {
    match kind {
        Kind::Whole => whole(rig).into_any(),
        Kind::Glance => glance(rig).into_any(),
    }
}

fn whole(rig: Rig) -> impl IntoView {
    let table = RwSignal::new(false);
    come_alive(rig);
    let picture = move || picture(rig, false);
    view! {
        <section class="lab" aria-label=t("lab.title") data-hydrated=move || rig.stage.ready.get().to_string()>
            {controls::bar(rig, table)}
            <div class="around">
                {rig
                    .moment
                    .is_none()
                    .then(|| {
                        view! { {faults::banner(rig)} {crowd::panel(rig)} {parts::board(rig)} {parts::standing(rig)} }
                    })}
            </div>
            <div class="stage" data-details=move || rig.selected.get().is_some().to_string()>
                <div class="view" id="lab-picture">
                    <Show when=move || table.get() fallback=picture>
                        <Table reel=rig.reel selected=rig.selected />
                    </Show>
                </div>
                <Details reel=rig.reel selected=rig.selected named=Signal::derive(move || !faults::is_secret(rig)) />
            </div>
            {pad::surfaces(rig)}
            {notices::list(rig)}
            {parts::strip(rig)}
        </section>
    }
}

fn glance(rig: Rig) -> impl IntoView {
    come_alive(rig);
    Effect::new(move |begun: Option<bool>| {
        let begun = begun.unwrap_or_default();
        if !begun && rig.usable() {
            rig.start_for_a_minute();
        }
        begun || rig.usable()
    });
    view! {
        <section class="glance" aria-label=t("lab.title")>
            {picture(rig, true)}
            <div class="under">
                {parts::standing(rig)}
                <button
                    class="pill"
                    disabled=move || !rig.usable()
                    hidden=move || rig.running.get()
                    on:click=move |_| rig.start_for_a_minute()
                >
                    {t("lab.glance_again")}
                </button>
            </div>
        </section>
    }
}

fn picture(rig: Rig, bare: bool) -> impl IntoView {
    let (technique, resources) =
        rig.stage.play.with_value(|play| (play.step.client.technique, play.step.client.resources));
    // A whole page takes less than a second; a race goes on for a minute.
    let scale = match technique {
        _ if rig.beside.with_untracked(|beside| !beside.is_empty()) => 0.5 * ZOOM,
        Technique::Request if resources > 0 => 4.0 * ZOOM,
        _ => ZOOM,
    };
    let now = Callback::new(move |()| rig.now());
    // An open connection is worth watching, if its end is not far.
    let open = Memo::new(move |_| {
        rig.reel.track();
        rig.state.with(|state| state.keep_alive_ms <= SOON_MS) && rig.reel.with(Scene::has_open)
    });
    let live = Signal::derive(move || rig.running.get() || open.get());
    view! {
        <Picture reel=rig.reel selected=rig.selected technique=technique live=live now=now port=rig.port bare=bare scale=scale moment=rig.moment />
    }
}

/// Connects, once the page is alive, and listens to what concerns the whole page.
fn come_alive(rig: Rig) {
    #[cfg(feature = "hydrate")]
    {
        use rig::Standing;

        use crate::{ui::page::is_idle, wire::control::Command};

        if rig.moment.is_some() {
            return replay::listen(rig);
        }
        panel::listen(rig);
        classmate::listen(rig);
        Effect::new(move |before: Option<()>| {
            if before.is_none() {
                rig.connect();
            }
        });
        // What the reader pressed before the lab was open is done when it is, and forgotten when it cannot be opened.
        Effect::new(move |_| {
            let live = match rig.standing.get() {
                Standing::Live => true,
                Standing::Away | Standing::Refused => false,
                Standing::Asleep | Standing::Connecting | Standing::Aligning => return,
            };
            rig.met.set(true);
            if rig.stage.pressed.get() && (!live || rig.may_run()) {
                rig.stage.pressed.set(false);
                if live {
                    rig.start();
                }
            }
        });
        Effect::new(move |_| {
            if let Some(key) = rig.selected.get() {
                rig.picked(key);
            }
        });
        let visibility = window_event_listener(leptos::ev::visibilitychange, move |_| rig.look());
        let keys = window_event_listener(leptos::ev::keydown, move |event| {
            let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
            if plain && is_idle(&event) && event.key().eq_ignore_ascii_case("p") && rig.running.get_untracked() {
                rig.command(Command::Publish);
            }
        });
        on_cleanup(move || {
            visibility.remove();
            keys.remove();
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = rig;
}
