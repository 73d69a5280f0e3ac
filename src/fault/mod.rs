//! Faults: what can be wrong with a network or a server, as values.
//!
//! A fault is a value and a verdict. The value is shared by both ends, the lesson files and the recordings; the verdict
//! (`chain`, on the server) is a pure decision about a unit. Waiting, writing and closing happen in `net`.

mod bandwidth;
mod blackhole;
mod buffer;
#[cfg(feature = "ssr")]
pub mod catalogue;
#[cfg(feature = "ssr")]
pub mod chain;
mod client_clock;
mod close_code;
#[cfg(feature = "ssr")]
mod conduct;
mod connect;
mod cut;
#[cfg(feature = "ssr")]
mod draw;
#[cfg(feature = "ssr")]
mod duplicate;
mod event_stream;
mod idle_killer;
mod kind;
mod latency;
mod loss;
mod max_request;
mod overload;
#[cfg(feature = "ssr")]
pub mod profile;
mod reorder;
pub(crate) mod restart;
mod scope;
#[cfg(feature = "ssr")]
pub mod script;
mod short_history;
mod slice;
mod slow_answers;
mod slow_close;
mod slow_reader;
mod stale_cache;
mod stall;
mod status;
mod strip_upgrade;
mod swallow;
mod tail;
#[cfg(feature = "ssr")]
mod verdict;

use serde::{Deserialize, Serialize};

pub use kind::{Death, Goodbye, Kind, Overflow, Place, Prey, Shape, Stripped};
pub use scope::Scope;

use crate::wire::Direction;

/// The number of a fault in its lab, chosen by whoever adds it. 0 is the lab's distance.
pub type FaultId = u32;

/// The id under which the lab's distance appears.
pub const DISTANCE: FaultId = 0;

/// The longest distance, each way, in milliseconds.
pub const MAX_DISTANCE_MS: u32 = 5_000;

/// The longest time in a fault's parameters, in milliseconds.
pub const MAX_MS: u32 = 10_000;

/// The longest time for which a fault may be in force by itself, in milliseconds.
pub const MAX_DURATION_MS: u32 = 600_000;

/// The latest that a fault may begin, in milliseconds.
pub const MAX_START_MS: u32 = 600_000;

/// The most strikes that may be counted.
pub const MAX_COUNT: u32 = 1_000;

/// A rule on a lab's traffic.
///
/// A kind is a file of its own, which says what it does to bytes and what it must show. [`Kind`] lists them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its number in the lab, from 1.
    pub id: FaultId,
    /// What it does.
    pub kind: Kind,
    /// On which direction a fault on the wire acts; both if absent.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// The share of units (or answers) it strikes, 0 to 1.
    #[serde(default = "Fault::always")]
    pub probability: f64,
    /// The same seed and the same traffic give the same strikes.
    #[serde(default)]
    pub seed: u64,
    /// For how long it is in force, in milliseconds, 100 to [`MAX_DURATION_MS`]; until it is taken away, if absent.
    #[serde(default)]
    pub duration_ms: Option<u32>,
    /// When it begins, in milliseconds after it was asked for, 0 to [`MAX_START_MS`]; at once, if absent. One that a lab was made
    /// with counts from when its source first runs: that is when somebody looks. A list of faults that
    /// begin one after the other is a script.
    #[serde(default)]
    pub start_ms: Option<u32>,
    /// How many times it strikes, 1 to [`MAX_COUNT`], where strikes can be counted; then it is over.
    #[serde(default)]
    pub count: Option<u32>,
    /// Whom it strikes.
    #[serde(default)]
    pub scope: Scope,
}

impl Fault {
    /// A fault that strikes everything, both ways, until it is taken away.
    pub fn new(id: FaultId, kind: Kind) -> Self {
        Self {
            id,
            kind,
            direction: None,
            probability: Self::always(),
            seed: 0,
            duration_ms: None,
            start_ms: None,
            count: None,
            scope: Scope::default(),
        }
    }

    fn always() -> f64 {
        1.0
    }

    /// Checks the id, the probability and the parameters.
    ///
    /// # Errors
    /// A sentence that names the field, its value and the allowed range.
    pub fn check(&self) -> Result<(), String> {
        if self.id == DISTANCE {
            return Err(format!("id: {DISTANCE} is the lab's distance; a fault's number is at least 1"));
        }
        // Written so that NaN fails it.
        if !(self.probability >= 0.0 && self.probability <= 1.0) {
            return Err(format!("probability: {} is outside 0 to 1", self.probability));
        }
        if self.direction.is_some() && self.kind.place() != Place::Wire {
            return Err("direction: this does not happen on the way; leave it out".to_owned());
        }
        if let Some(ms) = self.duration_ms {
            within("duration_ms", ms, 100, MAX_DURATION_MS)?;
        }
        if let Some(ms) = self.start_ms {
            at_most("start_ms", ms, MAX_START_MS)?;
        }
        if let Some(count) = self.count {
            within("count", count, 1, MAX_COUNT)?;
            if !self.kind.counts() {
                return Err("count: this does not strike one by one; give it a duration_ms instead".to_owned());
            }
        }
        self.kind.check()
    }
}

/// Checks a parameter that may be 0.
fn at_most(field: &str, value: u32, most: u32) -> Result<(), String> {
    within(field, value, 0, most)
}

/// Checks a parameter.
fn within(field: &str, value: u32, least: u32, most: u32) -> Result<(), String> {
    if !(least..=most).contains(&value) {
        return Err(format!("{field}: {value} is outside {least} to {most}"));
    }
    Ok(())
}
