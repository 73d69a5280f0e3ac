//! Slice: what was sent in one piece arrives in many.
//!
//! *On the bytes:* none is changed, lost or reordered. A unit it strikes is handed on in pieces of random size (uniform, `vary` percent
//! below and above the mean), each by a write or a read of its own, with a pause between two. What follows it on the connection waits for the
//! last piece, with which the unit counts as let go. When the fault is taken away, the rest of the unit goes at once. TCP carries a
//! stream of bytes, and has never promised more.
//!
//! *It must show:* that a parser has to join pieces: half a line of an event stream is no line yet.

#[cfg(feature = "ssr")]
use std::time::Duration;

#[cfg(feature = "ssr")]
use super::draw::Draw;
use super::{MAX_MS, at_most, within};

/// Checks the parameters.
pub(super) fn check(bytes: u32, vary: u32, pause_ms: u32) -> Result<(), String> {
    within("bytes", bytes, 1, 65_536)?;
    at_most("vary", vary, 100)?;
    at_most("pause_ms", pause_ms, MAX_MS)
}

/// How a unit is cut into pieces.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slices {
    bytes: u32,
    vary: u32,
    /// How long the way rests between two pieces.
    pub pause: Duration,
    draw: Draw,
}

#[cfg(feature = "ssr")]
impl Slices {
    pub(super) fn new(bytes: u32, vary: u32, pause_ms: u32, draw: Draw) -> Self {
        Self { bytes, vary, pause: Duration::from_millis(pause_ms.into()), draw }
    }

    /// How long the piece is that begins at this place of its unit, at least 1.
    pub fn piece(&self, at: usize) -> usize {
        let (mean, vary) = (u64::from(self.bytes), u64::from(self.vary));
        let span = mean * vary / 100;
        // At most twice 65,536.
        self.draw.part(at as u64).between((mean - span).max(1), mean + span) as usize
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::fault::{Fault, Kind};

    fn pieces(bytes: u32, vary: u32) -> Vec<usize> {
        let draw = Draw::new(&Fault::new(1, Kind::Slice { bytes, vary, pause_ms: 0 }), (1, 1));
        let slices = Slices::new(bytes, vary, 0, draw);
        (0..1000).map(|at| slices.piece(at)).collect()
    }

    #[test]
    fn pieces_vary_as_much_as_they_may() {
        assert!(pieces(20, 0).iter().all(|piece| *piece == 20));
        let some = pieces(20, 50);
        assert_eq!((some.iter().min(), some.iter().max()), (Some(&10), Some(&30)));
        let all = pieces(20, 100);
        assert_eq!((all.iter().min(), all.iter().max()), (Some(&1), Some(&40)));
        assert!(pieces(1, 100).iter().all(|piece| (1..=2).contains(piece)));
    }
}
