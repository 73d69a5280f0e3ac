//! The crowds of a run: the latest record of each, to be compared with each other.

use serde::{Deserialize, Serialize};

use super::{Figure, share};
use crate::wire::{Technique, crowd::Crowd, observation::Reconnect};

/// How many are remembered: one for each technique and each way to come back.
const MOST: usize = 20;

/// The crowds of a run, the latest last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Crowds(Vec<Crowd>);

impl Crowds {
    /// A crowd's record: it takes the place of an earlier one of the same technique and the same way to come back.
    pub(super) fn take_in(&mut self, crowd: &Crowd) {
        let same =
            |old: &Crowd| (old.spec.technique, old.spec.reconnect) == (crowd.spec.technique, crowd.spec.reconnect);
        self.0.retain(|old| !same(old));
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(crowd.clone());
    }

    /// The latest crowd, or the latest of this technique and this way to come back.
    pub fn latest(&self, technique: Option<Technique>, reconnect: Option<Reconnect>) -> Option<&Crowd> {
        let fits = |crowd: &&Crowd| {
            technique.is_none_or(|technique| technique == crowd.spec.technique)
                && reconnect.is_none_or(|reconnect| reconnect == crowd.spec.reconnect)
        };
        self.0.iter().rev().find(fits)
    }

    /// All of them, the latest last.
    pub fn all(&self) -> &[Crowd] {
        &self.0
    }
}

/// The value of a figure that is a crowd's; nothing for any other.
pub fn figure(crowd: &Crowd, figure: Figure) -> Option<f64> {
    let count = match figure {
        Figure::CrowdConnected => crowd.connected.into(),
        Figure::CrowdHeld => crowd.held.into(),
        Figure::CrowdRequests => crowd.requests,
        Figure::CrowdRate => crowd.rate.into(),
        Figure::CrowdDelivered => crowd.delivered,
        Figure::CrowdLost => crowd.lost,
        Figure::ServerMemoryPerClient => crowd.memory_each?.into(),
        Figure::CrowdCpu => return crowd.cpu.map(|micros| micros as f64 / 1000.0),
        Figure::ReconnectPeak => crowd.peak()?.into(),
        Figure::ServerMemory => crowd.memory?,
        Figure::CpuPerUpdate => return share(crowd.cpu?, crowd.delivered),
        Figure::CrowdDelay => return crowd.delay_median.map(|micros| f64::from(micros) / 1000.0),
        _ => return None,
    };
    Some(count as f64)
}
