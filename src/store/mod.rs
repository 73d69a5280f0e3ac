//! The store: logs of numbered events, kept for as long as somebody needs them.
//!
//! A log has a short name and events numbered from 1 without a gap. Who appends says which number was the last: whoever did
//! not know of somebody else's event learns it instead of writing over it. Nothing here assumes that a log is local, nor knows
//! what an event means.
//!
//! [`sqlite`] keeps logs in a file, [`memory`] until the program ends.

pub mod error;
pub mod memory;
pub mod place;
pub mod sqlite;

use std::{fmt, pin::Pin, sync::Arc};

pub use error::Error;
pub use place::Place;

/// The longest event, in bytes.
pub const MAX_EVENT: usize = 64 * 1024;

/// The most events of a log.
pub const MAX_EVENTS: u64 = 100_000;

/// The longest name of a log, in bytes.
pub const MAX_NAME: usize = 64;

/// The most events that one reading brings.
pub const MAX_READ: usize = 1_000;

/// An answer that takes a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// An event as a log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its number in the log, from 1.
    pub no: u64,
    /// What happened, as it was written.
    pub event: Vec<u8>,
}

/// Where logs are kept.
pub trait Store: Send + Sync + fmt::Debug {
    /// The names of all logs, in the order of the alphabet.
    fn logs(&self) -> Answer<'_, Vec<String>>;

    /// The events after a number, in order: at most `limit`, and at most [`MAX_READ`]. A log that there is not is an empty one.
    ///
    /// Fails with [`Error::Gap`] if one of them is missing, or if the log ends before `after`.
    fn read<'a>(&'a self, log: &'a str, after: u64, limit: usize) -> Answer<'a, Vec<Stored>>;

    /// Adds events after the number `expected`, all of them or none, and answers with the last number then. Once this has
    /// answered, no crash of the program can take them back.
    ///
    /// Fails with [`Error::Conflict`] if `expected` is not the last number.
    fn append<'a>(&'a self, log: &'a str, expected: u64, events: Vec<Vec<u8>>) -> Answer<'a, u64>;

    /// Forgets a log with all that it holds. A log that there is not is forgotten already.
    fn forget<'a>(&'a self, log: &'a str) -> Answer<'a, ()>;
}

/// Opens the store of this place.
///
/// # Errors
/// If the file cannot be used; it is untouched then.
pub fn open(place: &Place) -> Result<Arc<dyn Store>, Error> {
    Ok(match place {
        Place::Memory => Arc::new(memory::Memory::default()),
        Place::File(path) => Arc::new(sqlite::Sqlite::open(path)?),
    })
}

/// Checks what is to be appended, whatever it is appended to.
fn check(log: &str, expected: u64, events: &[Vec<u8>]) -> Result<(), Error> {
    if log.is_empty() || log.len() > MAX_NAME {
        return Err(Error::Name);
    }
    if let Some(long) = events.iter().find(|event| event.len() > MAX_EVENT) {
        return Err(Error::TooLong { bytes: long.len() });
    }
    let more = u64::try_from(events.len()).unwrap_or(u64::MAX);
    if expected.saturating_add(more) > MAX_EVENTS {
        return Err(Error::Full { log: log.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
