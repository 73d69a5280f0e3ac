//! Latency: a longer way.
//!
//! *On the bytes:* nothing is changed, lost or reordered. Every unit it strikes, the ends included, leaves `base` and something
//! that depends on `jitter` later than it came. Units travel side by side, so a latency never becomes a rate; but a stream
//! stays in order, so a unit that drew a short delay waits for the one before it.
//!
//! What comes on top of `base` has a shape. *Uniform*: anything from nothing to `jitter`. *Normal*: the size of a normal draw with
//! a standard deviation of half the jitter: two thirds stay below half of it, one in twenty exceeds it. *Pareto*: (a
//! Lomax distribution with α = 3) `jitter` in the mean and half of it in the middle, but one in a hundred takes seven times as long, and
//! the longest ten times. No shape adds more than ten seconds.
//!
//! *It must show:* arrows with a slant, the same for every technique; answers of overlapping requests on different
//! connections that land in another order than they left, once there is jitter.
//!
//! The lab's distance is the same thing, always there and without chance.

#[cfg(feature = "ssr")]
use std::time::Duration;

use super::{MAX_MS, at_most};
#[cfg(feature = "ssr")]
use super::{draw::Draw, kind::Shape};

/// Checks the parameters.
pub(super) fn check(base_ms: u32, jitter_ms: u32) -> Result<(), String> {
    at_most("base_ms", base_ms, MAX_MS)?;
    at_most("jitter_ms", jitter_ms, MAX_MS)
}

/// How heavy the tail is: the mean exists, and so does the variance.
#[cfg(feature = "ssr")]
const ALPHA: f64 = 3.0;

/// How many times the jitter the tail may reach.
#[cfg(feature = "ssr")]
const TAIL: f64 = 10.0;

/// How long a unit waits.
#[cfg(feature = "ssr")]
pub(super) fn delay(base_ms: u32, jitter_ms: u32, shape: Shape, draw: Draw) -> Duration {
    // In microseconds, so that the jitter is not a ladder of whole milliseconds.
    let (jitter, most) = (u64::from(jitter_ms) * 1000, u64::from(MAX_MS) * 1000);
    let more = match shape {
        Shape::Uniform => draw.between(0, jitter),
        // Truncation of a number that is not negative, and far below 2^64.
        Shape::Normal => (normal(draw).abs() * jitter as f64 / 2.0) as u64,
        Shape::Pareto => {
            let mean = jitter as f64;
            let drawn = mean * (ALPHA - 1.0) * ((1.0 - draw.share(1)).powf(-1.0 / ALPHA) - 1.0);
            drawn.min(mean * TAIL) as u64
        }
    };
    Duration::from_micros(u64::from(base_ms) * 1000 + more.min(most))
}

/// A draw from the standard normal distribution (Box and Muller).
#[cfg(feature = "ssr")]
fn normal(draw: Draw) -> f64 {
    // 1 − u is never 0.
    (-2.0 * (1.0 - draw.share(1)).ln()).sqrt() * (std::f64::consts::TAU * draw.share(2)).cos()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::fault::{Fault, Kind};

    /// What comes on top, in milliseconds, from the smallest.
    fn drawn(jitter_ms: u32, shape: Shape) -> Vec<f64> {
        let fault = Fault { seed: 3, ..Fault::new(1, Kind::latency(40, jitter_ms)) };
        let of = |no| delay(40, jitter_ms, shape, Draw::new(&fault, (1, no))).as_secs_f64() * 1000.0 - 40.0;
        let mut all: Vec<f64> = (0..20_000).map(of).collect();
        assert_eq!(all, (0..20_000).map(of).collect::<Vec<_>>(), "the same units draw the same");
        all.sort_by(f64::total_cmp);
        all
    }

    /// Their mean, median, 99th percentile and longest.
    fn shape_of(all: &[f64]) -> [f64; 4] {
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        [mean, all[all.len() / 2], all[all.len() / 100 * 99], all[all.len() - 1]]
    }

    fn near(measured: [f64; 4], expected: [f64; 4], share: f64) {
        for (at, (is, should)) in measured.iter().zip(expected).enumerate() {
            assert!((is - should).abs() <= should * share, "{at}: {is} instead of {should}: {measured:?}");
        }
    }

    #[test]
    fn shapes_have_their_means_and_their_tails() {
        near(shape_of(&drawn(100, Shape::Uniform)), [50.0, 50.0, 99.0, 100.0], 0.03);
        // Half of a bell: the mean is σ·√(2/π), the median 0.674 σ, the 99th percentile 2.576 σ.
        let normal = drawn(100, Shape::Normal);
        near(shape_of(&normal), [39.9, 33.7, 128.8, 200.0], 0.2);
        let above = normal.iter().filter(|more| **more > 100.0).count();
        assert!((700..1120).contains(&above), "one in twenty exceeds the jitter: {above} of 20,000");
        // The mean is that of the distribution with its tail cut off.
        near(shape_of(&drawn(100, Shape::Pareto)), [97.2, 52.0, 728.0, 1000.0], 0.05);
    }

    #[test]
    fn no_shape_exceeds_ten_seconds_and_none_adds_to_nothing() {
        for shape in [Shape::Uniform, Shape::Normal, Shape::Pareto] {
            assert!(drawn(MAX_MS, shape)[19_999] <= f64::from(MAX_MS));
            assert!(drawn(0, shape).iter().all(|more| *more == 0.0));
        }
    }
}
