//! What the picture is made of: shapes at places on paper, and labels that are not yet in any language.

use super::{
    fold::ExchangeKey,
    told::{Brought, Carried, Told},
};
use crate::wire::{Close, Ending, HoldEnd, Micros, Technique, observation::LifeState};

/// One thing drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// What it is, and of what: the same thing has the same id in the next picture.
    pub id: MarkId,
    /// Its upper edge.
    pub top: f32,
    /// Its lower edge.
    pub bottom: f32,
    /// The exchange it belongs to.
    pub key: Option<ExchangeKey>,
    /// The technique whose colour it has.
    pub technique: Option<Technique>,
    /// Whether it belongs to the selected exchange.
    pub selected: bool,
    /// What it looks like.
    pub shape: Shape,
}

/// What a mark is: its part, its column, and two numbers that say of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MarkId(pub Part, pub u8, pub u32, pub u32);

/// The parts of the picture, from the back to the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it; the shapes are described in Shape")]
pub enum Part {
    Halo,
    Cursor,
    Grid,
    Life,
    Unnoticed,
    Hidden,
    Break,
    Stack,
    Now,
    Change,
    Held,
    Hold,
    Open,
    Band,
    Countdown,
    Wait,
    Leg,
    Request,
    Again,
    Answer,
    Message,
    Witness,
    Cross,
    EndCross,
    Update,
    Board,
    Skip,
    Tick,
    MidLabel,
    LeftLabel,
    RightLabel,
    EventLabel,
    Pill,
    Hit,
}

/// What an arrow says by its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    /// A request: thin.
    Request,
    /// An answer with news: thicker, in the technique's colour.
    Answer,
    /// An answer with nothing new: dotted.
    Empty,
    /// An answer that did harm, or an error.
    Bad,
    /// A control frame: the thinnest.
    Control,
}

/// How an arrow ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tip {
    /// The second witness saw it land.
    Landed,
    /// On its way.
    Flying,
    /// Nobody saw it land.
    Open,
}

/// A dot on a lifeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dot {
    /// An update is published.
    Update,
    /// The board moved on.
    Shown,
    /// The board went back: a turning arrow.
    Back,
    /// The client threw an answer away.
    Ignored,
    /// A tick sent nothing.
    Skipped,
}

/// How the wait for a beat or a pong stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// There is time left, or there was when it came.
    Calm,
    /// Half of the time was over: the end that waits suspected its socket.
    Suspect,
    /// The time ran out, and the socket was given up.
    RanOut,
}

/// Where a label's text begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// At its place.
    Start,
    /// Centred on it.
    Middle,
    /// It ends there.
    End,
}

/// How loud a label is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// A tick of the axis.
    Tick,
    /// Of little news.
    Faint,
    /// Beside the point.
    Soft,
    /// Plain.
    Ink,
    /// An update.
    Strong,
    /// News, in the technique's colour.
    News,
    /// Harm.
    Bad,
}

/// What a mark looks like. Coordinates are pixels, `y` downwards.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "coordinates")]
pub enum Shape {
    /// Behind the selected exchange.
    Halo { x0: f32, y0: f32, x1: f32, y1: f32 },
    /// Round the exchange at which the keyboard is.
    Cursor { x0: f32, y0: f32, x1: f32, y1: f32 },
    /// A line across at a tick.
    Grid { x0: f32, x1: f32, y: f32 },
    /// A piece of a lifeline; `folded` where time is folded, `thin` for the network's.
    Life { x: f32, y0: f32, y1: f32, folded: bool, thin: bool },
    /// The page is out of sight.
    Hidden { x: f32, y0: f32, y1: f32 },
    /// The axis is folded here: a tear at each of these places.
    Break { xs: Vec<f32>, y: f32 },
    /// Hints at the folded arrows behind a pill.
    Stack { x0: f32, x1: f32, y: f32 },
    /// The present.
    Now { x0: f32, x1: f32, y: f32 },
    /// The lab changed.
    Change { x0: f32, x1: f32, y: f32, bad: bool },
    /// Time at the server: held back by a fault (hatched), or an answer that is open (plain).
    Bar { x: f32, y0: f32, y1: f32, hatched: bool },
    /// An arrow.
    Arrow { x0: f32, y0: f32, x1: f32, y1: f32, line: Line, tip: Tip },
    /// Where the wire witness stood, across the line.
    Witness { x: f32, y: f32, slope: f32 },
    /// Lost, or given up.
    Cross { x: f32, y: f32 },
    /// A dot.
    Dot { x: f32, y: f32, dot: Dot },
    /// Words.
    Words { x: f32, y: f32, anchor: Anchor, tone: Tone, label: Label },
    /// A run of polls: a button that opens it, or folds it again.
    Pill { x: f32, y: f32, label: Label, open: bool },
    /// Where a pointer finds the exchange: both its lines; and its summary for those who cannot see it.
    Hit { lines: Vec<[f32; 4]>, label: Label },
    /// A connection: open, or while it carries a request.
    Band { x: f32, y0: f32, y1: f32, half: f32, carries: bool },
    /// The network is dead, and this end does not know.
    Unnoticed { x: f32, y0: f32, y1: f32 },
    /// The time of a beat or a ping: run until `run`, and up at `y1`.
    Countdown { x: f32, y0: f32, run: f32, y1: f32, wait: Wait },
}

/// What is written, in no language. The words are in `lessons/locale/*/picture.toml`; see [`words`](super::words).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Label {
    /// A tick of the axis: time since the run began.
    Time(Micros),
    /// An empty answer.
    NothingNew,
    /// An empty answer with status 304.
    NotModified,
    /// An answer with one update.
    Update(u64),
    /// An answer with several: lowest, highest, how many.
    Updates(u64, u64, u32),
    /// A whole list up to this update.
    List(u64),
    /// A list older than what the board showed.
    OldList(u64),
    /// A job's share done.
    Percent(u8),
    /// A job is finished.
    Finished,
    /// An error's status.
    Status(u16),
    /// An answer of which nobody said what it brings.
    Answer,
    /// The head of a stream, which goes on.
    StreamOpens,
    /// The head that opens a WebSocket.
    SocketOpens,
    /// A message of a stream that names no update.
    Message,
    /// A frame of a socket that carries no update.
    Frame(Carried),
    /// The socket closed with this code.
    Shut(u16),
    /// The life of a socket went on.
    Life(LifeState),
    /// Held for so long, and why no longer.
    Held(Micros, Option<HoldEnd>),
    /// Held back for so long.
    HeldBack(Micros),
    /// The feed published this update.
    Published(u64),
    /// Several at once: from, to.
    PublishedMany(u64, u64),
    /// The board shows this update.
    Shows(u64),
    /// The board goes back to this update.
    GoesBack(u64),
    /// An answer with this version was thrown away.
    Ignored(u64),
    /// How an exchange ended without an answer.
    Ended(Ending),
    /// The browser ended it before the request was on the wire.
    NeverOnWire,
    /// The wire did not tell of it.
    NotSeen,
    /// A fault removed it.
    Swallowed,
    /// The connection ended under it.
    Cut(Close),
    /// Nobody waited for the answer any more.
    NobodyWaits,
    /// The browser sent the request again by itself.
    SentAgain,
    /// A request from outside the page.
    Outside,
    /// Drawn level: within the clock error it would land before it left.
    Level,
    /// Empty polls folded: how many, and their bytes.
    EmptyPolls(u32, u64),
    /// A way to fold so many again.
    FoldAgain(u32),
    /// Exchanges that are not drawn, because there is no room at this zoom.
    More(u32),
    /// Silence, folded.
    Idle(Micros),
    /// The page went out of sight.
    Hidden,
    /// It came back.
    Visible,
    /// A tick sent nothing.
    Skipped,
    /// A client began, with this interval in milliseconds.
    Started(u16, u32),
    /// A client began that asks to be held for at most so many milliseconds.
    StartedHold(u16, u32),
    /// A client began that opens a stream.
    StartedStream(u16),
    /// A client began that opens a WebSocket.
    StartedSocket(u16),
    /// A client stopped.
    Stopped(u16),
    /// So many faults are active from here on.
    Faults(u32),
    /// A fault ended a connection here.
    Struck,
    /// A message that says how much is missing.
    Missed,
    /// All faults are gone.
    Mended,
    /// The distance is this from here on, in milliseconds.
    Distance(u32),
    /// An exchange in one line: its number, what it brought, how long it took.
    Summary(u32, Outcome, Option<Micros>),
    /// A visit begins.
    Visit(u16),
    /// The connection of a request, and which of its requests it is, from 1.
    OnConnection(u32, u32),
    /// The server ends so many idle connections; the number of the first.
    ServerCloses(u32, u32),
    /// The browser ends so many idle connections; the number of the first.
    BrowserCloses(u32, u32),
    /// The keep-alive time is this from here on, in milliseconds.
    KeepAlive(u32),
    /// The network had died, and this end did not know for so long.
    Unnoticed(Micros),
    /// Something on the way answered in the server's place.
    Turned,
}

/// What became of an exchange, in a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// Still under way.
    UnderWay,
    /// Removed on its way by a fault.
    Swallowed,
    /// Ended without an answer.
    Ended(Ending),
    /// The socket closed with this code.
    Shut(u16),
    /// It turned the board back to this version.
    GoesBack(u64),
    /// It was thrown away.
    Ignored(u64),
    /// An error's status.
    Status(u16),
    /// It brought this.
    Brought(Brought),
}

impl Outcome {
    /// The outcome of an exchange.
    pub fn of(told: &Told) -> Self {
        if let Some((_, how)) = told.ended {
            return Outcome::Ended(how);
        }
        if let Some((_, code, _)) = told.shut[0].or(told.shut[1].filter(|_| told.over().is_some())) {
            return Outcome::Shut(code);
        }
        if let (Some(_), Some((_, version, _))) = (told.turned_back(), told.shown) {
            return Outcome::GoesBack(version);
        }
        if let Some((_, version)) = told.ignored {
            return Outcome::Ignored(version);
        }
        match told.status {
            Some(status) if status >= 400 => Outcome::Status(status),
            _ if told.finish().is_none() => {
                let swallowed = told.tries.iter().any(|t| t.up_dropped.is_some() || t.down_dropped.is_some());
                if swallowed { Outcome::Swallowed } else { Outcome::UnderWay }
            }
            _ => Outcome::Brought(told.brought),
        }
    }
}

impl Label {
    /// The label of an answer.
    pub fn of_answer(told: &Told) -> Self {
        if told.status.is_some_and(|status| status >= 400) {
            return Label::Status(told.status.unwrap_or(0));
        }
        match told.brought {
            Brought::Nothing if told.status == Some(304) => Label::NotModified,
            Brought::Nothing => Label::NothingNew,
            Brought::Updates { first, count: 1, .. } => Label::Update(first),
            Brought::Updates { first, last, count } => Label::Updates(first, last, count),
            Brought::List(version) if told.turned_back().is_some() => Label::OldList(version),
            Brought::List(version) => Label::List(version),
            Brought::Percent(100) => Label::Finished,
            Brought::Percent(percent) => Label::Percent(percent),
            Brought::Unknown => Label::Answer,
        }
    }

    /// About how wide it is, in ems, in the wider of the languages: good enough to keep labels apart.
    pub fn ems(&self) -> f32 {
        match self {
            Label::Time(_) => 2.6,
            Label::Frame(Carried::Close(_)) => 6.0,
            Label::Frame(_) => 4.0,
            Label::Update(_) | Label::Published(_) | Label::Finished | Label::Answer | Label::Level => 4.6,
            Label::NothingNew | Label::PublishedMany(..) | Label::Percent(_) | Label::Outside => 6.0,
            Label::List(_) | Label::Updates(..) | Label::Shows(_) | Label::GoesBack(_) | Label::Ended(_) => 7.2,
            Label::Mended | Label::Faults(_) | Label::Missed => 7.0,
            Label::OldList(_)
            | Label::Status(_)
            | Label::HeldBack(_)
            | Label::Held(..)
            | Label::Idle(_)
            | Label::More(_) => 9.0,
            _ => 12.5,
        }
    }
}

impl Mark {
    /// Roughly how many elements it puts into the document.
    pub fn nodes(&self) -> u32 {
        match self.shape {
            Shape::Pill { .. } => 3,
            Shape::Dot { dot: Dot::Back, .. } => 3,
            _ => 1,
        }
    }
}
