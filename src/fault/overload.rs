//! Overload: a server with more to do than it has hands.
//!
//! *On the bytes:* nothing. An answer needs one of so many places for so long; the others queue, in order. Streams and sockets
//! need one to begin.
//!
//! *It must show:* answers that take longer the more are asked for; timeouts; and that retries make it worse.

use super::{MAX_MS, at_most, within};

/// Checks the parameters.
pub(super) fn check(at_once: u32, pause_ms: u32) -> Result<(), String> {
    within("at_once", at_once, 1, 100)?;
    at_most("pause_ms", pause_ms, MAX_MS)
}
