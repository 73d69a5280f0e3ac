//! How many connections a listener has, has had, and has refused.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::{clock, tap::Core};
use crate::wire::{ConnNo, Micros};

/// How many connections that never asked for anything make room at once, when there is none: looking for them takes a
/// walk through all.
const EVICTED: usize = 64;

/// Between two such walks, in microseconds.
const WALK: Micros = 50_000;

/// The connections of one listener.
#[derive(Default)]
pub struct Census {
    /// The open ones, with their tap if they have one.
    live: Mutex<HashMap<ConnNo, Weak<Core>>>,
    empty: Notify,
    accepted: AtomicU64,
    refused: AtomicU64,
    evicted: AtomicU64,
    failed: AtomicU64,
    /// When the last walk was.
    walked: AtomicI64,
}

impl Census {
    /// Connections that are open now. An upgraded one counts until whoever holds it lets go.
    pub fn live(&self) -> usize {
        self.lock().len()
    }

    /// Connections accepted so far, the refused ones included.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections closed at once because there were too many.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Connections that had asked for nothing and were closed to make room.
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Times that accepting failed for want of something (file descriptors, memory).
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Waits until no connection is open.
    pub async fn empty(&self) {
        loop {
            let emptied = self.empty.notified();
            tokio::pin!(emptied);
            emptied.as_mut().enable();
            if self.live() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// Enters a connection and gives it its number. If there are `most` already, the oldest that never asked for anything
    /// make room; if there are none, it is refused.
    pub(super) fn enter(self: &Arc<Self>, most: usize) -> Option<Live> {
        let before = self.accepted.fetch_add(1, Ordering::Relaxed);
        if self.live() >= most {
            self.evict();
        }
        let mut live = self.lock();
        if live.len() >= most {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        // After 4 billion connections numbers begin again at 1; none of the first can be open still.
        let conn = (before % u64::from(ConnNo::MAX)) as ConnNo + 1;
        live.insert(conn, Weak::new());
        Some(Live { census: self.clone(), conn })
    }

    /// Closes the oldest connections that have not asked for anything yet: a crowd that only holds the door open must not
    /// keep out those who want to come in.
    fn evict(&self) {
        let now = clock::now();
        let walked = self.walked.load(Ordering::Relaxed);
        // Whoever is second here comes a moment too late, and is refused.
        let due = now - walked >= WALK || walked == 0;
        if !due || self.walked.compare_exchange(walked, now, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        // Collected first, and asked without the lock: a connection that ends strikes itself off this very list.
        let mut silent: Vec<(ConnNo, Arc<Core>)> =
            self.lock().iter().filter_map(|(conn, core)| Some((*conn, core.upgrade()?))).collect();
        silent.retain(|(_, core)| core.is_silent());
        silent.sort_unstable_by_key(|(conn, _)| *conn);
        silent.truncate(EVICTED);
        self.evicted.fetch_add(silent.len() as u64, Ordering::Relaxed);
        for (conn, core) in silent {
            core.abort();
            self.lock().remove(&conn);
        }
    }

    /// Remembers what ends a connection.
    pub(super) fn tapped(&self, conn: ConnNo, core: &Arc<Core>) {
        if let Some(entry) = self.lock().get_mut(&conn) {
            *entry = Arc::downgrade(core);
        }
    }

    /// Ends every connection that has a tap.
    pub(super) fn abort(&self) {
        // Collected first: ending a connection may close it, which strikes it off this very list.
        let cores: Vec<_> = self.lock().values().filter_map(Weak::upgrade).collect();
        for core in cores {
            core.abort();
        }
    }

    /// Counts a failure to accept.
    pub(super) fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnNo, Weak<Core>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the census, held by whatever keeps the socket open.
pub(super) struct Live {
    census: Arc<Census>,
    conn: ConnNo,
}

impl Live {
    /// The connection's number.
    pub(super) fn conn(&self) -> ConnNo {
        self.conn
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let mut live = self.census.lock();
        live.remove(&self.conn);
        if live.is_empty() {
            self.census.empty.notify_waiters();
        }
    }
}
