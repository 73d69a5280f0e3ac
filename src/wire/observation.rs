//! The atom of diagrams, ledgers, checks and recordings: one fact, seen by one witness, at one time.

use serde::{Deserialize, Serialize};

pub use super::crowd::Crowd;
pub use super::settings::{Ask, ClientSettings, Cure, LONGEST_HOLD_MS, Missing, Reconnect, SEATS};
use super::{ClientNo, ConnNo, Direction, ExchangeNo, Micros, Unit, UnitNo};
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

    // --- The server's fact again -----------------------------------------------------------------------------------
    /// How the lab's crowd is doing, and what it costs: about twice a second while there is one, and once when it goes.
    Crowd {
        /// The sums.
        crowd: Box<Crowd>,
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
