//! What a page may ask of its lab, and how it is done: publishing, breaking and mending, jobs, and a new run.

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot;

use super::{Lab, sources};
use crate::{
    fault::chain::Chain,
    net::clock,
    push::{
        FeedState,
        job::{AT_ONCE, Report, Start},
        outlet::StartJob,
    },
    room::{secret, spec, subscriber::Subscriber},
    wire::{
        Fact, Micros,
        control::{Command, LabSpec, LabState},
    },
};

impl Lab {
    pub(super) fn command(&mut self, command: Command) -> Result<(), String> {
        match command {
            Command::Publish => self.publish(1, true),
            Command::Source { running } => {
                if running {
                    self.ticker.run(clock::now());
                    // A script begins when there is somebody to see it.
                    self.begin_script(clock::now());
                } else {
                    self.ticker.hold();
                }
                self.state.running = running;
                self.settings_changed();
            }
            Command::Distance { ms } => {
                spec::distance(ms)?;
                self.state.distance_ms = ms;
                self.force();
            }
            Command::Fault { fault } => self.add_fault(fault)?,
            Command::Mend { id } => self.mend(id)?,
            Command::Faults { faults } => self.replace_faults(faults)?,
            Command::Reset => self.reset()?,
            Command::Job => {
                let (reply, mut answer) = oneshot::channel();
                self.start_job(StartJob { by: None, reply });
                if !matches!(answer.try_recv(), Ok(Some(_))) {
                    return Err(format!("{AT_ONCE} jobs are running already"));
                }
            }
            Command::KeepAlive { ms } => {
                spec::keep_alive(ms)?;
                self.state.keep_alive_ms = ms;
                self.enforce();
                self.record(clock::now(), Fact::KeepAlive { ms });
                self.settings_changed();
            }
            Command::Crowd { crowd } => self.call_crowd(crowd)?,
        }
        Ok(())
    }

    pub(super) fn start_job(&mut self, start: StartJob) {
        let now = clock::now();
        let board = self.feed.borrow().board();
        let cases = board.alerts.iter().fold(0, |sum: u32, alert| sum.saturating_add(alert.cases));
        // Never more than the districts there are, which is a u8.
        let result = Report { districts: board.alerts.len() as u8, cases };
        let takes = Micros::from(self.spec.job_ms) * 1000;
        let mut started = None;
        self.jobs.send_modify(|jobs| started = Arc::make_mut(jobs).start(now, takes, start.by, result));
        if let Some(Start::New(job)) = started {
            self.record(now, Fact::Job { job, percent: 0 });
        }
        let _ = start.reply.send(started);
    }

    pub(super) fn publish(&mut self, count: u32, by_hand: bool) {
        // The time first: nobody can have been answered with an update before it was published.
        let now = clock::now();
        let draws = &mut self.draws;
        let mut last = 0;
        self.feed.send_modify(|feed| {
            let feed = Arc::make_mut(feed);
            for _ in 0..count {
                last = feed.publish(draws);
            }
        });
        let first = last + 1 - u64::from(count);
        if let Some(crowd) = &self.crowd {
            crowd.published(first, last);
        }
        for seq in first..=last {
            self.record(now, Fact::Published { seq, by_hand });
        }
    }

    /// Begins a new run.
    fn reset(&mut self) -> Result<(), String> {
        let epoch = secret::number().map_err(|error| format!("no randomness: {error}"))?;
        // Before the log ends: what follows it is a run without a crowd.
        self.dismiss_crowd();
        self.began = clock::now();
        self.log.restart(epoch);
        (self.ticker, self.draws) = sources(&self.spec.source, epoch);
        self.feed.send_replace(Arc::new(FeedState::new(epoch, self.spec.history)));
        self.jobs.send_replace(Arc::default());
        self.dropped_before = self.line.dropped.counts();
        self.begin();
        self.enforce();
        self.pages.iter_mut().for_each(Subscriber::restart);
        Ok(())
    }

    /// The first records of a run, and its settings.
    pub(super) fn begin(&mut self) {
        let LabSpec { distance_ms, keep_alive_ms, ref faults, .. } = self.spec;
        // What the class broke stays broken.
        let faults = if self.imposed.is_empty() { faults.clone() } else { self.imposed.clone() };
        self.state = LabState { distance_ms, keep_alive_ms, ..LabState::default() };
        self.record(self.began, Fact::Run { distance_ms });
        self.overs.clear();
        self.left.clear();
        self.goodbye = None;
        let (later, now) = faults.into_iter().partition(|fault| fault.start_ms.is_some_and(|ms| ms > 0));
        self.script = later;
        self.schedule(now, self.began);
        if !self.state.faults.is_empty() {
            self.record(self.began, Fact::Faults { distance_ms, faults: self.state.faults.clone() });
        }
    }

    /// Gives the settings to the tap and the handlers.
    pub(super) fn enforce(&mut self) {
        let distance = Duration::from_millis(self.state.distance_ms.into());
        let keep_alive = Some(Duration::from_millis(self.state.keep_alive_ms.into()));
        let chain = Chain::new(distance, self.state.faults.clone());
        self.line.chain.send_replace(Arc::new(Chain {
            keep_alive,
            cleared: self.cleared,
            restarted: self.restarted,
            left: self.left.clone(),
            handshake: self.spec.handshake,
            ..chain
        }));
    }

    /// Puts the settings' distance and faults into force.
    pub(super) fn force(&mut self) {
        let (distance_ms, faults) = (self.state.distance_ms, self.state.faults.clone());
        self.enforce();
        self.record(clock::now(), Fact::Faults { distance_ms, faults });
        self.settings_changed();
    }
}
