//! The lab beside a lesson: controls, picture, ledger; and the small one of the home page.

pub mod controls;
#[cfg(feature = "hydrate")]
mod engine;
pub mod parts;
pub mod rig;

use leptos::prelude::*;

use self::rig::{Rig, Standing};
use super::stage::{Play, Stage};
use crate::{
    diagram::{Reel, details::Details, table::Table, view::Picture},
    i18n::t,
};

/// The lab of the step around it.
#[island]
pub fn Lab() -> impl IntoView {
    let rig = Rig::new(expect_context::<Stage>());
    let reel = Reel::new();
    let table = RwSignal::new(false);
    come_alive(rig, reel);
    view! {
        <section class="lab" aria-label=t("lab.title") data-hydrated=move || rig.stage.ready.get().to_string()>
            {controls::bar(rig)}
            <div class="around">{parts::banner(rig)} {parts::board(rig)} {parts::standing(rig)}</div>
            <div class="stage" data-details=move || reel.selected.get().is_some().to_string()>
                <div class="sheet" id="lab-picture">
                    <Show when=move || table.get() fallback=move || view! { <Picture reel=reel running=rig.running /> }>
                        <Table reel=reel />
                    </Show>
                </div>
                <Details reel=reel />
            </div>
            {parts::strip(rig)}
            <button
                class="pill swap"
                aria-pressed=move || table.get().to_string()
                on:click=move |_| table.update(|table| *table = !*table)
            >
                {move || if table.get() { t("lab.picture") } else { t("lab.table") }}
            </button>
        </section>
    }
}

/// The small lab of the home page: the visitor's own browser polling, with nothing to set.
#[island]
pub fn Glance(
    /// How its lab is made and its client works.
    play: Play,
) -> impl IntoView {
    let rig = Rig::new(Stage::new(play));
    let reel = Reel::new();
    come_alive(rig, reel);
    view! {
        <section class="glance" aria-label=t("lab.title")>
            <Picture reel=reel running=rig.running />
        </section>
    }
}

/// Connects, once the page is alive, and listens to what concerns the whole page.
fn come_alive(rig: Rig, reel: Reel) {
    #[cfg(feature = "hydrate")]
    {
        use crate::ui::page::is_idle;

        Effect::new(move |before: Option<()>| {
            if before.is_none() {
                rig.connect(reel);
            }
        });
        Effect::new(move |_| {
            if let Some(key) = reel.selected.get() {
                rig.picked(key);
            }
        });
        let visibility = window_event_listener(leptos::ev::visibilitychange, move |_| rig.hidden(is_hidden()));
        let keys = window_event_listener(leptos::ev::keydown, move |event| {
            let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
            if plain && is_idle(&event) && event.key().eq_ignore_ascii_case("p") && rig.running.get_untracked() {
                rig.command(crate::wire::control::Command::Publish);
            }
        });
        on_cleanup(move || {
            visibility.remove();
            keys.remove();
        });
    }
    let _ = (rig, reel, Standing::Live);
}
