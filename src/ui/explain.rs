//! The explanation, which opens when the goal is met, and the goal with its hints.

use leptos::prelude::*;

/// The explanation: prediction and measurement side by side, then why.
#[island]
pub fn Explain(
    /// The words, rendered by the server.
    children: Children,
) -> impl IntoView {
    view! { <section class="explain">{children()}</section> }
}

/// What is to be done, how far it is, and hints one after the other.
#[island]
pub fn Goal(
    /// Each hint as HTML, from gentle to plain.
    hints: Vec<String>,
    /// The task, rendered by the server.
    children: Children,
) -> impl IntoView {
    let _ = hints;
    view! { <section class="goal">{children()}</section> }
}
