//! Duplicate: what an open stream or socket brings comes twice.
//!
//! *On the bytes:* each chunk of an event stream and each whole message of a WebSocket goes down a second time, right behind the
//! first, framing and all. Heads, ends, control frames, fragments, and whatever has a length do not, so that both ends go on
//! understanding each other. With `reconnected`, only on connections with which a client comes back: on which it asks for what it had asked
//! for on another one.
//!
//! *It must show:* why updates carry numbers, and who has to look at them.

#[cfg(feature = "ssr")]
use super::{
    FaultId,
    chain::{Meta, Verdict},
};
#[cfg(feature = "ssr")]
use crate::wire::{Body, Direction, Resource, Unit};

/// The opcodes of RFC 6455 §11.8.
#[cfg(feature = "ssr")]
const TEXT: u8 = 1;
#[cfg(feature = "ssr")]
const BINARY: u8 = 2;

/// What happens to a unit.
#[cfg(feature = "ssr")]
pub(super) fn verdict(by: FaultId, reconnected: bool, meta: Meta<'_>) -> Verdict {
    if meta.dir == Direction::Up || (reconnected && !meta.again) {
        return Verdict::Pass;
    }
    let twice = match meta.unit {
        Unit::Body(body) => meta.resource == Some(Resource::Events) && is_chunk(body),
        Unit::Frame(frame) => frame.fin && matches!(frame.opcode, TEXT | BINARY),
        _ => false,
    };
    if twice { Verdict::Duplicate(by) } else { Verdict::Pass }
}

/// Whether a piece of a body is a whole chunk (RFC 9112 §7.1) and not the last: its framing is its size in hexadecimal and two ends of lines.
#[cfg(feature = "ssr")]
fn is_chunk(body: &Body) -> bool {
    let digits = body.payload.checked_ilog(16).map_or(1, |log| log + 1);
    !body.last && body.payload > 0 && body.bytes == body.payload + digits + 4
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::wire::{Close, Frame};

    fn body(bytes: u32, payload: u32, last: bool) -> Unit {
        Unit::Body(Box::new(Body { bytes, payload, text: String::new(), last, events: Vec::new() }))
    }

    fn frame(fin: bool, opcode: u8) -> Unit {
        let text = String::new();
        Unit::Frame(Box::new(Frame { fin, rsv: 0, opcode, masked: false, head: 2, payload: 3, close: None, text }))
    }

    fn of(unit: &Unit, dir: Direction, again: bool, resource: Resource, reconnected: bool) -> bool {
        let meta = Meta { again, resource: Some(resource), ..Meta::new(dir, 1, 1, None, unit) };
        verdict(4, reconnected, meta) == Verdict::Duplicate(4)
    }

    #[test]
    fn whole_chunks_and_whole_messages_go_twice() {
        let down = |unit: &Unit| of(unit, Direction::Down, false, Resource::Events, false);
        for (payload, bytes) in [(1, 6), (11, 16), (15, 20), (16, 22), (255, 261), (256, 263)] {
            assert!(down(&body(bytes, payload, false)), "{payload}");
            assert!(!down(&body(bytes, payload, true)), "the last");
            assert!(!down(&body(bytes - 2, payload, false)), "torn: it begins a chunk");
            assert!(!down(&body(payload, payload, false)), "torn, or with a length");
        }
        assert!(down(&frame(true, 1)) && down(&frame(true, 2)));
        for not in [frame(false, 1), frame(true, 0), frame(true, 8), frame(true, 9), frame(true, 10)] {
            assert!(!down(&not), "{not:?}");
        }
        assert!(!down(&Unit::End { how: Close::Fin }) && !down(&Unit::Opaque { bytes: 4 }));
        assert!(!of(&frame(true, 1), Direction::Up, false, Resource::Socket, false));
        assert!(!of(&body(16, 11, false), Direction::Down, false, Resource::Poll, false), "no stream");
    }

    #[test]
    fn after_a_reconnect_only() {
        let unit = body(16, 11, false);
        assert!(!of(&unit, Direction::Down, false, Resource::Events, true));
        assert!(of(&unit, Direction::Down, true, Resource::Events, true));
    }
}
