//! The glossary: `lessons/glossary.toml`, one entry a term, in every language.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    parse::{self, Block, Link},
    problem::Report,
};
use crate::i18n::Locale;

/// The file it stands in.
pub const FILE: &str = "glossary.toml";

/// All terms, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glossary {
    /// The terms.
    pub terms: Vec<Term>,
}

/// A term in every language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its name in links: the English term in lower case with dashes.
    pub id: String,
    /// What it is called and what it means, by language.
    pub entries: BTreeMap<Locale, Entry>,
}

/// A term in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The term.
    pub name: String,
    /// One or two sentences.
    pub text: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    term: Vec<RawTerm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    id: String,
    en: RawEntry,
    zh: RawEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    name: String,
    text: String,
}

impl Glossary {
    /// Reads the file.
    pub fn parse(text: &str, report: &mut Report) -> Self {
        let raw: Raw = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                super::load::toml_error(FILE, text, &error, report);
                return Self::default();
            }
        };
        let mut glossary = Self::default();
        for term in raw.term {
            if glossary.find(&term.id).is_some() {
                report.error(FILE, None, format!("the term {} is there twice", term.id));
            }
            if term.id != slug(&term.en.name) {
                let what =
                    format!("the term {} should have the id of its English name, {}", term.id, slug(&term.en.name));
                report.error(FILE, None, what);
            }
            let entries = [(Locale::En, term.en), (Locale::Zh, term.zh)]
                .into_iter()
                .map(|(locale, raw)| {
                    let text = parse::fragment(FILE, &raw.text, locale, report);
                    if raw.name.trim().is_empty() || text.is_empty() {
                        report.error(FILE, None, format!("the term {} has no {} words", term.id, locale.prefix()));
                    }
                    (locale, Entry { name: raw.name, text })
                })
                .collect();
            glossary.terms.push(Term { id: term.id, entries });
        }
        // Terms explain each other: the links must lead somewhere.
        for term in &glossary.terms {
            term.links(&mut |link| {
                if let parse::Target::Term(id) = &link.to
                    && glossary.find(id).is_none()
                {
                    report.error(
                        FILE,
                        None,
                        format!("the term {} links to {id}, which is not in the glossary", term.id),
                    );
                }
            });
        }
        glossary
    }

    /// The term with this id.
    pub fn find(&self, id: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.id == id)
    }
}

impl Term {
    /// What it is in a language.
    pub fn entry(&self, locale: Locale) -> Option<&Entry> {
        self.entries.get(&locale)
    }

    /// Every link in its words.
    pub fn links<'a>(&'a self, visit: &mut dyn FnMut(&'a Link)) {
        self.entries.values().for_each(|entry| parse::links_of_blocks(&entry.text, visit));
    }
}

/// A name in lower case, with one dash for whatever is neither letter nor digit.
pub fn slug(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, name: &str, text: &str) -> String {
        format!(
            "[[term]]\nid = \"{id}\"\nen = {{ name = \"{name}\", text = \"{text}\" }}\nzh = {{ name = \"词\", text = \"文\" }}\n"
        )
    }

    fn problems(text: &str) -> String {
        let mut report = Report::default();
        Glossary::parse(text, &mut report);
        report.to_string()
    }

    #[test]
    fn a_good_glossary_has_no_problems() {
        assert_eq!(problems(&format!("{}{}", entry("a-b", "A b", "[x](term:c)"), entry("c", "c", "x"))), "");
    }

    #[test]
    fn each_slip_is_reported() {
        for (text, what) in [
            (entry("a", "a", "x").repeat(2), "twice"),
            (entry("a", "b", "x"), "id of its English name"),
            (entry("a", "a", ""), "has no en words"),
            (entry("a", "a", "[x](term:b)"), "links to b"),
            (entry("a", "a", "<b>x</b>"), "raw HTML"),
            ("[[term]]\nid = \"a\"\ncolour = 1\n".to_owned(), "glossary.toml:3"),
        ] {
            let found = problems(&text);
            assert!(found.contains(what), "{text} gave {found:?}, not {what}");
        }
    }
}
