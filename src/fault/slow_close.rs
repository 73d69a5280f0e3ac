//! Slow close: the end of a connection takes its time to get through.
//!
//! *On the bytes:* nothing. The end of each direction is told so much later than it came.
//!
//! *It must show:* a connection that is over for one end and open for the other.

use super::within;

/// Checks the parameter.
pub(super) fn check(ms: u32) -> Result<(), String> {
    within("ms", ms, 100, 60_000)
}
