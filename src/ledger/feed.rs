//! The ledger's side of the feed: what was published when, and which arrivals still wait to be compared with it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::ranges::Ranges;
use crate::wire::{ClientNo, Micros};

/// How many publications' times are kept, the latest: a little more than the longest history that a feed can have.
const TIMES: usize = 1024;

/// How many ranges of arrivals may wait for their publication to be told.
const WAITING: usize = 1024;

/// The updates published so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// How many.
    pub count: u64,
    /// The lowest number; 0 if there is none.
    pub lowest: u64,
    /// The highest number; 0 if there is none.
    pub highest: u64,
    /// Those published by hand.
    pub by_hand: Ranges,
    /// Number and time of the latest [`TIMES`], ascending by number.
    times: VecDeque<(u64, Micros)>,
    /// Arrivals whose publication the log has not told yet, in order of arrival; at most [`WAITING`].
    waiting: VecDeque<Arrival>,
}

/// Updates that reached a client at one time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// The client.
    pub client: ClientNo,
    /// The lowest number.
    pub first: u64,
    /// The highest number.
    pub last: u64,
    /// When they arrived.
    pub at: Micros,
    /// When the client began: what is older was no news that it could have had sooner.
    pub since: Micros,
}

/// What comparing an arrival with the times of publication gave.
#[derive(Debug, Default, PartialEq)]
pub struct Compared {
    /// Delays, with the client they belong to.
    pub delays: Vec<(ClientNo, Micros)>,
    /// Updates whose time of publication is not known any more, with the client they reached.
    pub untimed: Vec<(ClientNo, u64)>,
}

impl Published {
    /// An update was published. Numbers only ever rise; nothing is told of one that does not.
    pub fn publish(&mut self, seq: u64, at: Micros, by_hand: bool) -> Option<Compared> {
        if seq <= self.highest {
            return None;
        }
        self.count += 1;
        self.highest = seq;
        if self.lowest == 0 {
            self.lowest = seq;
        }
        if by_hand {
            self.by_hand.insert(seq, seq);
        }
        if self.times.len() >= TIMES {
            self.times.pop_front();
        }
        self.times.push_back((seq, at));
        let mut compared = Compared::default();
        self.waiting.retain_mut(|arrival| {
            if arrival.first < seq {
                // Skipped by the log: they will not come any more.
                let gone = arrival.last.min(seq - 1) - arrival.first + 1;
                compared.untimed.push((arrival.client, gone));
            }
            if (arrival.first..=arrival.last).contains(&seq) {
                arrival.compare(at, &mut compared);
            }
            arrival.first = arrival.first.max(seq.saturating_add(1));
            arrival.first <= arrival.last && seq < u64::MAX
        });
        Some(compared)
    }

    /// Updates arrived, which may not have been told as published yet.
    pub fn arrive(&mut self, arrival: Arrival) -> Compared {
        let mut compared = Compared::default();
        let told = Arrival { last: arrival.last.min(self.highest), ..arrival };
        if told.first <= told.last {
            let from = self.times.partition_point(|&(seq, _)| seq < told.first);
            let mut timed = 0;
            for &(_, at) in self.times.range(from..).take_while(|&&(seq, _)| seq <= told.last) {
                arrival.compare(at, &mut compared);
                timed += 1;
            }
            let untimed = told.last - told.first + 1 - timed;
            if untimed > 0 {
                compared.untimed.push((arrival.client, untimed));
            }
        }
        let untold = Arrival { first: arrival.first.max(self.highest.saturating_add(1)), ..arrival };
        if untold.first <= untold.last && self.highest < u64::MAX {
            if self.waiting.len() >= WAITING
                && let Some(oldest) = self.waiting.pop_front()
            {
                compared.untimed.push((oldest.client, oldest.last - oldest.first + 1));
            }
            self.waiting.push_back(untold);
        }
        compared
    }

    /// The lowest number published at a time or later, as far as times are kept.
    pub fn first_since(&self, time: Micros) -> Option<u64> {
        self.times.iter().find(|&&(_, at)| at >= time).map(|&(seq, _)| seq)
    }

    /// The highest number published up to a time, as far as times are kept.
    pub fn last_until(&self, time: Micros) -> Option<u64> {
        self.times.iter().rev().find(|&&(_, at)| at <= time).map(|&(seq, _)| seq)
    }
}

impl Arrival {
    fn compare(&self, published: Micros, compared: &mut Compared) {
        if published >= self.since {
            compared.delays.push((self.client, self.at.saturating_sub(published)));
        }
    }
}
