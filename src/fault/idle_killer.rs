//! Idle killer: something on the way that forgets connections on which nothing happens, as NATs, proxies and load
//! balancers do (after 30 to 100 seconds; a lab has no time for that).
//!
//! *On the bytes:* nothing, as long as there are some. When nothing has moved on a connection for the time, in neither
//! direction, it ends: by a FIN or an RST to both sides, or by silence: then everything that is still sent vanishes, and
//! nobody is told.
//!
//! *It must show:* that a beat or a comment has to come more often than this.

use super::within;
#[cfg(feature = "ssr")]
use super::{
    FaultId,
    chain::{Fate, Life},
    kind::Death,
};
#[cfg(feature = "ssr")]
use crate::wire::{Close, Micros};

/// Checks the parameter.
pub(super) fn check(after_ms: u32) -> Result<(), String> {
    within("after_ms", after_ms, 100, 120_000)
}

/// When a connection ends; never, once it has ended in silence.
#[cfg(feature = "ssr")]
pub(super) fn fate(by: FaultId, how: Death, after_ms: u32, life: Life) -> Option<Fate> {
    let how = match how {
        Death::Fin => Some(Close::Fin),
        Death::Rst => Some(Close::Rst),
        Death::Silent if life.silenced.is_some() => return None,
        Death::Silent => None,
    };
    Some(Fate { at: life.moved + Micros::from(after_ms) * 1000, by, how, told: false })
}
