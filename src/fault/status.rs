//! Status: a server, or a gateway in front of it, that answers with an error or with nothing.
//!
//! *On the bytes:* nothing. It acts where a handler is about to answer: the answer is this status, without content.
//!
//! *It must show:* a poll that asks again; an `EventSource` that never does: 204 tells it to stop, and any other status
//! but 200 fails it for good (WHATWG HTML §9.2.3).

use super::at_most;

/// Checks the parameters.
pub(super) fn check(code: u16, retry_after_s: Option<u32>) -> Result<(), String> {
    retry_after_s.map_or(Ok(()), |seconds| at_most("retry_after_s", seconds, 600))?;
    if code == 204 || (400..=599).contains(&code) {
        return Ok(());
    }
    Err(format!("code: {code} is neither 204 nor from 400 to 599"))
}
