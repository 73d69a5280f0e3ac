//! Reorder: a server that finishes requests in another order than they came.
//!
//! *On the bytes:* nothing. An answer it strikes, ready to go, waits until so many later ones of the lab have gone, and at most five
//! seconds: where nobody asks meanwhile, there is nothing to let go first.
//!
//! *It must show:* an old answer that lands after a newer one, and overwrites it on a page that does not look.

use super::within;

/// Checks the parameter.
pub(super) fn check(window: u32) -> Result<(), String> {
    within("window", window, 1, 16)
}
