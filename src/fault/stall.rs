//! Stall and release: a network that holds its breath.
//!
//! *On the bytes:* nothing is changed, lost or reordered. Every unit it strikes waits, with all that follows it, until the
//! fault is taken away; then all of it goes on at once.
//!
//! *It must show:* a late burst, and whoever took the silence for death was wrong.

#[cfg(feature = "ssr")]
use super::{FaultId, chain::Verdict};

/// What happens to a unit.
#[cfg(feature = "ssr")]
pub(super) fn verdict(by: FaultId) -> Verdict {
    Verdict::Hold(by)
}
