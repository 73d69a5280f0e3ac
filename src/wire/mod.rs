//! The vocabulary of the wire: what can be observed, by whom, and how the parts of an observation are named.
//!
//! Everything here is shared by the server, the browser and the recordings, and touches no IO, no clock and no DOM:
//! time is an argument. The format is versioned by [`FORMAT`].
//!
//! # Identity: a specification
//!
//! It rests on what browsers do; `tests/fixtures/` has recorded traffic of a real Chromium, and `tests/wire_chromium.rs`
//! holds the decoders to it.
//!
//! *Lab.* A lab is named by a [`LabId`], the second segment of every path on the lab listener (`/l/{lab}/…`). Being
//! allowed to change a lab is a separate secret that travels in the body of control messages, and in a header where a
//! recording is asked for: never in a path, a picture, a log or a recording.
//!
//! *Connection.* A TCP connection has a [`ConnNo`], counted by the server from 1 in the order of acceptance. Until its
//! first request head it belongs to no lab; browsers open spare connections that never carry a request, so what a lab
//! counts is connections that carried one of its requests. With the first head of a lab on it, the lab is told when the
//! connection was accepted ([`Fact::Opened`]). A connection that served two labs ends in both.
//!
//! *Client.* A running instance of a technique has a [`ClientNo`], counted by the page from 1 in each run. Starting
//! again, or starting with other settings, makes a new client.
//!
//! *Exchange.* A request and its answer share the client's [`ExchangeNo`], counted by the client from 1. Both numbers
//! travel in the query (`?c=1&n=14`); where caching is the subject, and the URL must stay the same, they travel as
//! parameters of `Accept` (`application/json;c=1;n=14`), a header that needs no preflight. A request without numbers (a
//! reader's own `curl`) is an exchange without a client: it is known by its connection and its place there.
//! A browser may send a request again by itself when a reused connection dies under it: the same numbers then appear
//! twice on the wire, and the picture shows both.
//!
//! *Unit.* The wire witness cuts each direction of a connection into [`Unit`]s, numbered from 1 in each direction of
//! the connection. (connection, direction, number) names a unit for good. An answer's units belong to the oldest
//! request on the connection that is not yet answered (RFC 9112 §9.3.2).
//!
//! *Message.* What a browser's API hands to a script: the body of an answer, an event, a WebSocket message. The
//! messages of a stream pair with units by their ordinal among those released.
//!
//! *Clock.* All times are [`Micros`] on the server's monotonic clock. A browser's times are moved onto it by an offset
//! that timed round trips on the control socket measured; the error of that offset is half the smallest round trip and
//! is written into the log ([`Fact::Clock`]) whenever a better one is adopted, with a new epoch after sleep.

pub mod address;
pub mod body;
pub mod control;
pub mod crowd;
pub mod decode;
pub mod head;
pub mod http;
pub mod observation;
pub mod packed;
pub mod resource;
mod settings;
pub mod sse;
mod text;
pub mod unit;
pub mod ws;

pub use observation::{Ending, Fact, HoldEnd, Observation, Record, Witness};
pub use resource::Resource;
pub use unit::{Body, Close, Frame, RequestHead, ResponseHead, Unit};

use serde::{Deserialize, Serialize};

/// Version of the observation format, in recordings and on the control socket. A reader refuses what is newer.
pub const FORMAT: u32 = 5;

/// The first byte of a binary message with a stroke of the shared pad.
pub const STROKE: u8 = 2;

/// Microseconds on the server's monotonic clock, counted from the server's start.
///
/// Signed, because a browser's time moved onto this clock may fall before a moment it is compared with.
pub type Micros = i64;

/// The number of a running instance of a technique, counted by the page from 1 in each run.
pub type ClientNo = u16;

/// The number of a request and its answer, counted by the client from 1.
pub type ExchangeNo = u32;

/// The number of a TCP connection, counted by the server from 1 in the order of acceptance.
pub type ConnNo = u32;

/// The number of a unit, counted from 1 in each direction of a connection.
pub type UnitNo = u32;

/// The name of a lab: [`LabId::LEN`] characters of `a`–`z` and `2`–`7`. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LabId(String);

impl LabId {
    /// Length in characters: 50 bits, so that ids are not met by chance.
    pub const LEN: usize = 10;

    /// Takes a text for a lab's name if it has the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let good = text.len() == Self::LEN && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        good.then(|| Self(text.to_owned()))
    }

    /// The name as it stands in a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LabId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a lab's name is ten characters of a-z and 2-7")
    }
}

impl From<LabId> for String {
    fn from(id: LabId) -> Self {
        id.0
    }
}

impl std::fmt::Display for LabId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which way bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the browser to the server.
    Up,
    /// From the server to the browser.
    Down,
}

/// A way for news to get from a server to a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Technique {
    /// A plain request, for the lessons on connections.
    Request,
    /// Ask at intervals; every request is answered at once.
    ShortPoll,
    /// Ask; the server holds the request until there is news.
    LongPoll,
    /// One answer that never ends: `text/event-stream`.
    Sse,
    /// A connection upgraded to frames both ways (RFC 6455).
    #[serde(rename = "websocket")]
    WebSocket,
}

#[cfg(test)]
mod tests;
