//! What the connections of a lab have in common: the narrow lines they share, what a cache on their way keeps, and who
//! has come before.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use super::{kept::Kept, narrow::Narrow};
use crate::{
    fault::{
        FaultId,
        chain::{Chain, Rate},
    },
    wire::{ClientNo, ConnNo, Direction, Micros, Resource},
};

/// How many clients are remembered with what they asked for. Whoever comes after them never counts as coming back.
const MOST: usize = 4096;

/// What the connections of a lab have in common.
#[derive(Debug, Default)]
pub(super) struct Common {
    /// At most one for each fault and direction.
    lines: Mutex<Vec<(FaultId, Direction, Narrow)>>,
    kept: Mutex<Kept>,
    comers: Mutex<HashMap<(ClientNo, Resource), ConnNo>>,
    connections: AtomicU32,
    /// When the lab's connections were cleared away last: its clients begin anew then.
    cleared: Mutex<Option<Micros>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever panicked under the lock left whole entries.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Common {
    /// Another chain is about to come into force: what belongs to faults that are not in it goes.
    pub(super) fn prepare(&self, chain: &Chain) {
        lock(&self.lines).retain(|line| chain.has(line.0));
        lock(&self.kept).only(|by| chain.has(by));
        if std::mem::replace(&mut *lock(&self.cleared), chain.cleared) != chain.cleared {
            lock(&self.comers).clear();
        }
    }

    /// The line that a fault has narrowed.
    pub(super) fn line(&self, rate: Rate, dir: Direction) -> Narrow {
        let mut lines = lock(&self.lines);
        if let Some((.., line)) = lines.iter().find(|line| (line.0, line.1) == (rate.by, dir)) {
            return line.clone();
        }
        let line = Narrow::new(rate);
        lines.push((rate.by, dir, line.clone()));
        line
    }

    /// The place of a connection in the order in which they first asked for something, from 1.
    pub(super) fn place(&self) -> u32 {
        self.connections.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// Whether a client that asks for this on a connection has asked for it on another one before. Only what stays open is
    /// remembered: nothing else can be told twice.
    pub(super) fn again(&self, client: Option<ClientNo>, resource: Option<Resource>, conn: ConnNo) -> bool {
        let (Some(client), Some(resource @ (Resource::Events | Resource::Socket))) = (client, resource) else {
            return false;
        };
        let mut comers = lock(&self.comers);
        if let Some(first) = comers.get(&(client, resource)) {
            return *first != conn;
        }
        if comers.len() < MOST {
            comers.insert((client, resource), conn);
        }
        false
    }

    /// What a cache has kept.
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, Kind};

    #[test]
    fn who_comes_back_comes_on_another_connection() {
        let common = Common::default();
        let again = |client, resource, conn| common.again(Some(client), Some(resource), conn);
        assert_eq!([1, 1, 2].map(|conn| again(7, Resource::Events, conn)), [false, false, true]);
        assert!(!again(8, Resource::Events, 2) && !again(7, Resource::Socket, 2), "each for itself");
        assert!(!again(7, Resource::Poll, 1) && !again(7, Resource::Poll, 2), "a poll brings nothing twice");
        assert!(!common.again(None, Some(Resource::Events), 3));
        common.prepare(&Chain { cleared: Some(5), ..Chain::default() });
        assert!(!again(7, Resource::Events, 9), "a new page, a new client");
    }

    #[test]
    fn there_is_an_end_to_who_is_remembered() {
        let common = Common::default();
        for client in 0..=MOST {
            let client = ClientNo::try_from(client).unwrap();
            assert!(!common.again(Some(client), Some(Resource::Events), 1));
        }
        assert!(common.again(Some(0), Some(Resource::Events), 2));
        assert!(!common.again(Some(4096), Some(Resource::Events), 2), "the one too many");
    }

    #[test]
    fn a_fault_that_is_gone_leaves_nothing() {
        let common = Common::default();
        let rate = Rate { by: 2, bytes_per_s: 100, burst: 0 };
        for dir in [Direction::Up, Direction::Down, Direction::Up] {
            common.line(rate, dir);
        }
        common.kept().keep(2, "/", b"a\nb".to_vec(), 0);
        assert_eq!(lock(&common.lines).len(), 2);
        let other = Fault::new(2, Kind::StaleCache { ttl_ms: 100 });
        common.prepare(&Chain::new(std::time::Duration::ZERO, vec![other]));
        assert_eq!(lock(&common.lines).len(), 2);
        common.prepare(&Chain::default());
        assert!(lock(&common.lines).is_empty() && common.kept().find(2, "/", 100, 0).is_none());
    }
}
