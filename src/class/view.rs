//! What each face is shown: all of it, each time it changed.

use serde::{Deserialize, Serialize};

use super::{
    Moment, ReaderNo,
    ballot::Reveal,
    event::{Signal, Sums},
    order::{Broken, Phase, Steering},
};
use crate::{
    fault::Fault,
    wire::{
        LabId, Technique,
        packed::{Nonsense, pack, unpack},
    },
};

/// From the class to a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Down {
    /// What a desk or a remote shows.
    Desk(Box<Desk>),
    /// What the wall shows.
    Wall(Box<Wall>),
    /// What a reader's page shows.
    Own(Box<Own>),
    /// It is done, and stored.
    Done {
        /// The page's mark.
        id: u32,
    },
    /// It is not done, and nothing changed.
    Refused {
        /// The page's mark, if the message had one.
        id: Option<u32>,
        /// Why.
        why: Refusal,
    },
    /// A beat.
    Beat,
}

impl Down {
    /// The message as it travels.
    pub fn encode(&self) -> Vec<u8> {
        pack(self)
    }

    /// # Errors
    /// [`Nonsense`] if the bytes are no such message.
    pub fn decode(bytes: &[u8]) -> Result<Self, Nonsense> {
        unpack(bytes)
    }
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// It takes the instructor's right.
    NotYours,
    /// Another of the instructor's pages drives.
    NotDriving,
    /// The class is closed.
    Closed,
    /// There is no such reader.
    NoReader,
    /// The lab is not there, or the secret is not its own.
    NoLab,
    /// Too much at once: wait a little.
    TooOften,
    /// It makes no sense; in English, for the console.
    Nonsense(String),
    /// It could not be stored; in English.
    Unstored(String),
}

/// What is the same on every face.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Common {
    /// The code.
    pub code: String,
    /// The language of the wall.
    pub locale: String,
    /// The server's time when this was made: pages count from it.
    pub now: Moment,
    /// What is being done.
    pub phase: Phase,
    /// The step, `lesson/step`; empty before the first.
    pub step: String,
    /// Since when.
    pub since: Moment,
    /// How labs are steered, and how often that was said.
    pub steering: (u32, Steering),
    /// How many readers are connected now.
    pub present: u32,
    /// Whether the class runs from the projector alone.
    pub alone: bool,
    /// Whether it is closed.
    pub closed: bool,
}

/// A lab that may be watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// Whose.
    pub reader: ReaderNo,
    /// What the reader is called.
    pub name: Option<String>,
    /// The lab's name.
    pub lab: LabId,
    /// What allows to follow it, and nothing else.
    pub secret: String,
}

/// A vote as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// What about: see [`Ballot`](super::ballot::Ballot).
    pub name: String,
    /// How much of it everybody may see.
    pub reveal: Reveal,
    /// How many voted, hands included.
    pub total: u32,
    /// How many for each option: on the wall and for readers only once that is revealed.
    pub counts: Vec<(String, u32)>,
    /// Of those, the show of hands.
    pub hands: Vec<(String, u32)>,
    /// What the labs measured of what was predicted: how many did, the least, the middle and the most. On the wall and for readers only
    /// once that is revealed.
    pub measured: Option<Measured>,
}

/// A figure as several labs measured it, in its own unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// How many labs.
    pub labs: u32,
    /// The least.
    pub least: f64,
    /// The median.
    pub median: f64,
    /// The most.
    pub most: f64,
}

/// What those who use a technique have counted together, in the step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The technique; none: all readers.
    pub technique: Option<Technique>,
    /// How many readers.
    pub readers: u32,
    /// Their sums; the delay is the mean over all updates that arrived.
    pub sums: Sums,
}

/// What a desk or a remote shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    /// What is the same on every face.
    pub common: Common,
    /// Whether this page drives.
    pub drives: bool,
    /// Whether any page does.
    pub driven: bool,
    /// The readers, in the order in which they joined.
    pub readers: Vec<Row>,
    /// All votes.
    pub ballots: Vec<Shown>,
    /// The class's faults.
    pub faults: Vec<Broken>,
    /// The techniques of the experiment.
    pub halves: Vec<Technique>,
    /// The sums of all readers, and then those of each technique of the experiment.
    pub parts: Vec<Part>,
    /// Whose picture the wall shows.
    pub picked: Option<ReaderNo>,
    /// The lab that this desk watches.
    pub watch: Option<Watch>,
    /// Times since the class was opened: of the opening.
    pub opened: Moment,
    /// Pages with the instructor's right that are connected.
    pub desks: u32,
    /// Projectors that are connected.
    pub walls: u32,
}

/// A reader in the roster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The number.
    pub no: ReaderNo,
    /// The name.
    pub name: Option<String>,
    /// Whether a page of the reader is connected.
    pub present: bool,
    /// The step it shows.
    pub step: String,
    /// Whether the reader follows.
    pub follows: bool,
    /// What the reader says to the front.
    pub signal: Signal,
    /// Whether the goal of the class's step is reached.
    pub reached: bool,
    /// Whether a vote on the class's step is in.
    pub voted: bool,
    /// Whether the reader has a lab.
    pub lab: bool,
    /// Whether clients run in it.
    pub runs: bool,
    /// What it has counted in this step.
    pub sums: Sums,
}

/// What the wall shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wall {
    /// What is the same on every face.
    pub common: Common,
    /// The vote on the step, or those of the quiz.
    pub ballots: Vec<Shown>,
    /// The class's faults.
    pub faults: Vec<Broken>,
    /// The sums of all readers, and then those of each technique of the experiment.
    pub parts: Vec<Part>,
    /// The lab that is shown.
    pub watch: Option<Watch>,
    /// How many reached the goal of the step.
    pub reached: u32,
    /// How many say that they are done, and that they are stuck.
    pub signals: (u32, u32),
}

/// What a reader's page shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// What is the same on every face.
    pub common: Common,
    /// The reader's number.
    pub no: ReaderNo,
    /// The reader's name.
    pub name: Option<String>,
    /// Whether the reader follows.
    pub follows: bool,
    /// What the reader says to the front.
    pub signal: Signal,
    /// The technique to use, if the class is an experiment.
    pub technique: Option<Technique>,
    /// The faults that the class has put into this reader's lab.
    pub faults: Vec<Fault>,
    /// The vote on the step, or those of the quiz.
    pub ballots: Vec<Shown>,
    /// What this reader voted, in those.
    pub votes: Vec<(String, String)>,
}
