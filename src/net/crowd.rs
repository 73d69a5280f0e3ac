//! What a crowd does, summed up where it is seen: the tap and the handlers add, the lab's task reads.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
};

use crate::wire::{
    Direction, Fact, Micros, Unit,
    crowd::{BIN_MS, BINS},
};

/// The sums of a lab's crowd.
#[derive(Debug, Default)]
pub struct Sums {
    /// TCP connections open now.
    pub connections: AtomicU32,
    /// Requests.
    pub requests: AtomicU64,
    /// Answers, by their heads.
    pub answers: AtomicU64,
    /// Answers that brought nothing new.
    pub empty: AtomicU64,
    /// Bytes from clients.
    pub up: AtomicU64,
    /// Bytes for clients.
    pub down: AtomicU64,
    /// Requests held now; streams and sockets open now.
    pub held: AtomicU32,
    /// The number of the crowd that is counted.
    number: AtomicU32,
    herd: Mutex<Herd>,
}

/// When clients came back.
#[derive(Debug, Default)]
struct Herd {
    /// Since they were cut.
    since: Option<Micros>,
    bins: Vec<u32>,
}

impl Sums {
    /// Another crowd comes, whose number this gives, and is counted anew. What an earlier one still had under way is not
    /// taken for its; what is open now stays counted.
    pub fn restart(&self) -> u32 {
        for sum in [&self.requests, &self.answers, &self.empty, &self.up, &self.down] {
            sum.store(0, Relaxed);
        }
        *self.herd() = Herd::default();
        self.number.fetch_add(1, Relaxed) + 1
    }

    fn counts(&self, crowd: u32) -> bool {
        crowd == self.number.load(Relaxed)
    }

    /// All connections are cut: from now on it is counted when they come back.
    pub fn cut(&self, now: Micros) {
        *self.herd() = Herd { since: Some(now), bins: Vec::new() };
    }

    /// When they were cut, and how many connections came in each time since.
    pub fn returned(&self) -> (Option<Micros>, Vec<u32>) {
        let herd = self.herd();
        (herd.since, herd.bins.clone())
    }

    fn herd(&self) -> MutexGuard<'_, Herd> {
        self.herd.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that was accepted at a time turned out to be a crowd's.
    pub(super) fn opened(&self, crowd: u32, accepted: Micros) {
        self.connections.fetch_add(1, Relaxed);
        if !self.counts(crowd) {
            return;
        }
        let mut herd = self.herd();
        let Some(after) = herd.since.map(|since| accepted - since) else { return };
        let bin = usize::try_from(after / (Micros::from(BIN_MS) * 1000)).ok().filter(|bin| after >= 0 && *bin < BINS);
        if let Some(bin) = bin {
            let columns = herd.bins.len().max(bin + 1);
            herd.bins.resize(columns, 0);
            herd.bins[bin] += 1;
        }
    }

    /// It ended.
    pub(super) fn closed(&self) {
        self.connections.fetch_sub(1, Relaxed);
    }

    /// A unit came to the tap.
    pub(super) fn unit(&self, crowd: u32, dir: Direction, unit: &Unit) {
        if !self.counts(crowd) {
            return;
        }
        let bytes = if dir == Direction::Up { &self.up } else { &self.down };
        bytes.fetch_add(unit.bytes().into(), Relaxed);
        match unit {
            Unit::RequestHead(_) => drop(self.requests.fetch_add(1, Relaxed)),
            Unit::ResponseHead(_) => drop(self.answers.fetch_add(1, Relaxed)),
            _ => {}
        }
    }

    /// A handler saw something.
    pub fn served(&self, crowd: u32, fact: &Fact) {
        match fact {
            Fact::Answering { news } if news.empty && self.counts(crowd) => drop(self.empty.fetch_add(1, Relaxed)),
            Fact::Holding { .. } => self.enter(),
            Fact::HoldEnded { .. } => self.leave(),
            _ => {}
        }
    }

    /// A stream or a socket opens.
    pub fn enter(&self) {
        self.held.fetch_add(1, Relaxed);
    }

    /// It ends.
    pub fn leave(&self) {
        self.held.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_come_back_are_counted_by_when() {
        let sums = Sums::default();
        let crowd = sums.restart();
        sums.opened(crowd, 5);
        assert_eq!(sums.returned(), (None, vec![]), "nobody was cut");
        sums.cut(1_000_000);
        for at in [999_999, 1_000_000, 1_099_999, 1_100_000, 15_999_999, 16_000_000] {
            sums.opened(crowd, at);
        }
        sums.opened(crowd + 1, 1_000_000);
        let (since, bins) = sums.returned();
        assert_eq!((since, bins.len(), bins[0], bins[1], bins[149]), (Some(1_000_000), BINS, 2, 1, 1));
        sums.restart();
        assert_eq!(sums.returned().0, None);
        assert_eq!(sums.connections.load(Relaxed), 8, "they are open still");
    }
}
