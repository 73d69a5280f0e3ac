//! The class's part of the program, for readers: what is in it is fetched into a place of the page, and asked for again until it
//! comes. Without it, the page is as it would be alone.

use std::time::Duration;

use leptos::{
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{bar, join};
use crate::i18n::Locale;

/// How long to wait before the part is asked for again.
const AGAIN: Duration = Duration::from_secs(3);

/// What is to stand in a place.
#[derive(Clone)]
pub enum What {
    /// The bar of a tab that belongs to a class.
    Bar(bar::Tab),
    /// The form with which somebody joins the class of this code.
    Join {
        /// The code.
        code: String,
        /// The page's language.
        locale: Locale,
    },
}

/// Fetches the part once the page is alive, if there is something to stand in the place.
pub fn fill(place: NodeRef<html::Div>, what: impl Fn() -> Option<What> + 'static) {
    let owner = Owner::current().unwrap_or_default();
    Effect::new(move |begun: Option<bool>| {
        if let (Some(place), None | Some(false)) = (place.get(), begun) {
            what().into_iter().for_each(|what| fetch(place.clone().into(), what, owner.clone()));
            return true;
        }
        begun.unwrap_or_default()
    });
}

fn fetch(place: Element, what: What, owner: Owner) {
    spawn_local(async move {
        if open(place.clone(), what.clone(), owner.clone()).await.is_err() {
            set_timeout(move || fetch(place, what, owner), AGAIN);
        }
    });
}

#[wasm_split(class, fallible, wasm_split_path = ::leptos::wasm_split)]
fn open(place: Element, what: What, owner: Owner) -> Result<(), SplitLoaderError> {
    let place: HtmlElement = place.unchecked_into();
    let view = move || match what {
        What::Bar(tab) => bar::view(tab),
        What::Join { code, locale } => join::view(code, locale),
    };
    owner.with(|| leptos::mount::mount_to(place, view).forget());
    Ok(())
}
