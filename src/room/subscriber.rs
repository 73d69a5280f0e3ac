//! One page that follows a lab: what it has been sent, and what it is owed.
//!
//! Nothing is queued for a page beyond its short channel: the log itself is the queue, and each page has a place in it.
//! A page that does not read falls behind, and in the end is told to come back later; it then resumes where it was.

use std::borrow::Cow;

use bytes::Bytes;
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::log::Log;
use crate::wire::{
    FORMAT, Micros,
    control::{Cursor, Down, LabState, MAX_BATCH},
    packed::pack,
};

/// How many messages may wait for a page's socket.
pub const CHANNEL: usize = 8;

/// For how long a page's channel may stay full before the page is sent away, in microseconds.
pub const PATIENCE: Micros = 5_000_000;

/// A message is ended before it grows longer than about this, in bytes, whatever the number of records in it.
const MAX_BYTES: usize = 256 * 1024;

/// How a socket is closed (RFC 6455 §7.1.5, §7.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goodbye {
    /// The close code.
    pub code: u16,
    /// The reason, at most 123 bytes.
    pub reason: Cow<'static, str>,
}

impl Goodbye {
    /// A close code with its reason.
    pub const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }
}

/// The socket's end of a subscription.
#[derive(Debug)]
pub struct Subscription {
    /// Its number in the lab.
    pub id: u64,
    /// What to send.
    pub out: mpsc::Receiver<Bytes>,
    /// When and why to close.
    pub close: oneshot::Receiver<Goodbye>,
}

/// The lab's end of a subscription.
#[derive(Debug)]
pub struct Subscriber {
    id: u64,
    page: u64,
    out: mpsc::Sender<Bytes>,
    close: oneshot::Sender<Goodbye>,
    /// The number of the last record that was sent.
    sent: u64,
    owes_snapshot: bool,
    owes_state: bool,
    full_since: Option<Micros>,
}

/// What there is to deliver.
#[derive(Debug)]
pub struct News<'a> {
    /// The log.
    pub log: &'a Log,
    /// The lab's settings.
    pub state: &'a LabState,
    /// The time now.
    pub now: Micros,
    /// The last delta that was written for anybody: pages that stand at the same place get the same bytes.
    pub written: Option<Written>,
}

/// A delta as it is sent, with the numbers that it goes from and to.
#[derive(Debug)]
pub struct Written {
    after: u64,
    upto: u64,
    bytes: Bytes,
}

impl Subscriber {
    /// A page that comes with what it had, if it had anything.
    pub fn new(id: u64, page: u64, resume: Option<Cursor>, log: &Log) -> (Self, Subscription) {
        let (out, outs) = mpsc::channel(CHANNEL);
        let (close, closed) = oneshot::channel();
        let place = resume.filter(|cursor| cursor.epoch == log.epoch() && log.after(cursor.no).is_some());
        let subscriber = Self {
            id,
            page,
            out,
            close,
            sent: place.map_or(0, |cursor| cursor.no),
            owes_snapshot: place.is_none(),
            owes_state: place.is_some(),
            full_since: None,
        };
        (subscriber, Subscription { id, out: outs, close: closed })
    }

    /// Its number in the lab.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The page's own random number.
    pub fn page(&self) -> u64 {
        self.page
    }

    /// The log began anew.
    pub fn restart(&mut self) {
        self.owes_snapshot = true;
    }

    /// The lab's settings changed.
    pub fn settings_changed(&mut self) {
        self.owes_state = true;
    }

    /// Whether there is something to send.
    pub fn is_behind(&self, log: &Log) -> bool {
        self.owes_snapshot || self.owes_state || self.sent < log.last()
    }

    /// Ends the subscription.
    pub fn dismiss(self, goodbye: Goodbye) {
        // If the socket is gone already, nobody needs to hear it.
        let _ = self.close.send(goodbye);
    }

    /// Sends what fits into the channel. Says no if the page is gone or has not read for [`PATIENCE`].
    pub fn deliver(&mut self, news: &mut News<'_>) -> bool {
        while self.is_behind(news.log) {
            let slot = match self.out.try_reserve() {
                Ok(slot) => slot,
                Err(TrySendError::Closed(())) => return false,
                Err(TrySendError::Full(())) => {
                    let since = *self.full_since.get_or_insert(news.now);
                    return news.now - since < PATIENCE;
                }
            };
            self.full_since = None;
            if !self.owes_snapshot && !self.owes_state && news.log.after(self.sent).is_none() {
                // So far behind that the log has lost the place.
                self.owes_snapshot = true;
            }
            if self.owes_snapshot {
                slot.send(snapshot(news));
                (self.sent, self.owes_snapshot, self.owes_state) = (news.log.before(), false, false);
            } else if self.owes_state {
                slot.send(Down::State { lab: news.state.clone() }.encode().into());
                self.owes_state = false;
            } else {
                let written = match news.written.take() {
                    Some(written) if written.after == self.sent => written,
                    _ => delta(news.log, self.sent),
                };
                slot.send(written.bytes.clone());
                self.sent = written.upto;
                news.written = Some(written);
            }
        }
        true
    }
}

fn snapshot(news: &News<'_>) -> Bytes {
    let snapshot = Down::Snapshot {
        format: FORMAT,
        epoch: news.log.epoch(),
        after: news.log.before(),
        ledger: Box::new(news.log.checkpoint().clone()),
        lab: news.state.clone(),
    };
    snapshot.encode().into()
}

/// [`Down::Delta`], written from records that stay where they are, and no longer than a message should be.
fn delta(log: &Log, after: u64) -> Written {
    let mut records = Vec::new();
    let (mut count, mut upto) = (0, after);
    for record in log.after(after).into_iter().flatten().take(MAX_BATCH) {
        records.extend(pack(record));
        (count, upto) = (count + 1, record.no);
        if records.len() > MAX_BYTES {
            break;
        }
    }
    Written { after, upto, bytes: Down::delta(log.epoch(), count, &records).into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Fact, Observation, Witness};

    fn log(records: usize) -> Log {
        let mut log = Log::new(7, std::sync::Arc::<crate::room::log::Share>::default().join());
        for at in 0..records {
            let (at, fact) = (at as Micros, Fact::Stopped);
            let client = Some(1);
            log.push(Observation { at, witness: Witness::Browser, client, exchange: None, conn: None, fact });
        }
        log
    }

    struct Page {
        subscriber: Subscriber,
        subscription: Subscription,
    }

    impl Page {
        fn new(resume: Option<Cursor>, log: &Log) -> Self {
            let (subscriber, subscription) = Subscriber::new(1, 9, resume, log);
            Self { subscriber, subscription }
        }

        fn deliver(&mut self, log: &Log, now: Micros) -> bool {
            let state = LabState::default();
            self.subscriber.deliver(&mut News { log, state: &state, now, written: None })
        }

        fn read(&mut self) -> Vec<Down> {
            std::iter::from_fn(|| self.subscription.out.try_recv().ok())
                .map(|bytes| Down::decode(&bytes).unwrap())
                .collect()
        }
    }

    fn records(messages: &[Down]) -> Vec<u64> {
        let records = messages.iter().filter_map(|message| match message {
            Down::Delta { epoch: 7, records } => Some(records.iter().map(|record| record.no)),
            _ => None,
        });
        records.flatten().collect()
    }

    #[test]
    fn a_page_gets_a_snapshot_and_then_every_record_once() {
        let log = log(450);
        let mut page = Page::new(None, &log);
        assert!(page.deliver(&log, 0));
        let messages = page.read();
        assert!(matches!(messages[0], Down::Snapshot { epoch: 7, after: 0, .. }));
        assert_eq!((messages.len(), records(&messages)), (4, (1..=450).collect()));
        assert!(page.deliver(&log, 1) && page.read().is_empty());
    }

    #[test]
    fn a_page_that_knows_its_place_resumes() {
        let log = log(10);
        let mut page = Page::new(Some(Cursor { epoch: 7, no: 8 }), &log);
        assert!(page.deliver(&log, 0));
        let messages = page.read();
        assert!(matches!(messages[0], Down::State { .. }));
        assert_eq!(records(&messages), [9, 10]);
        for wrong in [Cursor { epoch: 6, no: 8 }, Cursor { epoch: 7, no: 11 }] {
            let mut page = Page::new(Some(wrong), &log);
            assert!(page.deliver(&log, 0) && matches!(page.read()[0], Down::Snapshot { .. }));
        }
    }

    #[test]
    fn a_page_that_does_not_read_is_sent_away_in_the_end() {
        let log = log(5000);
        let mut page = Page::new(None, &log);
        assert!(page.deliver(&log, 0));
        assert!(page.deliver(&log, PATIENCE - 1));
        assert!(!page.deliver(&log, PATIENCE));
        assert_eq!(page.read().len(), CHANNEL);
        assert!(page.deliver(&log, PATIENCE), "it reads again");
    }

    #[test]
    fn pages_at_the_same_place_share_their_bytes() {
        let log = log(3);
        let state = LabState::default();
        let mut news = News { log: &log, state: &state, now: 0, written: None };
        let (mut one, mut other) = (Page::new(None, &log), Page::new(None, &log));
        assert!(one.subscriber.deliver(&mut news) && other.subscriber.deliver(&mut news));
        let bytes =
            |page: &mut Page| (page.subscription.out.try_recv().unwrap(), page.subscription.out.try_recv().unwrap());
        assert_eq!(bytes(&mut one).1.as_ptr(), bytes(&mut other).1.as_ptr());
    }
}
