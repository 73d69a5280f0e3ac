//! Slow answers: a server that thinks for a random time before it answers.
//!
//! *On the bytes:* nothing. It acts at the one place where a handler is about to answer (`Chain::conduct`), after the
//! answer's content is settled and before a byte of it is written; so a slow answer is also an old one.
//!
//! *It must show:* a request that stays open at the server, and, where requests overlap, an old answer that lands after
//! a newer one and overwrites it on the page.

use super::{MAX_MS, at_most};

/// Checks the parameters.
pub(super) fn check(min_ms: u32, max_ms: u32) -> Result<(), String> {
    at_most("max_ms", max_ms, MAX_MS)?;
    if min_ms > max_ms {
        return Err(format!("min_ms: {min_ms} is above max_ms, {max_ms}"));
    }
    Ok(())
}

/// How long an answer waits.
#[cfg(feature = "ssr")]
pub(super) fn wait(min_ms: u32, max_ms: u32, draw: super::draw::Draw) -> std::time::Duration {
    std::time::Duration::from_micros(draw.between(u64::from(min_ms) * 1000, u64::from(max_ms) * 1000))
}
