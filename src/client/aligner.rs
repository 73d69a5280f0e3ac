//! Aligns the browser's clock with the server's by timed round trips.
//!
//! The page notes when a probe left and when its answer came; the answer carries the server's time. If the way there and
//! the way back took the same time, the server's time belongs to the middle; in the worst case one of them took no time
//! at all, and the middle is wrong by half the round trip. So the smallest round trip gives the best offset, and half
//! of it, and a step of the page's clock, bounds the error: browsers make that clock coarse on purpose, some as coarse as
//! a millisecond (High Resolution Time §9).

use crate::wire::Micros;

/// How far the page's own timer may jump beyond what passed before the page is taken to have slept.
const SLEPT: Micros = 5_000_000;

/// An offset with its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aligned {
    /// Server's clock minus page's clock.
    pub offset: Micros,
    /// The true offset is within ± this.
    pub error: Micros,
    /// Counts from 1; a new one after sleep.
    pub epoch: u32,
}

/// What the probes so far have taught.
#[derive(Debug, Default)]
pub struct Aligner {
    /// The step in which the page's clock advances.
    step: Micros,
    best: Option<Aligned>,
    epoch: u32,
    last_tick: Option<Micros>,
}

impl Aligner {
    /// For a clock that advances in steps of so many microseconds.
    pub fn new(step: Micros) -> Self {
        Self { step, ..Self::default() }
    }

    /// Takes a round trip in: page's time at sending, the server's time, page's time at receiving. Says so if it gives
    /// a better offset than the ones before.
    pub fn sample(&mut self, sent: Micros, server: Micros, received: Micros) -> Option<Aligned> {
        let trip = received - sent;
        if trip < 0 {
            return None;
        }
        // Each of the two times may be a step too early.
        let error = (trip + 1) / 2 + self.step;
        if self.best.is_some_and(|best| best.error <= error) {
            return None;
        }
        self.epoch = self.epoch.max(1);
        let better = Aligned { offset: server - (sent + trip / 2), error, epoch: self.epoch };
        self.best = Some(better);
        self.best
    }

    /// Tells it that a timer with this period has fired at this time of the page. A long gap means that the page or the
    /// machine slept, and clocks may have parted: what was learned is forgotten, and the next sample begins an epoch.
    pub fn tick(&mut self, now: Micros, period: Micros) {
        if self.last_tick.is_some_and(|last| now - last > period + SLEPT) {
            self.best = None;
            self.epoch += 1;
        }
        self.last_tick = Some(now);
    }

    /// The best so far.
    pub fn best(&self) -> Option<Aligned> {
        self.best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_round_trip_wins() {
        let mut aligner = Aligner::default();
        assert_eq!(aligner.sample(1000, 51_500, 2000), Some(Aligned { offset: 50_000, error: 500, epoch: 1 }));
        assert_eq!(aligner.sample(3000, 53_900, 4200), None, "a longer trip teaches nothing");
        assert_eq!(aligner.sample(5000, 55_110, 5200), Some(Aligned { offset: 50_010, error: 100, epoch: 1 }));
    }

    #[test]
    fn a_coarse_clock_is_no_better_for_seeing_no_time_pass() {
        let mut aligner = Aligner::new(1000);
        let (sent, truth) = (10_999, 77_000);
        let aligned = aligner.sample(10_000, sent + 1 + truth, 11_000).expect("the first sample");
        assert!((aligned.offset - truth).abs() <= aligned.error, "{aligned:?}");
        assert_eq!(Aligner::new(1000).sample(10_000, 90_000, 10_000).map(|aligned| aligned.error), Some(1000));
    }

    #[test]
    fn the_true_offset_is_within_the_error() {
        for (out, back) in [(0, 400), (400, 0), (130, 270)] {
            let mut aligner = Aligner::default();
            let (sent, truth) = (10_000, 77_000);
            let aligned = aligner.sample(sent, sent + out + truth, sent + out + back).expect("the first sample");
            assert!((aligned.offset - truth).abs() <= aligned.error, "{aligned:?}");
        }
    }

    #[test]
    fn sleep_begins_an_epoch() {
        let mut aligner = Aligner::default();
        aligner.sample(0, 50, 100);
        aligner.tick(1_000_000, 1_000_000);
        aligner.tick(2_000_000, 1_000_000);
        assert!(aligner.best().is_some());
        aligner.tick(60_000_000, 1_000_000);
        assert_eq!(aligner.best(), None);
        assert_eq!(aligner.sample(60_000_000, 60_000_900, 60_001_000).map(|aligned| aligned.epoch), Some(2));
    }

    #[test]
    fn a_clock_that_ran_backwards_teaches_nothing() {
        assert_eq!(Aligner::default().sample(2000, 0, 1000), None);
    }
}
