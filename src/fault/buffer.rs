//! Buffering proxy: an intermediary that collects an answer before it passes it on, as nginx does unless told otherwise.
//!
//! *On the bytes:* nothing is changed, lost or reordered. The head of an answer passes. Pieces of its body wait until so
//! many bytes wait together, or until the oldest has waited for the time, or until the answer or the connection ends;
//! then all go on at once. What follows an upgrade is no answer and passes.
//!
//! *It must show:* an event stream in lumps, or silent for ever; a poll of either kind, whose answers end, does not mind.

#[cfg(feature = "ssr")]
use std::time::Duration;

use super::within;
#[cfg(feature = "ssr")]
use super::{
    FaultId,
    chain::{Meta, Verdict},
};
#[cfg(feature = "ssr")]
use crate::wire::{Direction, Unit};

/// The most that may wait, in bytes: what the tap itself lets wait in one direction.
const MOST: u32 = 256 * 1024;

/// Checks the parameters.
pub(super) fn check(bytes: u32, flush_ms: Option<u32>) -> Result<(), String> {
    within("bytes", bytes, 1, MOST)?;
    flush_ms.map_or(Ok(()), |ms| within("flush_ms", ms, 100, 60_000))
}

/// What happens to a unit.
#[cfg(feature = "ssr")]
pub(super) fn verdict(by: FaultId, bytes: u32, flush_ms: Option<u32>, meta: Meta<'_>) -> Verdict {
    match meta.unit {
        Unit::Body(body) if meta.dir == Direction::Down && !body.last => {
            let wait = flush_ms.map(|ms| Duration::from_millis(ms.into()));
            Verdict::Gather { by, bytes: bytes as usize, wait }
        }
        _ => Verdict::Pass,
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::wire::{Body, Close};

    fn of(unit: &Unit, dir: Direction) -> Verdict {
        verdict(3, 4096, Some(500), Meta::new(dir, 1, 1, None, unit))
    }

    fn piece(last: bool) -> Unit {
        Unit::Body(Box::new(Body { bytes: 20, payload: 15, text: String::new(), last, events: Vec::new() }))
    }

    #[test]
    fn only_what_an_answer_goes_on_with_is_gathered() {
        let gather = Verdict::Gather { by: 3, bytes: 4096, wait: Some(Duration::from_millis(500)) };
        assert_eq!(of(&piece(false), Direction::Down), gather);
        assert_eq!(of(&piece(true), Direction::Down), Verdict::Pass);
        assert_eq!(of(&piece(false), Direction::Up), Verdict::Pass);
        assert_eq!(of(&Unit::End { how: Close::Fin }, Direction::Down), Verdict::Pass);
        assert_eq!(of(&Unit::Opaque { bytes: 9 }, Direction::Down), Verdict::Pass);
    }
}
