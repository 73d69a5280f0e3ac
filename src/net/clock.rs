//! The server's monotonic clock.

use std::{sync::LazyLock, time::Instant};

use crate::wire::Micros;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Now, in microseconds since the first call.
pub fn now() -> Micros {
    Micros::try_from(START.elapsed().as_micros()).unwrap_or(Micros::MAX)
}

/// How long until this time; nothing if it is past.
pub(crate) fn until(at: Micros) -> std::time::Duration {
    std::time::Duration::from_micros(u64::try_from(at - now()).unwrap_or(0))
}
