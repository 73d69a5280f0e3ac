//! Latency: a longer way.
//!
//! *On the bytes:* nothing is changed, lost or reordered. Every unit it strikes, the ends included, leaves `base` plus
//! up to `jitter` later than it came. Units travel side by side, so a latency never becomes a rate; but a stream stays
//! in order, so a unit that drew a short delay waits for the one before it.
//!
//! *It must show:* arrows with a slant, the same for every technique; answers of overlapping requests on different
//! connections that land in another order than they left, once there is jitter.
//!
//! The lab's distance is the same thing, always there and without chance.

use super::{MAX_MS, at_most};

/// Checks the parameters.
pub(super) fn check(base_ms: u32, jitter_ms: u32) -> Result<(), String> {
    at_most("base_ms", base_ms, MAX_MS)?;
    at_most("jitter_ms", jitter_ms, MAX_MS)
}

/// How long a unit waits.
#[cfg(feature = "ssr")]
pub(super) fn delay(base_ms: u32, jitter_ms: u32, draw: super::draw::Draw) -> std::time::Duration {
    // In microseconds, so that the jitter is not a ladder of whole milliseconds.
    let jitter = draw.between(0, u64::from(jitter_ms) * 1000);
    std::time::Duration::from_micros(u64::from(base_ms) * 1000 + jitter)
}
