//! A lab's log: the records of a run, bounded, over a running checkpoint of those that fell out.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use crate::{
    ledger::Ledger,
    notice::{Notice, Notices},
    recording::write::Saved,
    wire::{
        Fact, Observation, Record, Unit,
        control::{LabSpec, LabState},
    },
};

/// The most records that a log keeps.
pub const MAX_RECORDS: usize = 20_000;

/// The most memory that the records of a log may take, in bytes as [`weight`] counts them.
pub const MAX_WEIGHT: usize = 8 * 1024 * 1024;

/// What the records of all logs together may take. A full house keeps shorter logs.
const ALL_LOGS: usize = 1024 * 1024 * 1024;

/// The labs among which [`ALL_LOGS`] is shared.
#[derive(Debug, Default)]
pub struct Share(AtomicUsize);

/// A lab's own share, given back when it is dropped.
#[derive(Debug)]
pub struct Shareholder(Arc<Share>);

impl Share {
    /// One more lab.
    pub fn join(self: &Arc<Self>) -> Shareholder {
        self.0.fetch_add(1, Relaxed);
        Shareholder(self.clone())
    }
}

impl Shareholder {
    /// The most memory that the lab's records may take at present.
    fn limit(&self) -> usize {
        (ALL_LOGS / self.0.0.load(Relaxed).max(1)).min(MAX_WEIGHT)
    }
}

impl Drop for Shareholder {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// The records of one run.
#[derive(Debug)]
pub struct Log {
    epoch: u64,
    records: VecDeque<Record>,
    last: u64,
    weight: usize,
    checkpoint: Ledger,
    notices: Notices,
    share: Shareholder,
}

impl Log {
    /// An empty log in this epoch.
    pub fn new(epoch: u64, share: Shareholder) -> Self {
        let (checkpoint, notices) = (Ledger::default(), Notices::default());
        Self { epoch, records: VecDeque::new(), last: 0, weight: 0, checkpoint, notices, share }
    }

    /// Begins anew in another epoch.
    pub fn restart(&mut self, epoch: u64) {
        (self.epoch, self.last, self.weight) = (epoch, 0, 0);
        (self.records, self.checkpoint, self.notices) = (VecDeque::new(), Ledger::default(), Notices::default());
    }

    /// The epoch that its numbers count in.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The number of the last record, 0 before the first.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The number before the first record that is kept.
    pub fn before(&self) -> u64 {
        self.last - self.records.len() as u64
    }

    /// The ledger of everything up to [`Log::before`].
    pub fn checkpoint(&self) -> &Ledger {
        &self.checkpoint
    }

    /// What was noticed about the run so far, what fell out included.
    pub fn notices(&self) -> &[Notice] {
        self.notices.list()
    }

    /// Adds an observation; what falls out for it goes into the checkpoint.
    pub fn push(&mut self, seen: Observation) {
        self.last += 1;
        self.notices.apply(&seen);
        self.weight += weight(&seen);
        self.records.push_back(Record { no: self.last, seen });
        while self.records.len() > MAX_RECORDS || self.weight > self.share.limit() {
            let Some(oldest) = self.records.pop_front() else { break };
            self.weight -= weight(&oldest.seen);
            self.checkpoint.apply(&oldest.seen);
        }
    }

    /// All that a recording needs of it.
    pub fn save(&self, lab: LabSpec, state: LabState) -> Saved {
        let records = self.records.iter().cloned().collect();
        Saved { lab, state, ledger: self.checkpoint.clone(), before: self.before(), records }
    }

    /// The records after this number, or nothing if some of them are gone, or it never was a number of this log.
    pub fn after(&self, no: u64) -> Option<impl Iterator<Item = &Record>> {
        let kept = self.before()..=self.last;
        // The difference is at most the number of records that are kept, which is a usize already.
        kept.contains(&no).then(|| self.records.iter().skip((no - self.before()) as usize))
    }
}

/// The memory that a record takes, in bytes: itself and what it points to.
pub fn weight(seen: &Observation) -> usize {
    let more = match &seen.fact {
        Fact::Asked { method, target } => method.capacity() + target.capacity(),
        Fact::Answered { news, .. } | Fact::Answering { news } => news.seqs.capacity() * size_of::<u64>(),
        Fact::Faults { faults, .. } => faults.capacity() * size_of::<crate::fault::Fault>(),
        Fact::Crowd { crowd } => size_of_val(&**crowd) + crowd.connects.capacity() * size_of::<u32>(),
        Fact::Unit { unit, .. } => match unit {
            Unit::RequestHead(head) => {
                size_of_val(&**head) + head.method.capacity() + head.target.capacity() + head.text.capacity()
            }
            Unit::ResponseHead(head) => size_of_val(&**head) + head.text.capacity(),
            Unit::Body(body) => {
                let text = |text: &Option<String>| text.as_ref().map_or(0, String::capacity);
                let events = body.events.iter().map(|event| text(&event.id) + text(&event.event));
                let events = events.sum::<usize>() + body.events.capacity() * size_of::<crate::wire::sse::Event>();
                size_of_val(&**body) + body.text.capacity() + events
            }
            Unit::Frame(frame) => size_of_val(&**frame) + frame.text.capacity(),
            Unit::Opaque { .. } | Unit::End { .. } => 0,
        },
        _ => 0,
    };
    size_of::<Record>() + more
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Direction, RequestHead, Witness};

    fn log() -> Log {
        Log::new(7, Arc::<Share>::default().join())
    }

    fn seen(fact: Fact) -> Observation {
        Observation { at: 0, witness: Witness::Server, client: None, exchange: None, conn: None, fact }
    }

    fn head(text: usize) -> Fact {
        let head = RequestHead {
            method: "GET".into(),
            target: "/l/abcdefgh23/poll?c=1&n=14&cursor=3".into(),
            nth: 1,
            bytes: text as u32,
            text: "x".repeat(text),
        };
        Fact::Unit { dir: Direction::Up, no: 1, unit: Unit::RequestHead(Box::new(head)) }
    }

    #[test]
    fn numbers_go_on_when_the_beginning_is_gone() {
        let mut log = log();
        for _ in 0..MAX_RECORDS + 5 {
            log.push(seen(Fact::Skipped));
        }
        assert_eq!((log.last(), log.before()), (20_005, 5));
        assert!(log.after(4).is_none() && log.after(20_006).is_none());
        assert_eq!(log.after(5).unwrap().next().unwrap().no, 6);
        assert_eq!(log.after(20_005).unwrap().count(), 0);
    }

    #[test]
    fn heavy_records_are_fewer() {
        let mut log = log();
        for _ in 0..5_000 {
            log.push(seen(head(2048)));
        }
        assert!(log.weight <= MAX_WEIGHT && log.records.len() < 5_000, "{}", log.records.len());
        assert_eq!(log.weight, log.records.iter().map(|record| weight(&record.seen)).sum::<usize>());
    }

    #[test]
    fn a_full_house_keeps_shorter_logs() {
        let share = Arc::<Share>::default();
        let mut log = Log::new(7, share.join());
        let mut others: Vec<_> = (0..2_000).map(|_| share.join()).collect();
        assert!((256 * 1024..600 * 1024).contains(&log.share.limit()), "{}", log.share.limit());
        for _ in 0..5_000 {
            log.push(seen(head(2048)));
        }
        assert!(log.weight <= ALL_LOGS / 2_001);
        others.clear();
        assert_eq!(log.share.limit(), MAX_WEIGHT);
    }

    /// The promise: 10,000 observations of ordinary traffic in at most 8 MB. One exchange of a browser's poll is about
    /// ten observations, two of which carry a head.
    #[test]
    fn ten_thousand_observations_fit_in_eight_megabytes() {
        let mut log = log();
        for exchange in 0..1_000 {
            log.push(seen(head(700)));
            log.push(seen(head(350)));
            for _ in 0..8 {
                log.push(seen(Fact::Released { dir: Direction::Up, no: exchange }));
            }
        }
        assert_eq!((log.records.len(), log.before()), (10_000, 0));
        // The queue grows by doubling, so it may hold twice what it needs.
        let queue = log.records.capacity() * size_of::<Record>();
        let total = log.weight - log.records.len() * size_of::<Record>() + queue;
        assert!(total <= 8_000_000, "{total}");
    }
}
