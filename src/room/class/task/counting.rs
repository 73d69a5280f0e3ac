//! What readers' labs have counted goes into the log, so that a report survives: seldom, and at the end of each step.

use std::{collections::BTreeSet, mem, time::Duration};

use tokio::time::Instant;

use super::Task;
use crate::class::{Event, ReaderNo, event::Counted};

/// How often sums are written down while a step lasts.
pub(super) const WRITE: Duration = Duration::from_secs(30);

/// How many readers' sums are one event: some 250 bytes each.
const AT_ONCE: usize = 100;

impl Task {
    /// Writes down all sums that have changed.
    pub(super) fn write_down(&mut self) {
        self.written = Instant::now();
        let readers = mem::take(&mut self.counted);
        self.write_down_of(&readers);
    }

    /// Writes down these readers' sums.
    pub(super) fn write_down_of(&mut self, readers: &BTreeSet<ReaderNo>) {
        if self.journal.is_nearly_full() {
            return;
        }
        let class = &self.journal.class;
        let counted = |reader: &ReaderNo| {
            let known = class.readers.get(reader).filter(|known| !known.removed)?;
            let step = if known.step.is_empty() { &class.step } else { &known.step };
            let present = self.live.readers.get(reader)?;
            let changed = known.counted.get(step) != Some(&present.sums);
            let worth = !step.is_empty() && present.watch.is_some() && changed;
            worth.then(|| Counted { reader: *reader, step: step.clone(), sums: present.sums.clone() })
        };
        let sums: Vec<Counted> = readers.iter().filter_map(counted).collect();
        for sums in sums.chunks(AT_ONCE) {
            self.happen(Event::Counted { sums: sums.to_vec() });
        }
    }
}
