//! A lab's crowd: called, recorded, sent away.

use super::Lab;
use crate::{
    crowd::Crowd,
    net::clock,
    wire::{Fact, Micros, crowd::CrowdSpec},
};

/// How long a crowd stays although no page follows the lab, in microseconds: long enough for one that comes back.
const ALONE: Micros = 30_000_000;

impl Lab {
    /// Calls a crowd in place of the one that is there, or sends that away.
    pub(super) fn call_crowd(&mut self, wanted: Option<CrowdSpec>) -> Result<(), String> {
        if let Some(spec) = &wanted {
            spec.check()?;
        }
        let before = self.crowd.as_ref().and_then(Crowd::before);
        self.dismiss_crowd();
        if let Some(spec) = wanted {
            let from = self.feed.borrow().last();
            let mut crowd = self.crowds.call(&self.id, spec, from, self.line.crowd.clone())?;
            crowd.in_place_of(before);
            // Said at once: the page that asked sees that something happens.
            let now = clock::now();
            let first = Fact::Crowd { crowd: Box::new(crowd.record(now)) };
            self.crowd = Some(crowd);
            self.record(now, first);
        }
        Ok(())
    }

    /// Sends the crowd away, if there is one.
    pub(super) fn dismiss_crowd(&mut self) {
        if let Some(crowd) = self.crowd.take() {
            let now = clock::now();
            let last = Fact::Crowd { crowd: Box::new(crowd.farewell(now)) };
            self.record(now, last);
        }
    }

    /// Writes down how the crowd is doing, when it is time.
    pub(super) fn tick_crowd(&mut self, now: Micros) {
        let Some(crowd) = self.crowd.as_mut().filter(|crowd| crowd.next() <= now) else { return };
        let alone = self.pages.is_empty() && now - *self.idle_since.borrow() > ALONE;
        if alone || !crowd.is_alive() {
            return self.dismiss_crowd();
        }
        let state = Fact::Crowd { crowd: Box::new(crowd.record(now)) };
        self.record(now, state);
    }
}
