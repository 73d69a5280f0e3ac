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
    Fault, FaultId, Goodbye, Kind, Overflow, Stripped, blackhole, buffer, connect, cut, draw::Draw, duplicate,
    idle_killer, latency, loss, max_request, restart, slow_answers, stale_cache, stall, swallow, tail,
};
pub use super::{max_request::TIMEOUT, slice::Slices, slow_reader::HOLDS};
use crate::wire::{ClientNo, Close, ConnNo, Direction, ExchangeNo, Micros, Resource, Unit, UnitNo};

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

/// What a decision on a unit may look at.
#[derive(Clone, Copy, Debug)]
pub struct Meta<'a> {
    /// Which way it travels.
    pub dir: Direction,
    /// The connection.
    pub conn: ConnNo,
    /// Its number in this direction.
    pub no: UnitNo,
    /// The fault that ended its connection in silence, if one did.
    pub silenced: Option<FaultId>,
    /// What it is.
    pub unit: &'a Unit,
    /// The client that asked, if that is known.
    pub client: Option<ClientNo>,
    /// What it asked for, if that is known.
    pub resource: Option<Resource>,
    /// Whether it had asked for that on another connection before.
    pub again: bool,
}

impl<'a> Meta<'a> {
    /// A unit of which it is not known who asked for what.
    pub fn new(dir: Direction, conn: ConnNo, no: UnitNo, silenced: Option<FaultId>, unit: &'a Unit) -> Self {
        Self { dir, conn, no, silenced, unit, client: None, resource: None, again: false }
    }

    /// What a draw about this unit is keyed by.
    fn key(&self) -> (u64, u64) {
        ((u64::from(self.conn) << 1) | u64::from(self.dir == Direction::Down), u64::from(self.no))
    }
}

/// What one fault wants to happen to a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on at once.
    #[default]
    Pass,
    /// It goes on after this, and what follows it not before it.
    Delay(Duration),
    /// It waits, with all that follows, until another chain comes into force and decides anew.
    Hold(FaultId),
    /// It waits for company: until so many bytes wait together, until the oldest has waited for the time, or until the
    /// answer or the connection ends.
    Gather {
        /// The fault that does it.
        by: FaultId,
        /// How many bytes.
        bytes: usize,
        /// For how long at most.
        wait: Option<Duration>,
    },
    /// It vanishes.
    Drop(FaultId),
    /// Other bytes go on in its place.
    Replace(FaultId, Vec<u8>),
    /// It goes on twice.
    Duplicate(FaultId),
    /// It vanishes, and these bytes go back to its sender.
    Answer(FaultId, Vec<u8>),
    /// The same with the answer that an intermediary has kept, if it has one that is young enough; otherwise it goes on, and
    /// its answer is kept.
    Stale {
        /// The fault that does it.
        by: FaultId,
        /// How old an answer may be, in milliseconds.
        ttl_ms: u32,
    },
    /// The connection ends here.
    End(FaultId, Close),
}

impl Verdict {
    /// Whether the unit itself goes on in the end.
    fn goes_on(&self) -> bool {
        matches!(
            self,
            Verdict::Pass | Verdict::Delay(_) | Verdict::Gather { .. } | Verdict::Duplicate(_) | Verdict::Stale { .. }
        )
    }
}

/// What a decision on a whole connection may look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// When its latest request came.
    pub asked: Micros,
    /// Which request of the connection that is, from 1.
    pub request: u32,
    /// Whether it is not answered to its end; always, after an upgrade.
    pub open: bool,
    /// Bytes that have gone down on it.
    pub down: u64,
    /// Which connection it is in the order in which they first asked for something in the lab, from 1.
    pub order: u32,
    /// When something last moved on it, either way.
    pub moved: Micros,
    /// The fault that ended it in silence, if one did.
    pub silenced: Option<FaultId>,
    /// The client that asked last on it, if that is known.
    pub client: Option<ClientNo>,
    /// What it asked for, if that is known.
    pub resource: Option<Resource>,
}

/// What a fault has in store for a connection, whether or not anything moves on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// When.
    pub at: Micros,
    /// The fault.
    pub by: FaultId,
    /// How it ends; in silence, if absent.
    pub how: Option<Close>,
    /// Whether the client is told why: by an answer in place of the server's, if that has not begun.
    pub told: bool,
}

/// What is in store for a connection, as far as it can be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The first end that a fault has in store for it.
    pub fate: Option<Fate>,
    /// When so many bytes have gone down, it is to be looked at again.
    pub at_bytes: Option<u64>,
}

/// How wide a way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The fault that narrows it.
    pub by: FaultId,
    /// How many bytes get through in a second.
    pub bytes_per_s: u32,
    /// How many at once after a pause.
    pub burst: u32,
}

/// What the whole chain decides on a unit: how long it travels, and what becomes of it then.
///
/// The two are apart because distance is geography: a request that a gateway answers, or that kills its connection,
/// travels there first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// All delays added up.
    pub delay: Duration,
    /// The verdict of the first fault that had a stronger one than a delay, otherwise [`Verdict::Pass`].
    pub verdict: Verdict,
    /// The narrowest line of the lab that it has to go through, if it goes on.
    pub line: Option<Rate>,
    /// How fast its client reads, if it goes on and that matters.
    pub reader: Option<Rate>,
    /// The pieces in which it goes on, if it does, and not in one.
    pub slices: Option<Slices>,
}

impl Decision {
    /// Whether the unit goes on unchanged and at once.
    pub fn is_pass(&self) -> bool {
        self.delay.is_zero() && self.verdict == Verdict::Pass && self.goes_freely()
    }

    /// Whether nothing paces it or cuts it into pieces, if it goes on.
    pub fn goes_freely(&self) -> bool {
        self.line.is_none() && self.reader.is_none() && self.slices.is_none()
    }

    /// The delay on the server's clock.
    pub fn micros(&self) -> Micros {
        // A chain's delays are far below this bound: it keeps the sum with any time from overflowing.
        Micros::try_from(self.delay.as_micros()).unwrap_or(Micros::MAX / 4)
    }

    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => {}
            Verdict::Delay(more) => self.delay += more,
            stronger if self.verdict == Verdict::Pass => self.verdict = stronger,
            // What waits for company or goes twice gets no further than anything else.
            hard @ (Verdict::Hold(_) | Verdict::Drop(_) | Verdict::End(..)) if self.verdict.goes_on() => {
                self.verdict = hard
            }
            // The unit is settled already.
            _ => {}
        }
    }
}

/// How the server is to conduct itself when it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conduct {
    /// Wait this long first. Where several faults struck, their waits add up under the id of the first.
    pub wait: Option<(FaultId, Duration)>,
    /// Answer with this status, and with nothing else but, perhaps, in how many seconds to come back.
    pub status: Option<(FaultId, u16, Option<u32>)>,
    /// Answer nothing.
    pub never: Option<FaultId>,
    /// Let so many later answers go first.
    pub behind: Option<(FaultId, u32)>,
    /// Work on so many requests at once, and on each for so long.
    pub busy: Option<(FaultId, u32, Duration)>,
    /// What to do about a reader that is behind.
    pub overflow: Option<(FaultId, Overflow)>,
    /// Remember no more than so many updates.
    pub keep: Option<u32>,
    /// Give the blocks of an event stream their `id`.
    pub ids: bool,
    /// Ask the client of an event stream to wait so long before it connects again, in milliseconds.
    pub retry_ms: Option<u32>,
    /// Send comments on an event stream that is silent.
    pub comments: bool,
    /// Say that an event stream is one.
    pub typed: bool,
    /// Answer a handshake as if it did not ask for another protocol.
    pub stripped: Option<(FaultId, Stripped)>,
    /// Answer nothing: the server is down.
    pub down: Option<FaultId>,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            wait: None,
            status: None,
            never: None,
            behind: None,
            busy: None,
            overflow: None,
            keep: None,
            ids: true,
            retry_ms: None,
            comments: true,
            typed: true,
            stripped: None,
            down: None,
        }
    }
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
    fn is_spent(&self, fault: &Fault) -> bool {
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

    /// Decides on an answer: the one hook that `push` offers. A request without numbers counts as client 0, exchange 0.
    pub fn conduct(
        &self,
        client: Option<ClientNo>,
        exchange: Option<ExchangeNo>,
        resource: Option<Resource>,
    ) -> Conduct {
        let key = (u64::from(client.unwrap_or(0)), u64::from(exchange.unwrap_or(0)));
        let mut conduct = Conduct::default();
        for fault in &self.faults {
            if !fault.scope.covers(client, resource) || self.is_spent(fault) {
                continue;
            }
            let draw = Draw::new(fault, key);
            if !draw.strikes(fault.probability) {
                continue;
            }
            match fault.kind {
                Kind::SlowAnswers { min_ms, max_ms } => {
                    let more = slow_answers::wait(min_ms, max_ms, draw);
                    let (_, wait) = conduct.wait.get_or_insert((fault.id, Duration::ZERO));
                    *wait += more;
                }
                Kind::Status { code, retry_after_s } => {
                    conduct.status = conduct.status.or(Some((fault.id, code, retry_after_s)));
                }
                Kind::NeverAnswer => conduct.never = conduct.never.or(Some(fault.id)),
                Kind::Reorder { window } => conduct.behind = conduct.behind.or(Some((fault.id, window))),
                Kind::Overload { at_once, pause_ms } => {
                    let pause = Duration::from_millis(pause_ms.into());
                    conduct.busy = conduct.busy.or(Some((fault.id, at_once, pause)));
                }
                Kind::SlowReader { policy, .. } => conduct.overflow = conduct.overflow.or(Some((fault.id, policy))),
                Kind::ShortHistory { keep } => conduct.keep = Some(conduct.keep.map_or(keep, |less| less.min(keep))),
                Kind::NoId => conduct.ids = false,
                Kind::Retry { ms } => conduct.retry_ms = Some(ms),
                Kind::NoComments => conduct.comments = false,
                Kind::WrongType => conduct.typed = false,
                Kind::Restart { how: Goodbye::Drain | Goodbye::Kill, .. } => {
                    conduct.down = conduct.down.or(Some(fault.id));
                }
                Kind::StripUpgrade { answer } => {
                    conduct.stripped = conduct.stripped.or(Some((fault.id, answer)));
                }
                _ => {}
            }
        }
        conduct
    }
}

/// What the server has in store for what it holds open: a stream, a socket, a held request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// When.
    pub at: Micros,
    /// The fault.
    pub by: FaultId,
    /// How a WebSocket is closed: with this code, or without a close frame.
    pub code: Option<u16>,
}

impl Chain {
    /// The first end that a fault has in store for what was begun at `since`; the other half of the hook.
    pub fn leave(
        &self,
        (client, exchange, resource): (Option<ClientNo>, Option<ExchangeNo>, Option<Resource>),
        since: Micros,
    ) -> Option<Leave> {
        let key = (u64::from(client.unwrap_or(0)), u64::from(exchange.unwrap_or(0)));
        let leaves = self.faults.iter().filter_map(|fault| {
            if !fault.scope.covers(client, resource) || self.is_spent(fault) {
                return None;
            }
            let draw = Draw::new(fault, key);
            if !draw.strikes(fault.probability) {
                return None;
            }
            match fault.kind {
                Kind::Restart { how: Goodbye::Rotate, drain_ms } => {
                    let began = self.restarted.filter(|began| since <= *began)?;
                    Some(Leave { at: restart::turn(drain_ms, draw, began), by: fault.id, code: Some(1012) })
                }
                Kind::CloseCode { code } if resource == Some(Resource::Socket) => {
                    Some(Leave { at: since, by: fault.id, code })
                }
                _ => None,
            }
        });
        leaves.min_by_key(|leave| leave.at)
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
mod tests {
    use super::*;

    fn latency(id: FaultId, base_ms: u32, jitter_ms: u32) -> Fault {
        Fault { seed: 7, ..Fault::new(id, Kind::latency(base_ms, jitter_ms)) }
    }

    fn slow(id: FaultId, min_ms: u32, max_ms: u32) -> Fault {
        Fault { seed: 7, ..Fault::new(id, Kind::SlowAnswers { min_ms, max_ms }) }
    }

    fn meta(unit: &Unit, dir: Direction, conn: ConnNo, no: UnitNo) -> Meta<'_> {
        Meta::new(dir, conn, no, None, unit)
    }

    const PIECE: Unit = Unit::Opaque { bytes: 1 };
    const FIN: Unit = Unit::End { how: Close::Fin };

    #[test]
    fn an_empty_chain_passes() {
        assert!(Chain::default().decide(meta(&PIECE, Direction::Up, 1, 1)).is_pass());
    }

    #[test]
    fn delays_add_up_both_ways_and_for_the_ends() {
        let chain = Chain::new(Duration::from_millis(80), vec![latency(1, 20, 0), latency(2, 5, 0)]);
        for dir in [Direction::Up, Direction::Down] {
            for unit in [&PIECE, &FIN] {
                let decision = chain.decide(meta(unit, dir, 1, 1));
                assert_eq!(decision, Decision { delay: Duration::from_millis(105), ..Decision::default() });
            }
        }
    }

    #[test]
    fn a_handshake_is_a_round_trip_before_the_first_request() {
        let chain = Chain { handshake: true, ..Chain::new(Duration::from_millis(80), Vec::new()) };
        let delay = |dir, no| chain.decide(meta(&PIECE, dir, 1, no)).delay.as_millis();
        assert_eq!([delay(Direction::Up, 1), delay(Direction::Up, 2), delay(Direction::Down, 1)], [240, 80, 80]);
    }

    #[test]
    fn a_direction_spares_the_other() {
        let mut fault = latency(1, 20, 0);
        fault.direction = Some(Direction::Down);
        let chain = Chain::new(Duration::ZERO, vec![fault]);
        assert!(chain.decide(meta(&PIECE, Direction::Up, 1, 1)).is_pass());
        assert_eq!(chain.decide(meta(&PIECE, Direction::Down, 1, 1)).delay, Duration::from_millis(20));
    }

    #[test]
    fn the_first_stronger_verdict_wins_and_still_travels() {
        let chain = Chain {
            script: Some(Script::new(|_| Verdict::Drop(9))),
            ..Chain::new(Duration::from_millis(80), vec![latency(1, 20, 0)])
        };
        let decision = chain.decide(meta(&PIECE, Direction::Up, 1, 1));
        let expected = Decision { delay: Duration::from_millis(100), verdict: Verdict::Drop(9), ..Decision::default() };
        assert_eq!(decision, expected);

        let mut decision = Decision::default();
        decision.add(Verdict::Hold(1));
        decision.add(Verdict::Drop(2));
        assert_eq!(decision.verdict, Verdict::Hold(1));
    }

    #[test]
    fn jitter_is_uniform_bounded_and_repeatable() {
        let chain = Chain::new(Duration::ZERO, vec![latency(1, 10, 40)]);
        let delays: Vec<u128> = (1..=4000)
            .map(|no| chain.decide(meta(&PIECE, Direction::Down, 3, no)).delay.as_micros())
            .inspect(|micros| assert!((10_000..=50_000).contains(micros)))
            .collect();
        let again: Vec<u128> =
            (1..=4000).map(|no| chain.decide(meta(&PIECE, Direction::Down, 3, no)).delay.as_micros()).collect();
        assert_eq!(delays, again);
        // The mean of 4,000 draws has a standard error of 183 µs; a seed that misses by five of them is a bug.
        let mean = delays.iter().sum::<u128>() / 4000;
        assert!((29_100..=30_900).contains(&mean), "{mean}");
        for quarter in 0..4u128 {
            let low = 10_000 + quarter * 10_000;
            let share = delays.iter().filter(|d| (low..low + 10_000).contains(*d)).count();
            assert!((850..=1150).contains(&share), "quarter {quarter}: {share}");
        }
    }

    #[test]
    fn probability_is_the_share_struck_and_the_seed_decides_which() {
        let mut fault = latency(1, 10, 0);
        fault.probability = 0.25;
        let struck = |seed| {
            let chain = Chain::new(Duration::ZERO, vec![Fault { seed, ..fault.clone() }]);
            (1..=4000).filter(|&no| !chain.decide(meta(&PIECE, Direction::Up, 1, no)).is_pass()).collect::<Vec<_>>()
        };
        let first = struck(1);
        assert!((880..=1120).contains(&first.len()), "{}", first.len());
        assert_eq!(first, struck(1));
        assert_ne!(first, struck(2));
    }

    #[test]
    fn both_directions_and_all_connections_draw_apart() {
        let chain = Chain::new(Duration::ZERO, vec![latency(1, 0, 10_000)]);
        let of = |dir, conn| (1..50).map(|no| chain.decide(meta(&PIECE, dir, conn, no)).delay).collect::<Vec<_>>();
        assert_ne!(of(Direction::Up, 1), of(Direction::Down, 1));
        assert_ne!(of(Direction::Up, 1), of(Direction::Up, 2));
    }

    #[test]
    fn slow_answers_act_on_conduct_alone() {
        let chain = Chain::new(Duration::ZERO, vec![latency(1, 10, 0), slow(2, 100, 300)]);
        assert_eq!(chain.decide(meta(&PIECE, Direction::Down, 1, 1)).delay, Duration::from_millis(10));
        let mut seen = std::collections::BTreeSet::new();
        for exchange in 1..=200 {
            let conduct = chain.conduct(Some(1), Some(exchange), None);
            let (by, wait) = conduct.wait.expect("its probability is 1");
            assert_eq!(by, 2);
            assert!((100..=300).contains(&wait.as_millis()), "{wait:?}");
            assert_eq!(chain.conduct(Some(1), Some(exchange), None), conduct);
            seen.insert(wait);
        }
        assert!(seen.len() > 150, "the waits of 200 exchanges should differ: {}", seen.len());
        assert_eq!(Chain::default().conduct(None, None, None), Conduct::default());
    }

    #[test]
    fn bad_parameters_are_named() {
        let cases = [
            (Fault { id: 0, ..latency(1, 1, 1) }, "id: 0"),
            (Fault { probability: 1.5, ..latency(1, 1, 1) }, "probability: 1.5 is outside 0 to 1"),
            (Fault { probability: f64::NAN, ..latency(1, 1, 1) }, "probability: NaN"),
            (latency(1, 10_001, 0), "base_ms: 10001 is outside 0 to 10000"),
            (latency(1, 0, 10_001), "jitter_ms: 10001 is outside 0 to 10000"),
            (slow(1, 0, 10_001), "max_ms: 10001 is outside 0 to 10000"),
            (slow(1, 5, 4), "min_ms: 5 is above max_ms, 4"),
            (Fault { direction: Some(Direction::Up), ..slow(1, 1, 2) }, "direction:"),
        ];
        for (fault, message) in cases {
            let error = fault.check().expect_err(message);
            assert!(error.starts_with(message), "{error}");
        }
        assert_eq!(latency(1, 10_000, 10_000).check(), Ok(()));
        assert_eq!(slow(1, 10_000, 10_000).check(), Ok(()));
    }
}
