//! Restart: the server goes down in order and comes back, as one lab sees it.
//!
//! *On the bytes:* what is open is ended by the server as the protocols provide for it: a WebSocket with 1012 (service
//! restart), an event stream with its last chunk, a held request with 503. What comes while the fault is in force is never answered; the
//! connection ends a little after its request, since only the request says which lab it is for.
//!
//! *It must show:* a goodbye that is no help without somebody who comes back; everybody coming back at once; and nothing
//! lost, where clients say what they have.

#[cfg(feature = "ssr")]
use super::{
    FaultId,
    chain::{Fate, Life},
};
use super::{at_most, kind::Goodbye};
#[cfg(feature = "ssr")]
use crate::wire::{Close, Micros};

/// Checks the parameters.
pub(super) fn check(how: Goodbye, drain_ms: u32) -> Result<(), String> {
    if how == Goodbye::Kill && drain_ms > 0 {
        return Err("drain_ms: who is killed takes no time over it; leave it out".to_owned());
    }
    at_most("drain_ms", drain_ms, 60_000)
}

/// How long a connection is left for saying goodbye, counted from when the server went down or something last moved on it, in
/// microseconds.
#[cfg(feature = "ssr")]
const GOODBYE: Micros = 300_000;

/// When a connection ends, if the server went down at that time.
#[cfg(feature = "ssr")]
pub(super) fn fate(by: FaultId, life: Life, distance: Micros, since: Micros) -> Fate {
    // A goodbye travels there and back.
    Fate { at: life.moved.max(since) + 2 * distance + GOODBYE, by, how: Some(Close::Fin), told: false }
}
