//! What belongs together on the wire: a request and its answer, an event of a stream and the message that a page got.

use super::{
    fold::{Down, Exchange, Piece, Scene, Seen, Topic},
    told::{Message, Try},
};
use crate::wire::{ConnNo, Direction, Micros, UnitNo};

/// The units that answer a request without numbers: answers come in the order of the requests (RFC 9112 §9.3.2), and
/// those with numbers are not among the loose ones on either side.
pub(super) fn loose_answer(scene: &Scene, conn: ConnNo, nth: u32) -> Vec<(ConnNo, UnitNo)> {
    let Some(connection) = scene.connection(conn) else { return Vec::new() };
    let Some(place) = connection.loose_ups.iter().position(|up| up.1 == nth) else { return Vec::new() };
    let (mut heads, mut whose) = (0, 0);
    let mut units = Vec::new();
    for (no, what) in &connection.loose_downs {
        heads += usize::from(*what == Down::Head);
        // An interim head comes before the final one of the same answer.
        whose = if *what == Down::Interim { heads + 1 } else { heads.max(whose) };
        if whose == place + 1 {
            units.push((conn, *no));
        } else if whose > place + 1 {
            break;
        }
    }
    units
}

/// Pairs the events that the wire saw with the messages that the page got: by what they are about, since what a fault
/// removes on the way leaves the others' order as it was, but not their places.
pub(super) fn messages(scene: &Scene, exchange: &Exchange, downs: &[(ConnNo, UnitNo)]) -> Vec<Message> {
    let mut list: Vec<Message> = Vec::new();
    for (conn, no) in downs {
        let Some(unit) = scene.unit_seen(*conn, Direction::Down, *no) else { continue };
        let Some(Seen { at, what: Piece::Body { events, .. }, .. }) = &unit.seen else { continue };
        let dropped = unit.dropped.map(|dropped| dropped.0);
        let released = unit.released;
        let message = |topic: &Topic| {
            let (topic, seq, seen) = (*topic, topic.seq(), Some(*at));
            Message { topic, seq, seen, released, dropped, ..Message::default() }
        };
        list.extend(events.iter().map(message));
    }
    list.sort_by_key(|message| message.seen);
    let mut from = 0;
    for message in &exchange.messages {
        let (topic, percent) = (Topic::of_news(&message.what), message.what.percent);
        let fits = |known: &Message| known.got.is_none() && known.dropped.is_none() && known.topic.fits(topic);
        let (got, seq) = (Some(message.at), topic.seq());
        match list[from..].iter().position(fits) {
            Some(place) => {
                // What the wire could not name, the page can.
                list[from + place] = Message { topic, seq, percent, got, ..list[from + place] };
                from += place + 1;
            }
            None => list.push(Message { topic, seq, percent, got, ..Message::default() }),
        }
    }
    list
}

/// Pairs requests on the wire with what came back: on each connection in order.
pub(super) fn tries(scene: &Scene, ups: &[(ConnNo, UnitNo)], downs: &[(ConnNo, UnitNo)]) -> Vec<Try> {
    let mut tries: Vec<Try> = Vec::with_capacity(1);
    for (conn, no) in ups {
        let Some(unit) = scene.unit_seen(*conn, Direction::Up, *no) else { continue };
        let Some(seen) = &unit.seen else { continue };
        if matches!(seen.what, Piece::Frame(_) | Piece::Other) {
            // It belongs to what the connection became after the request.
            continue;
        }
        if let Piece::Request { nth, .. } = seen.what {
            tries.push(Try { conn: *conn, nth, head_up: Some(*no), up_seen: Some(seen.at), ..Try::default() });
        }
        if let Some(t) = tries.last_mut().filter(|t| t.conn == *conn) {
            t.up_released = t.up_released.max(unit.released);
            t.up_dropped = t.up_dropped.or(unit.dropped);
        }
    }
    for (conn, no) in downs {
        let Some(unit) = scene.unit_seen(*conn, Direction::Down, *no) else { continue };
        let Some(seen) = &unit.seen else { continue };
        let head = match seen.what {
            Piece::Response { status: 101 | 200.., .. } => true,
            // An interim head says nothing about the answer's times.
            Piece::Response { .. } | Piece::Frame(_) => continue,
            _ => false,
        };
        let mut same = tries.iter_mut().filter(|t| t.conn == *conn);
        // A final head answers the first request on its connection that has none yet; a body goes on with the latest.
        let t = if head { same.find(|t| t.status.is_none()) } else { same.rfind(|t| t.status.is_some()) };
        let Some(t) = t else { continue };
        match &seen.what {
            Piece::Response { status, whole, text } if head => {
                let text = text.to_ascii_lowercase();
                t.stream = *status == 101 || text.contains("\ncontent-type: text/event-stream");
                t.closes = text.contains("\nconnection: close");
                t.status = Some(*status);
                t.head_down = Some(*no);
                t.down_seen = Some(seen.at);
                t.down_whole = (*whole && *status != 101).then_some(seen.at);
            }
            Piece::Body { last, .. } => {
                t.body_down = t.body_down.or(Some(*no));
                if *last {
                    t.down_whole = Some(seen.at);
                }
            }
            _ => {}
        }
        t.down_released = t.down_released.max(unit.released);
        t.down_dropped = t.down_dropped.or(unit.dropped);
    }
    for t in &mut tries {
        let Some(conn) = scene.connection(t.conn).filter(|_| t.down_released.is_none() || t.down_whole.is_none())
        else {
            continue;
        };
        let began = t.up_seen.unwrap_or(Micros::MIN);
        let ends = conn.closed.iter().flatten().filter(|end| end.at >= began);
        t.cut = ends.min_by_key(|end| end.at).map(|end| (end.at, end.what));
    }
    tries.sort_by_key(|t| (t.up_seen, t.conn));
    tries
}
