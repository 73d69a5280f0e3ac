//! Lifeline: a course on how servers get news to browsers, in which every arrow really happened.
//!
//! # The reading guide
//!
//! 1. [`wire`]: the vocabulary. What can be observed, by whom, and the decoders that cut bytes into units.

// A view is one type, nested as deep as its elements: a page is deeper than the default allows.
#![recursion_limit = "512"]

#[cfg(feature = "ssr")]
pub mod app;
pub mod client;
#[cfg(feature = "ssr")]
pub mod config;
pub mod diagram;
#[cfg(feature = "ssr")]
pub mod error;
pub mod fault;
#[cfg(feature = "ssr")]
pub mod hosts;
pub mod i18n;
pub mod ledger;
pub mod lesson;
#[cfg(feature = "ssr")]
pub mod net;
#[cfg(feature = "ssr")]
pub mod push;
#[cfg(feature = "ssr")]
pub mod room;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod telemetry;
pub mod ui;
pub mod wire;
