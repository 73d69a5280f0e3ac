//! What every page can do by itself: theme, keys, progress.

use leptos::prelude::*;

/// Chooses between the system's theme, light and dark, and remembers it.
#[island]
pub fn Theme() -> impl IntoView {
    view! { <button class="pill" disabled></button> }
}

/// Previous and next by the arrow keys.
#[island]
pub fn Keys(
    /// Where the left arrow leads.
    previous: Option<String>,
    /// Where the right arrow leads.
    next: Option<String>,
) -> impl IntoView {
    let _ = (previous, next);
}

/// Progress of some steps as a row of small bars, read from this browser's storage.
#[island]
pub fn Progress(
    /// The steps, as `lesson/step`.
    steps: Vec<String>,
    /// The one being read, if any.
    current: Option<String>,
) -> impl IntoView {
    let _ = (steps, current);
    view! { <span class="progress"></span> }
}
