//! The chain: the lab's distance and its faults, deciding on units and on the server's conduct. Pure.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use super::{
    Fault, FaultId, Kind, blackhole, buffer, connect, cut, draw::Draw, duplicate, idle_killer, latency, loss,
    max_request, restart, stale_cache, stall, swallow, tail,
};
pub use super::{
    conduct::{Conduct, Leave},
    max_request::TIMEOUT,
    slice::Slices,
    slow_reader::HOLDS,
    verdict::{Decision, Fate, Life, Meta, Outlook, Rate, Verdict},
};
use crate::wire::{ConnNo, Direction, Micros, Unit};

/// The faults in force, in order; the distance comes first.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Distance, each way.
    pub distance: Duration,
    /// The faults.
    pub faults: Vec<Fault>,
    /// How long a connection may stay idle after the last answer was let go, if the lab says.
    pub keep_alive: Option<Duration>,
    /// Connections that have been idle since before this are closed: what one page of a lab has used is nothing that the
    /// next one should find, and a browser would use it again for any lab on this listener.
    pub cleared: Option<Micros>,
    /// When the server went down last.
    pub restarted: Option<Micros>,
    /// Whether the distance is imposed on the handshake of a connection, too. The kernel shakes hands at once, far below
    /// the tap, so the round trip is made up for by the first request.
    pub handshake: bool,
    /// How many strikes are left to the faults that count them: shared by all chains in which a fault stands.
    pub left: HashMap<FaultId, Arc<AtomicU32>>,
    /// For tests of the tap: a verdict of their own on every unit, after the faults.
    #[doc(hidden)]
    pub script: Option<Script>,
}

impl Chain {
    /// A chain with a distance and faults, which are taken as checked.
    pub fn new(distance: Duration, faults: Vec<Fault>) -> Self {
        Self { distance, faults, ..Self::default() }
    }

    /// Until when a connection may stay that has been idle since a time, if the lab says.
    pub fn idle_until(&self, since: Micros) -> Option<Micros> {
        if self.cleared.is_some_and(|cleared| since <= cleared) {
            return Some(since);
        }
        self.keep_alive.map(|time| since + Micros::try_from(time.as_micros()).unwrap_or(Micros::MAX / 4))
    }

    /// Decides on a unit. The same unit gets the same decision however often it is asked about.
    pub fn decide(&self, meta: Meta<'_>) -> Decision {
        let mut decision = Decision { delay: self.distance, ..Decision::default() };
        if let Some(by) = meta.silenced.filter(|by| self.has(*by)) {
            decision.add(Verdict::Drop(by));
        }
        if self.handshake && meta.dir == Direction::Up && meta.no == 1 {
            decision.delay += 2 * self.distance;
        }
        for fault in &self.faults {
            self.apply(fault, meta, &mut decision);
        }
        if let Some(script) = &self.script {
            decision.add((script.0)(meta));
        }
        decision
    }

    /// What one fault adds to the decision on a unit. Most faults have nothing to do with most units, and those cost next to nothing: what is
    /// cheap is asked first, and chance last.
    fn apply(&self, fault: &Fault, meta: Meta<'_>, decision: &mut Decision) {
        let concerned = match fault.kind {
            Kind::Latency { .. }
            | Kind::Tail { .. }
            | Kind::Bandwidth { .. }
            | Kind::Loss { .. }
            | Kind::Slice { .. }
            | Kind::Stall
            | Kind::Blackhole
            | Kind::Swallow { .. }
            // Below a page without a network, TCP keeps what it has for when it is back.
            | Kind::Offline
            | Kind::Asleep => true,
            Kind::Buffer { .. } | Kind::Duplicate { .. } | Kind::SlowReader { .. } => meta.dir == Direction::Down,
            Kind::SlowConnect { .. } | Kind::Refuse => connect::is_first(meta.unit),
            Kind::StaleCache { .. } => matches!(meta.unit, Unit::RequestHead(_)),
            Kind::SlowClose { .. } => matches!(meta.unit, Unit::End { .. }),
            // The fate of connections, and the conduct of the server and the client.
            _ => false,
        };
        let elsewhere = fault.direction.is_some_and(|only| only != meta.dir);
        if !concerned
            || fault.probability <= 0.0
            || elsewhere
            || !fault.scope.covers(meta.client, meta.resource)
            || self.is_spent(fault)
        {
            return;
        }
        // Losses come in rows, so they have a look at chance of their own.
        if let Kind::Loss { streak } = fault.kind {
            decision.delay += loss::more(fault, streak, self.distance, meta.key()).unwrap_or_default();
            return;
        }
        let draw = Draw::new(fault, meta.key());
        if fault.probability < 1.0 && !draw.strikes(fault.probability) {
            return;
        }
        let ms = |ms: u32| Verdict::Delay(Duration::from_millis(ms.into()));
        let verdict = match fault.kind {
            Kind::Latency { base_ms, jitter_ms, shape } => {
                Verdict::Delay(latency::delay(base_ms, jitter_ms, shape, draw))
            }
            Kind::Tail { times } => Verdict::Delay(tail::more(times, self.distance)),
            Kind::SlowConnect { wait_ms } => ms(wait_ms),
            Kind::SlowClose { ms: more } => ms(more),
            Kind::Stall | Kind::Offline | Kind::Asleep => stall::verdict(fault.id),
            Kind::Blackhole => blackhole::verdict(fault.id),
            Kind::Refuse => connect::refuse(fault.id),
            Kind::Buffer { bytes, flush_ms } => buffer::verdict(fault.id, bytes, flush_ms, meta),
            Kind::Swallow { what } => swallow::verdict(fault.id, what, meta.unit),
            Kind::StaleCache { ttl_ms } => stale_cache::verdict(fault.id, ttl_ms, meta.unit),
            Kind::Duplicate { reconnected } => duplicate::verdict(fault.id, reconnected, meta),
            Kind::Bandwidth { bytes_per_s, burst } => {
                let rate = Rate { by: fault.id, bytes_per_s, burst };
                decision.line = Some(decision.line.filter(|other| other.bytes_per_s <= bytes_per_s).unwrap_or(rate));
                Verdict::Pass
            }
            Kind::SlowReader { bytes_per_s, .. } => {
                let rate = Rate { by: fault.id, bytes_per_s, burst: 0 };
                decision.reader =
                    Some(decision.reader.filter(|other| other.bytes_per_s <= bytes_per_s).unwrap_or(rate));
                Verdict::Pass
            }
            Kind::Slice { bytes, vary, pause_ms } => {
                decision.slices = decision.slices.or(Some(Slices::new(bytes, vary, pause_ms, draw)));
                Verdict::Pass
            }
            _ => Verdict::Pass,
        };
        decision.add(verdict);
    }

    /// Decides on a whole connection: what faults have in store for it.
    pub fn outlook(&self, conn: ConnNo, life: Life) -> Outlook {
        let distance = Micros::try_from(self.distance.as_micros()).unwrap_or(Micros::MAX / 4);
        let mut outlook = Outlook::default();
        for fault in &self.faults {
            let ends = matches!(
                fault.kind,
                Kind::Cut { .. } | Kind::IdleKiller { .. } | Kind::Restart { .. } | Kind::MaxRequest { .. }
            );
            if !ends
                || fault.probability <= 0.0
                || !fault.scope.covers(life.client, life.resource)
                || self.is_spent(fault)
            {
                continue;
            }
            let mut part = 0;
            let fate = match fault.kind {
                Kind::Cut { how, after_ms, after_bytes, every } if cut::is_meant(every, life) => {
                    let missing = after_bytes.map(u64::from).filter(|bytes| life.down < *bytes);
                    outlook.at_bytes = outlook.at_bytes.into_iter().chain(missing).min();
                    missing.is_none().then(|| cut::fate(fault.id, how, after_ms, life, distance))
                }
                Kind::IdleKiller { after_ms, how } => idle_killer::fate(fault.id, how, after_ms, life),
                Kind::Restart { how, drain_ms } => {
                    let since = self.restarted.unwrap_or(Micros::MIN / 4);
                    restart::fate(fault.id, (how, drain_ms), life, distance, since)
                }
                Kind::MaxRequest { after_ms } => {
                    // Chance strikes requests, not connections.
                    part = life.request;
                    max_request::fate(fault.id, after_ms, life)
                }
                _ => None,
            };
            // The share of connections it strikes, not of looks at them.
            let strikes = || {
                fault.probability >= 1.0
                    || Draw::new(fault, (u64::from(conn), u64::from(part))).strikes(fault.probability)
            };
            if let Some(fate) = fate
                && outlook.fate.is_none_or(|first| fate.at < first.at)
                && strikes()
            {
                outlook.fate = Some(fate);
            }
        }
        outlook
    }

    /// Whether a fault has struck as often as it may.
    pub(super) fn is_spent(&self, fault: &Fault) -> bool {
        fault.count.is_some() && self.left.get(&fault.id).is_some_and(|left| left.load(Ordering::Relaxed) == 0)
    }

    /// Counts a strike of this fault. False: it has none left, and must not strike.
    pub fn spend(&self, id: FaultId) -> bool {
        let Some(left) = self.left.get(&id) else { return true };
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Whether this fault is in force.
    pub fn has(&self, id: FaultId) -> bool {
        self.faults.iter().any(|fault| fault.id == id)
    }
}

/// A fault made of a function, so that the tap's tests can ask for every verdict before every verdict has a fault.
#[doc(hidden)]
#[derive(Clone)]
pub struct Script(Arc<ScriptFn>);

type ScriptFn = dyn Fn(Meta<'_>) -> Verdict + Send + Sync;

impl Script {
    /// Wraps a function.
    pub fn new(decide: impl Fn(Meta<'_>) -> Verdict + Send + Sync + 'static) -> Self {
        Self(Arc::new(decide))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests;
