//! A lab's log as a file.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::{Footer, Header, MAX_BYTES, NAME, VERSION};
use crate::{
    ledger::Ledger,
    wire::{
        Record,
        control::{LabSpec, LabState},
    },
};

/// What a lab's task hands out of its log.
#[derive(Clone, Debug)]
pub struct Saved {
    /// How the lab was made.
    pub lab: LabSpec,
    /// Its state, for what was dropped.
    pub state: LabState,
    /// The ledger of everything before the first record.
    pub ledger: Ledger,
    /// How many records that were.
    pub before: u64,
    /// The records.
    pub records: Vec<Record>,
}

/// Writes a recording: of a step, `lesson/step`, if it belongs to one, saved at this time.
///
/// # Errors
/// If a value cannot be written, or the file would be longer than anybody reads.
pub fn write(saved: &Saved, step: Option<String>, now: SystemTime) -> Result<String, String> {
    let header = Header {
        format: NAME.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        saved: date(now),
        step,
        lab: saved.lab.clone(),
        ledger: (saved.before > 0).then(|| Box::new(saved.ledger.clone())),
    };
    let footer = Footer {
        records: saved.records.len() as u64,
        dropped: saved.state.dropped,
        late: saved.state.late,
        before: saved.before,
    };
    let mut out = String::new();
    line(&mut out, &header)?;
    for record in &saved.records {
        line(&mut out, record)?;
    }
    line(&mut out, &footer)?;
    if out.len() as u64 > MAX_BYTES {
        return Err(format!("this run is longer than a recording may be, {MAX_BYTES} bytes"));
    }
    Ok(out)
}

fn line(out: &mut String, value: &impl Serialize) -> Result<(), String> {
    out.push_str(&serde_json::to_string(value).map_err(|error| error.to_string())?);
    out.push('\n');
    Ok(())
}

/// UTC to the second, as RFC 3339 §5.6 writes it.
pub fn date(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 0;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        month += 1;
        if days < length {
            break;
        }
        days -= length;
    }
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{:02}Z", days + 1, second % 60)
}
