//! The ledger: what was published against what arrived, as a pure fold of the log.

pub mod figure;

pub use figure::{Check, Figure};
use serde::{Deserialize, Serialize};

use crate::wire::Observation;

/// The sums of a run so far. It can be serialised as a checkpoint and continued.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {}

impl Ledger {
    /// Takes one more observation in.
    pub fn apply(&mut self, _seen: &Observation) {}

    /// The value of a figure, or nothing where it is not defined yet (a mean of nothing).
    pub fn figure(&self, _figure: Figure) -> Option<f64> {
        None
    }

    /// Whether a condition holds.
    pub fn holds(&self, _check: &Check) -> bool {
        false
    }

    /// How far a condition has come, 0 to 1: 1 when it holds.
    pub fn progress(&self, _check: &Check) -> f64 {
        0.0
    }
}
