//! The frames of a socket: what each one is, and which message of the page it belongs to.
//!
//! The wire sees frames, a page sees messages. Down, they are paired by the update that both name; where a frame names
//! none, by their order among those that were not removed. Up, by their order alone: a browser sends each message in one frame.

use super::{
    fold::{Exchange, Piece, Scene, Seen},
    told::{Carried, Message},
};
use crate::wire::{ConnNo, Direction, Frame, UnitNo, ws};

/// The opcodes that carry data (RFC 6455 §5.2).
const CONTINUED: u8 = 0;
const TEXT: u8 = 1;

/// All frames of a socket, by time.
pub(super) fn frames(scene: &Scene, exchange: &Exchange) -> Vec<Message> {
    let mut downs = cut(scene, Direction::Down, &exchange.downs);
    let mut from = 0;
    for message in &exchange.messages {
        let seq = message.what.seqs.first().copied();
        let fits = |known: &Message| {
            let whole = matches!(known.what, Carried::Text | Carried::Beat | Carried::Binary);
            let same = known.seq == seq || known.what == Carried::Binary && known.seq.is_none();
            whole && same && known.got.is_none() && known.dropped.is_none()
        };
        match downs[from..].iter().position(fits) {
            Some(place) => {
                let known = &mut downs[from + place];
                (known.got, known.seq) = (Some(message.at), known.seq.or(seq));
                from += place + 1;
            }
            None => downs.push(Message { what: Carried::Text, seq, got: Some(message.at), ..Message::default() }),
        }
    }
    // The close event says which code came; when it comes, the connection is closed, too.
    if let Some(shut) = &exchange.shut[0]
        && let Some(close) = downs.iter_mut().find(|frame| frame.what == Carried::Close(shut.what.0))
        && shut.what.1
    {
        close.got = Some(shut.at);
    }

    let mut ups = cut(scene, Direction::Up, &exchange.ups);
    let mut sent = exchange.sent.iter().map(|sent| sent.at);
    for frame in ups.iter_mut().filter(|frame| !frame.what.control()) {
        frame.sent = sent.next();
    }
    ups.extend(sent.map(|at| Message { what: Carried::Text, sent: Some(at), ..Message::default() }));
    ups.iter_mut().for_each(|frame| frame.up = true);

    downs.extend(ups);
    downs.sort_by_key(|frame| frame.span().map(|span| span.0));
    downs
}

/// The frames of one direction, in order.
fn cut(scene: &Scene, dir: Direction, units: &[(ConnNo, UnitNo)]) -> Vec<Message> {
    let mut list = Vec::new();
    // The message under way: its opcode, and the beginning of its text.
    let mut under_way: Option<(u8, String)> = None;
    for (conn, no) in units {
        let Some(unit) = scene.unit_seen(*conn, dir, *no) else { continue };
        let Some(Seen { at, what: Piece::Frame(frame), .. }) = &unit.seen else { continue };
        let mut message = Message {
            seen: Some(*at),
            released: unit.released,
            dropped: unit.dropped.map(|dropped| dropped.0),
            no: number(frame),
            ..Message::default()
        };
        message.what = match frame.opcode {
            ws::CLOSE => Carried::Close(frame.close.unwrap_or(1005)),
            ws::PING => Carried::Ping,
            ws::PONG => Carried::Pong,
            opcode => {
                let (kind, mut text) = match under_way.take().filter(|_| opcode == CONTINUED) {
                    Some(before) => before,
                    None => (opcode, String::new()),
                };
                // Enough for a number, however small the pieces.
                if text.len() < 64 {
                    text.push_str(&frame.text);
                }
                if frame.fin {
                    message.seq = seq(&text);
                    whole(kind, &text)
                } else {
                    under_way = Some((kind, text));
                    Carried::Part
                }
            }
        };
        list.push(message);
    }
    list
}

/// What a frame is by itself.
pub(super) fn carried(frame: &Frame) -> Carried {
    match frame.opcode {
        ws::CLOSE => Carried::Close(frame.close.unwrap_or(1005)),
        ws::PING => Carried::Ping,
        ws::PONG => Carried::Pong,
        opcode if !frame.fin || opcode == CONTINUED => Carried::Part,
        opcode => whole(opcode, &frame.text),
    }
}

fn whole(opcode: u8, text: &str) -> Carried {
    match opcode {
        TEXT if text.starts_with("beat") => Carried::Beat,
        TEXT => Carried::Text,
        _ => Carried::Binary,
    }
}

/// The number by which a beat, a ping or a pong is known to its answer.
fn number(frame: &Frame) -> Option<u32> {
    frame.text.strip_prefix("beat ").unwrap_or(&frame.text).parse().ok()
}

/// The number of the update that a text begins with.
fn seq(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("{\"seq\":")?;
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    digits[..end].parse().ok()
}
