//! How many connections a listener has, has had, and has refused.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::tap::Core;
use crate::wire::ConnNo;

/// The connections of one listener.
#[derive(Default)]
pub struct Census {
    /// The open ones, with their tap if they have one.
    live: Mutex<HashMap<ConnNo, Weak<Core>>>,
    empty: Notify,
    accepted: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
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

    /// Enters a connection and gives it its number, unless there are `most` already.
    pub(super) fn enter(self: &Arc<Self>, most: usize) -> Option<Live> {
        let before = self.accepted.fetch_add(1, Ordering::Relaxed);
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
