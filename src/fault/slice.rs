//! Slice: what was sent in one piece arrives in many.
//!
//! *On the bytes:* none is changed, lost or reordered. A unit it strikes is handed on in pieces of random size, with a pause
//! between two. TCP carries a stream of bytes, and has never promised more.
//!
//! *It must show:* that a parser has to join pieces: half a line of an event stream is no line yet.

use super::{MAX_MS, at_most, within};

/// Checks the parameters.
pub(super) fn check(bytes: u32, vary: u32, pause_ms: u32) -> Result<(), String> {
    within("bytes", bytes, 1, 65_536)?;
    at_most("vary", vary, 100)?;
    at_most("pause_ms", pause_ms, MAX_MS)
}
