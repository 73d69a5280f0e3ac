//! Blackhole: a network that takes everything and delivers nothing.
//!
//! *On the bytes:* every unit it strikes vanishes, the end of a connection included: neither side learns that the other
//! has gone. What vanished stays lost when the fault is taken away, so a stream of bytes has a hole then. It acts above
//! TCP: the kernels go on acknowledging, and retransmission could not help.
//!
//! *It must show:* a half-open connection, which only a heartbeat notices: at each end its own, since every question needs the
//! way there and the way back.

#[cfg(feature = "ssr")]
use super::{FaultId, chain::Verdict};

/// What happens to a unit.
#[cfg(feature = "ssr")]
pub(super) fn verdict(by: FaultId) -> Verdict {
    Verdict::Drop(by)
}
