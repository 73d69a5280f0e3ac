//! The task that owns a lab: its log, its feed, its faults, its jobs, and the pages that follow it.

mod ask;
mod commands;
mod crowd;
mod faults;
mod tally;

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    intake::{Batch, Intake},
    log::{Log, Shareholder},
    secret,
    subscriber::{Goodbye, News, Subscriber, Subscription},
};
use crate::{
    crowd::{Crowd, Crowds},
    fault::{Fault, FaultId, chain::Chain},
    net::{
        clock,
        line::{Line, LineEnd, WAITING},
    },
    push::{
        FeedState, Outlet,
        conduct::Desk,
        job::Jobs,
        outlet::{StartJob, Told},
        pad,
        source::Ticker,
    },
    wire::{
        Fact, LabId, Micros, Observation, Witness,
        control::{Cursor, LabSpec, LabState, Source},
    },
};
pub use ask::Ask;
use tally::Tally;

/// Pages are told of new records at most this often, in microseconds.
const FLUSH: Micros = 20_000;

/// New numbers of a notice that pages know are told at most this often, in microseconds.
const NUMBERS: Micros = 1_000_000;

/// How many pages may follow a lab.
pub const PAGES: usize = 16;

/// How many messages may wait for a lab's task.
const ASKS: usize = 64;

/// Waking for nothing once in a while is cheaper than to reason about timers that never end.
const MAX_SLEEP: Micros = 600_000_000;

/// How long the line's observations are left to gather once some were taken. Each would wake this task otherwise, several
/// times for every request; pages hear of them no more often than [`FLUSH`] anyway.
const REST: Duration = Duration::from_millis(5);

/// How long a lab lives without a page.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// When no page has ever come.
    pub unused: Duration,
    /// When the last page has gone.
    pub idle: Duration,
}

/// The outer ends of a new lab.
#[derive(Debug)]
pub struct Ends {
    /// For control sockets. When all of these are dropped, the lab ends.
    pub asks: mpsc::Sender<Ask>,
    /// For techniques, and, through its line, for the tap.
    pub outlet: Arc<Outlet>,
    /// When the last page left, or 0 while pages follow.
    pub idle_since: watch::Receiver<Micros>,
}

/// A lab.
#[derive(Debug)]
pub struct Lab {
    id: LabId,
    spec: LabSpec,
    lifetime: Lifetime,
    line: LineEnd,
    asks: mpsc::Receiver<Ask>,
    starts: mpsc::Receiver<StartJob>,
    idle_since: watch::Sender<Micros>,
    used: bool,

    began: Micros,
    log: Log,
    /// The sums so far, kept from when a class first asks for them.
    tally: Option<Box<Tally>>,
    feed: watch::Sender<Arc<FeedState>>,
    jobs: watch::Sender<Arc<Jobs>>,
    ticker: Ticker,
    draws: fastrand::Rng,
    state: LabState,
    /// When a fault that has a duration is over.
    overs: Vec<(Micros, FaultId)>,
    /// The faults that the lab was made with and that begin later: they wait for the reader to press Run.
    script: Vec<Fault>,
    /// The faults of its class, if it is in one that has some.
    imposed: Vec<Fault>,
    /// When a server that goes down in order says goodbye to what is open, and the fault that makes it.
    goodbye: Option<(Micros, FaultId)>,
    /// How many strikes are left to the faults that count them.
    left: HashMap<FaultId, Arc<AtomicU32>>,
    intake: Intake,
    /// What the line had dropped before this run.
    dropped_before: (u64, u64),
    /// When the last page left: connections that were idle then are closed.
    cleared: Option<Micros>,
    /// When the server went down last, as this lab sees it.
    restarted: Option<Micros>,
    crowds: Arc<Crowds>,
    crowd: Option<Crowd>,

    pages: Vec<Subscriber>,
    joined: u64,
    flushed: Micros,
    /// When pages were last told of a notice.
    noticed: Micros,
}

impl Lab {
    /// A lab, made as `spec` (which was checked) says, with its source held.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn new(
        id: LabId,
        spec: LabSpec,
        lifetime: Lifetime,
        share: Shareholder,
        crowds: Arc<Crowds>,
    ) -> Result<(Self, Ends), getrandom::Error> {
        let now = clock::now();
        let epoch = secret::number()?;
        let (line, line_end) = Line::new(id.clone(), Chain::default());
        let (feed, feeds) = watch::channel(Arc::new(FeedState::new(epoch, spec.history)));
        let (jobs, job_states) = watch::channel(Arc::default());
        let (ask, asks) = mpsc::channel(ASKS);
        let (start, starts) = mpsc::channel(ASKS);
        let (idle_since, idle) = watch::channel(now);
        let outlet = Outlet {
            line,
            feed: feeds,
            jobs: job_states,
            start,
            told: Told::default().into(),
            desk: Desk::default(),
            held: 0.into(),
            comment: Duration::from_millis(spec.comment_ms.into()),
            streams: watch::channel(0).0,
            sockets: 0.into(),
            pad: pad::pad(),
        };
        let (ticker, draws) = sources(&spec.source, epoch);
        let mut lab = Self {
            id,
            lifetime,
            line: line_end,
            asks,
            starts,
            idle_since,
            used: false,
            began: now,
            log: Log::new(epoch, share),
            tally: None,
            feed,
            jobs,
            ticker,
            draws,
            state: LabState::default(),
            overs: Vec::new(),
            script: Vec::new(),
            imposed: Vec::new(),
            goodbye: None,
            left: HashMap::new(),
            intake: Intake::default(),
            dropped_before: (0, 0),
            cleared: None,
            restarted: None,
            crowds,
            crowd: None,
            pages: Vec::new(),
            joined: 0,
            flushed: 0,
            noticed: 0,
            spec,
        };
        lab.begin();
        lab.enforce();
        Ok((lab, Ends { asks: ask, outlet: Arc::new(outlet), idle_since: idle }))
    }

    /// Runs the lab until nobody needs it, its directory lets go of it, or `closing` says that the server ends.
    pub async fn run(mut self, mut closing: watch::Receiver<bool>) {
        let mut rest = pin!(tokio::time::sleep(Duration::ZERO));
        let goodbye = loop {
            let now = clock::now();
            let sleep = (self.wakes_at() - now).clamp(0, MAX_SLEEP);
            tokio::select! {
                ask = self.asks.recv() => match ask {
                    Some(ask) => {
                        // What was seen before the question is in the answer.
                        self.catch_up();
                        self.answer(ask);
                    }
                    None => break Goodbye::new(1001, "the lab has ended"),
                },
                Some(start) = self.starts.recv() => self.start_job(start),
                // The sender lives in the line, which the directory holds; without it `asks` ends, too.
                Some(seen) = self.line.observations.recv(), if rest.is_elapsed() => {
                    self.take(seen);
                    self.catch_up();
                    rest.as_mut().reset(Instant::now() + REST);
                }
                () = rest.as_mut(), if !rest.is_elapsed() => {}
                () = tokio::time::sleep(Duration::from_micros(sleep.unsigned_abs())) => {}
                _ = closing.wait_for(|closing| *closing) => break Goodbye::new(1001, "the server ends"),
            }
            let now = clock::now();
            if self.has_expired(now) {
                break Goodbye::new(1001, "the lab has ended");
            }
            self.tick(now);
            self.count_dropped();
            self.tell_notices(now);
            if now - self.flushed >= FLUSH {
                self.flush(now);
            }
        };
        for page in self.pages.drain(..) {
            page.dismiss(goodbye.clone());
        }
    }

    /// When there is something to do although nobody asks.
    fn wakes_at(&self) -> Micros {
        let behind = self.pages.iter().any(|page| page.is_behind(&self.log));
        let flush = behind.then_some(self.flushed + FLUSH);
        let fault = self.next_fault();
        let crowd = self.crowd.as_ref().map(Crowd::next);
        let noticed = (self.log.notices() != self.state.notices).then_some(self.noticed + NUMBERS);
        let times = [self.ticker.next(), self.jobs.borrow().next(), fault, flush, noticed, self.expires_at(), crowd];
        times.into_iter().flatten().min().unwrap_or(Micros::MAX)
    }

    fn expires_at(&self) -> Option<Micros> {
        let after = if self.used { self.lifetime.idle } else { self.lifetime.unused };
        let after = Micros::try_from(after.as_micros()).unwrap_or(Micros::MAX);
        self.pages.is_empty().then(|| self.idle_since.borrow().saturating_add(after))
    }

    fn has_expired(&self, now: Micros) -> bool {
        self.expires_at().is_some_and(|end| end <= now)
    }

    // --- What others ask ---------------------------------------------------------------------------------------------

    /// Answers a control socket. Who asked may be gone: then nobody needs the answer.
    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Join { page, resume, reply } => {
                let _ = reply.send(self.join(page, resume));
            }
            Ask::Leave { id } => self.leave(id),
            Ask::Observe { batch, reply } => {
                let _ = reply.send(self.observe(batch));
            }
            Ask::Save { reply } => {
                let _ = reply.send(self.log.save(self.spec.clone(), self.state.clone()));
            }
            Ask::State { reply } => {
                self.touch();
                let _ = reply.send(self.state.clone());
            }
            Ask::Sum { known, reply } => {
                let _ = reply.send(self.sums_since(known));
            }
            Ask::Impose { faults } => {
                self.touch();
                self.impose(faults);
                self.flush(clock::now());
            }
            Ask::Command { command, reply } => {
                self.touch();
                let result = self.command(command);
                // What the command changed goes out before its answer.
                self.flush(clock::now());
                let _ = reply.send(result);
            }
        }
    }

    /// A lab that is driven without a page is not idle.
    fn touch(&mut self) {
        if self.pages.is_empty() {
            self.used = true;
            self.idle_since.send_replace(clock::now());
        }
    }

    fn join(&mut self, page: u64, resume: Option<Cursor>) -> Option<Subscription> {
        // A page that comes back may come before its old socket is known to be dead.
        for old in self.pages.extract_if(.., |other| other.page() == page) {
            old.dismiss(Goodbye::new(4409, "this page has come back on another socket"));
        }
        if self.pages.len() >= PAGES {
            return None;
        }
        self.used = true;
        self.joined += 1;
        let (page, subscription) = Subscriber::new(self.joined, page, resume, &self.log);
        self.pages.push(page);
        self.idle_since.send_replace(0);
        self.flush(clock::now());
        Some(subscription)
    }

    fn leave(&mut self, id: u64) {
        self.pages.retain(|page| page.id() != id);
        self.note_idle();
    }

    fn note_idle(&mut self) {
        if self.pages.is_empty() && *self.idle_since.borrow() == 0 {
            let now = clock::now();
            self.idle_since.send_replace(now);
            // The browser would use the connections of this lab again for the next one on its page.
            self.cleared = Some(now);
            self.enforce();
        }
    }

    fn observe(&mut self, batch: Batch) -> Result<u64, String> {
        let taken = self.intake.take(batch, self.began, clock::now())?;
        for seen in taken.seen {
            self.log.push(seen);
        }
        if taken.late > 0 {
            self.state.late += taken.late;
            self.settings_changed();
        }
        Ok(taken.upto)
    }

    // --- What happens ------------------------------------------------------------------------------------------------

    /// Takes what waits in the line.
    fn catch_up(&mut self) {
        for _ in 0..WAITING {
            let Ok(seen) = self.line.observations.try_recv() else { break };
            self.take(seen);
        }
    }

    /// Takes what the tap or a handler saw.
    fn take(&mut self, seen: Observation) {
        self.count_strike(&seen);
        // A run that is over has no log any more. A connection may well be older than the run that it serves.
        if seen.at < self.began && seen.fact != Fact::Opened {
            self.state.late += 1;
            self.settings_changed();
        } else {
            self.log.push(seen);
        }
    }

    /// Publishes what is due and brings jobs forward.
    fn tick(&mut self, now: Micros) {
        loop {
            match self.ticker.due(now) {
                0 => break,
                count => self.publish(count, false),
            }
        }
        self.tick_faults(now);
        if self.jobs.borrow().next().is_some_and(|next| next <= now) {
            let mut changed = Vec::new();
            self.jobs.send_modify(|jobs| changed = Arc::make_mut(jobs).advance(now));
            for (job, percent) in changed {
                self.record(now, Fact::Job { job, percent });
            }
        }
        self.tick_crowd(now);
    }

    fn record(&mut self, at: Micros, fact: Fact) {
        let witness = Witness::Server;
        self.log.push(Observation { at, witness, client: None, exchange: None, conn: None, fact });
    }

    // --- What pages are told -----------------------------------------------------------------------------------------

    fn settings_changed(&mut self) {
        self.pages.iter_mut().for_each(Subscriber::settings_changed);
    }

    fn count_dropped(&mut self) {
        let (wire, server) = self.line.dropped.counts();
        let dropped = [self.intake.dropped(), wire - self.dropped_before.0, server - self.dropped_before.1];
        if dropped != self.state.dropped {
            self.state.dropped = dropped;
            self.settings_changed();
        }
    }

    /// A new notice at once; new numbers of a known one with it, or after a while.
    fn tell_notices(&mut self, now: Micros) {
        let (found, told) = (self.log.notices(), &self.state.notices);
        if found.len() == told.len() && (now - self.noticed < NUMBERS || found == told) {
            return;
        }
        self.state.notices = found.to_vec();
        self.noticed = now;
        self.settings_changed();
    }

    /// Sends pages what they lack, and those away that do not read.
    fn flush(&mut self, now: Micros) {
        if !self.pages.iter().any(|page| page.is_behind(&self.log)) {
            return;
        }
        self.flushed = now;
        let mut news = News { log: &self.log, state: &self.state, now, written: None };
        for mut page in std::mem::take(&mut self.pages) {
            if page.deliver(&mut news) {
                self.pages.push(page);
            } else {
                page.dismiss(Goodbye::new(1013, "this page does not keep up; come back and resume"));
            }
        }
        self.note_idle();
    }
}

/// A held source, and the draws of its alerts. Without a seed of its own, a run is drawn from its epoch.
fn sources(source: &Source, epoch: u64) -> (Ticker, fastrand::Rng) {
    let seed = match source {
        Source::Random { seed: Some(seed), .. } => *seed,
        _ => epoch,
    };
    let mut draws = fastrand::Rng::with_seed(seed);
    // Two strands of one seed, so that an update by hand shifts no gap.
    (Ticker::new(source.clone(), draws.fork()), draws)
}
