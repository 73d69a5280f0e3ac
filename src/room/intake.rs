//! What browsers say they saw: checked, and taken once.

use std::{collections::VecDeque, ops::RangeInclusive};

use crate::wire::{Fact, Micros, Observation, Witness, control::MAX_BATCH};

/// How many pages a lab remembers, to know what it already took.
const PAGES: usize = 64;

/// How far a browser's time may lie before the run's start or after now: clocks are aligned within an error.
pub const SLACK: Micros = 1_000_000;

/// The longest path and query that a page may say it asked for, in bytes.
const MAX_TARGET: usize = 512;

/// The longest method, in bytes.
const MAX_METHOD: usize = 16;

/// The most updates that one answer can have brought.
const MAX_NEWS: usize = 1_000;

/// What a lab has taken from its pages so far.
#[derive(Debug, Default)]
pub struct Intake {
    pages: VecDeque<Page>,
    forgotten: u64,
}

#[derive(Debug)]
struct Page {
    page: u64,
    upto: u64,
    dropped: u64,
}

/// A batch as it came.
#[derive(Debug)]
pub struct Batch {
    /// The page's own random number.
    pub page: u64,
    /// Number of the first observation among all of this page, from 1.
    pub first: u64,
    /// The observations.
    pub seen: Vec<Observation>,
    /// How many the page has dropped so far.
    pub dropped: u64,
}

/// What came of a batch.
#[derive(Debug, PartialEq)]
pub struct Taken {
    /// The new observations of this run.
    pub seen: Vec<Observation>,
    /// How many belong to a run that is over.
    pub late: u64,
    /// The number up to which this page's observations are taken.
    pub upto: u64,
}

impl Intake {
    /// Takes what is new of a batch, if all of it is good. `run` is when the run began, `now` the time now.
    ///
    /// # Errors
    /// A sentence, and nothing is taken.
    pub fn take(&mut self, batch: Batch, run: Micros, now: Micros) -> Result<Taken, String> {
        let Batch { page, first, mut seen, dropped } = batch;
        if seen.len() > MAX_BATCH {
            return Err(format!("a batch holds at most {MAX_BATCH} observations, not {}", seen.len()));
        }
        let last = (first.max(1) - 1).checked_add(seen.len() as u64).filter(|last| first > 0 && *last < 1 << 53);
        let last = last.ok_or("first is a number from 1 that a script can hold")?;
        for (place, one) in seen.iter().enumerate() {
            check(one, now + SLACK).map_err(|why| format!("observation {} of the batch: {why}", place + 1))?;
        }
        let known = self.page(page);
        known.dropped = known.dropped.max(dropped.min(1 << 53));
        let old = known.upto.saturating_sub(first - 1).min(seen.len() as u64);
        known.upto = known.upto.max(last);
        let upto = known.upto;
        // At most the length of the batch.
        seen.drain(..old as usize);
        let before = seen.len();
        seen.retain(|one| one.at >= run - SLACK);
        Ok(Taken { late: (before - seen.len()) as u64, seen, upto })
    }

    /// How many observations the pages dropped because their buffers were full.
    pub fn dropped(&self) -> u64 {
        self.pages.iter().map(|page| page.dropped).fold(self.forgotten, u64::saturating_add)
    }

    fn page(&mut self, page: u64) -> &mut Page {
        let place = self.pages.iter().position(|known| known.page == page).unwrap_or_else(|| {
            if self.pages.len() == PAGES {
                self.forgotten += self.pages.pop_front().map_or(0, |page| page.dropped);
            }
            self.pages.push_back(Page { page, upto: 0, dropped: 0 });
            self.pages.len() - 1
        });
        &mut self.pages[place]
    }
}

/// Checks one observation.
fn check(seen: &Observation, latest: Micros) -> Result<(), String> {
    const CLIENTLESS: &str = "this fact is about an exchange: it needs a client and an exchange";
    if seen.witness != Witness::Browser || seen.conn.is_some() {
        return Err("a page may only tell what it saw itself".into());
    }
    // Far before the run is a matter of a run that is over; before the server's start is nonsense.
    if !(-SLACK..=latest).contains(&seen.at) {
        return Err("its time is not between the server's start and now".into());
    }
    let exchange = seen.client.is_some() && seen.exchange.is_some();
    match &seen.fact {
        Fact::Started { settings } => {
            settings.check()?;
            if seen.client.is_none() {
                return Err("a client that starts has a number".into());
            }
        }
        Fact::Asked { method, target } => {
            if !exchange {
                return Err(CLIENTLESS.into());
            }
            if method.len() > MAX_METHOD || target.len() > MAX_TARGET {
                return Err(format!("a method has at most {MAX_METHOD} bytes, a target {MAX_TARGET}"));
            }
        }
        Fact::Answered { news, status, .. } => {
            if !exchange {
                return Err(CLIENTLESS.into());
            }
            if news.seqs.len() > MAX_NEWS {
                return Err(format!("an answer brings at most {MAX_NEWS} updates"));
            }
            within("status", u32::from(*status), 100..=999)?;
            within("percent", u32::from(news.percent.unwrap_or_default()), 0..=100)?;
        }
        Fact::Message { news, .. } => {
            if !exchange {
                return Err(CLIENTLESS.into());
            }
            if news.seqs.len() > MAX_NEWS {
                return Err(format!("a message brings at most {MAX_NEWS} updates"));
            }
        }
        Fact::Streaming | Fact::Broken | Fact::Sent { .. } if !exchange => return Err(CLIENTLESS.into()),
        Fact::Shut { .. } if !exchange => return Err(CLIENTLESS.into()),
        Fact::Shut { code, .. } => within("a close code", u32::from(*code), 1000..=4999)?,
        Fact::Life { .. } if seen.client.is_none() => return Err("a client has a number".into()),
        Fact::Ended { .. } if !exchange => return Err(CLIENTLESS.into()),
        Fact::Ended { .. }
        | Fact::Streaming
        | Fact::Broken
        | Fact::Sent { .. }
        | Fact::Life { .. }
        | Fact::Stopped
        | Fact::Shown { .. }
        | Fact::Ignored { .. }
        | Fact::Skipped
        | Fact::Visibility { .. }
        | Fact::Clock { .. }
        | Fact::Picked => {}
        Fact::Opened
        | Fact::Unit { .. }
        | Fact::Released { .. }
        | Fact::Dropped { .. }
        | Fact::Closed { .. }
        | Fact::Published { .. }
        | Fact::Answering { .. }
        | Fact::HeldBack { .. }
        | Fact::Struck { .. }
        | Fact::Holding { .. }
        | Fact::HoldEnded { .. }
        | Fact::Job { .. }
        | Fact::Run { .. }
        | Fact::Faults { .. }
        | Fact::KeepAlive { .. }
        | Fact::Crowd { .. } => return Err("a page may only tell what it saw itself".into()),
    }
    Ok(())
}

fn within(name: &str, value: u32, range: RangeInclusive<u32>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("{name} is from {} to {}, not {value}", range.start(), range.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: Micros) -> Observation {
        let fact = Fact::Skipped;
        Observation { at, witness: Witness::Browser, client: Some(1), exchange: None, conn: None, fact }
    }

    fn batch(first: u64, ats: &[Micros]) -> Batch {
        Batch { page: 9, first, seen: ats.iter().copied().map(seen).collect(), dropped: 0 }
    }

    fn ats(taken: &Taken) -> Vec<Micros> {
        taken.seen.iter().map(|seen| seen.at).collect()
    }

    #[test]
    fn what_was_taken_is_not_taken_again() {
        let mut intake = Intake::default();
        assert_eq!(ats(&intake.take(batch(1, &[1, 2, 3]), 0, 10).unwrap()), [1, 2, 3]);
        let again = intake.take(batch(2, &[2, 3, 4]), 0, 10).unwrap();
        assert_eq!((ats(&again), again.upto), (vec![4], 4));
        let old = intake.take(batch(1, &[1, 2]), 0, 10).unwrap();
        assert_eq!((ats(&old), old.upto), (vec![], 4));
        let other = Batch { page: 8, ..batch(1, &[5]) };
        assert_eq!(ats(&intake.take(other, 0, 10).unwrap()), [5]);
        let gap = intake.take(batch(9, &[9]), 0, 10).unwrap();
        assert_eq!((ats(&gap), gap.upto), (vec![9], 9));
    }

    #[test]
    fn a_bad_one_spoils_its_batch() {
        let mut intake = Intake::default();
        let refused = |intake: &mut Intake, change: fn(&mut Observation)| {
            let mut batch = batch(1, &[1, 2]);
            change(&mut batch.seen[1]);
            let why = intake.take(batch, 0, 10).unwrap_err();
            assert!(why.starts_with("observation 2"), "{why}");
        };
        refused(&mut intake, |seen| seen.witness = Witness::Wire);
        refused(&mut intake, |seen| seen.conn = Some(1));
        refused(&mut intake, |seen| seen.fact = Fact::Published { seq: 1, by_hand: false });
        refused(&mut intake, |seen| seen.at = 10 + SLACK + 1);
        refused(&mut intake, |seen| seen.at = Micros::MIN);
        refused(&mut intake, |seen| seen.fact = Fact::Asked { method: "GET".into(), target: "/".into() });
        refused(&mut intake, |seen| {
            seen.exchange = Some(1);
            seen.fact = Fact::Asked { method: "GET".into(), target: "x".repeat(513) };
        });
        assert!(intake.take(batch(0, &[1]), 0, 10).is_err());
        assert!(intake.take(batch(u64::MAX, &[1]), 0, 10).is_err());
        assert!(intake.take(batch(1, &[1; MAX_BATCH + 1]), 0, 10).unwrap_err().contains("200"));
        assert_eq!(intake.take(batch(1, &[1, 2]), 0, 10).unwrap().seen.len(), 2, "nothing was taken before");
    }

    #[test]
    fn what_belongs_to_an_earlier_run_is_counted() {
        let start = 9 * SLACK;
        let taken = Intake::default().take(batch(1, &[7 * SLACK, 8 * SLACK, start]), start, start).unwrap();
        assert_eq!((ats(&taken), taken.late, taken.upto), (vec![8 * SLACK, start], 1, 3));
    }

    #[test]
    fn pages_are_forgotten_but_not_what_they_dropped() {
        let mut intake = Intake::default();
        for page in 0..1000 {
            intake.take(Batch { page, dropped: 2, ..batch(1, &[]) }, 0, 0).unwrap();
        }
        assert_eq!((intake.dropped(), intake.pages.len()), (2000, PAGES));
    }
}
