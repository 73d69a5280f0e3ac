//! Two hundred random sequences of faults that are added, changed and taken away during traffic. Every update is delivered, or
//! accounted for by a fault that was in force; after the last one is gone all clients recover; and nothing is left behind.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use lifeline::{
    fault::{Death, Fault, FaultId, Kind, Overflow, Prey, Shape, chain::Chain, script},
    net::{accept::Limits, clock, line::LineEnd},
    wire::{Close, Direction, Fact, Micros, Observation, Unit},
};
use tokio::{runtime, sync::Notify, time::timeout};

use crate::{
    clients::{Client, poll, sockets, stream},
    stage::{SOON, Stage, distance},
};

const SEQUENCES: u64 = 200;
/// How many go on at the same time, each on a thread of its own.
const AT_ONCE: usize = 8;
/// How often the weather changes in each.
const CHANGES: usize = 12;

type Make = fn(&mut fastrand::Rng) -> Kind;

/// All that can be wrong with the wire. What is wrong with a server needs a server that asks: its kinds belong into this list
/// where the stage has one.
const KINDS: [Make; 21] = [
    |rng| Kind::latency(rng.u32(0..20), rng.u32(0..20)),
    |rng| Kind::Latency { base_ms: 1, jitter_ms: rng.u32(1..15), shape: Shape::Normal },
    |rng| Kind::Latency { base_ms: 0, jitter_ms: rng.u32(1..10), shape: Shape::Pareto },
    |rng| Kind::Tail { times: rng.u32(2..40) },
    |rng| Kind::Bandwidth { bytes_per_s: rng.u32(2_000..100_000), burst: rng.u32(0..2_000) },
    |rng| Kind::Loss { streak: rng.u32(0..60) },
    |rng| Kind::Slice { bytes: rng.u32(1..40), vary: rng.u32(0..100), pause_ms: rng.u32(0..4) },
    |_| Kind::SlowConnect { wait_ms: 100 },
    |_| Kind::Refuse,
    |rng| Kind::SlowClose { ms: rng.u32(100..200) },
    |rng| Kind::MaxRequest { after_ms: rng.u32(100..200) },
    |rng| Kind::StaleCache { ttl_ms: rng.u32(100..1000) },
    |rng| Kind::Duplicate { reconnected: rng.bool() },
    |rng| Kind::cut(if rng.bool() { Close::Fin } else { Close::Rst }),
    |rng| Kind::Cut { how: Close::Rst, after_ms: 0, after_bytes: Some(rng.u32(200..3_000)), every: None },
    |rng| Kind::Cut { how: Close::Fin, after_ms: rng.u32(0..50), after_bytes: None, every: Some(rng.u32(2..4)) },
    |rng| Kind::IdleKiller { after_ms: 100, how: [Death::Fin, Death::Rst, Death::Silent][rng.usize(0..3)] },
    |_| Kind::Stall,
    |_| Kind::Blackhole,
    |rng| Kind::Swallow { what: if rng.bool() { Prey::Pings } else { Prey::Comments } },
    |rng| match rng.bool() {
        true => Kind::Buffer { bytes: rng.u32(20..400), flush_ms: Some(100) },
        false => Kind::SlowReader { bytes_per_s: rng.u32(500..20_000), policy: Overflow::DropOldest },
    },
];

/// The time for which a fault was in force: from when, and until when, once it is over.
type Span = (FaultId, Kind, Micros, Option<Micros>);

/// The faults of one sequence, past and present.
#[derive(Default)]
pub struct Weather {
    seed: u64,
    now: RefCell<Vec<Fault>>,
    past: RefCell<Vec<Span>>,
    left: RefCell<HashMap<FaultId, Arc<AtomicU32>>>,
    calm: Cell<bool>,
}

impl Weather {
    /// Whether all faults have been taken away for good.
    pub fn is_calm(&self) -> bool {
        self.calm.get()
    }

    /// What has failed on a connection that began at a time had a cause.
    pub fn excuses(&self, since: Micros, what: &str) {
        let active = self.past.borrow().iter().any(|(.., until)| until.is_none_or(|until| until >= since));
        assert!(active, "sequence {}: {what} under a clear sky", self.seed);
    }

    /// Adds a fault, changes one into something else, or takes one away.
    fn change(&self, rng: &mut fastrand::Rng, id: FaultId) {
        let (mut now, at) = (self.now.borrow_mut(), clock::now());
        let (mut id, mut may_add) = (id, true);
        if !now.is_empty() && rng.u8(0..5) < 3 {
            let place = rng.usize(0..now.len());
            let gone = now.remove(place);
            self.ends(gone.id, at);
            // Half of them go for good; a change keeps the number.
            (id, may_add) = (gone.id, rng.bool());
        }
        if !may_add {
            return;
        }
        let mut fault = Fault { seed: rng.u64(..), ..Fault::new(id, KINDS[rng.usize(0..KINDS.len())](rng)) };
        fault.probability = [1.0, 1.0, 0.6, 0.2][rng.usize(0..4)];
        let direction = [None, None, Some(Direction::Up), Some(Direction::Down)][rng.usize(0..4)];
        let count = (rng.u8(0..3) == 0).then(|| rng.u32(1..5));
        for better in [Fault { direction, ..fault.clone() }, Fault { count, direction, ..fault.clone() }] {
            if better.check().is_ok() {
                fault = better;
            }
        }
        now.push(fault.clone());
        if script::check(&now).is_err() {
            now.pop();
            return;
        }
        self.past.borrow_mut().push((fault.id, fault.kind, at, None));
        self.left.borrow_mut().remove(&fault.id);
        if let Some(count) = fault.count {
            self.left.borrow_mut().insert(fault.id, Arc::new(AtomicU32::new(count)));
        }
    }

    fn ends(&self, id: FaultId, at: Micros) {
        for (.., until) in self.past.borrow_mut().iter_mut().filter(|(of, .., until)| *of == id && until.is_none()) {
            *until = Some(at);
        }
    }

    fn chain(&self, distance_ms: u64) -> Chain {
        let left = self.left.borrow().clone();
        Chain { left, ..Chain::new(Duration::from_millis(distance_ms), self.now.borrow().clone()) }
    }

    /// Whether a fault was in force at a time, or had just been.
    fn was_in_force(&self, id: FaultId, at: Micros) -> bool {
        let meets = |from: Micros, until: Option<Micros>| from <= at && until.is_none_or(|until| at <= until + 5_000);
        self.past.borrow().iter().any(|(of, _, from, until)| *of == id && meets(*from, *until))
    }

    fn had(&self, is: impl Fn(&Kind) -> bool) -> bool {
        self.past.borrow().iter().any(|(_, kind, ..)| is(kind))
    }
}

#[test]
fn after_any_sequence_of_faults_everybody_recovers_and_all_is_accounted_for() {
    let (next, delivered, lost) = (AtomicU64::new(1), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > SEQUENCES {
                        break;
                    }
                    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                    let (came, gone) = runtime.block_on(sequence(seed));
                    delivered.fetch_add(came, Ordering::Relaxed);
                    lost.fetch_add(gone, Ordering::Relaxed);
                }
            });
        }
    });
    let (delivered, lost) = (delivered.into_inner(), lost.into_inner());
    println!("{SEQUENCES} sequences: {delivered} updates delivered, {lost} lost to faults that were in force");
    assert!(lost > 0 && delivered > 10 * SEQUENCES, "there was traffic, and trouble");
}

/// One sequence. Gives how many updates were delivered, and how many were lost to a fault.
async fn sequence(seed: u64) -> (u64, u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let second = Duration::from_secs(1);
    let limits = Limits { head_time: second, idle_time: second, ..Limits::default() };
    let mut stage = Stage::with(limits, [distance(1)]).await;
    let LineEnd { mut observations, chain, dropped, .. } = stage.labs.remove(0).end;
    let weather = Weather { seed, ..Weather::default() };
    let over = Notify::new();
    let mut log: Vec<Observation> = Vec::new();

    let change = async {
        for id in 1..=CHANGES {
            tokio::time::sleep(Duration::from_millis(rng.u64(3..50))).await;
            weather.change(&mut rng, id as FaultId);
            chain.send_replace(Arc::new(weather.chain(rng.u64(0..4))));
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
        let at = clock::now();
        for fault in weather.now.borrow_mut().drain(..) {
            weather.ends(fault.id, at);
        }
        chain.send_replace(Arc::new(distance(1)));
        weather.calm.set(true);
    };
    let publish = async {
        loop {
            tokio::time::sleep(Duration::from_millis(3)).await;
            stage.house.news.send_modify(|latest| *latest += 1);
        }
    };
    let client = || Client { address: stage.address, weather: &weather, seed };
    let clients = async {
        let (seen, (), ()) = tokio::join!(stream(client(), &stage.house.news), sockets(client()), poll(client()));
        over.notify_one();
        seen
    };
    let collect = async {
        loop {
            tokio::select! {
                seen = observations.recv() => log.extend(seen),
                () = over.notified() => break,
            }
        }
    };
    let work = async {
        tokio::select! {
            (seen, (), ()) = async { tokio::join!(clients, change, collect) } => seen,
            () = publish => unreachable!("it publishes for ever"),
        }
    };
    let Ok(seen) = timeout(3 * SOON, work).await else {
        panic!("sequence {seed}: somebody does not recover after {:?}", weather.past.borrow());
    };
    let quiet = timeout(SOON, stage.census.empty()).await;
    let open = stage.census.live();
    assert!(quiet.is_ok(), "sequence {seed}: {open} connections stay after {:?}", weather.past.borrow());
    while let Ok(seen) = observations.try_recv() {
        log.push(seen);
    }
    assert_eq!(dropped.counts(), (0, 0), "sequence {seed}: the log is whole");
    drop(chain);
    stage.close().await;
    let alive = || runtime::Handle::current().metrics().num_alive_tasks();
    let gone = timeout(SOON, async {
        while alive() > 0 {
            tokio::task::yield_now().await;
        }
    });
    assert!(gone.await.is_ok(), "sequence {seed}: {} tasks are left behind", alive());
    account(&weather, &log, &seen)
}

/// Every update that did not come was dropped by a fault that was in force, and everything else that a fault did was done by one,
/// too.
fn account(weather: &Weather, log: &[Observation], seen: &[u32]) -> (u64, u64) {
    let seed = weather.seed;
    let mut dropped = HashMap::new();
    for seen in log {
        if let Fact::Dropped { by, .. } | Fact::Struck { by } = seen.fact {
            assert!(weather.was_in_force(by, seen.at), "sequence {seed}: fault {by} was not in force at {}", seen.at);
        }
        if let Fact::Dropped { dir: Direction::Down, no, by } = seen.fact {
            dropped.insert((seen.conn, no), by);
        }
    }
    let says = |unit: &Unit, update: u32| match unit {
        Unit::Body(body) => body.text.contains(&format!("update {update}\n")),
        _ => false,
    };
    let mut sorted = seen.to_vec();
    sorted.sort_unstable();
    let twice = sorted.windows(2).filter(|pair| pair[0] == pair[1]).count();
    let doubles = weather.had(|kind| matches!(kind, Kind::Duplicate { .. }));
    assert!(twice == 0 || doubles, "sequence {seed}: {twice} updates came twice");
    sorted.dedup();
    let mut lost = 0;
    for update in (1..=sorted.last().copied().unwrap_or(0)).filter(|update| sorted.binary_search(update).is_err()) {
        let accounted = log.iter().any(|seen| match &seen.fact {
            Fact::Unit { dir: Direction::Down, no, unit } => {
                says(unit, update) && dropped.contains_key(&(seen.conn, *no))
            }
            _ => false,
        });
        assert!(accounted, "sequence {seed}: update {update} is missing after {:?}", weather.past.borrow());
        lost += 1;
    }
    (sorted.len() as u64, lost)
}
