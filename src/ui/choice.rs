//! A question with options that lock: the prediction before a run, the reason after it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::stage::Choosable;

/// Which of a step's two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// Before the run; "not sure" is offered too.
    Prediction,
    /// After the run; says at once whether it is right.
    Reason,
}

/// A question of a step.
#[island]
pub fn Choice(
    /// Which of the two.
    which: Which,
    /// The options, in order.
    options: Vec<Choosable>,
    /// The question, rendered by the server.
    children: Children,
) -> impl IntoView {
    let _ = (which, options);
    view! { <section class="choice">{children()}</section> }
}
