//! What a lesson's `lesson.toml` says: everything that is the same in every language.

use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    ledger::{Check, Figure},
    wire::{
        Technique,
        control::LabSpec,
        observation::{Ask, ClientSettings},
    },
};

/// `lessons/course.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// The folders of the lessons, in the order of the course.
    pub lessons: Vec<String>,
    /// Lessons that are planned and not written yet: shown on the map as such.
    #[serde(default)]
    pub planned: Vec<Planned>,
    /// Paths through it.
    #[serde(default)]
    pub path: Vec<Path>,
    /// The questions that a class is asked before and after, as `lesson/question`.
    #[serde(default)]
    pub quiz: Vec<String>,
}

/// A path through the course: some of its core steps, for a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Its name in the URL, and in the locale files: `course.path_ID` and `course.path_ID_text`.
    pub id: String,
    /// How long it may take, in minutes.
    pub minutes: u32,
    /// Its steps in order, as `lesson/step`.
    pub steps: Vec<String>,
}

/// A lesson that is planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Its number in the course.
    pub number: u32,
    /// The key of its title in the locale files.
    pub title: String,
    /// Its technique, for the colour.
    pub technique: Technique,
}

/// `lessons/NN-slug/lesson.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// Its name in the URL.
    pub id: String,
    /// Its number in the course.
    pub number: u32,
    /// The technique, which gives the colour.
    pub technique: Technique,
    /// The steps, in order.
    pub step: Vec<Step>,
    /// The retrieval questions at the end.
    #[serde(default)]
    pub quiz: Vec<Question>,
}

/// One step: predict, run, choose the reason, explain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name in the URL and the heading it has in the texts.
    pub id: String,
    /// Time it takes in class, in minutes.
    pub minutes: u32,
    /// Whether a path may lead through it; if not, it is optional.
    pub core: bool,
    /// The lines of the notes that it teaches.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The steps that should come before, as `lesson/step`.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The misconceptions that its wrong options stand for, in a few words each.
    pub misconceptions: Vec<String>,
    /// The claims that its test asserts on real traffic, as they are named in the test.
    pub claims: Vec<String>,
    /// The lab it runs in.
    #[serde(default)]
    pub lab: LabSpec,
    /// The faults that it offers besides those the lab begins with. One with a duration is a button, not a switch.
    #[serde(default)]
    pub offer: Vec<Fault>,
    /// How its client starts.
    pub client: ClientSettings,
    /// Further clients that run beside it, each in a column of its own: at most seven.
    #[serde(default)]
    pub beside: Vec<ClientSettings>,
    /// The controls it shows.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// The figures that matter here, two or three, shown large.
    pub figures: Vec<Figure>,
    /// The prediction.
    pub predict: Choice,
    /// The reason to choose after the run.
    pub reason: Choice,
    /// What the log must show for the step to be done.
    pub goal: Vec<Check>,
    /// How many hints the texts have.
    pub hints: u32,
    /// Files of the code tab, under the lesson's `code/`.
    #[serde(default)]
    pub code: Vec<String>,
    /// Whether the faults of its lab are named only when the reason has been chosen: the reader is to find them out.
    #[serde(default)]
    pub secret: bool,
}

/// The lesson's name under which labs run that belong to none.
pub const OUTSIDE: &str = "lab";

/// The id of what is no step but a recording that is shown.
pub const REPLAY: &str = "recording";

impl Step {
    /// Whether it is a recording: there is a log to be shown, and no lab.
    pub fn is_replay(&self) -> bool {
        self.id == REPLAY
    }

    /// Whether nothing that its clients do is about the feed: they poll a job, or only visit a page.
    pub fn is_without_news(&self) -> bool {
        let visits = self.client.technique == Technique::Request && !self.controls.contains(&Control::Technique);
        self.client.ask == Ask::Job || visits
    }

    /// All clients that it starts with, from the left.
    pub fn clients(&self) -> impl Iterator<Item = &ClientSettings> {
        std::iter::once(&self.client).chain(&self.beside)
    }
}

/// One question with options, exactly one of which is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The options' names, in the order of the list in the texts. "Not sure" is offered by the page, not listed here.
    pub options: Vec<String>,
    /// The right one's name.
    pub right: String,
    /// For a prediction, the figure that the run measures beside it.
    #[serde(default)]
    pub measured: Option<Figure>,
}

/// A retrieval question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name: the heading it has in the texts.
    pub id: String,
    /// The step it goes back to, as `lesson/step`.
    pub from: String,
    /// The options' names, in the order of the list in the texts.
    pub options: Vec<String>,
    /// The right one's name.
    pub right: String,
}

/// A control of the lab that a step may show. Publishing, running and resetting are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Time between two requests.
    Interval,
    /// The lab's distance.
    Distance,
    /// What keeps an old answer from overwriting a newer one.
    Cure,
    /// What a poll asks for.
    Ask,
    /// The technique: in the free lab, and where a step compares several.
    Technique,
    /// For how long a long poll asks to be held.
    Hold,
    /// Whether a long poll says what it has.
    Cursor,
    /// Whether an answer to a long poll brings all that is new, or one update.
    Batch,
    /// Publish one update by hand.
    Publish,
    /// Start a background job.
    Job,
    /// Mend and break: the step's own faults on and off.
    Faults,
    /// Whether the page listens to the events of a stream by name.
    Named,
    /// Whether a visitor asks for answers that end their connection.
    Closing,
    /// The lab's keep-alive time.
    KeepAlive,
    /// How often a WebSocket client sends a beat.
    Beat,
    /// When a WebSocket client connects again.
    Reconnect,
    /// How often the server pings a WebSocket client; a pong may take a second.
    Ping,
    /// Whether clients of all four techniques run side by side, or only the one that is set.
    Beside,
    /// Stop the client of the first column, while the others go on.
    Leave,
    /// What the page's browser is taken to be without.
    OldBrowser,
    /// The shared pad: a surface to draw on for each of the first two clients.
    Pad,
    /// A crowd of synthetic clients: how many, by which technique, how they come back.
    Crowd,
    /// Whether updates come over a WebSocket as text or as binary messages.
    Binary,
}
