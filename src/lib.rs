//! Lifeline: a course on how servers get news to browsers, in which every arrow really happened, and two witnesses saw it.
//!
//! # The reading guide
//!
//! One update travels from a feed to a picture. Read along its way:
//!
//! 1. [`wire`]: the vocabulary. How labs, connections, exchanges and clocks are named; what can be observed, by whom; the
//!    decoders that cut a stream of bytes into units. Start with the specification at its top.
//! 2. [`fault`]: what can be wrong with a network or a server, as a value and a verdict, one file each.
//! 3. `net`: the lab's listener. The tap wraps every accepted socket, asks the faults for a verdict on each unit, and
//!    writes down what passed.
//! 4. `push`: the feed, and the server's side of each technique, one file each. It knows one hook, not the faults.
//! 5. `room`: one task owns each lab: its log, its feed, its faults. Pages follow it over a control socket: a snapshot,
//!    then numbered deltas.
//!    `crowd` is the clients that a lab can call to see what many cost: a process of its own.
//!    [`class`]: a room full of readers as a log of events and its fold; `store` keeps the log.
//! 6. [`client`]: the browser's side. Each technique is a state machine over the browser's own API; clocks, outbox and
//!    backoff are pure.
//! 7. [`ledger`]: the log folded into figures, and the goals of lessons as conditions on them.
//!    [`notice`]: what a good colleague would point out about it.
//! 8. [`diagram`]: the log folded into a picture: fold, layout and narration are pure; the view shows a window of it.
//!    [`recording`]: a log as a file.
//! 9. [`lesson`]: lessons as files: reading, checking, rendering.
//! 10. [`ui`] and `app`: the islands of a page, and the pages round them.
//!
//! `main.rs` puts it together: configuration, state, serving, shutdown. Modules without a link exist on the server only.

// A view is one type, nested as deep as its elements: a page is deeper than the default allows.
#![recursion_limit = "512"]

#[cfg(feature = "ssr")]
pub mod app;
pub mod class;
pub mod client;
#[cfg(feature = "ssr")]
pub mod config;
#[cfg(feature = "ssr")]
pub mod crowd;
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
pub mod notice;
#[cfg(feature = "ssr")]
pub mod push;
pub mod recording;
#[cfg(feature = "ssr")]
pub mod room;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod telemetry;
pub mod ui;
pub mod wire;

/// Called by the page's script once the module is there; it then brings the islands to life one by one.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
