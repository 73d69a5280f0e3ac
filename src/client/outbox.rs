//! Observations on their way to the lab's task: numbered, kept until they were taken, bounded.

use std::collections::VecDeque;

use crate::wire::{Observation, control::MAX_BATCH};

/// How many observations may wait while the control socket is away.
pub const KEPT: usize = 5000;

/// The buffer. When it is full the oldest is dropped and counted, so that what is drawn stays current.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Observation>,
    /// The number of the first one waiting is this plus one.
    gone: u64,
    /// How many of those waiting were sent on this socket already.
    sent: usize,
    dropped: u64,
}

impl Outbox {
    /// Puts one in.
    pub fn push(&mut self, seen: Observation) {
        if self.waiting.len() == KEPT {
            self.waiting.pop_front();
            self.gone += 1;
            self.sent = self.sent.saturating_sub(1);
            self.dropped += 1;
        }
        self.waiting.push_back(seen);
    }

    /// The next batch that was not sent yet on this socket, with the number of its first.
    pub fn batch(&mut self) -> Option<(u64, Vec<Observation>)> {
        let batch: Vec<Observation> = self.waiting.iter().skip(self.sent).take(MAX_BATCH).cloned().collect();
        if batch.is_empty() {
            return None;
        }
        let first = self.gone + self.sent as u64 + 1;
        self.sent += batch.len();
        Some((first, batch))
    }

    /// Everything up to this number is in the log.
    pub fn taken(&mut self, upto: u64) {
        while self.gone < upto && self.waiting.pop_front().is_some() {
            self.gone += 1;
            self.sent = self.sent.saturating_sub(1);
        }
    }

    /// A new socket: what was not taken is sent again.
    pub fn rewind(&mut self) {
        self.sent = 0;
    }

    /// How many were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Fact, Witness};

    fn seen(at: i64) -> Observation {
        Observation { at, witness: Witness::Browser, client: None, exchange: None, conn: None, fact: Fact::Picked }
    }

    fn times(batch: &[Observation]) -> Vec<i64> {
        batch.iter().map(|seen| seen.at).collect()
    }

    #[test]
    fn what_was_not_taken_is_sent_again_on_a_new_socket() {
        let mut outbox = Outbox::default();
        (1..=3).for_each(|at| outbox.push(seen(at)));
        let (first, batch) = outbox.batch().expect("three are waiting");
        assert_eq!((first, times(&batch)), (1, vec![1, 2, 3]));
        assert!(outbox.batch().is_none(), "nothing is sent twice on one socket");
        outbox.taken(2);
        outbox.push(seen(4));
        assert_eq!(outbox.batch().map(|(first, batch)| (first, times(&batch))), Some((4, vec![4])));
        outbox.rewind();
        assert_eq!(outbox.batch().map(|(first, batch)| (first, times(&batch))), Some((3, vec![3, 4])));
    }

    #[test]
    fn a_full_outbox_drops_the_oldest_and_counts_it() {
        let mut outbox = Outbox::default();
        (1..=KEPT as i64 + 2).for_each(|at| outbox.push(seen(at)));
        assert_eq!(outbox.dropped(), 2);
        let (first, batch) = outbox.batch().expect("it is full");
        assert_eq!((first, batch[0].at, batch.len()), (3, 3, MAX_BATCH), "numbers go on over what was dropped");
    }
}
