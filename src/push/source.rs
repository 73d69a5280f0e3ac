//! When the feed's updates come to be: a source as a pure state that says when the next one is due.

use crate::wire::{Micros, control::Source};

/// A source that runs or is held.
#[derive(Debug)]
pub struct Ticker {
    kind: Source,
    draws: fastrand::Rng,
    next: Option<Micros>,
}

/// How far behind a source may be and still catch up; beyond that (a machine that slept) it starts afresh.
const CATCH_UP: Micros = 1_000_000;

const MILLI: Micros = 1000;

impl Ticker {
    /// A source, held. `draws` decides the gaps of a random one, so the same seed gives the same gaps.
    pub fn new(kind: Source, draws: fastrand::Rng) -> Self {
        Self { kind, draws, next: None }
    }

    /// Lets it run from `now` on, or goes on if it runs already.
    pub fn run(&mut self, now: Micros) {
        if self.next.is_none() {
            self.next = self.gap().map(|gap| now + gap);
        }
    }

    /// Holds it.
    pub fn hold(&mut self) {
        self.next = None;
    }

    /// When the next update is due; nothing while it is held, or if only the button publishes.
    pub fn next(&self) -> Option<Micros> {
        self.next
    }

    /// How many updates are due at `now`. Ask again until it says 0.
    pub fn due(&mut self, now: Micros) -> u32 {
        let Some(next) = self.next.filter(|next| *next <= now) else { return 0 };
        // From the time it was due, not from now: a task that wakes late must not slow the source down.
        let from = if now - next > CATCH_UP { now } else { next };
        self.next = self.gap().map(|gap| from + gap);
        match self.kind {
            Source::Burst { size, .. } => size,
            _ => 1,
        }
    }

    /// The time to the next update.
    fn gap(&mut self) -> Option<Micros> {
        match self.kind {
            Source::Button => None,
            Source::Steady { every_ms } | Source::Burst { every_ms, .. } => Some(Micros::from(every_ms) * MILLI),
            Source::Random { mean_ms, .. } => {
                // Exponentially distributed, and therefore without memory: the first gap is one like all others, and
                // its end falls anywhere between two polls. Cut at twenty means, which changes the mean by 2e-9.
                let unit = -(1.0 - self.draws.f64()).ln();
                let micros = f64::from(mean_ms) * 1000.0 * unit.min(20.0);
                Some((micros as Micros).max(1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticker(kind: Source) -> Ticker {
        Ticker::new(kind, fastrand::Rng::with_seed(3))
    }

    fn times(ticker: &mut Ticker, count: usize) -> Vec<Micros> {
        (0..count)
            .map(|_| {
                let next = ticker.next().unwrap();
                assert!(ticker.due(next - 1) == 0 && ticker.due(next) > 0);
                next
            })
            .collect()
    }

    #[test]
    fn a_source_is_held_until_it_runs() {
        let mut steady = ticker(Source::Steady { every_ms: 50 });
        assert_eq!((steady.next(), steady.due(1 << 40)), (None, 0));
        steady.run(1000);
        assert_eq!(times(&mut steady, 3), [51_000, 101_000, 151_000]);
        steady.run(170_000);
        assert_eq!(steady.next(), Some(201_000));
        steady.hold();
        assert_eq!(steady.due(1 << 40), 0);
    }

    #[test]
    fn the_button_is_never_due() {
        let mut button = ticker(Source::Button);
        button.run(0);
        assert_eq!((button.next(), button.due(1 << 40)), (None, 0));
    }

    #[test]
    fn a_burst_is_due_all_at_once() {
        let mut burst = ticker(Source::Burst { size: 5, every_ms: 100 });
        burst.run(0);
        assert_eq!((burst.due(99_999), burst.due(100_000), burst.due(100_000)), (0, 5, 0));
    }

    #[test]
    fn a_late_task_does_not_slow_the_source_but_a_sleep_is_not_made_up_for() {
        let mut steady = ticker(Source::Steady { every_ms: 100 });
        steady.run(0);
        assert_eq!((steady.due(250_000), steady.due(250_000), steady.due(250_000)), (1, 1, 0));
        assert_eq!((steady.due(60_000_000), steady.due(60_000_000)), (1, 0));
    }

    #[test]
    fn random_gaps_are_exponential_and_follow_the_seed() {
        let kind = Source::Random { mean_ms: 500, seed: None };
        let run = || {
            let mut random = ticker(kind.clone());
            random.run(0);
            times(&mut random, 20_000)
        };
        let times = run();
        assert_eq!(times, run());
        let mean = *times.last().unwrap() as f64 / 20_000.0;
        assert!((mean - 500_000.0).abs() < 15_000.0, "{mean}");
        // For an exponential distribution the share of gaps above the mean is 1/e.
        let above = times.windows(2).filter(|pair| pair[1] - pair[0] > 500_000).count() as f64 / 19_999.0;
        assert!((above - (-1f64).exp()).abs() < 0.02, "{above}");
    }
}
