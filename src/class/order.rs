//! What somebody wants of a class: what its pages send.

use serde::{Deserialize, Serialize};

use super::{ReaderNo, ballot::Reveal, event::Signal};
use crate::{
    fault::Fault,
    wire::{
        LabId, Technique,
        packed::{Nonsense, pack, unpack},
    },
};

/// The version of what pages and server say to each other.
pub const FORMAT: u32 = 1;

/// The longest message of a page, in bytes.
pub const MAX_UP: usize = 16 * 1024;

/// The most faults of a class at once.
pub const FAULTS: usize = 16;

/// What a page is to the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Face {
    /// The instructor's desk. It takes the instructor's right.
    Desk,
    /// The instructor's phone. It takes the same right.
    Remote,
    /// The wall. It takes nothing, and sees what everybody may see.
    Projector,
    /// A reader. It takes the reader's token.
    Reader,
}

/// From a page to the class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Up {
    /// The first message, and only the first.
    Hello {
        /// [`FORMAT`].
        format: u32,
        /// What the page is.
        face: Face,
        /// A reader's token; empty for the others. (The instructor's right comes with the handshake, as a cookie.)
        token: String,
        /// A random number of the page, kept while its tab lives.
        page: u64,
    },
    /// A reader's wish.
    Wish {
        /// The page's own mark; [`Down::Done`](super::view::Down::Done) or `Refused` repeats it.
        id: u32,
        /// What.
        wish: Wish,
    },
    /// The instructor's order. It is refused to everybody else, and that is logged.
    Order {
        /// The page's own mark.
        id: u32,
        /// What.
        order: Order,
    },
    /// A beat: in answer to the server's.
    Beat,
}

impl Up {
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

/// What a reader may want.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wish {
    /// I am on this step (`lesson/step`; empty: none), and follow the instructor or not.
    At {
        /// The step.
        step: String,
        /// Whether I follow.
        follows: bool,
    },
    /// This is my lab: what the class does to labs concerns it. In place of the one before.
    Lab {
        /// Its name.
        lab: LabId,
        /// What allows to change it.
        secret: String,
    },
    /// Whether clients of mine run now.
    Runs {
        /// Whether they do.
        runs: bool,
    },
    /// Done, stuck, or neither.
    Signal {
        /// What.
        signal: Signal,
    },
    /// I reached the goal of this step.
    Reached {
        /// `lesson/step`.
        step: String,
    },
    /// I locked this prediction, or this answer. It holds once and for all.
    Vote {
        /// What about: see [`Ballot`](super::ballot::Ballot).
        ballot: String,
        /// The name of the option.
        option: String,
    },
    /// Call me so.
    Name {
        /// As it was typed.
        name: String,
    },
    /// I leave the class: my data stay in it, without my name.
    Leave,
    /// My lab measured the figure that this step's prediction is about. The newest holds.
    Measured {
        /// `lesson/step`.
        step: String,
        /// The figure, in its own unit.
        value: f64,
    },
}

/// What the instructor may want.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// This page drives from now on. The only order that a page may give that does not drive.
    Drive,
    /// The class goes to a step (`lesson/step`).
    Step {
        /// Which.
        step: String,
    },
    /// All faults of the class, in place of those before; an empty list leaves a clean network.
    Break {
        /// At most [`FAULTS`].
        faults: Vec<Broken>,
    },
    /// One update in every lab, now.
    Publish,
    /// Labs run, rest, begin anew; eyes on the front.
    Steer {
        /// What.
        steering: Steering,
    },
    /// Readers use these techniques, in turns; none: each as the step says.
    Halves {
        /// At most four.
        techniques: Vec<Technique>,
    },
    /// Show a reader's picture on the wall; nobody's, if absent.
    Pick {
        /// Whose.
        reader: Option<ReaderNo>,
    },
    /// See a reader's picture on this desk; nobody's, if absent. Concerns this page only, and needs no wheel.
    Watch {
        /// Whose.
        reader: Option<ReaderNo>,
    },
    /// Show so much of a vote.
    Reveal {
        /// What about.
        ballot: String,
        /// How much.
        reveal: Reveal,
    },
    /// A show of hands, in place of the one before.
    Hands {
        /// What about.
        ballot: String,
        /// How many for each option, at most 10,000.
        counts: Vec<(String, u32)>,
    },
    /// Call a reader so; with an empty name: anonymous.
    Rename {
        /// Who.
        reader: ReaderNo,
        /// As it was typed.
        name: String,
    },
    /// Remove a reader.
    Remove {
        /// Who.
        reader: ReaderNo,
    },
    /// Quiz, lessons, end.
    Enter {
        /// What.
        phase: Phase,
    },
    /// The class runs from the projector alone, or not any more.
    Alone {
        /// Whether it does.
        alone: bool,
    },
    /// From any state: a clean network, labs at rest, no halves, eyes free, nobody on the wall.
    Panic,
    /// Close the class.
    Close,
}

/// A fault of the class, and whom it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Broken {
    /// The fault, with its own scope within a lab.
    pub fault: Fault,
    /// Whose labs.
    #[serde(default)]
    pub whom: Whom,
}

/// Whose labs a fault of the class is for. Chance is drawn once, from the fault's number and the readers', so that the same
/// readers stay struck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// Everybody's.
    #[default]
    All,
    /// One reader's.
    One {
        /// Whose.
        reader: ReaderNo,
    },
    /// Those of so many readers, at random.
    Some {
        /// How many.
        count: u32,
    },
    /// Those of a share of the readers, at random.
    Share {
        /// Of a hundred.
        percent: u32,
    },
    /// Those whose newest client uses this technique.
    Technique {
        /// Which.
        technique: Technique,
    },
}

/// What happens to everybody's lab at once. A page does it when the number is higher than the one it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steering {
    /// Each reader as they like.
    #[default]
    Free,
    /// Run.
    Start,
    /// Stop the clients; what was seen stays.
    Pause,
    /// Begin anew, with an empty log.
    Reset,
    /// Eyes on the front: labs pause, and readers' pages say so, until something else is steered.
    Eyes,
}

/// What is being done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Readers join.
    #[default]
    Lobby,
    /// The quiz before.
    Before,
    /// Steps of lessons.
    Lessons,
    /// The quiz after.
    After,
}
