//! An event stream that is not well kept: each of its lines has a purpose, which shows when it is missing.
//!
//! *On the bytes:* nothing. The server writes its blocks without `id` (`no_id`), without comments (`no_comments`), with
//! another time to wait before the next attempt (`retry`), or calls the whole stream plain text (`wrong_type`).
//!
//! *It must show:* without `id` the browser cannot say where it was, and what was published meanwhile is lost; without
//! comments an idle stream is taken for dead; with a short `retry` everybody comes back at once; a stream that is no
//! `text/event-stream` fails for good (WHATWG HTML §9.2.3).

use super::at_most;

/// Checks the time to wait.
pub(super) fn check_retry(ms: u32) -> Result<(), String> {
    at_most("ms", ms, 60_000)
}
