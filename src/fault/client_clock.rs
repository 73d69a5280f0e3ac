//! Clock drift: a client whose clock is wrong, and runs too fast or too slow.
//!
//! *On the bytes:* nothing. It acts in the page: the times that its client writes down are ahead, and its timers fire early or late.
//! The picture stays right: it is drawn by the aligned clocks, which this leaves alone.
//!
//! *It must show:* timeouts on which the two ends disagree.

/// Checks the parameters.
pub(super) fn check(ahead_ms: i32, ppm: i32) -> Result<(), String> {
    within("ahead_ms", ahead_ms, 600_000)?;
    within("ppm", ppm, 500_000)
}

fn within(field: &str, value: i32, most: i32) -> Result<(), String> {
    if (-most..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("{field}: {value} is outside -{most} to {most}"))
}
