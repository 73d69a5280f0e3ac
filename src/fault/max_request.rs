//! Maximum request time: an intermediary that grants each request so much time, and no more.
//!
//! *On the bytes:* a connection whose request has not been answered to its end within the time ends. If nothing of the answer has
//! passed yet, the client gets 504 (RFC 9110 §15.6.5) from the intermediary first. What follows an upgrade counts as one
//! long answer, as it does for those who sell such intermediaries.
//!
//! *It must show:* an event stream that begins anew time and again, while a long poll that is answered in time does not notice.

use super::within;

/// Checks the parameter.
pub(super) fn check(after_ms: u32) -> Result<(), String> {
    within("after_ms", after_ms, 100, 120_000)
}
