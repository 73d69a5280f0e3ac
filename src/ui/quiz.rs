//! Retrieval questions at a lesson's end.

use leptos::prelude::*;

use super::stage::Choosable;

/// One question: answers lock, and the explanation follows.
#[island]
pub fn Quiz(
    /// The lesson and question, for progress: `short-polling/q1`.
    name: String,
    /// The options, in order.
    options: Vec<Choosable>,
    /// The right option's name.
    right: String,
    /// The explanation as HTML.
    why: String,
    /// The question, rendered by the server.
    children: Children,
) -> impl IntoView {
    let _ = (name, options, right, why);
    view! { <section class="quiz">{children()}</section> }
}
