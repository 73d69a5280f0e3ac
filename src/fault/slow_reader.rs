//! Slow reader: a client that takes what it is sent more slowly than it comes.
//!
//! *On the bytes:* the way down of each connection carries so many bytes in a second, and holds back no more than a few
//! kilobytes: then writing waits, and the server notices. What it does then is the policy: it drops the oldest updates and
//! tells the reader how many it missed, or it ends the stream or socket (1013).
//!
//! *It must show:* backpressure, and that somebody has to decide what it leads to.

use super::within;

/// How many bytes may wait on the way down before writing waits, too.
#[cfg(feature = "ssr")]
pub const HOLDS: usize = 4 * 1024;

/// Checks the parameter.
pub(super) fn check(bytes_per_s: u32) -> Result<(), String> {
    within("bytes_per_s", bytes_per_s, 100, 1_000_000)
}
