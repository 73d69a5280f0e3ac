//! The server's side of crowds: a process for each, a limit for all, and its end.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::{mpsc, watch},
};

use super::{
    cost,
    order::{LONGEST, Order, Published, Report, wall},
};
use crate::{
    net::{clock, crowd::Sums},
    wire::{self, LabId, Micros, crowd::CrowdSpec},
};

/// Between two records of a crowd.
const EVERY: Micros = 500_000;

/// How many tidings of updates may wait for a crowd's process. Above it some delays go unmeasured, nothing else.
const WAITING: usize = 256;

/// Below so many clients the difference in memory says more of everything else.
const ENOUGH: u32 = 10;

/// The crowds of all labs of a server.
#[derive(Debug)]
pub struct Crowds {
    /// The program that is a crowd if it is called with `crowd`.
    program: Option<PathBuf>,
    /// The most clients of all crowds together.
    most: u32,
    /// Where the labs listen.
    at: SocketAddr,
    here: AtomicU32,
}

impl Crowds {
    /// No crowds at all.
    pub fn none() -> Arc<Self> {
        Self::new(None, 0, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Crowds of at most so many clients together, which reach the labs at this address. The program is this one, if none is named.
    pub fn new(program: Option<PathBuf>, most: u32, mut at: SocketAddr) -> Arc<Self> {
        if at.ip().is_unspecified() {
            let here = if at.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
            at.set_ip(here);
        }
        Arc::new(Self { program, most, at, here: AtomicU32::new(0) })
    }

    /// Calls a crowd, as `spec` (which was checked) says. Its clients are to get every update after number `from`.
    ///
    /// # Errors
    /// A sentence: there are too many already, or no process can be started.
    pub fn call(self: &Arc<Self>, lab: &LabId, spec: CrowdSpec, from: u64, sums: Arc<Sums>) -> Result<Crowd, String> {
        let places = Places::take(self.clone(), spec.size)?;
        let (heap, cpu) = (cost::allocated(), cost::cpu());
        let program = self.program.clone().map_or_else(std::env::current_exe, Ok);
        let mut command = Command::new(program.map_err(|error| format!("this program cannot find itself: {error}"))?);
        command.arg("crowd").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = command.kill_on_drop(true).spawn();
        let mut child = started.map_err(|error| format!("no process can be started for the crowd: {error}"))?;
        let (tell, told) = mpsc::channel(WAITING);
        let (report, reports) = watch::channel(Report::default());
        let order = Order { at: self.at, lab: lab.clone(), number: sums.restart(), crowd: spec, from };
        if let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) {
            tokio::spawn(give(input, order, told));
            tokio::spawn(hear(output, report));
        }
        let now = clock::now();
        Ok(Crowd {
            spec,
            began: now,
            heap,
            cpu,
            next: now,
            tell,
            reports,
            sums,
            paces: VecDeque::new(),
            _child: child,
            _places: places,
        })
    }
}

/// The places of a crowd among all.
#[derive(Debug)]
struct Places {
    of: Arc<Crowds>,
    size: u32,
}

impl Places {
    fn take(of: Arc<Crowds>, size: u32) -> Result<Self, String> {
        let most = of.most;
        if most == 0 {
            return Err("this server was told to have no crowds".to_owned());
        }
        let added = of.here.fetch_update(Relaxed, Relaxed, |here| here.checked_add(size).filter(|all| *all <= most));
        match added {
            Ok(_) => Ok(Self { of, size }),
            Err(here) => {
                Err(format!("all crowds of this server together have at most {most} clients, and {here} are here"))
            }
        }
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        self.of.here.fetch_sub(self.size, Relaxed);
    }
}

/// Gives the process its order, and then tidings.
async fn give(mut input: ChildStdin, order: Order, mut told: mpsc::Receiver<Published>) {
    let Ok(mut line) = serde_json::to_string(&order) else { return };
    loop {
        line.push('\n');
        // Who cannot be told any more has ended; its output ends, too.
        if input.write_all(line.as_bytes()).await.is_err() {
            return;
        }
        let Some(published) = told.recv().await else { return };
        line = serde_json::to_string(&published).unwrap_or_default();
    }
}

/// Hears the process out.
async fn hear(output: ChildStdout, report: watch::Sender<Report>) {
    let mut output = BufReader::with_capacity(LONGEST, output);
    let mut line = String::new();
    loop {
        line.clear();
        match (&mut output).take(LONGEST as u64).read_line(&mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if let Ok(said) = serde_json::from_str(&line) {
            report.send_replace(said);
        }
    }
}

/// One lab's crowd. Dropping it ends its process.
#[derive(Debug)]
pub struct Crowd {
    spec: CrowdSpec,
    began: Micros,
    /// What was allocated, and the CPU time, when it came.
    heap: Option<u64>,
    cpu: Option<u64>,
    /// When its next record is due.
    next: Micros,
    tell: mpsc::Sender<Published>,
    reports: watch::Receiver<Report>,
    sums: Arc<Sums>,
    /// How many requests there were, at the times of the latest records.
    paces: VecDeque<(Micros, u64)>,
    _child: Child,
    _places: Places,
}

impl Crowd {
    /// When its next record is due.
    pub fn next(&self) -> Micros {
        self.next
    }

    /// Whether its process is there. It never ends by itself unless something is wrong.
    pub fn is_alive(&self) -> bool {
        self.reports.has_changed().is_ok()
    }

    /// It takes the place of another, whose connections are not closed yet: what was allocated before that one is what to compare with.
    pub fn in_place_of(&mut self, other: Option<u64>) {
        self.heap = self.heap.into_iter().chain(other).min();
    }

    /// What was allocated when it came, in bytes.
    pub fn before(&self) -> Option<u64> {
        self.heap
    }

    /// Updates were published just now.
    pub fn published(&self, first: u64, last: u64) {
        // If its process is behind, some delays go unmeasured.
        let _ = self.tell.try_send(Published { first, last, at: wall() });
    }

    /// All connections of its lab are cut now.
    pub fn cut(&mut self, now: Micros) {
        self.sums.cut(now);
    }

    /// What there is to say of it now.
    pub fn record(&mut self, now: Micros) -> wire::crowd::Crowd {
        self.next = now + EVERY;
        let report = self.reports.borrow().clone();
        let sums = &self.sums;
        let requests = sums.requests.load(Relaxed);
        while self.paces.len() > 1 && self.paces.get(1).is_some_and(|(at, _)| now - at >= 2 * EVERY) {
            self.paces.pop_front();
        }
        let (since, before) = self.paces.front().copied().unwrap_or((self.began, 0));
        self.paces.push_back((now, requests));
        let rate = (requests.saturating_sub(before)) as f64 * 1e6 / (now - since).max(1) as f64;
        let (cut, connects) = sums.returned();
        let millis = |since: Micros| u32::try_from((now - since) / 1000).unwrap_or(u32::MAX);
        let grown = cost::allocated().zip(self.heap).map(|(heap, before)| heap.saturating_sub(before));
        let each = grown.filter(|_| report.connected >= ENOUGH).map(|grown| grown / u64::from(report.connected));
        let cpu = cost::cpu().zip(self.cpu).map(|(cpu, before)| cpu.saturating_sub(before));
        let Report { connected, delivered, lost, duplicated, delay_median, delay_p95 } = report;
        wire::crowd::Crowd {
            spec: self.spec,
            here: true,
            age_ms: millis(self.began),
            connected,
            held: sums.held.load(Relaxed),
            connections: sums.connections.load(Relaxed),
            requests,
            rate: rate.round() as u32,
            answers: sums.answers.load(Relaxed),
            empty: sums.empty.load(Relaxed),
            delivered,
            lost,
            duplicated,
            delay_median,
            delay_p95,
            bytes_up: sums.up.load(Relaxed),
            bytes_down: sums.down.load(Relaxed),
            tasks: cost::tasks(),
            memory: cost::resident(),
            memory_each: each.and_then(|each| u32::try_from(each).ok()).filter(|each| *each > 0),
            cpu,
            cut_ms: cut.map(millis),
            connects,
        }
    }

    /// Its last record: it is sent away. What its clients cost while they were there stays said.
    pub fn farewell(mut self, now: Micros) -> wire::crowd::Crowd {
        let last = self.record(now);
        wire::crowd::Crowd { here: false, connected: 0, held: 0, connections: 0, rate: 0, ..last }
    }
}
