//! Slow connect and refuse: new connections that do not come to be, or only late.
//!
//! *On the bytes:* the first request of a connection waits, counted from when it came, and with it all that follows (`slow_connect`);
//! or the connection is reset as soon as that request has travelled (`refuse`). Connections that carried a request before go on. The kernel shakes
//! hands far below the tap, and only the request says which lab a connection is for: so the picture shows the request on its
//! way, where a real network would leave the handshake unanswered.
//!
//! *It must show:* the difference between waiting for a connection and being refused one; and what keeping connections is worth.

use super::within;
#[cfg(feature = "ssr")]
use super::{FaultId, chain::Verdict};
#[cfg(feature = "ssr")]
use crate::wire::{Close, Unit};

/// Checks the parameter.
pub(super) fn check(wait_ms: u32) -> Result<(), String> {
    within("wait_ms", wait_ms, 100, 60_000)
}

/// Whether a unit is the first that a connection carries for anybody.
#[cfg(feature = "ssr")]
pub(super) fn is_first(unit: &Unit) -> bool {
    matches!(unit, Unit::RequestHead(head) if head.nth == 1)
}

/// What happens to the first request of a connection.
#[cfg(feature = "ssr")]
pub(super) fn refuse(by: FaultId) -> Verdict {
    Verdict::End(by, Close::Rst)
}
