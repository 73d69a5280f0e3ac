//! The notes that the course is made from: `lessons/notes.toml`, one entry a line that the course has to teach.

use serde::Deserialize;

use super::problem::Report;
use crate::i18n::Locale;

/// The file they stand in.
pub const FILE: &str = "notes.toml";

/// The language of the notes.
pub const ORIGINAL: Locale = Locale::Zh;

/// All lines, in the order of the notes: `N1`, `N2` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// The lines.
    #[serde(default, rename = "line")]
    pub lines: Vec<Line>,
}

/// One line of the notes: a statement, which may be several sentences.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its name in links and manifests: `N` and its number, from 1.
    pub id: String,
    /// What the notes say, to the letter. A line break is one in the notes.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Notes {
    /// Reads the file.
    pub fn parse(text: &str, report: &mut Report) -> Self {
        let notes: Self = match toml::from_str(text) {
            Ok(notes) => notes,
            Err(error) => {
                super::load::toml_error(FILE, text, &error, report);
                return Self::default();
            }
        };
        // They are numbered from 1, without a gap: whichever is missing, doubled or out of its place shows in the numbers.
        for (at, line) in notes.lines.iter().enumerate() {
            let expected = format!("N{}", at + 1);
            if notes.lines[..at].iter().any(|before| before.id == line.id) {
                report.error(FILE, None, format!("the line {} is there twice", line.id));
            } else if line.id != expected {
                report.error(FILE, None, format!("the line {expected} is missing: {} is in its place", line.id));
            }
            for locale in Locale::ALL {
                if line.text(locale).trim().is_empty() {
                    report.error(FILE, None, format!("the line {} has no {} words", line.id, locale.prefix()));
                }
            }
        }
        if notes.lines.is_empty() {
            report.error(FILE, None, "the line N1 is missing: the notes are empty");
        }
        notes
    }

    /// Whether there is such a line.
    pub fn has(&self, id: &str) -> bool {
        self.lines.iter().any(|line| line.id == id)
    }
}

impl Line {
    /// What it says in a language.
    pub fn text(&self, locale: Locale) -> &str {
        match locale {
            Locale::En => &self.en,
            Locale::Zh => &self.zh,
        }
    }
}
