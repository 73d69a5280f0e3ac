//! Logs in memory: gone when the program ends. For tests, and for who wants to keep nothing.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Answer, Error, MAX_READ, Store, Stored, check};

/// Logs in memory.
#[derive(Debug, Default)]
pub struct Memory {
    logs: Mutex<BTreeMap<String, Vec<Vec<u8>>>>,
}

impl Memory {
    fn logs(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Vec<u8>>>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_now(&self, log: &str, after: u64, limit: usize) -> Result<Vec<Stored>, Error> {
        let logs = self.logs();
        let events = logs.get(log).map(Vec::as_slice).unwrap_or_default();
        let gap = || Error::Gap { log: log.into(), no: events.len() as u64 + 1 };
        let rest = usize::try_from(after).ok().and_then(|after| events.get(after..)).ok_or_else(gap)?;
        let numbered = (after + 1..).zip(rest).take(limit.min(MAX_READ));
        Ok(numbered.map(|(no, event)| Stored { no, event: event.clone() }).collect())
    }

    fn append_now(&self, log: &str, expected: u64, events: Vec<Vec<u8>>) -> Result<u64, Error> {
        check(log, expected, &events)?;
        let mut logs = self.logs();
        let last = logs.get(log).map_or(0, |events| events.len() as u64);
        if last != expected {
            return Err(Error::Conflict { last });
        }
        if events.is_empty() {
            return Ok(last);
        }
        let kept = logs.entry(log.to_owned()).or_default();
        kept.extend(events);
        Ok(kept.len() as u64)
    }
}

impl Store for Memory {
    fn logs(&self) -> Answer<'_, Vec<String>> {
        Box::pin(async { Ok(self.logs().keys().cloned().collect()) })
    }

    fn read<'a>(&'a self, log: &'a str, after: u64, limit: usize) -> Answer<'a, Vec<Stored>> {
        Box::pin(async move { self.read_now(log, after, limit) })
    }

    fn append<'a>(&'a self, log: &'a str, expected: u64, events: Vec<Vec<u8>>) -> Answer<'a, u64> {
        Box::pin(async move { self.append_now(log, expected, events) })
    }

    fn forget<'a>(&'a self, log: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            self.logs().remove(log);
            Ok(())
        })
    }
}
