//! One exchange, told: what each witness saw of it, and what that means together. [`story`](super::story) draws the
//! conclusions; here is what they look like, and what follows from one exchange alone.

use super::facts::{Bytes, ExchangeKey, Topic};
use crate::{
    fault::FaultId,
    wire::{ClientNo, Close, ConnNo, Ending, HoldEnd, Micros, Technique, UnitNo, observation::News},
};

/// One exchange, told.
#[derive(Clone, Debug)]
pub struct Told {
    /// Which.
    pub key: ExchangeKey,
    /// The technique of its client.
    pub technique: Option<Technique>,
    /// Handed to the browser's API.
    pub asked: Option<Micros>,
    /// Each time that the request was on the wire; more than one if the browser sent it again by itself.
    pub tries: Vec<Try>,
    /// The handler had its answer ready.
    pub answering: Option<Micros>,
    /// The server held the request, since there was nothing to say.
    pub hold: Option<Hold>,
    /// A fault held the answer back.
    pub held: Option<Held>,
    /// The answer was whole in the page's hands.
    pub answered: Option<Micros>,
    /// It ended without an answer.
    pub ended: Option<(Micros, Ending)>,
    /// What the answer brought.
    pub brought: Brought,
    /// The messages of a stream, or the frames of a socket, by time; those of which the wire did not tell come last.
    pub messages: Vec<Message>,
    /// Whether the answer is a stream of events, or a socket.
    pub stream: bool,
    /// How the socket closed, as the browser saw it, and the server: when, the code, whether in order.
    pub shut: [Option<(Micros, u16, bool)>; 2],
    /// When each end gave the socket up because no answer came in time: the browser, the server.
    pub gave_up: [Option<Micros>; 2],
    /// When the browser suspected the socket.
    pub suspected: Vec<Micros>,
    /// How long a beat may take for the browser, and a ping for the server, where they are sent at all.
    pub patience: [Option<Micros>; 2],
    /// When the stream was open, for the page; more than once if the browser connected again.
    pub streaming: Vec<Micros>,
    /// How often the stream broke off, and the browser connected again by itself.
    pub broken: usize,
    /// What the board showed then.
    pub shown: Option<(Micros, u64, Board)>,
    /// The client's own rule threw the answer away: when, and the version.
    pub ignored: Option<(Micros, u64)>,
    /// The answer to a later request of the same client came first.
    pub out_of_order: bool,
    /// The reader picked it.
    pub picked: bool,
    /// The status on the wire, or else the one that the script saw.
    pub status: Option<u16>,
    /// What it weighed.
    pub bytes: Bytes,
}

/// A request on the wire, and what came back on that connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Try {
    /// The connection.
    pub conn: ConnNo,
    /// Which request of that connection.
    pub nth: u32,
    /// The request's head, as a unit.
    pub head_up: Option<UnitNo>,
    /// The head of the answer, as a unit.
    pub head_down: Option<UnitNo>,
    /// The first piece of the answer's body, as a unit.
    pub body_down: Option<UnitNo>,
    /// The request came to the tap.
    pub up_seen: Option<Micros>,
    /// The server could read it.
    pub up_released: Option<Micros>,
    /// A fault removed it.
    pub up_dropped: Option<(Micros, FaultId)>,
    /// The head of the answer came to the tap.
    pub down_seen: Option<Micros>,
    /// The end of the answer came to the tap.
    pub down_whole: Option<Micros>,
    /// The last piece so far was in the kernel's hands.
    pub down_released: Option<Micros>,
    /// A fault removed a piece.
    pub down_dropped: Option<(Micros, FaultId)>,
    /// Whether a stream of events follows, or frames.
    pub stream: bool,
    /// Whether the answer says that the connection ends with it.
    pub closes: bool,
    /// The status.
    pub status: Option<u16>,
    /// The connection ended before the answer was whole.
    pub cut: Option<(Micros, Close)>,
}

/// One message of a stream, or one frame of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What it is about.
    pub topic: Topic,
    /// The share of a job done that it tells of.
    pub percent: Option<u8>,
    /// What it is.
    pub what: Carried,
    /// Whether it goes up.
    pub up: bool,
    /// The update that it carries, if it names one.
    pub seq: Option<u64>,
    /// It was handed to the browser's API.
    pub sent: Option<Micros>,
    /// It came to the tap.
    pub seen: Option<Micros>,
    /// The tap let it go.
    pub released: Option<Micros>,
    /// A fault removed it.
    pub dropped: Option<Micros>,
    /// It was in the page's hands.
    pub got: Option<Micros>,
    /// The number by which a beat, a ping or a pong is known to its answer.
    pub no: Option<u32>,
}

impl Message {
    /// When anything of it was seen first and last.
    pub fn span(&self) -> Option<(Micros, Micros)> {
        let times = || [self.sent, self.seen, self.released, self.dropped, self.got].into_iter().flatten();
        times().min().zip(times().max())
    }
}

/// What a message of a stream, or a frame of a socket is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carried {
    /// An event of a stream.
    #[default]
    Event,
    /// A text message, or the frame that ends it.
    Text,
    /// A text message that is a beat.
    Beat,
    /// A binary message, or the frame that ends it.
    Binary,
    /// A frame that does not end its message (RFC 6455 §5.4).
    Part,
    /// A ping (§5.5.2).
    Ping,
    /// A pong (§5.5.3).
    Pong,
    /// A close frame with this code (§5.5.1); 1005 stands for none.
    Close(u16),
}

impl Carried {
    /// Whether it is a control frame, of which a page's script never learns.
    pub fn control(self) -> bool {
        matches!(self, Carried::Ping | Carried::Pong | Carried::Close(_))
    }
}

/// A request that the server holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Since when.
    pub from: Micros,
    /// Until when and why, once it is over.
    pub until: Option<(Micros, HoldEnd)>,
}

/// An answer held back by a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Since when.
    pub from: Micros,
    /// Until when, once it went on.
    pub until: Option<Micros>,
    /// For how long the fault meant to.
    pub planned: Micros,
    /// The fault.
    pub by: FaultId,
}

/// What an answer brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Brought {
    /// No answer yet, or nobody said.
    #[default]
    Unknown,
    /// Nothing that the client did not know.
    Nothing,
    /// Updates, by number.
    Updates {
        /// The lowest.
        first: u64,
        /// The highest.
        last: u64,
        /// How many.
        count: u32,
    },
    /// A whole list.
    List(u64),
    /// The share of a job done.
    Percent(u8),
}

/// A board showed a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardMoved {
    /// Whose board.
    pub client: ClientNo,
    /// When.
    pub at: Micros,
    /// The version.
    pub version: u64,
    /// Whether that was a step back.
    pub board: Board,
}

/// What a board did when it showed a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// It moved on.
    On,
    /// It showed the same as before.
    Same,
    /// It went back in time; the version that it showed before.
    Back(u64),
}

impl Told {
    /// When it began, by whoever saw it first.
    pub fn start(&self) -> Micros {
        self.asked.or_else(|| self.tries.iter().filter_map(|t| t.up_seen).min()).unwrap_or_else(|| self.latest())
    }

    /// When it was over, by the browser; for a request from outside the page, by the wire.
    pub fn finish(&self) -> Option<Micros> {
        let outside = matches!(self.key, ExchangeKey::Loose { .. });
        let wire = || {
            let last = self.tries.last()?;
            last.down_whole.and(last.down_released).or(last.cut.map(|cut| cut.0))
        };
        self.answered.or(self.over()).or_else(|| if outside { wire() } else { None })
    }

    /// When it ended without an answer: a socket, by the browser, or else by the server.
    pub fn over(&self) -> Option<Micros> {
        let shut = self.shut[0].or(self.shut[1].filter(|_| matches!(self.key, ExchangeKey::Loose { .. })));
        self.ended.map(|end| end.0).or(shut.map(|shut| shut.0))
    }

    /// The last time at which anything of it was seen.
    pub fn latest(&self) -> Micros {
        let mut latest = [self.asked, self.answering, self.answered, self.ended.map(|e| e.0), self.shown.map(|s| s.0)]
            .into_iter()
            .chain(self.messages.iter().map(|message| message.span().map(|span| span.1)))
            .chain(self.shut.iter().map(|shut| shut.map(|shut| shut.0)))
            .chain([self.hold.map(|hold| hold.until.map_or(hold.from, |until| until.0))])
            .chain([self.held.map(|held| held.from), self.ignored.map(|ignored| ignored.0)])
            .flatten()
            .max();
        for t in &self.tries {
            let times = [t.up_seen, t.up_released, t.down_seen, t.down_whole, t.down_released];
            latest = latest.max(times.into_iter().flatten().max());
        }
        latest.unwrap_or(0)
    }

    /// Whether the answer told nothing new.
    pub fn empty(&self) -> bool {
        // A job's share done is not what the page waits for.
        matches!(self.brought, Brought::Nothing | Brought::Percent(..100))
    }

    /// Whether it turned the board back, and from which version.
    pub fn turned_back(&self) -> Option<u64> {
        match self.shown {
            Some((_, _, Board::Back(from))) => Some(from),
            _ => None,
        }
    }

    /// Whether something happened that a reader should not miss.
    pub fn notable(&self) -> bool {
        self.turned_back().is_some()
            || self.ignored.is_some()
            || self.out_of_order
            || self.ended.is_some()
            || self.held.is_some()
            || self.tries.len() > 1
            || self.broken > 0
            || self.shut.iter().flatten().any(|(_, code, clean)| !clean || *code != 1000)
            || self.status.is_some_and(|status| status >= 400)
            || self.tries.iter().any(|t| t.up_dropped.is_some() || t.down_dropped.is_some() || t.cut.is_some())
    }

    /// Whether nobody saw it begin: all there is of it is its end.
    pub(super) fn is_remains(&self) -> bool {
        self.asked.is_none() && self.tries.is_empty() && self.answering.is_none() && self.answered.is_none()
    }

    /// Whether it is one of those that may be drawn together: answered, with nothing new, and nothing else to tell.
    pub fn plain(&self) -> bool {
        self.answered.is_some()
            && self.empty()
            && !self.notable()
            && self.hold.is_none()
            && !self.stream
            && !matches!(self.shown, Some((_, _, Board::On)))
            && self.tries.len() == 1
    }

    /// The try that was answered, or else the last.
    pub fn main_try(&self) -> Option<&Try> {
        self.tries.iter().find(|t| t.down_seen.is_some()).or(self.tries.last())
    }

    /// From asking to the answer in hand.
    pub fn took(&self) -> Option<Micros> {
        Some(self.finish()? - self.start())
    }
}

impl Brought {
    pub(super) fn of(news: &News) -> Self {
        if let Some(percent) = news.percent {
            return Brought::Percent(percent);
        }
        if news.empty {
            return Brought::Nothing;
        }
        if let (Some(first), Some(last)) = (news.seqs.iter().min(), news.seqs.iter().max()) {
            let count = u32::try_from(news.seqs.len()).unwrap_or(u32::MAX);
            return Brought::Updates { first: *first, last: *last, count };
        }
        news.version.map_or(Brought::Unknown, Brought::List)
    }
}
