//! Lifeline: a course on how servers get news to browsers, in which every arrow really happened.
//!
//! # The reading guide
//!
//! 1. [`wire`]: the vocabulary. What can be observed, by whom, and the decoders that cut bytes into units.

pub mod diagram;
pub mod fault;
pub mod i18n;
pub mod ledger;
pub mod lesson;
#[cfg(feature = "ssr")]
pub mod net;
pub mod ui;
pub mod wire;
