//! What a chain looks at, and what it decides: on units, and on whole connections.

use std::time::Duration;

use super::{FaultId, slice::Slices};
use crate::wire::{ClientNo, Close, ConnNo, Direction, Micros, Resource, Unit, UnitNo};
/// What a decision on a unit may look at.
#[derive(Clone, Copy, Debug)]
pub struct Meta<'a> {
    /// Which way it travels.
    pub dir: Direction,
    /// The connection.
    pub conn: ConnNo,
    /// Its number in this direction.
    pub no: UnitNo,
    /// The fault that ended its connection in silence, if one did.
    pub silenced: Option<FaultId>,
    /// What it is.
    pub unit: &'a Unit,
    /// The client that asked, if that is known.
    pub client: Option<ClientNo>,
    /// What it asked for, if that is known.
    pub resource: Option<Resource>,
    /// Whether it had asked for that on another connection before.
    pub again: bool,
}

impl<'a> Meta<'a> {
    /// A unit of which it is not known who asked for what.
    pub fn new(dir: Direction, conn: ConnNo, no: UnitNo, silenced: Option<FaultId>, unit: &'a Unit) -> Self {
        Self { dir, conn, no, silenced, unit, client: None, resource: None, again: false }
    }

    /// What a draw about this unit is keyed by.
    pub(super) fn key(&self) -> (u64, u64) {
        ((u64::from(self.conn) << 1) | u64::from(self.dir == Direction::Down), u64::from(self.no))
    }
}

/// What one fault wants to happen to a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on at once.
    #[default]
    Pass,
    /// It goes on after this, and what follows it not before it.
    Delay(Duration),
    /// It waits, with all that follows, until another chain comes into force and decides anew.
    Hold(FaultId),
    /// It waits for company: until so many bytes wait together, until the oldest has waited for the time, or until the
    /// answer or the connection ends.
    Gather {
        /// The fault that does it.
        by: FaultId,
        /// How many bytes.
        bytes: usize,
        /// For how long at most.
        wait: Option<Duration>,
    },
    /// It vanishes.
    Drop(FaultId),
    /// Other bytes go on in its place.
    Replace(FaultId, Vec<u8>),
    /// It goes on twice.
    Duplicate(FaultId),
    /// It vanishes, and these bytes go back to its sender.
    Answer(FaultId, Vec<u8>),
    /// The same with the answer that an intermediary has kept, if it has one that is young enough; otherwise it goes on, and
    /// its answer is kept.
    Stale {
        /// The fault that does it.
        by: FaultId,
        /// How old an answer may be, in milliseconds.
        ttl_ms: u32,
    },
    /// The connection ends here.
    End(FaultId, Close),
}

impl Verdict {
    /// Whether the unit itself goes on in the end.
    pub(super) fn goes_on(&self) -> bool {
        matches!(
            self,
            Verdict::Pass | Verdict::Delay(_) | Verdict::Gather { .. } | Verdict::Duplicate(_) | Verdict::Stale { .. }
        )
    }
}

/// What a decision on a whole connection may look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// When its latest request came.
    pub asked: Micros,
    /// Which request of the connection that is, from 1.
    pub request: u32,
    /// Whether it is not answered to its end; always, after an upgrade.
    pub open: bool,
    /// Bytes that have gone down on it.
    pub down: u64,
    /// Which connection it is in the order in which they first asked for something in the lab, from 1.
    pub order: u32,
    /// When something last moved on it, either way.
    pub moved: Micros,
    /// The fault that ended it in silence, if one did.
    pub silenced: Option<FaultId>,
    /// The client that asked last on it, if that is known.
    pub client: Option<ClientNo>,
    /// What it asked for, if that is known.
    pub resource: Option<Resource>,
}

/// What a fault has in store for a connection, whether or not anything moves on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// When.
    pub at: Micros,
    /// The fault.
    pub by: FaultId,
    /// How it ends; in silence, if absent.
    pub how: Option<Close>,
    /// Whether the client is told why: by an answer in place of the server's, if that has not begun.
    pub told: bool,
}

/// What is in store for a connection, as far as it can be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The first end that a fault has in store for it.
    pub fate: Option<Fate>,
    /// When so many bytes have gone down, it is to be looked at again.
    pub at_bytes: Option<u64>,
}

/// How wide a way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The fault that narrows it.
    pub by: FaultId,
    /// How many bytes get through in a second.
    pub bytes_per_s: u32,
    /// How many at once after a pause.
    pub burst: u32,
}

/// What the whole chain decides on a unit: how long it travels, and what becomes of it then.
///
/// The two are apart because distance is geography: a request that a gateway answers, or that kills its connection,
/// travels there first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// All delays added up.
    pub delay: Duration,
    /// The verdict of the first fault that had a stronger one than a delay, otherwise [`Verdict::Pass`].
    pub verdict: Verdict,
    /// The narrowest line of the lab that it has to go through, if it goes on.
    pub line: Option<Rate>,
    /// How fast its client reads, if it goes on and that matters.
    pub reader: Option<Rate>,
    /// The pieces in which it goes on, if it does, and not in one.
    pub slices: Option<Slices>,
}

impl Decision {
    /// Whether the unit goes on unchanged and at once.
    pub fn is_pass(&self) -> bool {
        self.delay.is_zero() && self.verdict == Verdict::Pass && self.goes_freely()
    }

    /// Whether nothing paces it or cuts it into pieces, if it goes on.
    pub fn goes_freely(&self) -> bool {
        self.line.is_none() && self.reader.is_none() && self.slices.is_none()
    }

    /// The delay on the server's clock.
    pub fn micros(&self) -> Micros {
        // A chain's delays are far below this bound: it keeps the sum with any time from overflowing.
        Micros::try_from(self.delay.as_micros()).unwrap_or(Micros::MAX / 4)
    }

    pub(super) fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => {}
            Verdict::Delay(more) => self.delay += more,
            stronger if self.verdict == Verdict::Pass => self.verdict = stronger,
            // What waits for company or goes twice gets no further than anything else.
            hard @ (Verdict::Hold(_) | Verdict::Drop(_) | Verdict::End(..)) if self.verdict.goes_on() => {
                self.verdict = hard
            }
            // The unit is settled already.
            _ => {}
        }
    }
}
