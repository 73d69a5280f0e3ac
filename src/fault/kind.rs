//! What faults there are, with their parameters.

use serde::{Deserialize, Serialize};

use super::{buffer, cut, event_stream, idle_killer, latency, short_history, slow_answers, status};
use crate::wire::Close;

/// What a fault does, with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// On the wire: every unit it strikes leaves later, in order.
    Latency {
        /// Delay in milliseconds, 0 to 10,000.
        base_ms: u32,
        /// Up to this much more, uniformly, 0 to 10,000.
        #[serde(default)]
        jitter_ms: u32,
    },
    /// At the server: an answer it strikes waits a random time, uniform between the two, before it is sent.
    SlowAnswers {
        /// Shortest wait in milliseconds, 0 to 10,000.
        #[serde(default)]
        min_ms: u32,
        /// Longest wait in milliseconds, up to 10,000.
        max_ms: u32,
    },
    /// On the wire: everything waits until the fault is taken away, and then goes on, all of it.
    Stall,
    /// On the wire: everything vanishes, the ends of connections too.
    Blackhole,
    /// On the wire: connections end, those that are open and those that come.
    Cut {
        /// In order (FIN) or abruptly (RST).
        how: Close,
        /// How long a connection may last after its latest request, in milliseconds, 0 to 60,000; 0: not at all.
        #[serde(default)]
        after_ms: u32,
    },
    /// An intermediary ends a connection on which nothing has moved for some time.
    IdleKiller {
        /// For how long, in milliseconds, 100 to 120,000.
        after_ms: u32,
        /// What the two ends are told.
        how: Death,
    },
    /// An intermediary collects the body of an answer and passes it on in lumps.
    Buffer {
        /// It passes on what it has when that is so much, in bytes, 1 to 262,144.
        bytes: u32,
        /// And when it has had it for so long, in milliseconds, 100 to 60,000; never, if absent.
        #[serde(default)]
        flush_ms: Option<u32>,
    },
    /// An intermediary swallows one kind of message and nothing else.
    Swallow {
        /// Which.
        what: Prey,
    },
    /// At the server: an answer it strikes is this status and nothing else.
    Status {
        /// The status code: 204, or 400 to 599.
        code: u16,
    },
    /// At the server: it remembers fewer updates than it should.
    ShortHistory {
        /// How many, 0 to 1,000.
        keep: u32,
    },
    /// At the server: the blocks of an event stream carry no `id`.
    NoId,
    /// At the server: an event stream asks for another time before the next attempt.
    Retry {
        /// Milliseconds, 0 to 60,000.
        ms: u32,
    },
    /// At the server: an event stream has no comments.
    NoComments,
    /// At the server: an event stream is said to be plain text.
    WrongType,
    /// At the server, which sees what an intermediary left: a handshake without its `Upgrade`.
    StripUpgrade,
    /// The server goes down in order, and answers nothing until it is back.
    Restart,
}

/// What the ends of a connection are told of its death.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Death {
    /// That nothing more comes (FIN).
    Fin,
    /// That the connection is gone (RST).
    Rst,
    /// Nothing: from then on whatever either sends vanishes.
    Silent,
}

/// What may be swallowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prey {
    /// Ping frames (RFC 6455 §5.5.2).
    Pings,
    /// Pong frames (RFC 6455 §5.5.3).
    Pongs,
    /// Beats of the application: text messages that begin with `beat`.
    Beats,
    /// Comments of an event stream (WHATWG HTML §9.2.6).
    Comments,
}

/// Where a fault acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On units, wherever they travel.
    Wire,
    /// At the server, where it answers.
    Server,
}

impl Kind {
    /// Where it acts.
    pub fn place(&self) -> Place {
        match self {
            Kind::Latency { .. }
            | Kind::Stall
            | Kind::Blackhole
            | Kind::Cut { .. }
            | Kind::IdleKiller { .. }
            | Kind::Buffer { .. }
            | Kind::Swallow { .. } => Place::Wire,
            Kind::SlowAnswers { .. }
            | Kind::Status { .. }
            | Kind::ShortHistory { .. }
            | Kind::NoId
            | Kind::Retry { .. }
            | Kind::NoComments
            | Kind::WrongType
            | Kind::StripUpgrade
            | Kind::Restart => Place::Server,
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// A sentence that names the field, its value and the allowed range.
    pub(super) fn check(&self) -> Result<(), String> {
        match *self {
            Kind::Latency { base_ms, jitter_ms } => latency::check(base_ms, jitter_ms),
            Kind::SlowAnswers { min_ms, max_ms } => slow_answers::check(min_ms, max_ms),
            Kind::Cut { after_ms, .. } => cut::check(after_ms),
            Kind::IdleKiller { after_ms, .. } => idle_killer::check(after_ms),
            Kind::Buffer { bytes, flush_ms } => buffer::check(bytes, flush_ms),
            Kind::Status { code } => status::check(code),
            Kind::ShortHistory { keep } => short_history::check(keep),
            Kind::Retry { ms } => event_stream::check_retry(ms),
            Kind::Stall
            | Kind::Blackhole
            | Kind::Swallow { .. }
            | Kind::NoId
            | Kind::NoComments
            | Kind::WrongType
            | Kind::StripUpgrade
            | Kind::Restart => Ok(()),
        }
    }
}
