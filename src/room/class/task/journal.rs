//! A class and its log in the store: what happens is applied at once, and written before anybody is told.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    class::{Class, Event, Moment, event::Entry},
    store::{self, MAX_EVENTS, MAX_READ, Store},
};

/// From here on the log takes no more of what readers want: there is room left for the instructor.
const NEARLY_FULL: u64 = MAX_EVENTS / 10 * 9;

/// Why a class cannot go on.
#[derive(Debug)]
pub enum Trouble {
    /// What happened was not stored. The class is as it was before.
    Unstored(store::Error),
    /// The log cannot be read any more.
    Lost(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unstored(error) => error.fmt(f),
            Self::Lost(why) => f.write_str(why),
        }
    }
}

/// A class, and how far its log is written.
#[derive(Debug)]
pub struct Journal {
    /// The class as it stands, with what is not written yet.
    pub class: Class,
    store: Arc<dyn Store>,
    log: String,
    last: u64,
    unwritten: Vec<Vec<u8>>,
}

impl Journal {
    /// Begins a log with its first event.
    ///
    /// # Errors
    /// If it cannot be stored, or is no opening.
    pub async fn begin(store: Arc<dyn Store>, log: String, opening: Event) -> Result<Self, Trouble> {
        let first = Entry { at: now(), event: opening };
        let class = Class::open(&first).ok_or_else(|| Trouble::Lost("a class begins with an opening".into()))?;
        let bytes = written(&first).map_err(Trouble::Lost)?;
        let last = store.append(&log, 0, vec![bytes]).await.map_err(Trouble::Unstored)?;
        Ok(Self { class, store, log, last, unwritten: Vec::new() })
    }

    /// Reads a log.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn read(store: Arc<dyn Store>, log: String) -> Result<Self, String> {
        let mut class: Option<Class> = None;
        let mut last = 0;
        loop {
            let events = store.read(&log, last, MAX_READ).await.map_err(|error| error.to_string())?;
            let Some(newest) = events.last().map(|stored| stored.no) else { break };
            for stored in events {
                let entry: Entry = serde_json::from_slice(&stored.event)
                    .map_err(|error| format!("event {} of the log {log} cannot be read: {error}", stored.no))?;
                match &mut class {
                    Some(class) => class.apply(&entry),
                    None => class = Class::open(&entry),
                }
                if class.is_none() {
                    return Err(format!("the log {log} does not begin with an opening"));
                }
            }
            last = newest;
        }
        let class = class.ok_or_else(|| format!("the log {log} is empty"))?;
        Ok(Self { class, store, log, last, unwritten: Vec::new() })
    }

    /// Something happened.
    pub fn happen(&mut self, event: Event) {
        let entry = Entry { at: now(), event };
        match written(&entry) {
            Ok(bytes) => {
                self.class.apply(&entry);
                self.unwritten.push(bytes);
            }
            // The rules let nothing through that has no form in JSON.
            Err(why) => tracing::error!(log = self.log, why, "an event has no form; it did not happen"),
        }
    }

    /// Whether the log has room only for the instructor's events.
    pub fn is_nearly_full(&self) -> bool {
        self.last >= NEARLY_FULL
    }

    /// Writes what has happened.
    ///
    /// # Errors
    /// If it was not written: the class is then as the log has it.
    pub async fn commit(&mut self) -> Result<(), Trouble> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        let events = std::mem::take(&mut self.unwritten);
        match self.store.append(&self.log, self.last, events).await {
            Ok(last) => {
                self.last = last;
                Ok(())
            }
            Err(error) => {
                tracing::error!(log = self.log, %error, "a class could not be stored");
                *self = Self::read(self.store.clone(), self.log.clone()).await.map_err(Trouble::Lost)?;
                Err(Trouble::Unstored(error))
            }
        }
    }

    /// Forgets the log.
    ///
    /// # Errors
    /// If it is still there.
    pub async fn forget(&self) -> Result<(), store::Error> {
        self.store.forget(&self.log).await
    }
}

fn written(entry: &Entry) -> Result<Vec<u8>, String> {
    serde_json::to_vec(entry).map_err(|error| error.to_string())
}

/// The time of day.
pub fn now() -> Moment {
    // Before 1970 it is 1970.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::try_from(since.as_millis()).unwrap_or(Moment::MAX)
}
