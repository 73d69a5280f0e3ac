//! Loss: segments are lost on the way, and TCP sends them again.
//!
//! *On the bytes:* nothing is changed, lost or reordered: TCP sees to that. A unit it strikes arrives after a
//! retransmission timeout (RFC 6298: 200 ms at least here, as Linux has it, or two round trips; twice as long for each further
//! loss in a row), and what follows it on the same connection waits behind it. It acts above TCP, so it
//! imitates the delay, and says so.
//!
//! *It must show:* delay and bunching, never missing bytes.

use super::at_most;

/// Checks the parameter.
pub(super) fn check(streak: u32) -> Result<(), String> {
    at_most("streak", streak, 95)
}
