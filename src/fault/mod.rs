//! Faults: what can be wrong with a network or a server, as values.
//!
//! A fault is a value and a verdict. The value is shared by both ends, the lesson files and the recordings; the verdict
//! (`chain`, on the server) is a pure decision about a unit. Waiting, writing and closing happen in `net`.

#[cfg(feature = "ssr")]
pub mod chain;
#[cfg(feature = "ssr")]
mod draw;
mod latency;
mod slow_answers;

use serde::{Deserialize, Serialize};

use crate::wire::Direction;

/// The number of a fault in its lab, chosen by whoever adds it. 0 is the lab's distance.
pub type FaultId = u32;

/// The id under which the lab's distance appears.
pub const DISTANCE: FaultId = 0;

/// The longest distance, each way, in milliseconds.
pub const MAX_DISTANCE_MS: u32 = 5_000;

/// The longest time in a fault's parameters, in milliseconds.
pub const MAX_MS: u32 = 10_000;

/// A rule on a lab's traffic.
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
}

impl Fault {
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
        match self.kind {
            Kind::Latency { base_ms, jitter_ms } => latency::check(base_ms, jitter_ms),
            Kind::SlowAnswers { min_ms, max_ms } => {
                if self.direction.is_some() {
                    return Err("direction: slow answers happen at the server, not on the way; leave it out".to_owned());
                }
                slow_answers::check(min_ms, max_ms)
            }
        }
    }
}

/// Checks a number of milliseconds that may be 0.
fn at_most(field: &str, value: u32, most: u32) -> Result<(), String> {
    if value > most {
        return Err(format!("{field}: {value} is outside 0 to {most}"));
    }
    Ok(())
}

/// What a fault does, with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// On the wire: every unit it strikes leaves later, in order.
    Latency {
        /// Delay in milliseconds, 0 to 10,000.
        base_ms: u32,
        /// Up to this much more, uniformly, 0 to 10,000.
        #[serde(default)]
        jitter_ms: u32,
    },
    /// At the server: an answer it strikes waits a random time, uniform between the two, before it is sent.
    SlowAnswers {
        /// Shortest wait in milliseconds, 0 to 10,000.
        #[serde(default)]
        min_ms: u32,
        /// Longest wait in milliseconds, up to 10,000.
        max_ms: u32,
    },
}
