//! What every page can do by itself: theme, keys, progress.

use leptos::prelude::*;

use crate::i18n::{t, tf};

/// Chooses between the system's theme, light and dark, and remembers it in the cookie `theme`, so that the server can
/// render the page in it.
#[island]
pub fn Theme(
    /// What the server rendered: `auto`, `light` or `dark`.
    current: String,
) -> impl IntoView {
    let theme = RwSignal::new(current);
    let ready = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<()>| {
        let now = theme.get();
        if before.is_some() {
            apply(&now);
        }
        ready.set(true);
    });
    let next = move || match theme.get().as_str() {
        "auto" => "light",
        "light" => "dark",
        _ => "auto",
    };
    let label = move || {
        let name = match theme.get().as_str() {
            "light" => t("ui.theme_light"),
            "dark" => t("ui.theme_dark"),
            _ => t("ui.theme_auto"),
        };
        tf("ui.theme", &[("name", &name)])
    };
    view! {
        <button
            class="pill icon"
            disabled=move || !ready.get()
            title=label
            aria-label=label
            data-theme-now=move || theme.get()
            on:click=move |_| theme.set(next().to_owned())
        >
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
                <path
                    fill="currentColor"
                    d=move || match theme.get().as_str() {
                        "light" => "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
                        "dark" => "M8 1.75a6.25 6.25 0 1 1 0 12.5 6.25 6.25 0 0 1 0-12.5z",
                        _ => "M8 1.75v12.5a6.25 6.25 0 0 0 0-12.5z",
                    }
                />
            </svg>
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn apply(theme: &str) {
    use wasm_bindgen::JsCast;

    let Some(document) = crate::client::browser::window().document() else { return };
    if let Some(root) = document.document_element() {
        // Setting an attribute of the root element cannot fail.
        let _ = root.set_attribute("data-theme", theme);
    }
    if let Ok(page) = document.dyn_into::<web_sys::HtmlDocument>() {
        let _ = page.set_cookie(&format!("theme={theme}; path=/; max-age=31536000; samesite=lax"));
    }
}

/// Previous and next by the arrow keys.
#[island]
pub fn Keys(
    /// Where the left arrow leads.
    previous: Option<String>,
    /// Where the right arrow leads.
    next: Option<String>,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            let target = match event.key().as_str() {
                "ArrowLeft" => &previous,
                "ArrowRight" => &next,
                _ => return,
            };
            let plain = !(event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key());
            if let (Some(target), true, true) = (target, plain, is_idle(&event)) {
                let _ = crate::client::browser::window().location().set_href(target);
            }
        });
        on_cleanup(move || handle.remove());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (previous, next);
}

/// Whether a key was pressed where it has no meaning of its own: not in a field, a picture, a scroller.
#[cfg(feature = "hydrate")]
pub fn is_idle(event: &web_sys::KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;

    let busy = "input, select, textarea, [contenteditable], [role=application], [data-keys], dialog, pre";
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    !event.default_prevented() && target.is_none_or(|element| element.closest(busy).ok().flatten().is_none())
}

/// Progress of some steps as a row of small bars, read from this browser's storage.
#[island]
pub fn Progress(
    /// The steps, as `lesson/step`.
    steps: Vec<String>,
    /// The one being read, if any.
    current: Option<String>,
) -> impl IntoView {
    let done = RwSignal::new(vec![false; steps.len()]);
    #[cfg(feature = "hydrate")]
    {
        use super::stage::{Memory, key};
        use crate::client::browser;
        let steps = steps.clone();
        Effect::new(move |_| {
            let kept = |step: &String| browser::recall(&key(step)).and_then(|text| serde_json::from_str(&text).ok());
            done.set(steps.iter().map(|step| kept(step).is_some_and(|memory: Memory| memory.done)).collect());
        });
    }
    let count = steps.len();
    let bars = steps
        .into_iter()
        .enumerate()
        .map(|(nth, step)| {
            let now = current.as_ref() == Some(&step);
            let state = move || match (done.with(|done| done.get(nth).copied().unwrap_or_default()), now) {
                (true, true) => "done now",
                (true, false) => "done",
                (false, true) => "now",
                (false, false) => "",
            };
            view! { <i class=state></i> }
        })
        .collect_view();
    let words = move || {
        let reached = done.with(|done| done.iter().filter(|done| **done).count());
        tf("ui.progress", &[("done", &reached.to_string()), ("all", &count.to_string())])
    };
    view! {
        <span class="steps" role="img" aria-label=words>{bars}</span>
    }
}
