//! The atom of diagrams, ledgers, checks and recordings: one fact, seen by one witness, at one time.

use serde::{Deserialize, Serialize};

use super::{ClientNo, ConnNo, Direction, ExchangeNo, Micros, Technique, Unit, UnitNo};
use crate::fault::{Fault, FaultId};

/// Who saw a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The page's own script, through the browser's API.
    Browser,
    /// The tap on the server's socket, below HTTP.
    Wire,
    /// The handler of a technique, the feed, or the lab itself.
    Server,
}

/// One fact seen by one witness at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When it was seen.
    pub at: Micros,
    /// Who saw it.
    pub witness: Witness,
    /// The client it concerns, if that is known.
    #[serde(default)]
    pub client: Option<ClientNo>,
    /// The exchange of that client it concerns, if that is known.
    #[serde(default)]
    pub exchange: Option<ExchangeNo>,
    /// The connection it was seen on; only the wire witness knows.
    #[serde(default)]
    pub conn: Option<ConnNo>,
    /// What was seen.
    pub fact: Fact,
}

/// An observation with its place in a lab's log.
///
/// `no` counts from 1 in each epoch, in the order of arrival, which need not be the order of `at`: what arrives late is
/// sorted in by whoever folds the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The place in the log.
    pub no: u64,
    /// The observation.
    pub seen: Observation,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    // --- The browser's facts -------------------------------------------------------------------------------------
    /// A client began. `settings` says how, in the words of [`ClientSettings`].
    Started {
        /// How the client was told to work.
        settings: ClientSettings,
    },
    /// A client was stopped by the reader or the page.
    Stopped,
    /// A request was handed to the browser's API.
    Asked {
        /// The method, as `GET`.
        method: String,
        /// Path and query, from the first `/`.
        target: String,
    },
    /// The whole answer is in the page's hands.
    Answered {
        /// The status that the script saw: 200 where the browser revalidated and the wire saw a 304.
        status: u16,
        /// Length of the body that the script read, in bytes.
        bytes: u32,
        /// What the answer brought.
        news: News,
    },
    /// An exchange ended in the browser without an answer.
    Ended {
        /// How.
        how: Ending,
    },
    /// The head of a stream is in the page's hands, and the stream is open (`open` of an `EventSource`, or of a
    /// `WebSocket`).
    Streaming,
    /// A message of a stream is in the page's hands.
    Message {
        /// Length of its data in bytes.
        bytes: u32,
        /// What it brought.
        news: News,
    },
    /// A stream broke off, and the browser will connect again by itself (`error` of an `EventSource` that is connecting).
    Broken,
    /// The page's board now shows this version of the list.
    Shown {
        /// The version shown: the highest `seq` in the list.
        version: u64,
    },
    /// An answer was thrown away by the client's own rule (the sequence check), and nothing on the board changed.
    Ignored {
        /// The version the answer carried.
        version: u64,
    },
    /// A tick of the timer sent nothing, because the client still waits for an answer (the rule "never overlap").
    Skipped,
    /// The page went out of sight or came back (`visibilitychange`): a hidden page's timers are slowed.
    Visibility {
        /// Whether it is out of sight now.
        hidden: bool,
    },
    /// The browser's clock was aligned with the server's.
    Clock {
        /// Server's clock minus browser's clock.
        offset: Micros,
        /// Half the round trip that measured it: the true offset is within ± this.
        error: Micros,
        /// Counts from 1; a new one after the page slept.
        epoch: u32,
    },
    /// The reader picked an exchange in the picture (a lesson's goal may ask for the right one).
    Picked,

    // --- The wire's facts ----------------------------------------------------------------------------------------
    /// The connection's first request for this lab is about to be told. `at` is when the connection was accepted.
    Opened,
    /// A unit came to the tap.
    Unit {
        /// Which way it travels.
        dir: Direction,
        /// Its number in this direction of the connection.
        no: UnitNo,
        /// What it is.
        unit: Unit,
    },
    /// The tap let go of a unit: up, the server can read it now; down, it is in the kernel's hands.
    Released {
        /// Which way it travels.
        dir: Direction,
        /// Its number.
        no: UnitNo,
    },
    /// A fault removed a unit: nobody will see it land.
    Dropped {
        /// Which way it travelled.
        dir: Direction,
        /// Its number.
        no: UnitNo,
        /// The fault that did it.
        by: FaultId,
    },
    /// One direction of the connection ended.
    Closed {
        /// The direction that ended: `Up` when the browser sends no more.
        dir: Direction,
        /// Whether in order or abruptly.
        how: super::Close,
        /// Bytes that the tap took from the socket over the connection's whole life.
        bytes_up: u64,
        /// Bytes that the tap gave to the socket over the connection's whole life.
        bytes_down: u64,
    },

    /// A fault struck: on the wire it ended the connection, openly or in silence; at the server it changed how the server
    /// conducted itself.
    Struck {
        /// Which.
        by: FaultId,
    },

    // --- The server's facts --------------------------------------------------------------------------------------
    /// The feed published an update.
    Published {
        /// Its number, from 1.
        seq: u64,
        /// Whether somebody pressed the button, rather than the source.
        by_hand: bool,
    },
    /// A handler has its answer ready.
    Answering {
        /// What the answer brings.
        news: News,
    },
    /// The server's own conduct, changed by a fault, holds an answer back. A later unit ends the wait.
    HeldBack {
        /// The fault that did it.
        by: FaultId,
        /// For how long, as drawn; removing the fault ends it sooner.
        micros: Micros,
    },
    /// A handler has nothing to say yet, and holds the request.
    Holding {
        /// For how long at most, in milliseconds.
        at_most_ms: u32,
    },
    /// A hold is over.
    HoldEnded {
        /// Why.
        how: HoldEnd,
        /// How long it lasted.
        micros: Micros,
    },
    /// A background job changed its state.
    Job {
        /// The job's number in this run, from 1.
        job: u32,
        /// Share done, 0 to 100; 100 is finished.
        percent: u8,
    },
    /// A run begins: the feed is at zero, the log is empty, and the picture's time counts from here.
    Run {
        /// Distance of the lab, each way, in milliseconds.
        distance_ms: u32,
    },
    /// The lab's faults or distance changed.
    Faults {
        /// Distance, each way, in milliseconds.
        distance_ms: u32,
        /// The faults that are active from now on.
        faults: Vec<Fault>,
    },
    /// The lab's keep-alive time changed.
    KeepAlive {
        /// How long a connection may stay idle from now on, in milliseconds.
        ms: u32,
    },

    // --- WebSocket: what a browser sees of its own socket, and a server of its end --------------------------------
    /// A message was handed to the browser's API: a beat, or a stroke of the pad.
    Sent {
        /// Length of its data in bytes.
        bytes: u32,
    },
    /// The socket is closed, as this witness sees it: the browser in its `close` event, the server at its own end. The
    /// two may see different codes (RFC 6455 §7.1.5).
    Shut {
        /// The code of the close frame that came; 1005 if it had none, 1006 if none came. Those two never travel (§7.4.1).
        code: u16,
        /// Whether both ends had sent a close frame (§7.1.4).
        clean: bool,
    },
    /// A socket's life went on, as this witness judges: the browser by its own beat, the server by its pings.
    Life {
        /// To this.
        state: LifeState,
    },
}

/// The life of a WebSocket that its owner watches over, reconnecting included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeState {
    /// The first handshake is under way.
    Connecting,
    /// Open, and as far as anybody knows alive.
    Open,
    /// A beat is overdue: half of its time is over.
    Suspect,
    /// Given up: a beat did not return in time. Or closed, with nobody to connect again.
    Dead,
    /// Closed; the next attempt comes in a while.
    Waiting,
    /// Another handshake is under way.
    Reconnecting,
}

/// When a client connects again after its socket was closed (RFC 6455 §7.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reconnect {
    /// Not at all.
    Never,
    /// At once, every time.
    Immediately,
    /// After a second, every time.
    Fixed,
    /// After half a second, and twice as long after each further failure, up to 15 seconds.
    Exponential,
    /// After a time drawn between nothing and that: so those that were cut off together come back apart.
    #[default]
    ExponentialJitter,
}

/// What an answer brings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// The updates it carries, by number, in the order they stand in the answer. For a list asked whole: none.
    #[serde(default)]
    pub seqs: Vec<u64>,
    /// The version of a list asked whole.
    #[serde(default)]
    pub version: Option<u64>,
    /// The share of a job done, 0 to 100.
    #[serde(default)]
    pub percent: Option<u8>,
    /// Whether it tells the client nothing it did not know: the empty answer.
    #[serde(default)]
    pub empty: bool,
    /// How many updates the server no longer has, if it says so.
    #[serde(default)]
    pub missed: Option<u64>,
}

/// How an exchange ended in the browser without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The client itself gave it up (`AbortController`).
    Aborted,
    /// The browser reported a network error.
    Failed,
}

/// Why a request is no longer held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldEnd {
    /// There was something to answer.
    News,
    /// Its time was up: the answer is empty.
    Expired,
    /// The client went away, and the server noticed.
    Freed,
}

/// The longest time for which a request may be held, in milliseconds: browsers and what stands on the way often give up
/// after a minute.
pub const LONGEST_HOLD_MS: u32 = 55_000;

/// How a client was told to work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// The technique.
    pub technique: Technique,
    /// What a poll asks for.
    #[serde(default)]
    pub ask: Ask,
    /// Time between two requests of a poll, in milliseconds, 100 to 60,000.
    #[serde(default = "ClientSettings::second")]
    pub interval_ms: u32,
    /// What keeps an old answer from overwriting a newer one.
    #[serde(default)]
    pub cure: Cure,
    /// For how long a long poll asks to be held, in milliseconds, 100 to [`LONGEST_HOLD_MS`].
    #[serde(default = "ClientSettings::hold")]
    pub hold_ms: u32,
    /// Whether a long poll says what it has already.
    #[serde(default = "ClientSettings::yes")]
    pub cursor: bool,
    /// Whether an answer to a long poll brings all that is new, rather than one update.
    #[serde(default = "ClientSettings::yes")]
    pub batch: bool,
    /// Whether the page listens to the events of a stream by their names, rather than to `message` alone.
    #[serde(default = "ClientSettings::yes")]
    pub named: bool,
    /// Whether a visitor asks for answers that end their connection.
    #[serde(default)]
    pub closing: bool,
    /// How many of the page's resources a visitor asks for after the document, 0 to 8.
    #[serde(default = "ClientSettings::eight")]
    pub resources: u32,
    /// Time between two beats that a WebSocket client sends, in milliseconds, 100 to 60,000. Without it, it sends none.
    #[serde(default)]
    pub beat_ms: Option<u32>,
    /// How long a beat may take to come back, in milliseconds, 100 to 60,000.
    #[serde(default = "ClientSettings::second")]
    pub beat_timeout_ms: u32,
    /// When a WebSocket client connects again.
    #[serde(default)]
    pub reconnect: Reconnect,
    /// Time between two pings that the server is asked for, in milliseconds, 100 to 60,000. Without it, it sends none.
    #[serde(default)]
    pub ping_ms: Option<u32>,
    /// How long the server waits for a pong before it gives the socket up, in milliseconds, 100 to 60,000.
    #[serde(default)]
    pub pong_timeout_ms: Option<u32>,
    /// The longest frame in which the server sends a piece of a message, in bytes, 1 to 4,096. Without it, each message
    /// is one frame.
    #[serde(default)]
    pub piece: Option<u32>,
    /// Whether updates come as binary messages over a WebSocket, rather than as text.
    #[serde(default)]
    pub binary: bool,
}

impl ClientSettings {
    /// A client of this technique, with everything else as it is when nothing is said.
    pub fn new(technique: Technique) -> Self {
        Self {
            technique,
            ask: Ask::default(),
            interval_ms: Self::second(),
            cure: Cure::default(),
            hold_ms: Self::hold(),
            cursor: true,
            batch: true,
            named: true,
            closing: false,
            resources: Self::eight(),
            beat_ms: None,
            beat_timeout_ms: Self::second(),
            reconnect: Reconnect::default(),
            ping_ms: None,
            pong_timeout_ms: None,
            piece: None,
            binary: false,
        }
    }

    /// Whether every number is in its range.
    ///
    /// # Errors
    /// Which is not, and the range.
    pub fn check(&self) -> Result<(), String> {
        let times = [
            ("interval_ms", Some(self.interval_ms), 60_000),
            ("hold_ms", Some(self.hold_ms), LONGEST_HOLD_MS),
            ("beat_ms", self.beat_ms, 60_000),
            ("beat_timeout_ms", Some(self.beat_timeout_ms), 60_000),
            ("ping_ms", self.ping_ms, 60_000),
            ("pong_timeout_ms", self.pong_timeout_ms, 60_000),
        ];
        let times = times.map(|(name, value, most)| (name, value, 100, most));
        for (name, value, least, most) in times.into_iter().chain([("piece", self.piece, 1, 4096)]) {
            if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
                return Err(format!("{name} is from {least} to {most}, not {value}"));
            }
        }
        if self.resources > 8 {
            return Err(format!("resources is from 0 to 8, not {}", self.resources));
        }
        if self.pong_timeout_ms.is_some() && self.ping_ms.is_none() {
            return Err("pong_timeout_ms needs ping_ms: without a ping there is no pong to wait for".to_owned());
        }
        Ok(())
    }

    fn second() -> u32 {
        1000
    }

    fn hold() -> u32 {
        20_000
    }

    fn eight() -> u32 {
        8
    }

    fn yes() -> bool {
        true
    }
}

/// What a poll asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// The updates after a cursor.
    #[default]
    Updates,
    /// The whole list of alerts, every time.
    Board,
    /// The whole list, but only if it changed (`ETag`, `If-None-Match`, 304).
    BoardIfChanged,
    /// The state of a background job.
    Job,
}

/// What keeps an old answer from overwriting a newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cure {
    /// Nothing.
    #[default]
    None,
    /// An answer older than what is shown is ignored.
    Sequence,
    /// A new request aborts the one under way.
    Abort,
    /// No new request while one is under way.
    NoOverlap,
}
