//! The log of a run in a page's hands, and the scene folded from it.
//!
//! A scene is too big to be cloned for each frame, so it is not a signal's value: it lies in a stored value, and a
//! version number that counts up is what components depend on. A batch of records is one step of the version.

use leptos::prelude::*;

use super::fold::{Scene, fold};
use crate::wire::{Micros, Record};

/// How many records are kept for going back in time. A run that is longer can be paused, but not wound back beyond
/// what was kept: its beginning is always there, so what is missing is the latest.
pub const RECORDS: usize = 100_000;

/// A handle; copies refer to the same log. It belongs to the reactive owner under which it was made.
#[derive(Clone, Copy)]
pub struct Reel {
    scene: StoredValue<Scene>,
    records: StoredValue<Vec<Record>>,
    version: RwSignal<u32>,
}

impl Default for Reel {
    fn default() -> Self {
        Self::new()
    }
}

impl Reel {
    /// An empty log.
    pub fn new() -> Self {
        Self {
            scene: StoredValue::new(Scene::default()),
            records: StoredValue::new(Vec::new()),
            version: RwSignal::new(0),
        }
    }

    /// Takes records in, in the order of the log, each once.
    pub fn push(&self, records: &[Record]) {
        if records.is_empty() {
            return;
        }
        self.scene.update_value(|scene| records.iter().for_each(|record| scene.apply(record)));
        self.records.update_value(|kept| {
            let room = RECORDS.saturating_sub(kept.len());
            kept.extend(records.iter().take(room).cloned());
        });
        self.version.update(|version| *version = version.wrapping_add(1));
    }

    /// Forgets everything: a new run begins.
    pub fn clear(&self) {
        self.scene.set_value(Scene::default());
        self.records.set_value(Vec::new());
        self.version.update(|version| *version = version.wrapping_add(1));
    }

    /// Makes what runs now run again when the scene has changed.
    pub fn track(&self) {
        self.version.track();
    }

    /// Looks at the scene. Does not track.
    pub fn with<T>(&self, look: impl FnOnce(&Scene) -> T) -> T {
        self.scene.with_value(look)
    }

    /// The scene as it was at a time. Does not track.
    pub fn until(&self, at: Micros) -> Scene {
        self.records.with_value(|records| fold(records, Some(at)))
    }

    /// Looks at the records. Does not track.
    pub fn with_records<T>(&self, look: impl FnOnce(&[Record]) -> T) -> T {
        self.records.with_value(|records| look(records))
    }
}
