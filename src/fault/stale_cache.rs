//! Stale cache: an intermediary that keeps answers which it should have asked about again.
//!
//! *On the bytes:* a GET of an address to which it has a whole answer, younger than its time to live, gets that answer (with
//! `Age`, RFC 9111 §5.1) and never reaches the server. It does not look at `Cache-Control`. Addresses are compared whole, so a
//! number that is new in each makes every answer fresh.
//!
//! *It must show:* polls that see the past.

use super::within;

/// Checks the parameter.
pub(super) fn check(ttl_ms: u32) -> Result<(), String> {
    within("ttl_ms", ttl_ms, 100, 60_000)
}
