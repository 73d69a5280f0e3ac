//! A narrow line: who comes to it gets a slot, from when to when its bytes are under way.
//!
//! Slots lie one behind the other, so the rate is exact however late somebody looks at a clock, and it takes no queue to keep: the line
//! knows when its last slot ends, and nothing else. A slot that is given up before its time makes the line free again for so long.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{fault::chain::Rate, wire::Micros};

/// How late somebody may come who was there in time: a timer is, and a turn of the runtime. More than this of an idle line is lost.
const LATE: Nanos = 50_000_000;

/// Nanoseconds on the server's clock: at ten megabytes in a second a byte takes 100 of them.
type Nanos = i64;

/// A second.
const SECOND: Nanos = 1_000_000_000;

fn nanos(at: Micros) -> Nanos {
    at.saturating_mul(1000)
}

/// How long bytes take.
fn takes(bytes: usize, bytes_per_s: u32) -> Nanos {
    let bytes = Nanos::try_from(bytes).unwrap_or(Nanos::MAX);
    bytes.saturating_mul(SECOND) / Nanos::from(bytes_per_s.max(1))
}

/// A line, shared by all that have slots in it.
#[derive(Clone, Debug)]
pub(super) struct Narrow(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    rate: Rate,
    /// When the last slot ends.
    ends: Nanos,
    /// Slots of a line that was narrower or wider before are void.
    age: u32,
}

impl Narrow {
    /// A line in which nothing has been under way for long.
    pub(super) fn new(rate: Rate) -> Self {
        Self(Arc::new(Mutex::new(Inner { rate, ends: Nanos::MIN / 2, age: 0 })))
    }

    /// A slot for so many bytes that came at a time. At another rate than before, whoever is in the line comes to it anew.
    pub(super) fn slot(&self, rate: Rate, bytes: usize, came: Micros, now: Micros) -> Slot {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.rate != rate {
            *inner = Inner { rate, ends: inner.ends.min(nanos(now)), age: inner.age.wrapping_add(1) };
        }
        let came = nanos(came).max(nanos(now) - LATE);
        let from = inner.ends.max(came - takes(rate.burst as usize, rate.bytes_per_s));
        let until = from.saturating_add(takes(bytes, rate.bytes_per_s));
        inner.ends = until;
        Slot { line: self.clone(), age: inner.age, from, until }
    }
}

/// Bytes that are under way in a narrow line.
#[derive(Debug)]
pub(super) struct Slot {
    line: Narrow,
    age: u32,
    from: Nanos,
    until: Nanos,
}

impl Slot {
    /// When the bytes are through.
    pub(super) fn until(&self) -> Micros {
        self.until.div_euclid(1000) + Micros::from(self.until.rem_euclid(1000) > 0)
    }

    /// Whether it still counts on this line, at this rate.
    pub(super) fn is_of(&self, line: &Narrow, rate: Rate) -> bool {
        let inner = line.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::ptr_eq(&self.line.0, &line.0) && inner.age == self.age && inner.rate == rate
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let now = nanos(super::clock::now());
        let left = self.until - self.from.max(now);
        if left > 0 {
            let mut inner = self.line.0.lock().unwrap_or_else(PoisonError::into_inner);
            if inner.age == self.age {
                inner.ends -= left;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::clock;

    const RATE: Rate = Rate { by: 1, bytes_per_s: 1000, burst: 0 };

    fn slots(rate: Rate, sizes: &[usize]) -> Vec<Micros> {
        let (line, now) = (Narrow::new(rate), clock::now());
        let slots: Vec<Slot> = sizes.iter().map(|bytes| line.slot(rate, *bytes, now, now)).collect();
        slots.iter().map(|slot| (slot.until() - now) / 1000).collect()
    }

    #[test]
    fn bytes_take_their_time_one_after_the_other() {
        assert_eq!(slots(RATE, &[100, 50, 1]), [100, 150, 151]);
        let burst = Rate { burst: 120, ..RATE };
        assert_eq!(slots(burst, &[100, 50, 1]), [-20, 30, 31], "the first hundred and twenty go at once");
    }

    #[test]
    fn who_is_a_little_late_loses_nothing_and_who_was_not_there_gets_nothing() {
        let (line, now) = (Narrow::new(RATE), clock::now());
        let first = line.slot(RATE, 100, now, now);
        // 20 ms after the line was free again, for something that has been there all the time.
        let second = line.slot(RATE, 100, now, now + 120_000);
        assert_eq!((first.until() - now, second.until() - now), (100_000, 200_000));
        let third = line.slot(RATE, 100, now, now + 900_000);
        assert_eq!(third.until() - now, 950_000, "an idle line cannot be used afterwards");
    }

    #[test]
    fn what_is_given_up_is_free_again() {
        let (line, now) = (Narrow::new(RATE), clock::now());
        drop(line.slot(RATE, 100_000, now, now));
        let next = line.slot(RATE, 100, now, now);
        // The line was taken while nobody knew that it would not be needed.
        assert!((100_000..150_000).contains(&(next.until() - now)), "{}", next.until() - now);
    }

    #[test]
    fn another_rate_begins_anew() {
        let (line, now) = (Narrow::new(RATE), clock::now());
        let slow = line.slot(RATE, 100_000, now, now);
        let wide = Rate { bytes_per_s: 100_000, ..RATE };
        let quick = line.slot(wide, 100, now, now);
        assert_eq!(quick.until() - now, 1000);
        assert!(quick.is_of(&line, wide) && !slow.is_of(&line, wide) && !slow.is_of(&line, RATE));
        drop(slow);
        assert_eq!(line.slot(wide, 100, now, now).until() - now, 2000, "a void slot gives nothing back");
    }

    #[test]
    fn there_is_no_drift() {
        let (line, now) = (Narrow::new(RATE), clock::now());
        // A thousand units, each looked at up to 5 ms after the one before it was through.
        let mut at = now;
        for no in 1..=1000 {
            let slot = line.slot(RATE, 10, now.max(at - 20_000), at);
            assert_eq!(slot.until() - now, no * 10_000);
            at = slot.until() + no % 5 * 1000;
            std::mem::forget(slot);
        }
    }
}
