//! What is asked of the file, inside a transaction.

use rusqlite::{Connection, params};

use crate::store::{Error, MAX_READ, Stored};

/// What comes of a question: an answer or why there is none, unless SQLite itself failed.
pub(super) type Outcome<T> = Result<Result<T, Error>, rusqlite::Error>;

/// The names of all logs.
pub(super) fn logs(file: &Connection) -> Outcome<Vec<String>> {
    let mut query = file.prepare_cached("SELECT DISTINCT log FROM event ORDER BY log")?;
    let names = query.query_map((), |row| row.get(0))?;
    names.collect::<Result<_, _>>().map(Ok)
}

/// The number of a log's last event.
fn last(file: &Connection, log: &str) -> rusqlite::Result<u64> {
    let mut query = file.prepare_cached("SELECT coalesce(max(no), 0) FROM event WHERE log = ?1")?;
    let last: i64 = query.query_row([log], |row| row.get(0))?;
    Ok(last.unsigned_abs())
}

/// The events after a number.
pub(super) fn read(file: &Connection, log: &str, after: u64, limit: usize) -> Outcome<Vec<Stored>> {
    let limit = limit.min(MAX_READ);
    let from = i64::try_from(after).unwrap_or(i64::MAX);
    let mut query =
        file.prepare_cached("SELECT no, event FROM event WHERE log = ?1 AND no > ?2 ORDER BY no LIMIT ?3")?;
    let mut rows = query.query(params![log, from, limit as i64])?;
    let mut events = Vec::new();
    let mut next = after;
    while let Some(row) = rows.next()? {
        next += 1;
        let no: i64 = row.get(0)?;
        if no.unsigned_abs() != next {
            return Ok(Err(Error::Gap { log: log.into(), no: next }));
        }
        events.push(Stored { no: next, event: row.get(1)? });
    }
    // Nothing after a number that never was: then what led to it is missing.
    if events.is_empty() && after > 0 && limit > 0 {
        let last = last(file, log)?;
        if last < after {
            return Ok(Err(Error::Gap { log: log.into(), no: last + 1 }));
        }
    }
    Ok(Ok(events))
}

/// Adds events, which were checked, and gives the last number.
pub(super) fn append(file: &Connection, log: &str, expected: u64, events: &[Vec<u8>]) -> Outcome<u64> {
    let last = last(file, log)?;
    if last != expected {
        return Ok(Err(Error::Conflict { last }));
    }
    let mut insert = file.prepare_cached("INSERT INTO event (log, no, event) VALUES (?1, ?2, ?3)")?;
    let mut no = last;
    for event in events {
        no += 1;
        // At most MAX_EVENTS.
        insert.execute(params![log, no as i64, event])?;
    }
    Ok(Ok(no))
}

/// Forgets a log.
pub(super) fn forget(file: &Connection, log: &str) -> Outcome<()> {
    file.prepare_cached("DELETE FROM event WHERE log = ?1")?.execute([log])?;
    Ok(Ok(()))
}
