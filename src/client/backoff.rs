//! How long to wait before connecting again: truncated exponential backoff with full jitter (RFC 6455 §7.2.3).

/// First ceiling, in milliseconds.
pub const BASE_MS: u32 = 500;

/// Last ceiling, in milliseconds.
pub const CAP_MS: u32 = 15_000;

/// The wait before attempt number `attempt` (from 0), in milliseconds; `random` is drawn uniformly from 0 to 1.
///
/// The whole wait is drawn, not only its end, so that clients that were cut off together come back apart.
pub fn wait_ms(attempt: u32, random: f64) -> u32 {
    let ceiling = BASE_MS.saturating_mul(1 << attempt.min(10)).min(CAP_MS);
    (f64::from(ceiling) * random.clamp(0.0, 1.0)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let ceilings: Vec<u32> = (0..8).map(|attempt| wait_ms(attempt, 1.0)).collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    }

    #[test]
    fn any_share_of_the_ceiling_can_be_drawn() {
        assert_eq!(wait_ms(3, 0.0), 0);
        assert_eq!(wait_ms(3, 0.5), 2000);
        assert_eq!(wait_ms(u32::MAX, 7.0), CAP_MS);
    }
}
