//! What faults there are, with their parameters.

use serde::{Deserialize, Serialize};

use super::{
    bandwidth, buffer, client_clock, close_code, connect, cut, event_stream, idle_killer, latency, loss, max_request,
    overload, reorder, restart, short_history, slice, slow_answers, slow_close, slow_reader, stale_cache, status, tail,
};
use crate::wire::Close;

/// What a fault does, with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// On the wire: every unit it strikes leaves later, in order.
    Latency {
        /// Delay in milliseconds, 0 to 10,000.
        base_ms: u32,
        /// How much more at most where it is uniform, and about how much more otherwise, 0 to 10,000.
        #[serde(default)]
        jitter_ms: u32,
        /// How what comes on top is distributed.
        #[serde(default)]
        shape: Shape,
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
        /// Not before so many bytes have gone down on it, 1 to 1,000,000; then at once.
        #[serde(default)]
        after_bytes: Option<u32>,
        /// Only one connection in so many, 2 to 100.
        #[serde(default)]
        every: Option<u32>,
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
        /// What `Retry-After` (RFC 9110 §10.2.3) says, in seconds, 0 to 600.
        #[serde(default)]
        retry_after_s: Option<u32>,
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
    StripUpgrade {
        /// What the client gets in place of 101.
        #[serde(default)]
        answer: Stripped,
    },
    /// The server goes down and comes back.
    Restart {
        /// How it goes down.
        #[serde(default)]
        how: Goodbye,
        /// How long it takes over that, in milliseconds, 0 to 60,000. Not for [`Goodbye::Kill`].
        #[serde(default)]
        drain_ms: u32,
    },
    /// On the wire: now and then a unit takes many times as long as the distance.
    Tail {
        /// How many times, 2 to 100.
        times: u32,
    },
    /// On the wire: only so many bytes get through in a second, each way.
    Bandwidth {
        /// Bytes per second, 100 to 10,000,000.
        bytes_per_s: u32,
        /// How many may go at once after a pause, 0 to 1,000,000.
        #[serde(default)]
        burst: u32,
    },
    /// On the wire: a segment is lost and sent again. TCP hides the loss, and what shows is the wait.
    Loss {
        /// How likely the next one is lost after a loss, in percent, 0 to 95; 0: as likely as any other.
        #[serde(default)]
        streak: u32,
    },
    /// On the wire: a unit arrives in pieces.
    Slice {
        /// How large a piece is on average, in bytes, 1 to 65,536.
        bytes: u32,
        /// By how much it varies, in percent of that, 0 to 100.
        #[serde(default)]
        vary: u32,
        /// How long the way rests between two pieces, in milliseconds, 0 to 10,000.
        #[serde(default)]
        pause_ms: u32,
    },
    /// On the wire: a new connection does not get through at first. A lab's own faults begin where the first request says
    /// which lab it is for: so that waits.
    SlowConnect {
        /// How long, in milliseconds, 100 to 60,000.
        wait_ms: u32,
    },
    /// On the wire: a new connection is refused (RST) as soon as its first request says which lab it is for.
    Refuse,
    /// On the wire: the end of a connection is told late.
    SlowClose {
        /// How much later, in milliseconds, 100 to 60,000.
        ms: u32,
    },
    /// An intermediary grants a request so much time and no more, whatever comes meanwhile.
    MaxRequest {
        /// How much, in milliseconds, 100 to 120,000.
        after_ms: u32,
    },
    /// An intermediary answers with what it kept, though it was told not to keep it.
    StaleCache {
        /// For how long it keeps an answer, in milliseconds, 100 to 60,000.
        ttl_ms: u32,
    },
    /// On the wire: what an open stream or socket brings comes twice.
    Duplicate {
        /// Only on a connection with which a client comes back.
        #[serde(default)]
        reconnected: bool,
    },
    /// At the server: a request it strikes is never answered.
    NeverAnswer,
    /// At the server: an answer it strikes lets later ones go first.
    Reorder {
        /// How many, 1 to 16.
        window: u32,
    },
    /// At the server: it works on so many requests at once, and the others queue.
    Overload {
        /// How many, 1 to 100.
        at_once: u32,
        /// How long each takes, in milliseconds, 0 to 10,000.
        pause_ms: u32,
    },
    /// At the server: it closes every WebSocket.
    CloseCode {
        /// With this code (RFC 6455 §7.4), 1000 to 1014 or 3000 to 4999, but none that never travels; without a close
        /// frame, if absent.
        #[serde(default)]
        code: Option<u16>,
    },
    /// At the client: its page is in the background, and its timers fire once a second at most.
    Hidden,
    /// At the client: its page is frozen. No timer fires; what arrives waits.
    Frozen,
    /// At the client: it has no network, and knows.
    Offline,
    /// At the client: it sleeps. Nothing runs, nothing gets through, and nobody is told.
    Asleep,
    /// At the client: it reads slowly, and the server decides what that leads to.
    SlowReader {
        /// How many bytes it reads in a second, 100 to 1,000,000.
        bytes_per_s: u32,
        /// What the server does when too much waits for it.
        #[serde(default)]
        policy: Overflow,
    },
    /// At the client: its clock is wrong, and runs wrong.
    ClockDrift {
        /// By how much it is ahead, in milliseconds, -600,000 to 600,000.
        #[serde(default)]
        ahead_ms: i32,
        /// By how much it gains, in millionths, -500,000 to 500,000.
        #[serde(default)]
        ppm: i32,
    },
}

/// How a random delay is distributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Anything up to the most alike.
    #[default]
    Uniform,
    /// Like the upper half of a bell: mostly little, sometimes twice as much.
    Normal,
    /// Mostly little, and now and then very much.
    Pareto,
}

/// What comes of a handshake whose `Upgrade` was taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stripped {
    /// 426: the server says what it would need (RFC 9110 §15.5.22).
    #[default]
    UpgradeRequired,
    /// 400: the server sees a broken request.
    BadRequest,
    /// 200: the server sees an ordinary GET, and answers it.
    Ok,
    /// Nothing, ever.
    Hang,
}

/// How a server goes down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goodbye {
    /// In order: what is new is not answered, what is open is ended as its protocol provides, and all that within the time.
    #[default]
    Drain,
    /// At once: connections are reset.
    Kill,
    /// One part after the other: connections end in order, spread over the time, and whoever comes back is served.
    Rotate,
}

/// What a server does with what a slow reader does not take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overflow {
    /// The oldest is dropped, and the reader is told how many it missed.
    #[default]
    DropOldest,
    /// The reader is sent away.
    Disconnect,
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
    /// In the reader's page.
    Client,
}

impl Kind {
    /// A latency whose jitter is uniform, in milliseconds.
    pub fn latency(base_ms: u32, jitter_ms: u32) -> Self {
        Kind::Latency { base_ms, jitter_ms, shape: Shape::Uniform }
    }

    /// A cut of every connection.
    pub fn cut(how: Close) -> Self {
        Kind::Cut { how, after_ms: 0, after_bytes: None, every: None }
    }

    /// A status that says nothing of when to come back.
    pub fn status(code: u16) -> Self {
        Kind::Status { code, retry_after_s: None }
    }

    /// A restart in order that takes no time.
    pub fn restart() -> Self {
        Kind::Restart { how: Goodbye::Drain, drain_ms: 0 }
    }

    /// A stripped upgrade that the server answers with what it would need.
    pub fn strip_upgrade() -> Self {
        Kind::StripUpgrade { answer: Stripped::UpgradeRequired }
    }

    /// Its name, as it is written in lesson files, recordings and the API.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Latency { .. } => "latency",
            Kind::SlowAnswers { .. } => "slow_answers",
            Kind::Stall => "stall",
            Kind::Blackhole => "blackhole",
            Kind::Cut { .. } => "cut",
            Kind::IdleKiller { .. } => "idle_killer",
            Kind::Buffer { .. } => "buffer",
            Kind::Swallow { .. } => "swallow",
            Kind::Status { .. } => "status",
            Kind::ShortHistory { .. } => "short_history",
            Kind::NoId => "no_id",
            Kind::Retry { .. } => "retry",
            Kind::NoComments => "no_comments",
            Kind::WrongType => "wrong_type",
            Kind::StripUpgrade { .. } => "strip_upgrade",
            Kind::Restart { .. } => "restart",
            Kind::Tail { .. } => "tail",
            Kind::Bandwidth { .. } => "bandwidth",
            Kind::Loss { .. } => "loss",
            Kind::Slice { .. } => "slice",
            Kind::SlowConnect { .. } => "slow_connect",
            Kind::Refuse => "refuse",
            Kind::SlowClose { .. } => "slow_close",
            Kind::MaxRequest { .. } => "max_request",
            Kind::StaleCache { .. } => "stale_cache",
            Kind::Duplicate { .. } => "duplicate",
            Kind::NeverAnswer => "never_answer",
            Kind::Reorder { .. } => "reorder",
            Kind::Overload { .. } => "overload",
            Kind::CloseCode { .. } => "close_code",
            Kind::Hidden => "hidden",
            Kind::Frozen => "frozen",
            Kind::Offline => "offline",
            Kind::Asleep => "asleep",
            Kind::SlowReader { .. } => "slow_reader",
            Kind::ClockDrift { .. } => "clock_drift",
        }
    }

    /// Where it acts.
    pub fn place(&self) -> Place {
        match self {
            Kind::Latency { .. }
            | Kind::Stall
            | Kind::Blackhole
            | Kind::Cut { .. }
            | Kind::IdleKiller { .. }
            | Kind::Buffer { .. }
            | Kind::Swallow { .. }
            | Kind::Tail { .. }
            | Kind::Bandwidth { .. }
            | Kind::Loss { .. }
            | Kind::Slice { .. }
            | Kind::SlowConnect { .. }
            | Kind::Refuse
            | Kind::SlowClose { .. }
            | Kind::MaxRequest { .. }
            | Kind::StaleCache { .. }
            | Kind::Duplicate { .. } => Place::Wire,
            Kind::SlowAnswers { .. }
            | Kind::Status { .. }
            | Kind::ShortHistory { .. }
            | Kind::NoId
            | Kind::Retry { .. }
            | Kind::NoComments
            | Kind::WrongType
            | Kind::StripUpgrade { .. }
            | Kind::Restart { .. }
            | Kind::NeverAnswer
            | Kind::Reorder { .. }
            | Kind::Overload { .. }
            | Kind::CloseCode { .. } => Place::Server,
            Kind::Hidden
            | Kind::Frozen
            | Kind::Offline
            | Kind::Asleep
            | Kind::SlowReader { .. }
            | Kind::ClockDrift { .. } => Place::Client,
        }
    }

    /// Whether its strikes can be counted, because each is one event: an answer, a unit, a connection. What holds back or
    /// paces everything has no number.
    pub fn counts(&self) -> bool {
        matches!(
            self,
            Kind::SlowAnswers { .. }
                | Kind::Cut { .. }
                | Kind::Swallow { .. }
                | Kind::Status { .. }
                | Kind::StripUpgrade { .. }
                | Kind::Refuse
                | Kind::MaxRequest { .. }
                | Kind::StaleCache { .. }
                | Kind::Duplicate { .. }
                | Kind::NeverAnswer
                | Kind::Reorder { .. }
                | Kind::CloseCode { .. }
        )
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// A sentence that names the field, its value and the allowed range.
    pub(super) fn check(&self) -> Result<(), String> {
        match *self {
            Kind::Latency { base_ms, jitter_ms, .. } => latency::check(base_ms, jitter_ms),
            Kind::SlowAnswers { min_ms, max_ms } => slow_answers::check(min_ms, max_ms),
            Kind::Cut { after_ms, after_bytes, every, .. } => cut::check(after_ms, after_bytes, every),
            Kind::IdleKiller { after_ms, .. } => idle_killer::check(after_ms),
            Kind::Buffer { bytes, flush_ms } => buffer::check(bytes, flush_ms),
            Kind::Status { code, retry_after_s } => status::check(code, retry_after_s),
            Kind::ShortHistory { keep } => short_history::check(keep),
            Kind::Retry { ms } => event_stream::check_retry(ms),
            Kind::Restart { how, drain_ms } => restart::check(how, drain_ms),
            Kind::Tail { times } => tail::check(times),
            Kind::Bandwidth { bytes_per_s, burst } => bandwidth::check(bytes_per_s, burst),
            Kind::Loss { streak } => loss::check(streak),
            Kind::Slice { bytes, vary, pause_ms } => slice::check(bytes, vary, pause_ms),
            Kind::SlowConnect { wait_ms } => connect::check(wait_ms),
            Kind::SlowClose { ms } => slow_close::check(ms),
            Kind::MaxRequest { after_ms } => max_request::check(after_ms),
            Kind::StaleCache { ttl_ms } => stale_cache::check(ttl_ms),
            Kind::Reorder { window } => reorder::check(window),
            Kind::Overload { at_once, pause_ms } => overload::check(at_once, pause_ms),
            Kind::CloseCode { code } => close_code::check(code),
            Kind::SlowReader { bytes_per_s, .. } => slow_reader::check(bytes_per_s),
            Kind::ClockDrift { ahead_ms, ppm } => client_clock::check(ahead_ms, ppm),
            Kind::Stall
            | Kind::Blackhole
            | Kind::Swallow { .. }
            | Kind::NoId
            | Kind::NoComments
            | Kind::WrongType
            | Kind::StripUpgrade { .. }
            | Kind::Refuse
            | Kind::Duplicate { .. }
            | Kind::NeverAnswer
            | Kind::Hidden
            | Kind::Frozen
            | Kind::Offline
            | Kind::Asleep => Ok(()),
        }
    }
}
