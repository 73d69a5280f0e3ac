//! What the islands of one step share.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{i18n::Locale, ledger::Ledger, lesson::manifest};

/// The option of every prediction that commits to nothing.
pub const NOT_SURE: &str = "not-sure";

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

/// What this browser remembers of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The locked prediction: an option's name, or [`NOT_SURE`].
    pub prediction: Option<String>,
    /// The locked reason.
    pub reason: Option<String>,
    /// Whether the goal was met.
    pub done: bool,
}

/// Shared by the islands of one step through Leptos' context.
#[derive(Clone)]
pub struct Stage {
    /// What the server said.
    pub play: StoredValue<Play>,
    /// The options of the prediction with their words.
    pub options: RwSignal<Vec<Choosable>>,
    /// What is known of the reader's way through this step.
    pub memory: RwSignal<Memory>,
    /// The ledger of the run so far.
    pub ledger: RwSignal<Ledger>,
    /// Whether this browser's memory has been read: before that nothing is enabled.
    pub ready: RwSignal<bool>,
    /// Whether the lab is wanted: the reader touched something of it, or is about to. Its program comes then.
    pub wanted: RwSignal<bool>,
    /// Whether the reader pressed the button that runs before the lab could: it does as soon as it can.
    pub pressed: RwSignal<bool>,
}

impl Stage {
    /// A stage on which nothing has happened yet.
    pub fn new(play: Play) -> Self {
        Self {
            play: StoredValue::new(play),
            options: RwSignal::default(),
            memory: RwSignal::default(),
            ledger: RwSignal::default(),
            ready: RwSignal::new(false),
            wanted: RwSignal::new(false),
            pressed: RwSignal::new(false),
        }
    }

    /// `lesson/step`, the name under which the step is remembered.
    pub fn name(&self) -> String {
        self.play.with_value(|play| format!("{}/{}", play.lesson, play.step.id))
    }

    /// Whether the step asks for a prediction that is not locked yet.
    pub fn must_predict(&self) -> bool {
        let asks = self.play.with_value(|play| !play.step.predict.options.is_empty());
        asks && self.memory.with(|memory| memory.prediction.is_none())
    }

    /// Reads what this browser remembers, and keeps it up to date.
    ///
    /// To be called by the last island of the step in the document: islands come alive in its order, each taking for granted
    /// that what the server rendered is still true.
    #[cfg(feature = "hydrate")]
    pub fn remember(&self) {
        use crate::client::browser;

        let Self { memory, ready, .. } = *self;
        let key = key(&self.name());
        Effect::new(move |before: Option<()>| {
            if before.is_none() {
                if let Some(kept) = browser::recall(&key).and_then(|text| serde_json::from_str(&text).ok()) {
                    memory.set(kept);
                }
                ready.set(true);
            }
            let text = memory.with(|memory| serde_json::to_string(memory).unwrap_or_default());
            if before.is_some() {
                browser::keep(&key, &text);
            }
        });
        self.tell_class();
    }

    /// Tells the reader's class, if there is one, what was predicted and that the goal was met; and has the lab come at once,
    /// since a class may start it.
    #[cfg(feature = "hydrate")]
    fn tell_class(&self) {
        use super::class::member::Member;
        use crate::class::{ballot::of_step, order::Wish};

        let (stage, name, member) = (*self, StoredValue::new(self.name()), Member::here());
        let own = member.own.clone();
        let belongs = Memo::new(move |_| own.with(Option::is_some));
        let predicted = Memo::new(move |_| stage.memory.with(|memory| memory.prediction.clone()));
        let done = Memo::new(move |_| stage.memory.with(|memory| memory.done));
        let measured = stage.play.with_value(|play| play.step.predict.measured);
        let teller = member.clone();
        Effect::new(move |_| {
            if belongs.get() {
                stage.wanted.set(true);
                if let Some(option) = predicted.get() {
                    teller.wish(Wish::Vote { ballot: of_step(&name.get_value()), option });
                }
            }
        });
        Effect::new(move |_| {
            if !(belongs.get() && done.get()) {
                return;
            }
            let step = name.get_value();
            member.wish(Wish::Reached { step: step.clone() });
            // What was measured in another visit is not known any more.
            let value = measured.and_then(|figure| stage.ledger.with_untracked(|ledger| ledger.figure(figure)));
            if let Some(value) = value {
                member.wish(Wish::Measured { step, value });
            }
        });
    }
}

impl Copy for Stage {}

/// Where this browser keeps what it remembers of a step.
pub fn key(name: &str) -> String {
    format!("lifeline/step/{name}")
}
