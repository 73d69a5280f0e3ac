//! How a client works: what a lesson, a reader or a recording says of it.

use serde::{Deserialize, Serialize};

use super::Technique;

/// The longest time for which a request may be held, in milliseconds: browsers and what stands on the way often give up
/// after a minute.
pub const LONGEST_HOLD_MS: u32 = 55_000;

/// The most clients that run side by side in one page.
pub const SEATS: usize = 8;

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
    /// Which column of the picture it has among clients that run side by side, from 0: below [`SEATS`].
    #[serde(default)]
    pub seat: u8,
    /// Whether it takes the best way that works, and steps down from one that does not.
    #[serde(default)]
    pub ladder: bool,
    /// What the page's browser is taken to be without.
    #[serde(default)]
    pub missing: Missing,
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
            seat: 0,
            ladder: false,
            missing: Missing::default(),
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
        if usize::from(self.seat) >= SEATS {
            return Err(format!("seat is below {SEATS}, not {}", self.seat));
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

/// What a browser is without, as old ones are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Nothing.
    #[default]
    None,
    /// `WebSocket`.
    WebSocket,
    /// `WebSocket` and `EventSource`.
    Both,
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
