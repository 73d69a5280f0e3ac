//! The island that holds a step together.

use leptos::prelude::*;

use super::stage::{Play, Stage};
use crate::wire::packed::Packed;

/// Everything of a step that is alive: gives its children one [`Stage`].
#[island]
pub fn Step(
    /// What the manifest says of it.
    play: Packed<Play>,
    /// The prose, with the other islands in their places.
    children: Children,
) -> impl IntoView {
    provide_context(Stage::new(play.0));
    children()
}
