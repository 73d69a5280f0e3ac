//! The lab beside a lesson: controls, picture, ledger.

use leptos::prelude::*;

/// The lab of the step around it.
#[island]
pub fn Lab() -> impl IntoView {
    view! { <section class="lab"></section> }
}

/// The small lab of the home page: the visitor's own browser polling, with nothing to set.
#[island]
pub fn Glance() -> impl IntoView {
    view! { <section class="glance"></section> }
}
