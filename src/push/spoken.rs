//! What is said over a WebSocket of the lab, both ways: pure, so that the conversation in [`socket`](super::socket) need
//! only carry it out.
//!
//! *Down.* An update is a text message with the same JSON as in an event stream, `{"seq":…}`; or, if the client asked for
//! `binary=1`, a binary message of 11 bytes: [`ALERT`], the number (4 bytes, its lowest 32 bits), district, level, cases (4 bytes), all numbers
//! in network byte order. `{"missed":n}` says that the history was too short.
//!
//! *Up.* A text that begins with `beat` is a beat, and comes back as it is. A binary message that begins with [`STROKE`] is
//! a stroke of the [shared pad](super::pad), and goes to all other sockets and streams of the lab. Anything else is answered by
//! `{"error":…}`, and the socket stays open: a page that speaks a newer language than the server is no reason to cut it off.

use bytes::{BufMut, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::{
    Message, Utf8Bytes,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::feed::Alert;
use crate::wire::STROKE;

/// The first byte of a binary message with an update.
pub const ALERT: u8 = 1;

/// What a client said.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// A beat, to be returned.
    Beat(Utf8Bytes),
    /// A stroke of the pad, for the others.
    Stroke(Bytes),
    /// A pong, with what it repeats.
    Pong(Bytes),
    /// Something that means nothing here: the answer says so.
    Unknown(Message),
    /// Nothing to do: pings are answered by the library.
    Nothing,
}

impl Heard {
    /// What a message means. A close frame is not for here.
    pub fn of(message: Message) -> Self {
        match message {
            Message::Text(text) if text.starts_with("beat") => Heard::Beat(text),
            Message::Binary(bytes) if bytes.first() == Some(&STROKE) => Heard::Stroke(bytes),
            Message::Text(_) => Heard::Unknown(error("a text message is a beat: it begins with beat")),
            Message::Binary(_) => Heard::Unknown(error("a binary message is a stroke of the pad: its first byte is 2")),
            Message::Pong(bytes) => Heard::Pong(bytes),
            Message::Ping(_) | Message::Close(_) | Message::Frame(_) => Heard::Nothing,
        }
    }
}

fn error(why: &str) -> Message {
    Message::text(serde_json::json!({ "error": why }).to_string())
}

/// An update as a message.
pub fn alert(alert: &Alert, binary: bool) -> Message {
    if !binary {
        // A number and four small fields always are JSON.
        return Message::text(serde_json::to_string(alert).unwrap_or_default());
    }
    let mut bytes = BytesMut::with_capacity(11);
    bytes.put_u8(ALERT);
    bytes.put_u32(alert.seq as u32);
    bytes.put_u8(alert.district);
    bytes.put_u8(alert.level);
    bytes.put_u32(alert.cases);
    Message::Binary(bytes.freeze())
}

/// A message in pieces of so many bytes (RFC 6455 §5.4), if it is longer than one. The borders mean nothing to who reads
/// it; control frames may come between them.
pub fn pieces(message: Message, piece: Option<usize>) -> Vec<Message> {
    let (kind, bytes) = match message {
        Message::Text(text) => (Data::Text, Bytes::from(text)),
        Message::Binary(bytes) => (Data::Binary, bytes),
        other => return vec![other],
    };
    let Some(piece) = piece.filter(|piece| (1..bytes.len()).contains(piece)) else {
        return vec![Message::Frame(Frame::message(bytes, OpCode::Data(kind), true))];
    };
    let count = bytes.len().div_ceil(piece);
    let cut = (0..count).map(|i| {
        let part = bytes.slice(i * piece..bytes.len().min((i + 1) * piece));
        let opcode = OpCode::Data(if i == 0 { kind } else { Data::Continue });
        Message::Frame(Frame::message(part, opcode, i + 1 == count))
    });
    cut.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEWS: Alert = Alert { seq: 258, district: 12, level: 3, cases: 70_000 };

    #[test]
    fn an_update_is_text_or_eleven_bytes() {
        assert_eq!(alert(&NEWS, false), Message::text(r#"{"seq":258,"district":12,"level":3,"cases":70000}"#));
        assert_eq!(alert(&NEWS, true), Message::binary(vec![1, 0, 0, 1, 2, 12, 3, 0, 1, 0x11, 0x70]));
    }

    #[test]
    fn a_message_is_cut_where_it_is_too_long() {
        let cut = |piece| -> Vec<(u8, bool, Vec<u8>)> {
            let frames = pieces(Message::text("Hello"), piece).into_iter().map(|message| match message {
                Message::Frame(frame) => {
                    (frame.header().opcode.into(), frame.header().is_final, frame.payload().to_vec())
                }
                other => panic!("{other:?}"),
            });
            frames.collect()
        };
        let whole = vec![(1, true, b"Hello".to_vec())];
        assert_eq!((cut(None), cut(Some(5)), cut(Some(4096))), (whole.clone(), whole.clone(), whole));
        assert_eq!(cut(Some(3)), [(1, false, b"Hel".to_vec()), (0, true, b"lo".to_vec())]);
        assert_eq!(cut(Some(1)).len(), 5);
    }

    #[test]
    fn what_is_heard() {
        assert_eq!(Heard::of(Message::text("beat 7")), Heard::Beat("beat 7".into()));
        assert_eq!(Heard::of(Message::binary(vec![2, 9])), Heard::Stroke(vec![2, 9].into()));
        for unknown in [Message::text(""), Message::text("hello"), Message::binary(vec![]), Message::binary(vec![1])] {
            let Heard::Unknown(Message::Text(said)) = Heard::of(unknown) else { panic!("it means nothing") };
            assert!(said.starts_with(r#"{"error":""#), "{said}");
        }
        assert_eq!(Heard::of(Message::Ping(Bytes::new())), Heard::Nothing);
    }
}
