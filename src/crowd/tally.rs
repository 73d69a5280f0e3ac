//! What the clients of a crowd count together.

use std::collections::{HashMap, VecDeque};

use super::order::{Published, Report};
use crate::ledger::delay::Delays;

/// The times of so many tidings of updates are remembered.
const REMEMBERED: usize = 1024;

/// How many arrivals may wait to be told when their update was published: the tidings come another way, and may be later.
const EARLY: usize = 20_000;

/// The sums of a crowd.
#[derive(Debug, Default)]
pub struct Tally {
    connected: u32,
    delivered: u64,
    lost: u64,
    duplicated: u64,
    delays: Delays,
    published: VecDeque<Published>,
    /// Arrivals whose update's time is not known yet: when, and since when the client had been there.
    early: HashMap<u64, Vec<(i64, i64)>>,
    waiting: usize,
}

impl Tally {
    /// A client is connected, or no longer.
    pub fn connected(&mut self, now: bool) {
        self.connected = if now { self.connected + 1 } else { self.connected.saturating_sub(1) };
    }

    /// Updates up to `known` had come to a client that first connected at `since`; now this one has. Gives the new `known`.
    pub fn arrived(&mut self, seq: u64, known: u64, at: i64, since: i64) -> u64 {
        if seq <= known {
            self.duplicated += 1;
            return known;
        }
        self.lost += seq - known - 1;
        self.delivered += 1;
        match self.published.iter().rev().find(|published| (published.first..=published.last).contains(&seq)) {
            Some(published) => self.delay(published.at, at, since),
            None if self.waiting < EARLY => {
                self.early.entry(seq).or_default().push((at, since));
                self.waiting += 1;
            }
            None => {}
        }
        seq
    }

    /// Of what was published before a client was there, no delay can be told.
    fn delay(&mut self, published: i64, at: i64, since: i64) {
        if published >= since {
            self.delays.add(at - published);
        }
    }

    /// Updates were published.
    pub fn publish(&mut self, published: Published) {
        if self.published.len() == REMEMBERED {
            self.published.pop_front();
        }
        self.published.push_back(published);
        for seq in published.first..=published.last {
            for (at, since) in self.early.remove(&seq).unwrap_or_default() {
                self.waiting -= 1;
                self.delay(published.at, at, since);
            }
        }
    }

    /// What there is to report.
    pub fn report(&self) -> Report {
        // What is longer than an hour counts as that.
        let micros = |percent| self.delays.percentile(percent).map(|ms| (ms * 1000.0).min(3.6e9) as u32);
        Report {
            connected: self.connected,
            delivered: self.delivered,
            lost: self.lost,
            duplicated: self.duplicated,
            delay_median: micros(50),
            delay_p95: micros(95),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_update_is_counted_once_for_each_client() {
        let mut tally = Tally::default();
        tally.publish(Published { first: 4, last: 5, at: 1_000_000 });
        let known = tally.arrived(4, 3, 1_010_000, 0);
        assert_eq!(tally.arrived(4, known, 1_010_000, 0), 4, "once more");
        assert_eq!(tally.arrived(7, known, 1_020_000, 0), 7, "two were skipped");
        let Report { delivered, lost, duplicated, delay_median, .. } = tally.report();
        assert_eq!((delivered, lost, duplicated), (2, 2, 1));
        assert!((9_800..10_200).contains(&delay_median.unwrap()), "{delay_median:?}");
        // Tidings that come after the update itself.
        tally.publish(Published { first: 6, last: 7, at: 1_000_000 });
        assert!(tally.report().delay_p95.unwrap() > 19_000);
        // Of what was there before the client, nothing is told.
        tally.arrived(5, 4, 9_000_000, 2_000_000);
        assert!(tally.report().delay_p95.unwrap() < 21_000);
    }

    #[test]
    fn what_is_early_has_a_bound() {
        let mut tally = Tally::default();
        for seq in 1..=2 * EARLY as u64 {
            tally.arrived(seq, seq - 1, 0, 0);
        }
        assert_eq!(tally.waiting, EARLY);
        tally.publish(Published { first: 1, last: 2 * EARLY as u64, at: 0 });
        assert_eq!((tally.waiting, tally.early.len()), (0, 0));
    }
}
