//! Stale cache: an intermediary that keeps answers which it should have asked about again.
//!
//! *On the bytes:* a GET of an address to which it has a whole answer, younger than its time to live, gets that answer (with
//! `Age`, RFC 9111 §5.1) and never reaches the server. Anything else passes unchanged; it keeps whole answers of status 200 to GET with bodies
//! of up to 64 kB, sixteen of them for the whole lab, and forgets all when the fault is taken away. It does not look at `Cache-Control`, `Vary` or
//! anything that a request says besides. Addresses are compared whole, so a number that is new in each makes every answer fresh.
//!
//! *It must show:* polls that see the past.

use super::within;
#[cfg(feature = "ssr")]
use super::{FaultId, chain::Verdict};
#[cfg(feature = "ssr")]
use crate::wire::Unit;

/// Checks the parameter.
pub(super) fn check(ttl_ms: u32) -> Result<(), String> {
    within("ttl_ms", ttl_ms, 100, 60_000)
}

/// What happens to a unit.
#[cfg(feature = "ssr")]
pub(super) fn verdict(by: FaultId, ttl_ms: u32, unit: &Unit) -> Verdict {
    match unit {
        Unit::RequestHead(head) if head.method == "GET" => Verdict::Stale { by, ttl_ms },
        _ => Verdict::Pass,
    }
}
