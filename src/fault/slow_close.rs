//! Slow close: the end of a connection takes its time to get through.
//!
//! *On the bytes:* nothing. The end of each direction, in order or abrupt, is told so much later than it came; so where each side
//! closes in its turn, it takes twice as long in all.
//!
//! *It must show:* a connection that is over for one end and open for the other.

use super::within;

/// Checks the parameter.
pub(super) fn check(ms: u32) -> Result<(), String> {
    within("ms", ms, 100, 60_000)
}
