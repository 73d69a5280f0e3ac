//! Cut: connections end before their time.
//!
//! *On the bytes:* what waits on a connection is lost with it. Both ends are told, by a FIN or by an RST. Connections that
//! are open when the fault begins end at once, or when their latest request is `after` old; connections that come while it
//! is in force end as soon as their request has travelled, because only the request says which lab they are for.
//!
//! With `after_bytes`, a connection ends behind the unit with which so many bytes have gone down on it in all; where a time is given as well, it
//! ends when both are reached. With `every`, only one connection in so many ends: of those that asked for something in this lab, in the order in which
//! they first did, the third, the sixth and so on for 3.
//!
//! *It must show:* a stream that breaks off and comes back; after an RST, an error where a FIN looks like an end. With
//! `after`, the longest time that an intermediary grants a request.

#[cfg(feature = "ssr")]
use super::{
    FaultId,
    chain::{Fate, Life},
};
use super::{at_most, within};
#[cfg(feature = "ssr")]
use crate::wire::{Close, Micros};

/// Checks the parameters.
pub(super) fn check(after_ms: u32, after_bytes: Option<u32>, every: Option<u32>) -> Result<(), String> {
    at_most("after_ms", after_ms, 60_000)?;
    after_bytes.map_or(Ok(()), |bytes| within("after_bytes", bytes, 1, 1_000_000))?;
    every.map_or(Ok(()), |every| within("every", every, 2, 100))
}

/// Whether it is for a connection with this place in the order.
#[cfg(feature = "ssr")]
pub(super) fn is_meant(every: Option<u32>, life: Life) -> bool {
    every.is_none_or(|every| life.order > 0 && life.order.is_multiple_of(every))
}

/// When a connection ends, once enough bytes have gone down.
#[cfg(feature = "ssr")]
pub(super) fn fate(by: FaultId, how: Close, after_ms: u32, life: Life, distance: Micros) -> Fate {
    Fate { at: life.asked + distance + Micros::from(after_ms) * 1000, by, how: Some(how), told: false }
}
