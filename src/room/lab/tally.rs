//! A lab's sums for its class: the whole log folded once, and then only what was added.

use super::Lab;
use crate::{
    class::event::Sums,
    ledger::{Figure, Ledger},
    room::log::Log,
    wire::control::Cursor,
};

/// The ledger of a log up to a record.
#[derive(Debug)]
pub(super) struct Tally {
    upto: Cursor,
    ledger: Ledger,
}

impl Tally {
    /// That of the log's checkpoint.
    fn begin(log: &Log) -> Self {
        Self { upto: Cursor { epoch: log.epoch(), no: log.before() }, ledger: log.checkpoint().clone() }
    }

    /// Takes in what was added to the log.
    fn catch_up(&mut self, log: &Log) {
        let follows = self.upto.epoch == log.epoch() && log.after(self.upto.no).is_some();
        if !follows {
            *self = Self::begin(log);
        }
        for record in log.after(self.upto.no).into_iter().flatten() {
            self.ledger.apply(&record.seen);
        }
        self.upto.no = log.last();
    }
}

impl Lab {
    /// The sums, and up to where they go, unless that is known.
    pub(super) fn sums_since(&mut self, known: Option<Cursor>) -> Option<(Cursor, Sums)> {
        let now = Cursor { epoch: self.log.epoch(), no: self.log.last() };
        if known == Some(now) {
            return None;
        }
        let tally = self.tally.get_or_insert_with(|| Box::new(Tally::begin(&self.log)));
        tally.catch_up(&self.log);
        Some((now, sums(&tally.ledger)))
    }
}

/// What a class needs of a ledger.
fn sums(ledger: &Ledger) -> Sums {
    // Figures are counts, but for the delay; what is not defined yet is nothing so far.
    let count = |figure| ledger.figure(figure).map_or(0, |value| value.max(0.0) as u64);
    let newest = ledger.rows().iter().rev().find_map(|row| row.settings.as_ref());
    Sums {
        technique: newest.map(|settings| settings.technique),
        published: count(Figure::Published),
        delivered: count(Figure::Delivered),
        lost: count(Figure::Lost),
        requests: count(Figure::Requests),
        empty: count(Figure::Empty),
        bytes: count(Figure::Bytes),
        reconnects: count(Figure::Reconnects),
        delay_ms: ledger.figure(Figure::DelayMean),
    }
}
