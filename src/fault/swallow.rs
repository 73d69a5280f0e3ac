//! Swallow: an intermediary, or an end that is half dead, through which one kind of message does not get.
//!
//! *On the bytes:* a frame of that kind vanishes whole, and so does a chunk that holds nothing but comments; the framing
//! around them stays right. Everything else passes.
//!
//! *It must show:* who declares whom dead, and when: whoever waits for what was swallowed.

#[cfg(feature = "ssr")]
use super::{FaultId, chain::Verdict, kind::Prey};
#[cfg(feature = "ssr")]
use crate::wire::Unit;

/// The opcodes of RFC 6455 §11.8.
#[cfg(feature = "ssr")]
const TEXT: u8 = 1;
#[cfg(feature = "ssr")]
const PING: u8 = 9;
#[cfg(feature = "ssr")]
const PONG: u8 = 10;

/// What happens to a unit.
#[cfg(feature = "ssr")]
pub(super) fn verdict(by: FaultId, what: Prey, unit: &Unit) -> Verdict {
    let struck = match (what, unit) {
        (Prey::Pings, Unit::Frame(frame)) => frame.opcode == PING,
        (Prey::Pongs, Unit::Frame(frame)) => frame.opcode == PONG,
        (Prey::Beats, Unit::Frame(frame)) => frame.opcode == TEXT && frame.text.starts_with("beat"),
        (Prey::Comments, Unit::Body(body)) => {
            !body.last
                && body.text.starts_with(':')
                && body.text.lines().all(|line| line.is_empty() || line.starts_with(':'))
        }
        _ => false,
    };
    if struck { Verdict::Drop(by) } else { Verdict::Pass }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::wire::{Body, Frame};

    fn frame(opcode: u8, text: &str) -> Unit {
        let payload = text.len() as u32;
        let text = text.to_owned();
        Unit::Frame(Box::new(Frame { fin: true, rsv: 0, opcode, masked: false, head: 2, payload, close: None, text }))
    }

    fn chunk(text: &str) -> Unit {
        let body = Body { bytes: 30, payload: 25, text: text.to_owned(), last: false, events: Vec::new() };
        Unit::Body(Box::new(body))
    }

    #[test]
    fn each_kind_swallows_its_prey_and_nothing_else() {
        let units = [
            (Some(Prey::Pings), frame(PING, "1")),
            (Some(Prey::Pongs), frame(PONG, "1")),
            (Some(Prey::Beats), frame(TEXT, "beat 7")),
            (Some(Prey::Comments), chunk(": still here\n\n")),
            (None, frame(TEXT, "{\"seq\":1}")),
            (None, frame(8, "")),
            (None, chunk("id: 4\ndata: {}\n\n")),
            (None, chunk(": still here\n\ndata: and news\n\n")),
        ];
        for what in [Prey::Pings, Prey::Pongs, Prey::Beats, Prey::Comments] {
            for (prey, unit) in &units {
                let expected = if *prey == Some(what) { Verdict::Drop(5) } else { Verdict::Pass };
                assert_eq!(verdict(5, what, unit), expected, "{what:?} {unit:?}");
            }
        }
    }
}
