//! Bandwidth: a line through which only so many bytes get in a second.
//!
//! *On the bytes:* nothing is changed, lost or reordered. Every unit takes as long as its bytes take at that rate, and waits for
//! those before it, on whatever connection of the lab: the line is one, with two directions that do not disturb each other. Each
//! connection has one unit in the line at a time, so that none shuts the others out. After a pause, `burst` bytes go at once. A
//! unit has travelled its distance when it comes to the line. Where several such faults strike a unit, the narrowest counts.
//!
//! *It must show:* requests whose heads are larger than their news suffer first.

use super::{at_most, within};

/// Checks the parameters.
pub(super) fn check(bytes_per_s: u32, burst: u32) -> Result<(), String> {
    within("bytes_per_s", bytes_per_s, 100, 10_000_000)?;
    at_most("burst", burst, 1_000_000)
}
