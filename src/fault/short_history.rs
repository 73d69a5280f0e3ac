//! Short history: a server that forgets too soon.
//!
//! *On the bytes:* nothing. Whoever asks for what followed an update gets at most the newest few, and is told how many
//! are missing.
//!
//! *It must show:* that resuming is only as good as what the server still has.

use super::at_most;

/// Checks the parameter.
pub(super) fn check(keep: u32) -> Result<(), String> {
    at_most("keep", keep, 1000)
}
