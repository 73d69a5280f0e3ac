//! Cut: connections end before their time.
//!
//! *On the bytes:* what waits on a connection is lost with it. Both ends are told, by a FIN or by an RST. Connections that
//! are open when the fault begins end at once, or when their latest request is `after` old; connections that come while it
//! is in force end as soon as their request has travelled, because only the request says which lab they are for.
//!
//! *It must show:* a stream that breaks off and comes back; after an RST, an error where a FIN looks like an end. With
//! `after`, the longest time that an intermediary grants a request.

use super::at_most;
#[cfg(feature = "ssr")]
use super::{
    FaultId,
    chain::{Fate, Life},
};
#[cfg(feature = "ssr")]
use crate::wire::{Close, Micros};

/// Checks the parameter.
pub(super) fn check(after_ms: u32) -> Result<(), String> {
    at_most("after_ms", after_ms, 60_000)
}

/// When a connection ends.
#[cfg(feature = "ssr")]
pub(super) fn fate(by: FaultId, how: Close, after_ms: u32, life: Life, distance: Micros) -> Fate {
    Fate { at: life.asked + distance + Micros::from(after_ms) * 1000, by, how: Some(how) }
}
