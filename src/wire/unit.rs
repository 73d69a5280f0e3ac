//! What the wire witness cuts a stream of bytes into.

use serde::{Deserialize, Serialize};

/// One piece of one direction of a connection, cut where the protocol cuts.
///
/// Sizes are in bytes as on the wire. Texts are for the details pane: bounded, and with `Cookie` and `Authorization`
/// redacted by the decoder itself, so that no log, picture or recording ever holds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The head of a request, with the blank line that ends it (RFC 9112 §2.1).
    RequestHead(Box<RequestHead>),
    /// The head of an answer, with its blank line.
    ResponseHead(Box<ResponseHead>),
    /// A piece of a body: the whole of one with a length, one chunk of a chunked one (RFC 9112 §7.1), or what was
    /// read of one that ends with the connection.
    Body(Box<Body>),
    /// A WebSocket frame (RFC 6455 §5.2).
    Frame(Box<Frame>),
    /// Bytes that follow no protocol known here: after a malformed head, or after an upgrade to something else. Also
    /// the pieces of a WebSocket frame that the tap could not keep whole.
    Opaque {
        /// How many.
        bytes: u32,
    },
    /// The end of this direction.
    End {
        /// In order or abruptly.
        how: Close,
    },
}

impl Unit {
    /// Length on the wire in bytes.
    pub fn bytes(&self) -> u32 {
        match self {
            Unit::RequestHead(head) => head.bytes,
            Unit::ResponseHead(head) => head.bytes,
            Unit::Body(body) => body.bytes,
            Unit::Frame(frame) => u32::from(frame.head) + frame.payload,
            Unit::Opaque { bytes } => *bytes,
            Unit::End { .. } => 0,
        }
    }
}

/// How one direction of a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Close {
    /// In order: "I send no more" (RFC 9293 §3.6).
    Fin,
    /// Abruptly (RFC 9293 §3.5.2).
    Rst,
}

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestHead {
    /// The method, as `GET`.
    pub method: String,
    /// The request target: path and query.
    pub target: String,
    /// Which request of its connection this is, from 1: above 1 the connection was reused.
    pub nth: u32,
    /// Length on the wire.
    pub bytes: u32,
    /// The head as sent, lines ended by `\n`, without the blank line; at most [`HEAD_KEPT`] bytes of it.
    pub text: String,
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// Length on the wire.
    pub bytes: u32,
    /// The head as sent, lines ended by `\n`, without the blank line; at most [`HEAD_KEPT`] bytes of it.
    pub text: String,
    /// Whether this is the whole answer: no body follows (HEAD, 1xx, 204, 304, or `Content-Length: 0`; RFC 9112 §6.3).
    pub bodiless: bool,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// Length on the wire, with the framing of a chunk.
    pub bytes: u32,
    /// Length of the payload alone.
    pub payload: u32,
    /// The beginning of the payload, at most [`BODY_KEPT`] bytes, as UTF-8 with replacement characters.
    pub text: String,
    /// Whether the body ends with this piece.
    pub last: bool,
    /// The events of an event stream that end within this piece.
    #[serde(default)]
    pub events: Vec<super::sse::Event>,
}

/// A WebSocket frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Whether it ends its message.
    pub fin: bool,
    /// The reserved bits, 0 to 7: RSV1 counts 4. Without an extension they are 0 (RFC 6455 §5.2).
    pub rsv: u8,
    /// The opcode, 0 to 15 (RFC 6455 §5.2).
    pub opcode: u8,
    /// Whether the payload is masked, as every frame of a client is.
    pub masked: bool,
    /// Length of the frame's own head: 2 to 14 bytes.
    pub head: u8,
    /// Length of the payload.
    pub payload: u32,
    /// The close code of a close frame that has one.
    #[serde(default)]
    pub close: Option<u16>,
    /// The beginning of the payload, unmasked, at most [`BODY_KEPT`] bytes, as UTF-8 with replacement characters.
    pub text: String,
}

/// How much of a head a log keeps, in bytes.
pub const HEAD_KEPT: usize = 2048;

/// How much of a body or a frame a log keeps, in bytes.
pub const BODY_KEPT: usize = 512;
