//! The picture: what happened between a browser and a server, on one axis of true time.
//!
//! 1. [`fold`]: a log becomes a [`Scene`], whatever order its records arrive in.
//! 2. [`story`]: the scene, [`told`] exchange by exchange: what each witness saw, and what that means together.
//! 3. [`axis`] and [`layout`]: the story becomes [`Mark`]s at places on paper; time that says nothing is folded, visibly.
//!    Marks beside the arrows: [`unnoticed`], how long each end did not know that the network had died; [`countdown`], the
//!    time of beats and pings; [`network`], what waits halfway.
//! 4. [`draw`] and [`words`]: a mark becomes an SVG element, a label the reader's language.
//! 5. [`narrate`]: the same run in sentences.
//! 6. [`view`], [`moment`], [`details`], [`table`]: what a reader touches.
//!
//! Everything but the last line is pure: time is an argument, and there is no DOM.

mod arrows;
pub mod axis;
mod bands;
pub mod cause;
mod controls;
pub mod countdown;
pub mod details;
mod dom;
pub mod draw;
mod events;
pub mod facts;
pub mod fold;
mod frames;
mod heading;
mod inspector;
pub mod labels;
pub mod layout;
pub mod mark;
pub mod moment;
pub mod narrate;
pub mod network;
mod pairs;
pub mod quantity;
pub mod reel;
pub mod runs;
pub mod seats;
pub mod story;
mod streams;
pub mod table;
pub mod told;
pub mod unnoticed;
pub mod view;
pub mod words;

#[cfg(test)]
mod tests;

pub use fold::{ExchangeKey, Scene, fold};
pub use layout::{Layout, View, layout};
pub use mark::{Label, Mark};
pub use reel::Reel;
