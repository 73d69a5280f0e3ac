//! What is wrong with the lessons, and where.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the lessons can be served.
    Notice,
    /// The lessons cannot be served like this.
    Error,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The file, relative to the folder of the lessons.
    pub file: String,
    /// The line in it, from 1, where that is known.
    pub line: Option<usize>,
    /// What is wrong, in English: it is written for whoever writes lessons.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "notice" };
        match self.line {
            Some(line) => write!(f, "{severity}: {}:{line}: {}", self.file, self.what),
            None => write!(f, "{severity}: {}: {}", self.file, self.what),
        }
    }
}

/// Everything that was found, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The problems.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Writes an error down.
    pub fn error(&mut self, file: &str, line: Option<usize>, what: impl Into<String>) {
        self.problems.push(Problem { severity: Severity::Error, file: file.to_owned(), line, what: what.into() });
    }

    /// Writes a notice down.
    pub fn notice(&mut self, file: &str, what: impl Into<String>) {
        self.problems.push(Problem {
            severity: Severity::Notice,
            file: file.to_owned(),
            line: None,
            what: what.into(),
        });
    }

    /// Whether anything forbids serving these lessons.
    pub fn failed(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}
