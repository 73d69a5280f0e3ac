//! What happened in a class: the atoms of its log. In the store they are JSON, so that a later version of the program can read
//! them; a new field has a default, and what happened never changes its name.

use serde::{Deserialize, Serialize};

use super::{
    Moment, ReaderNo,
    ballot::Reveal,
    code::Code,
    order::{Broken, Phase, Steering},
};
use crate::wire::Technique;

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened in a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The class was opened: the first event of every log, and only the first.
    Opened {
        /// Its code.
        code: Code,
        /// SHA-256 of the instructor's secret, in hexadecimal digits.
        key: String,
        /// The language of the projector and of the first pages: `en` or `zh`.
        locale: String,
    },
    /// A reader joined.
    Joined {
        /// The reader's number.
        reader: ReaderNo,
        /// SHA-256 of the reader's token, in hexadecimal digits.
        key: String,
        /// What the reader is called, cleaned.
        name: Option<String>,
    },
    /// A reader is called otherwise.
    Renamed {
        /// Who.
        reader: ReaderNo,
        /// The name, cleaned; none: anonymous.
        name: Option<String>,
    },
    /// The instructor removed a reader: the token is worth nothing any more.
    Removed {
        /// Who.
        reader: ReaderNo,
    },
    /// Another of the instructor's pages drives.
    Drove {
        /// The page's own number.
        page: u64,
    },
    /// The class is on a step.
    Step {
        /// `lesson/step`.
        step: String,
    },
    /// A reader opened a step, alone or with the class.
    At {
        /// Who.
        reader: ReaderNo,
        /// `lesson/step`; empty: no step.
        step: String,
        /// Whether the reader follows the instructor.
        follows: bool,
    },
    /// A reader said to be done or stuck, or took that back.
    Signal {
        /// Who.
        reader: ReaderNo,
        /// What.
        signal: Signal,
    },
    /// A reader reached the goal of a step.
    Reached {
        /// Who.
        reader: ReaderNo,
        /// `lesson/step`.
        step: String,
    },
    /// A reader locked a prediction, or answered a question of the quiz.
    Voted {
        /// Who.
        reader: ReaderNo,
        /// What about: see [`Ballot`](super::ballot::Ballot).
        ballot: String,
        /// The name of the option.
        option: String,
    },
    /// A show of hands was counted, in place of the one before.
    Hands {
        /// What about.
        ballot: String,
        /// How many hands for each option.
        counts: Vec<(String, u32)>,
    },
    /// What is shown of a vote changed.
    Revealed {
        /// What about.
        ballot: String,
        /// So much.
        reveal: Reveal,
    },
    /// These faults are in force from now on, in place of those before.
    Broke {
        /// All faults of the class, with whom they are for.
        faults: Vec<Broken>,
    },
    /// All labs are to run, rest, or begin anew; or all eyes are on the front.
    Steered {
        /// What.
        steering: Steering,
    },
    /// The class is an experiment: its readers use these techniques, in turns; none: each as the step says.
    Halves {
        /// In the order of the halves; at most four.
        techniques: Vec<Technique>,
    },
    /// The projector shows somebody's picture; nobody's, if absent.
    Picked {
        /// Whose.
        reader: Option<ReaderNo>,
    },
    /// What is being done beside the steps: a quiz before, the lessons, a quiz after, the end.
    Entered {
        /// What.
        phase: Phase,
    },
    /// How the room's network is: devices cannot reach each other, so the class runs from the projector alone.
    Alone {
        /// Whether it does.
        alone: bool,
    },
    /// What readers' labs had counted, for the report: the newest of each reader and step holds.
    Counted {
        /// The sums.
        sums: Vec<Counted>,
    },
    /// A reader's lab had measured the figure that the step's prediction is about.
    Measured {
        /// Who.
        reader: ReaderNo,
        /// `lesson/step`.
        step: String,
        /// The figure, in its own unit.
        value: f64,
    },
    /// The instructor closed the class: nobody can join, and the log is kept for the report until it expires.
    Closed,
}

/// What a reader says to the front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Nothing.
    #[default]
    None,
    /// I am done.
    Done,
    /// I am stuck.
    Stuck,
}

/// What one reader's lab had counted in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// Who.
    pub reader: ReaderNo,
    /// `lesson/step`.
    pub step: String,
    /// The sums.
    pub sums: Sums,
}

/// The sums of a lab's ledger that a class needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sums {
    /// The technique of the newest client.
    pub technique: Option<Technique>,
    /// Updates that were published while a client ran.
    pub published: u64,
    /// Of those, delivered.
    pub delivered: u64,
    /// Lost.
    pub lost: u64,
    /// Requests.
    pub requests: u64,
    /// Requests whose answer was empty.
    pub empty: u64,
    /// Bytes on the wire, both ways.
    pub bytes: u64,
    /// How often a client came back after its connection had broken.
    pub reconnects: u64,
    /// Mean delay from publication to arrival, in milliseconds, if any arrived.
    pub delay_ms: Option<f64>,
}
