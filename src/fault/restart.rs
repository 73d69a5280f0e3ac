//! Restart: the server goes down and comes back, as one lab sees it.
//!
//! *On the bytes:* in order (`drain`), what is open goes on for the time and is then ended as the protocols provide for it: a
//! WebSocket with 1012 (service restart), an event stream with its last chunk, a held request with 503; what comes while the fault is in
//! force is never answered, and its connection ends a little after its request, since only the request says which lab it is for.
//! Killed, connections are reset at once, and new ones as soon as their request has come. In rotation, as a rolling restart does
//! it, what is open ends in order, each at its own moment within the time, and whoever comes back is served.
//!
//! *It must show:* a goodbye that is no help without somebody who comes back; everybody coming back at once, or one after the other;
//! and nothing lost, where clients say what they have.

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

/// When the goodbyes are said, if the server went down at that time.
#[cfg(feature = "ssr")]
pub(crate) fn goodbye(how: Goodbye, drain_ms: u32, since: Micros) -> Micros {
    match how {
        Goodbye::Drain => since + Micros::from(drain_ms) * 1000,
        Goodbye::Kill | Goodbye::Rotate => since,
    }
}

/// When a connection ends, if the server went down at that time.
#[cfg(feature = "ssr")]
pub(super) fn fate(
    by: FaultId,
    (how, drain_ms): (Goodbye, u32),
    life: Life,
    distance: Micros,
    since: Micros,
) -> Option<Fate> {
    match how {
        Goodbye::Drain => {
            let said = goodbye(how, drain_ms, since);
            // A goodbye travels there and back.
            Some(Fate { at: life.moved.max(said) + 2 * distance + GOODBYE, by, how: Some(Close::Fin), told: false })
        }
        Goodbye::Kill => Some(Fate { at: since.max(life.asked + distance), by, how: Some(Close::Rst), told: false }),
        // Whoever serves it says goodbye in its own time.
        Goodbye::Rotate => None,
    }
}

/// When the turn of an exchange comes in a rotation.
#[cfg(feature = "ssr")]
pub(super) fn turn(drain_ms: u32, draw: super::draw::Draw, since: Micros) -> Micros {
    // At most a minute, in microseconds.
    since + draw.between(0, u64::from(drain_ms) * 1000) as Micros
}
