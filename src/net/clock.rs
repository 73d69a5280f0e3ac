//! The server's monotonic clock.

use std::{sync::LazyLock, time::Instant};

use crate::wire::Micros;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Now, in microseconds since the first call.
pub fn now() -> Micros {
    Micros::try_from(START.elapsed().as_micros()).unwrap_or(Micros::MAX)
}
