//! Tail: most of what is sent travels as always, and now and then something takes many times as long.
//!
//! *On the bytes:* nothing is changed, lost or reordered. A unit it strikes (its probability is the share of them) takes so many
//! times the lab's distance, and what follows it on the same connection waits behind it. At distance 0 it does nothing.
//!
//! *It must show:* a mean that hardly moves, and a 99th percentile that does; a heartbeat that raises a false alarm.

use super::within;

/// Checks the parameter.
pub(super) fn check(times: u32) -> Result<(), String> {
    within("times", times, 2, 100)
}

/// What a unit takes on top of the distance.
#[cfg(feature = "ssr")]
pub(super) fn more(times: u32, distance: std::time::Duration) -> std::time::Duration {
    distance * times.saturating_sub(1)
}
