//! Words that a reader sees and that are not part of a lesson: a folder a language under `lessons/locale/`, in it flat
//! tables. A word's key is the name of its file, a dot, and its name there: `picture.nothing_new`.
//!
//! [`t`] works on both ends: while rendering on the server it reads the page's [`Words`] from the Leptos context; in the
//! browser it reads them once from the page's `<script type="application/json" id="words">`, which leaves out the
//! [`SERVER_ONLY`] files: what only the server says is not sent twice.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

/// A language of the course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Locale {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Locale; 2] = [Locale::En, Locale::Zh];

    /// The first segment of every page's path.
    pub fn prefix(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Zh => "zh",
        }
    }

    /// The language tag (BCP 47) for `lang` and `Content-Language`.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Zh => "zh-Hans",
        }
    }

    /// The locale of a path's first segment.
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.prefix() == prefix)
    }

    /// The language's name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Locale::En => "English",
            Locale::Zh => "中文",
        }
    }

    /// The language that an `Accept-Language` header (RFC 9110 §12.5.4) wants most; English if it wants none of ours.
    pub fn negotiate(header: &str) -> Self {
        let mut best = (0.0, Self::default());
        for range in header.split(',') {
            let mut parts = range.split(';');
            let primary = parts.next().unwrap_or_default().trim().split('-').next().unwrap_or_default();
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q=").map(|q| q.parse().unwrap_or(0.0)))
                .unwrap_or(1.0_f32);
            let wanted = Self::ALL.into_iter().find(|locale| locale.prefix().eq_ignore_ascii_case(primary));
            // Of two that are wanted alike, the one that is named first.
            if let Some(locale) = wanted
                && quality > best.0
            {
                best = (quality, locale);
            }
        }
        best.1
    }
}

/// The files whose words only the server says.
pub const SERVER_ONLY: [&str; 6] = ["page.", "course.", "choose.", "panel.", "guide.", "classroom."];

/// The files whose words the browser needs only on pages whose kind begins with that name.
const ELSEWHERE: [&str; 2] = ["recording", "class"];

/// The words of a page, in its language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(Arc<BTreeMap<String, String>>);

impl Words {
    /// Words by key.
    pub fn new(words: BTreeMap<String, String>) -> Self {
        Self(Arc::new(words))
    }

    /// The words for a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The part that the browser needs on a page of this kind, as JSON that can stand in a `<script>`: without any `<`.
    pub fn for_browser(&self, kind: &str) -> String {
        let elsewhere = |key: &str| {
            let file = key.split('.').next().unwrap_or_default();
            ELSEWHERE.contains(&file) && !kind.starts_with(file)
        };
        let shipped: BTreeMap<&str, &str> = self
            .0
            .iter()
            .filter(|(key, _)| !SERVER_ONLY.iter().any(|file| key.starts_with(file)) && !elsewhere(key))
            .map(|(key, words)| (key.as_str(), words.as_str()))
            .collect();
        // A map of strings to strings always serialises; an empty object would only show keys.
        serde_json::to_string(&shipped).unwrap_or_else(|_| "{}".to_owned()).replace('<', "\\u003c")
    }
}

#[cfg(not(feature = "hydrate"))]
fn words() -> Option<Words> {
    leptos::prelude::use_context()
}

#[cfg(feature = "hydrate")]
fn words() -> Option<Words> {
    thread_local! {
        static WORDS: Option<Words> = read();
    }
    fn read() -> Option<Words> {
        let text = web_sys::window()?.document()?.get_element_by_id("words")?.text_content()?;
        serde_json::from_str(&text).ok()
    }
    WORDS.with(Clone::clone)
}

/// The words for `key` in the page's language. A key without words shows itself; the linter sees to it that none does.
pub fn t(key: &str) -> String {
    match words() {
        Some(words) => words.get(key).unwrap_or(key).to_owned(),
        None => key.to_owned(),
    }
}

/// The same, with `{name}` replaced by a value for each pair.
pub fn tf(key: &str, values: &[(&str, &str)]) -> String {
    fill(&t(key), values)
}

/// Replaces each `{name}` of a text by its value, in one pass: a value that itself holds braces stays as it is.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let tail = &rest[open + 1..];
        let known = tail
            .find('}')
            .and_then(|close| values.iter().find(|(name, _)| *name == &tail[..close]).map(|(_, value)| (close, value)));
        match known {
            Some((close, value)) => {
                out.push_str(value);
                rest = &tail[close + 1..];
            }
            None => {
                out.push('{');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The names between braces in a text: every language must use the same ones.
pub fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|tail| tail.find('}').map(|close| &tail[..close]))
        .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_language_wins() {
        for (header, expected) in [
            ("", Locale::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Locale::Zh),
            ("en-GB,en;q=0.9,zh;q=0.8", Locale::En),
            ("fr, zh;q=0.4, en;q=0.2", Locale::Zh),
            ("de,fr;q=0.5", Locale::En),
            ("ZH-hant", Locale::Zh),
            ("zh;q=0, en;q=0.1", Locale::En),
            ("zh;q=nonsense", Locale::En),
        ] {
            assert_eq!(Locale::negotiate(header), expected, "{header}");
        }
    }

    #[test]
    fn a_value_with_braces_is_left_alone() {
        assert_eq!(fill("{a} of {b}, {c} {", &[("a", "{b}"), ("b", "2")]), "{b} of 2, {c} {");
        assert_eq!(placeholders("{b} {a} { {} {a}"), ["a", "b"]);
    }

    #[test]
    fn the_browser_gets_what_it_needs_and_no_tag() {
        let words = Words::new(
            [("page.title", "x"), ("lab.run", "</script>")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        );
        assert_eq!(words.for_browser("step"), r#"{"lab.run":"\u003c/script>"}"#);
    }
}
