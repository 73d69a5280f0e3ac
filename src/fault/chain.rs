//! The chain: the lab's distance and its faults, deciding on units and on the server's conduct. Pure.

use std::time::Duration;

use super::{Fault, FaultId};
use crate::wire::{ClientNo, ConnNo, Direction, ExchangeNo, Unit, UnitNo};

/// The faults in force, in order; the distance comes first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chain {
    /// Distance, each way.
    pub distance: Duration,
    /// The faults.
    pub faults: Vec<Fault>,
}

/// What a decision on a unit may look at.
#[derive(Clone, Copy, Debug)]
pub struct Meta<'a> {
    /// Which way it travels.
    pub dir: Direction,
    /// The connection.
    pub conn: ConnNo,
    /// Its number in this direction.
    pub no: UnitNo,
    /// What it is.
    pub unit: &'a Unit,
}

/// What is to happen to a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on at once.
    Pass,
    /// It goes on after this, and what follows it not before it.
    Delay(Duration),
    /// It waits, with all that follows, until another chain comes into force and decides anew.
    Hold(FaultId),
    /// It vanishes.
    Drop(FaultId),
    /// Other bytes go on in its place.
    Replace(FaultId, Vec<u8>),
    /// It goes on twice.
    Duplicate(FaultId),
    /// It vanishes, and these bytes go back to its sender.
    Answer(FaultId, Vec<u8>),
    /// The connection ends here.
    End(FaultId, crate::wire::Close),
}

/// What is to happen to an answer at the server, before a byte of it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conduct {
    /// Wait this long first.
    pub wait: Option<(FaultId, Duration)>,
}

impl Chain {
    /// Decides on a unit: delays add up, anything stronger than a delay wins over delays.
    pub fn decide(&self, _meta: Meta<'_>) -> Verdict {
        Verdict::Pass
    }

    /// Decides on an answer: the one hook that `push` offers.
    pub fn conduct(&self, _client: Option<ClientNo>, _exchange: Option<ExchangeNo>) -> Conduct {
        Conduct::default()
    }
}
