//! What the islands of one step share.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{i18n::Locale, ledger::Ledger, lesson::manifest};

/// What a step's islands are told by the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Play {
    /// The page's language.
    pub locale: Locale,
    /// The lesson's name in the URL.
    pub lesson: String,
    /// What the manifest says of the step.
    pub step: manifest::Step,
}

/// One option of a question, as a reader sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choosable {
    /// Its name in the manifest.
    pub name: String,
    /// Its words: HTML that the server rendered from the lesson's Markdown.
    pub html: String,
}

/// Shared by the islands of one step through Leptos' context.
#[derive(Clone)]
pub struct Stage {
    /// What the server said.
    pub play: Play,
    /// The locked prediction: an option's name, or `not-sure`.
    pub prediction: RwSignal<Option<String>>,
    /// The locked reason.
    pub reason: RwSignal<Option<String>>,
    /// The ledger of the run so far.
    pub ledger: RwSignal<Ledger>,
    /// Whether the goal was met, in this visit or an earlier one.
    pub done: RwSignal<bool>,
}

impl Stage {
    /// A stage on which nothing has happened yet.
    pub fn new(play: Play) -> Self {
        Self {
            play,
            prediction: RwSignal::new(None),
            reason: RwSignal::new(None),
            ledger: RwSignal::new(Ledger::default()),
            done: RwSignal::new(false),
        }
    }
}
