//! Words that a reader sees and that are not part of a lesson: one file a language under `lessons/locale/`.
//!
//! [`t`] works on both ends: while rendering on the server it reads the page's [`Words`] from the Leptos context; in the
//! browser it reads them once from the page's `<script type="application/json" id="words">`.

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
}

/// The words for `key` in the page's language.
pub fn t(key: &str) -> String {
    key.to_owned()
}

/// The same, with `{name}` replaced by a value for each pair.
pub fn tf(key: &str, values: &[(&str, &str)]) -> String {
    let mut text = t(key);
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}
