//! Maximum request time: an intermediary that grants each request so much time, and no more.
//!
//! *On the bytes:* a connection whose latest request has not been answered to its end so long after its head came ends (FIN to both sides); what
//! waits on it is lost. If nothing of the answer has passed yet, the client gets 504 (RFC 9110 §15.6.5) from the intermediary first, which
//! travels like any answer. What follows an upgrade counts as one long answer, as it does for those who sell such intermediaries. A
//! connection that is kept alive between two requests is left alone.
//!
//! *It must show:* an event stream that begins anew time and again, while a long poll that is answered in time does not notice.

use super::within;
#[cfg(feature = "ssr")]
use super::{
    FaultId,
    chain::{Fate, Life},
};
#[cfg(feature = "ssr")]
use crate::wire::{Close, Micros};

/// Checks the parameter.
pub(super) fn check(after_ms: u32) -> Result<(), String> {
    within("after_ms", after_ms, 100, 120_000)
}

/// What the client gets, unless an answer has begun. Real intermediaries often forget to say who may read it, and then a script of
/// another origin learns only that something failed; this one says it, so that the picture has its status.
#[cfg(feature = "ssr")]
pub const TIMEOUT: &str =
    "HTTP/1.1 504 Gateway Timeout\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// When a connection ends: not as long as no request is open on it.
#[cfg(feature = "ssr")]
pub(super) fn fate(by: FaultId, after_ms: u32, life: Life) -> Option<Fate> {
    let fate = Fate { at: life.asked + Micros::from(after_ms) * 1000, by, how: Some(Close::Fin), told: true };
    life.open.then_some(fate)
}
