//! The line between a lab and its connections: observations go one way, the fault chain the other.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{mpsc, watch};

use super::{common::Common, crowd::Sums};
use crate::{
    fault::{
        FaultId,
        chain::{Chain, Decision, Life, Meta, Outlook},
    },
    wire::{ConnNo, LabId, Micros, Observation, Witness},
};

/// How many observations may wait for a lab's task. What comes above is dropped and counted.
pub const WAITING: usize = 4096;

/// A lab, as the tap and the handlers see it. Cheap to share; outlives the lab without harm.
#[derive(Debug)]
pub struct Line {
    lab: LabId,
    observations: mpsc::Sender<Observation>,
    chain: watch::Receiver<Arc<Chain>>,
    dropped: Arc<Dropped>,
    crowd: Arc<Sums>,
    common: Arc<Common>,
}

/// The other end of a [`Line`], held by the lab's task.
#[derive(Debug)]
pub struct LineEnd {
    /// What was seen.
    pub observations: mpsc::Receiver<Observation>,
    /// The chain in force; sending a new one wakes whatever waits under the old one.
    pub chain: Force,
    /// What was dropped because the lab's task was behind.
    pub dropped: Arc<Dropped>,
    /// What the lab's crowd does.
    pub crowd: Arc<Sums>,
}

/// What puts chains into force.
#[derive(Debug)]
pub struct Force {
    chain: watch::Sender<Arc<Chain>>,
    common: Arc<Common>,
}

impl Force {
    /// Puts another chain into force, and whatever waits decides anew.
    pub fn send_replace(&self, chain: Arc<Chain>) {
        self.common.prepare(&chain);
        self.chain.send_replace(chain);
    }
}

/// Observations dropped, by witness.
#[derive(Debug, Default)]
pub struct Dropped {
    wire: AtomicU64,
    server: AtomicU64,
}

impl Dropped {
    /// Dropped by (wire, server) so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.wire.load(Ordering::Relaxed), self.server.load(Ordering::Relaxed))
    }
}

impl Line {
    /// A line for a lab, with the chain in force at its start.
    pub fn new(lab: LabId, chain: Chain) -> (Arc<Self>, LineEnd) {
        let (observe, observations) = mpsc::channel(WAITING);
        let (force, watched) = watch::channel(Arc::new(chain));
        let dropped = Arc::new(Dropped::default());
        let crowd = Arc::<Sums>::default();
        let (to_line, to_end) = (dropped.clone(), crowd.clone());
        let common = Arc::<Common>::default();
        common.prepare(&watched.borrow());
        let force = Force { chain: force, common: common.clone() };
        let line = Self { lab, observations: observe, chain: watched, dropped: to_line, crowd, common };
        (Arc::new(line), LineEnd { observations, chain: force, dropped, crowd: to_end })
    }

    /// The lab's name.
    pub fn lab(&self) -> &LabId {
        &self.lab
    }

    /// Writes an observation down, or counts it as dropped if the lab's task is behind. Never waits.
    pub fn observe(&self, seen: Observation) {
        let witness = seen.witness;
        if self.observations.try_send(seen).is_err() {
            let count = if witness == Witness::Wire { &self.dropped.wire } else { &self.dropped.server };
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Where what a crowd does is summed up.
    pub fn crowd(&self) -> &Arc<Sums> {
        &self.crowd
    }

    /// Dropped by (wire, server) so far.
    pub fn dropped(&self) -> (u64, u64) {
        self.dropped.counts()
    }

    /// The chain in force.
    pub fn chain(&self) -> Arc<Chain> {
        self.chain.borrow().clone()
    }

    /// What the chain in force decides on a unit. A lab that is gone holds nothing back any more.
    pub(crate) fn decide(&self, meta: Meta<'_>) -> Decision {
        match self.chain.has_changed() {
            Ok(_) => self.chain.borrow().decide(meta),
            Err(_) => Decision::default(),
        }
    }

    /// What the chain in force has in store for a connection. A lab that is gone lets it live.
    pub(crate) fn outlook(&self, conn: ConnNo, life: Life) -> Outlook {
        if self.is_alive() { self.chain.borrow().outlook(conn, life) } else { Outlook::default() }
    }

    /// Counts a strike. False: the fault has none left, and must not strike.
    pub(crate) fn spend(&self, by: FaultId) -> bool {
        self.chain.borrow().spend(by)
    }

    /// A cache on the way keeps an answer, as long as it is there.
    pub(crate) fn keep(&self, by: FaultId, target: &str, bytes: Vec<u8>, at: Micros) {
        if self.chain.borrow().has(by) {
            self.common.kept().keep(by, target, bytes, at);
        }
    }

    /// What the lab's connections have in common.
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    /// Whether the lab is still there.
    pub(crate) fn is_alive(&self) -> bool {
        self.chain.has_changed().is_ok()
    }

    /// Until when a connection may stay that has been idle since a time, if the lab is there and says so.
    pub(crate) fn idle_until(&self, since: Micros) -> Option<Micros> {
        if self.is_alive() { self.chain.borrow().idle_until(since) } else { None }
    }

    /// A receiver that wakes when another chain comes into force.
    pub fn changes(&self) -> watch::Receiver<Arc<Chain>> {
        self.chain.clone()
    }
}

/// Finds a lab by the name in a request's path.
pub trait Directory: Send + Sync + 'static {
    /// The lab's line, if there is such a lab.
    fn line(&self, lab: &LabId) -> Option<Arc<Line>>;
}
