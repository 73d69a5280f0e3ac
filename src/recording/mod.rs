//! Recordings: the log of a run as a file that can be opened again, without a lab and without a server.
//!
//! A recording is JSON, one value a line. The first line is a [`Header`]; then comes a line for each [`Record`], in the
//! order of the log; the last line is a [`Footer`], so that a file that was cut short is known as such. The version is that
//! of the observations, [`FORMAT`]; [`OLDEST`] and all since can be read.
//!
//! - [`read`]: a file, checked line by line.
//! - `write`: a lab's log as a file; on the server only.
//!
//! The page itself reads no JSON of this kind: its module would grow by a fifth. A second, small module does, which only
//! the page of recordings loads (`src/reader.rs`); it hands over a [`Log`] in the compact form.

pub mod read;
#[cfg(feature = "ssr")]
pub mod write;

use serde::{Deserialize, Serialize};

use crate::{
    ledger::Ledger,
    notice::Notice,
    wire::{FORMAT, Record, control::LabSpec},
};

/// What the first line calls the format.
pub const NAME: &str = "lifeline-recording";

/// The oldest version that can be read.
pub const OLDEST: u32 = 4;

/// The longest file, in bytes.
pub const MAX_BYTES: u64 = 20_000_000;

/// The most records, as many as a lab's log keeps.
pub const MAX_RECORDS: usize = 20_000;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`NAME`].
    pub format: String,
    /// The version of the observations.
    pub version: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// When it was saved: UTC, to the second, as RFC 3339 writes it.
    pub saved: String,
    /// The step that it belongs to, `lesson/step`, if it belongs to one.
    #[serde(default)]
    pub step: Option<String>,
    /// How the lab was made.
    pub lab: LabSpec,
    /// The ledger of what came before the first record, where the log had lost its beginning.
    #[serde(default)]
    pub ledger: Option<Box<Ledger>>,
}

/// The last line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Footer {
    /// How many records there are.
    pub records: u64,
    /// Observations that were dropped because a buffer was full, by witness: browser, wire, server.
    pub dropped: [u64; 3],
    /// Observations that came when their run was over.
    pub late: u64,
    /// Records that the log had lost before the first that is here.
    pub before: u64,
}

/// A recording that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The first line.
    pub header: Header,
    /// The records, in the order of the log.
    pub records: Vec<Record>,
    /// What was noticed about the run.
    pub notices: Vec<Notice>,
    /// The last line.
    pub footer: Footer,
}

/// What of a recording the picture and the ledger are made from: the reader hands it over in the compact form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The ledger of what came before the first record.
    pub ledger: Box<Ledger>,
    /// The records, in the order of the log.
    pub records: Vec<Record>,
    /// What was noticed about the run.
    pub notices: Vec<Notice>,
    /// Observations that were dropped because a buffer was full, by witness: browser, wire, server.
    pub dropped: [u64; 3],
}

/// Why a file is no recording that can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It is longer than [`MAX_BYTES`].
    TooLong {
        /// Its length in bytes.
        bytes: u64,
    },
    /// It has more than [`MAX_RECORDS`] records.
    TooMany,
    /// Its first line is not the first line of a recording.
    NotOurs,
    /// It is of a version that this program cannot read.
    Version {
        /// Which.
        version: u32,
    },
    /// A line is not what it should be.
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it, in English.
        why: String,
    },
    /// It ends before its last line.
    CutShort {
        /// How many lines there are.
        lines: u64,
    },
}

/// The version that is written.
pub const VERSION: u32 = FORMAT;

#[cfg(test)]
mod tests;
