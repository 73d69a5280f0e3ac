//! What can go wrong with a store: what it is, and what to do about it.

use std::{fmt, path::PathBuf};

use super::{MAX_EVENT, MAX_EVENTS, MAX_NAME};

/// Why something is not stored, or not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Somebody else has appended meanwhile.
    Conflict {
        /// The number of the last event.
        last: u64,
    },
    /// An event of a log is missing.
    Gap {
        /// The log.
        log: String,
        /// The number that is not there.
        no: u64,
    },
    /// An event is longer than [`MAX_EVENT`].
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The log has [`MAX_EVENTS`] events, or would have more.
    Full {
        /// The log.
        log: String,
    },
    /// The name of a log is empty or longer than [`MAX_NAME`].
    Name,
    /// The file is there, but it is no database.
    NotADatabase {
        /// The file.
        file: PathBuf,
    },
    /// The file is a database of another program.
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// The file was written by a later version of this program.
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: i64,
        /// The last version that this program knows.
        known: i64,
    },
    /// Another program has the file open.
    InUse {
        /// The file.
        file: PathBuf,
    },
    /// The file is a database of ours, but not whole.
    Damaged {
        /// The file.
        file: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// The file cannot be opened, read or written.
    Unusable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Nobody said where the file is to be, and the system has no place for it.
    Nowhere,
    /// The store has ended, as the program does.
    Ended,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { last } => {
                write!(f, "somebody else has written meanwhile, up to number {last}; read on from there and try again")
            }
            Self::Gap { log, no } => write!(
                f,
                "the log {log} has no event {no}, so what follows it means nothing; restore the file from a copy, or forget the log"
            ),
            Self::TooLong { bytes } => {
                write!(f, "an event has at most {MAX_EVENT} bytes, not {bytes}; say less at once")
            }
            Self::Full { log } => write!(f, "the log {log} is full: it has at most {MAX_EVENTS} events; begin another"),
            Self::Name => write!(f, "the name of a log has 1 to {MAX_NAME} bytes"),
            Self::NotADatabase { file } => write!(
                f,
                "{} is no database; it was left as it is. Name another file with --data, or move this one away",
                file.display()
            ),
            Self::Foreign { file } => write!(
                f,
                "{} is a database of another program; it was left as it is. Name another file with --data",
                file.display()
            ),
            Self::Newer { file, version, known } => write!(
                f,
                "{} was written by a later version of Lifeline (format {version}, this one knows {known}); it was left as it is. Use that version, or name another file with --data",
                file.display()
            ),
            Self::InUse { file } => write!(
                f,
                "{} is in use by another program, perhaps another Lifeline; end that, or name another file with --data (:memory: keeps nothing)",
                file.display()
            ),
            Self::Damaged { file, why } => write!(
                f,
                "{} is damaged ({why}); it was left as it is. Restore it from a copy, or name another file with --data",
                file.display()
            ),
            Self::Unusable { file, why } => write!(
                f,
                "cannot use {} ({why}); see that its folder is there, has room and may be written to, or name another file with --data",
                file.display()
            ),
            Self::Nowhere => f.write_str(
                "there is no folder for the data of programs here (neither XDG_DATA_HOME nor HOME is set); name a file with --data, or :memory: to keep nothing",
            ),
            Self::Ended => f.write_str("the store has ended; start the program again"),
        }
    }
}

impl std::error::Error for Error {}
