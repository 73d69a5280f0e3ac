//! The island of the instructor's pages and of the wall: it fetches the part of the program that is the face, and says so when that fails.
//!
//! The server renders a place and a word; everything else is made in the browser, since only the class's socket knows what there is
//! to be shown.

use leptos::{html, prelude::*};

use crate::i18n::t;

/// How far the face's program is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Program {
    /// On its way.
    #[default]
    Coming,
    /// Here: the face is alive.
    Here,
    /// It could not be fetched.
    Lost,
}

/// A face of a class.
#[island]
pub fn Face(
    /// A packed [`Setup`](super::setup::Setup), as JSON.
    setup: String,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let program = RwSignal::new(Program::default());
    #[cfg(feature = "hydrate")]
    let fetch = browser::fetcher(setup, place, program);
    #[cfg(not(feature = "hydrate"))]
    let fetch = move || drop(setup.clone());
    #[cfg(feature = "hydrate")]
    Effect::new({
        let fetch = fetch.clone();
        move |before: Option<()>| {
            if before.is_none() {
                fetch();
            }
        }
    });
    view! {
        <div class="face-state" hidden=move || program.get() == Program::Here>
            <p role="status">{move || t(if program.get() == Program::Lost { "class.lost" } else { "class.coming" })}</p>
            <button class="pill" hidden=move || program.get() != Program::Lost on:click=move |_| fetch()>
                {t("class.again")}
            </button>
        </div>
        <div class="face" node_ref=place></div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{
        mount::mount_to,
        task::spawn_local,
        wasm_split::{SplitLoaderError, wasm_split},
    };
    use wasm_bindgen::JsCast;
    use web_sys::Element;

    use super::*;
    use crate::{
        ui::class::{
            desk, open, remote, report,
            room::Room,
            setup::{Setup, Which},
            wall,
        },
        wire::packed::Packed,
    };

    pub fn fetcher(
        setup: String,
        place: NodeRef<html::Div>,
        program: RwSignal<Program>,
    ) -> impl Fn() + Clone + 'static {
        let owner = Owner::current().unwrap_or_default();
        move || {
            let Some(place) = place.get_untracked() else { return };
            let (setup, owner) = (setup.clone(), owner.clone());
            program.set(Program::Coming);
            spawn_local(async move {
                let woken = wake(place.unchecked_into(), setup, owner).await;
                program.set(if woken.is_ok() { Program::Here } else { Program::Lost });
            });
        }
    }

    /// Makes the face and puts it into its place, where it stays as long as the page.
    #[wasm_split(desk, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn wake(place: Element, setup: String, owner: Owner) -> Result<(), SplitLoaderError> {
        let Ok(Packed(setup)) = serde_json::from_str::<Packed<Setup>>(&setup) else { return Ok(()) };
        let which = setup.which;
        let face = move || {
            let room = Room::new(setup);
            match which {
                Which::Open => open::view(room),
                Which::Desk => desk::view(room),
                Which::Remote => remote::view(room),
                Which::Wall => wall::view(room),
                Which::Report => report::view(room),
            }
        };
        _ = place.set_attribute("data-hydrated", "true");
        owner.with(|| mount_to(place.unchecked_into(), face).forget());
        Ok(())
    }
}
