//! Loss: segments are lost on the way, and TCP sends them again.
//!
//! *On the bytes:* nothing is changed, lost or reordered: TCP sees to that. A unit it strikes arrives after a
//! retransmission timeout (RFC 6298: 200 ms at least here, as Linux has it, or two round trips; twice as long for each further
//! loss in a row, ten seconds at most), and what follows it on the same connection waits behind it. Its probability is the share
//! of units it strikes out of the blue; after a loss, `streak` percent of the next ones are lost as well, where that is not 0. It acts
//! above TCP, so it imitates the delay, and says so.
//!
//! *It must show:* delay and bunching, never missing bytes.

#[cfg(feature = "ssr")]
use std::time::Duration;

use super::at_most;
#[cfg(feature = "ssr")]
use super::{Fault, MAX_MS, draw::Draw};

/// Checks the parameter.
pub(super) fn check(streak: u32) -> Result<(), String> {
    at_most("streak", streak, 95)
}

/// How far back a row of losses is looked for: with the longest streak, one row in two hundred is longer, and then counts as new.
#[cfg(feature = "ssr")]
const ROW: u64 = 100;

/// The shortest retransmission timeout.
#[cfg(feature = "ssr")]
const SHORTEST: Duration = Duration::from_millis(200);

/// How much later a unit arrives: the one with the number that is the second part of the key, on the connection and in the direction
/// of the first. Nothing, if it is not lost.
#[cfg(feature = "ssr")]
pub(super) fn more(fault: &Fault, streak: u32, distance: Duration, (way, no): (u64, u64)) -> Option<Duration> {
    let again = if streak == 0 { fault.probability } else { f64::from(streak) / 100.0 };
    // Whether one is lost may depend on the one before it; and each has its own draw, so that it is the same however often it is asked.
    let mut row = 0;
    for no in no.saturating_sub(ROW).max(1)..=no {
        let lost = Draw::new(fault, (way, no)).strikes(if row > 0 { again } else { fault.probability });
        row = if lost { row + 1 } else { 0 };
    }
    let times = 1 << u32::min(row, 10).checked_sub(1)?;
    Some((SHORTEST.max(4 * distance) * times).min(Duration::from_millis(MAX_MS.into())))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::fault::Kind;

    fn run(probability: f64, streak: u32) -> Vec<u128> {
        let fault = Fault { seed: 5, probability, ..Fault::new(1, Kind::Loss { streak }) };
        let of = |no| more(&fault, streak, Duration::from_millis(80), (2, no)).map_or(0, |more| more.as_millis());
        (1..=20_000).map(of).collect()
    }

    #[test]
    fn a_loss_costs_a_timeout_and_each_in_a_row_twice_as_much() {
        let run = run(0.1, 0);
        let lost = run.iter().filter(|ms| **ms > 0).count();
        assert!((1850..2150).contains(&lost), "{lost} of 20,000");
        let mut row = 0;
        for ms in run {
            row = if ms > 0 { row + 1 } else { 0 };
            let expected = if row == 0 { 0 } else { 10_000.min(320 << (row - 1)) };
            assert_eq!(ms, expected, "the {row}th in a row");
        }
        let short = Fault::new(1, Kind::Loss { streak: 0 });
        let first = |distance| more(&short, 0, Duration::from_millis(distance), (1, 1)).map(|more| more.as_millis());
        assert_eq!([first(0), first(50), first(51), first(5000)], [200, 200, 204, 10_000].map(Some));
    }

    #[test]
    fn streaks_bunch_what_is_lost() {
        let run = run(0.01, 75);
        let (mut lost, mut rows) = (0, 0);
        for (at, ms) in run.iter().enumerate() {
            lost += usize::from(*ms > 0);
            rows += usize::from(*ms > 0 && (at == 0 || run[at - 1] == 0));
        }
        // A row has four losses in the mean: 1 / (1 − 0.75).
        let mean = lost as f64 / rows as f64;
        assert!((140..250).contains(&rows) && (3.3..4.7).contains(&mean), "{rows} rows of {mean}");
        assert!(run.iter().all(|ms| *ms <= 10_000));
    }

    #[test]
    fn nothing_is_lost_without_probability() {
        assert!(run_is_clear(0) && run_is_clear(95));
    }

    fn run_is_clear(streak: u32) -> bool {
        run(0.0, streak).iter().all(|ms| *ms == 0)
    }
}
