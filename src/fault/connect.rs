//! Slow connect and refuse: new connections that do not come to be, or only late.
//!
//! *On the bytes:* the first request of a connection waits (`slow_connect`), or the connection is reset as soon as it has
//! come (`refuse`); connections that carried a request before go on. The kernel shakes hands far below the tap, and only the
//! request says which lab a connection is for: so the picture shows the request on its way, where a real network would leave
//! the handshake unanswered.
//!
//! *It must show:* the difference between waiting for a connection and being refused one; and what keeping connections is worth.

use super::within;

/// Checks the parameter.
pub(super) fn check(wait_ms: u32) -> Result<(), String> {
    within("wait_ms", wait_ms, 100, 60_000)
}
