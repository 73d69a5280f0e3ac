//! A file becomes a recording, or a reason why it is none, with the number of the line.
//!
//! A file may come from anywhere. What the picture takes for granted is checked here: numbers that ascend, times within a
//! day, settings in their ranges.

use serde::de::DeserializeOwned;

use super::{Footer, Header, MAX_BYTES, MAX_RECORDS, NAME, OLDEST, Opened, Trouble, VERSION};
use crate::{
    notice::Notices,
    wire::{Fact, Micros, Record},
};

/// How far from the first record any other may be: a day.
const SPAN: Micros = 86_400_000_000;

/// Reads a whole file.
///
/// # Errors
/// Why it is no recording that can be shown.
pub fn read(text: &str) -> Result<Opened, Trouble> {
    let bytes = text.len() as u64;
    if bytes > MAX_BYTES {
        return Err(Trouble::TooLong { bytes });
    }
    // Some editors leave a mark at the beginning, and empty lines at the end.
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').trim_end().lines().collect();
    let header = header(lines.first().copied().unwrap_or_default())?;
    let Some((last, middle)) = lines.split_last().map(|(last, before)| (*last, before.get(1..).unwrap_or(&[]))) else {
        return Err(Trouble::NotOurs);
    };
    if middle.len() > MAX_RECORDS {
        return Err(Trouble::TooMany);
    }
    let mut records: Vec<Record> = Vec::new();
    let mut notices = Notices::default();
    for (line, text) in (2..).zip(middle) {
        let record: Record = parse(line, text)?;
        check(&record, records.first(), records.last()).map_err(|why| Trouble::Line { line, why: why.to_owned() })?;
        notices.apply(&record.seen);
        records.push(record);
    }
    let lines = lines.len() as u64;
    // A record in its place is the sign of a file that was cut between two lines; half of one, of any other cut.
    let footer: Footer = serde_json::from_str(last).map_err(|_| Trouble::CutShort { lines })?;
    if footer.records != records.len() as u64 {
        return Err(Trouble::CutShort { lines });
    }
    Ok(Opened { header, records, notices: notices.list().to_vec(), footer })
}

fn header(line: &str) -> Result<Header, Trouble> {
    /// What every version says.
    #[derive(serde::Deserialize)]
    struct Which {
        format: String,
        version: u32,
    }
    let Ok(Which { format, version }) = serde_json::from_str(line) else { return Err(Trouble::NotOurs) };
    if format != NAME {
        return Err(Trouble::NotOurs);
    }
    if !(OLDEST..=VERSION).contains(&version) {
        return Err(Trouble::Version { version });
    }
    parse(1, line)
}

fn parse<T: DeserializeOwned>(line: u64, text: &str) -> Result<T, Trouble> {
    serde_json::from_str(text).map_err(|error| Trouble::Line { line, why: error.to_string() })
}

fn check(record: &Record, first: Option<&Record>, before: Option<&Record>) -> Result<(), &'static str> {
    if before.is_some_and(|before| before.no >= record.no) || record.no == u64::MAX {
        return Err("records are numbered upwards");
    }
    let from = first.map_or(0, |first| first.seen.at);
    // The time of a connection that is older than the run may lie far back.
    let near = record.seen.at.checked_sub(from).is_some_and(|at| (-SPAN..=SPAN).contains(&at));
    if (first.is_some() && !near) || record.seen.at.unsigned_abs() > 1 << 60 {
        return Err("a time is more than a day away from the first");
    }
    match &record.seen.fact {
        Fact::Started { settings } if settings.check().is_err() => Err("a client's settings are out of their range"),
        Fact::Faults { faults, .. } if faults.iter().any(|fault| fault.check().is_err()) => {
            Err("a fault's parameters are out of their range")
        }
        _ => Ok(()),
    }
}
