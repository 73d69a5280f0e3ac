//! A lab's faults in time: some are in force, some are to come, and some end by themselves.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use super::Lab;
use crate::{
    fault::{Fault, FaultId, Goodbye, Kind, restart, script},
    net::clock,
    wire::{Fact, Micros, Observation},
};

impl Lab {
    /// Adds a fault, now or later, or changes the one with its id.
    pub(super) fn add_fault(&mut self, fault: Fault) -> Result<(), String> {
        let now = clock::now();
        let mut all = self.scheduled(now);
        all.retain(|other| other.id != fault.id);
        all.push(fault.clone());
        script::check(&all)?;
        // What is changed keeps its place in the chain, unless it is to begin anew.
        let place = self.state.faults.iter().position(|other| other.id == fault.id);
        self.forget(fault.id);
        match place {
            Some(place) if fault.start_ms.is_none() => self.begin_fault(place, fault, now),
            _ => self.schedule(vec![fault], now),
        }
        self.force();
        Ok(())
    }

    /// Takes a fault away, whether it is in force or to come.
    pub(super) fn mend(&mut self, id: FaultId) -> Result<(), String> {
        if !self.forget(id) {
            return Err(format!("there is no fault {id}"));
        }
        self.force();
        Ok(())
    }

    /// Puts a list in place of all faults.
    pub(super) fn replace_faults(&mut self, faults: Vec<Fault>) -> Result<(), String> {
        script::check(&faults)?;
        self.state.faults.clear();
        self.state.coming.clear();
        self.overs.clear();
        self.left.clear();
        self.goodbye = None;
        self.script.clear();
        self.schedule(faults, clock::now());
        self.force();
        Ok(())
    }

    /// Puts the class's faults in place of all others.
    pub(super) fn impose(&mut self, faults: Vec<Fault>) {
        self.imposed.clone_from(&faults);
        if let Err(why) = self.replace_faults(faults) {
            tracing::warn!(why, "a class imposed faults that are none");
            self.imposed.clear();
        }
    }

    /// Begins those of a list that begin at once, and keeps the others for their time.
    pub(super) fn schedule(&mut self, faults: Vec<Fault>, now: Micros) {
        for fault in faults {
            match fault.start_ms.filter(|ms| *ms > 0) {
                Some(ms) => self.state.coming.push((now + Micros::from(ms) * 1000, fault)),
                None => self.begin_fault(self.state.faults.len(), fault, now),
            }
        }
        self.state.coming.sort_by_key(|coming| coming.0);
    }

    /// Begins the script that the lab was made with. Numbers that somebody has taken meanwhile are given anew.
    pub(super) fn begin_script(&mut self, now: Micros) {
        let mut script = mem::take(&mut self.script);
        let known = self.state.faults.iter().chain(self.state.coming.iter().map(|coming| &coming.1));
        let taken: Vec<FaultId> = known.map(|fault| fault.id).collect();
        let last = script.iter().map(|fault| fault.id).chain(taken.iter().copied()).max().unwrap_or(0);
        let clash = script.iter_mut().filter(|fault| taken.contains(&fault.id));
        for (fault, id) in clash.zip(last.saturating_add(1)..) {
            fault.id = id;
        }
        self.schedule(script, now);
    }

    /// Ends what is open as its protocol provides, when it is time.
    fn say_goodbye(&mut self, now: Micros) {
        if self.goodbye.take_if(|goodbye| goodbye.0 <= now).is_some() {
            self.feed.send_modify(|feed| Arc::make_mut(feed).restart());
        }
    }

    /// Begins and ends what is due.
    pub(super) fn tick_faults(&mut self, now: Micros) {
        self.say_goodbye(now);
        let over: Vec<FaultId> = self.overs.extract_if(.., |over| over.0 <= now).map(|over| over.1).collect();
        let due = self.state.coming.partition_point(|coming| coming.0 <= now);
        if over.is_empty() && due == 0 {
            return;
        }
        self.state.faults.retain(|fault| !over.contains(&fault.id));
        self.goodbye.take_if(|goodbye| over.contains(&goodbye.1));
        self.left.retain(|id, _| !over.contains(id));
        let later = self.state.coming.split_off(due);
        for (at, fault) in mem::replace(&mut self.state.coming, later) {
            self.begin_fault(self.state.faults.len(), fault, at);
        }
        self.force();
    }

    /// When a fault begins or ends next.
    pub(super) fn next_fault(&self) -> Option<Micros> {
        let begins = self.state.coming.first().map(|coming| coming.0);
        let goodbye = self.goodbye.map(|goodbye| goodbye.0);
        self.overs.iter().map(|over| over.0).chain(begins).chain(goodbye).min()
    }

    /// A fault that has struck as often as it may is over.
    pub(super) fn count_strike(&mut self, seen: &Observation) {
        let (Fact::Struck { by } | Fact::Dropped { by, .. } | Fact::HeldBack { by, .. }) = seen.fact else { return };
        if self.left.get(&by).is_some_and(|left| left.load(Ordering::Relaxed) == 0) {
            self.overs.push((seen.at, by));
        }
    }

    /// All faults as a list that would bring them about from now on.
    fn scheduled(&self, now: Micros) -> Vec<Fault> {
        let ms = |at: Micros| u32::try_from((at - now).max(0) / 1000).unwrap_or(u32::MAX);
        let left = |fault: &Fault| self.overs.iter().find(|over| over.1 == fault.id).map(|over| ms(over.0).max(100));
        let active = self.state.faults.iter().map(|fault| {
            let duration_ms = left(fault);
            Fault { start_ms: None, duration_ms, ..fault.clone() }
        });
        let coming = self.state.coming.iter().map(|(at, fault)| Fault { start_ms: Some(ms(*at)), ..fault.clone() });
        active.chain(coming).collect()
    }

    /// Puts a fault into force at this place of the chain.
    fn begin_fault(&mut self, place: usize, fault: Fault, now: Micros) {
        if let Kind::Restart { how, drain_ms } = fault.kind {
            self.restarted = Some(now);
            // Who is killed says nothing, and in a rotation each has a time of its own.
            self.goodbye = (how == Goodbye::Drain).then(|| (restart::goodbye(how, drain_ms, now), fault.id));
            self.say_goodbye(now);
        }
        if let (Kind::Cut { .. } | Kind::Restart { .. }, Some(crowd)) = (&fault.kind, &mut self.crowd) {
            crowd.cut(now);
        }
        self.overs.extend(fault.duration_ms.map(|ms| (now + Micros::from(ms) * 1000, fault.id)));
        if let Some(count) = fault.count {
            self.left.insert(fault.id, Arc::new(AtomicU32::new(count)));
        }
        self.state.faults.insert(place.min(self.state.faults.len()), fault);
    }

    /// Leaves a fault out, and says whether it was there.
    fn forget(&mut self, id: FaultId) -> bool {
        let before = self.state.faults.len() + self.state.coming.len();
        self.state.faults.retain(|fault| fault.id != id);
        self.state.coming.retain(|coming| coming.1.id != id);
        self.overs.retain(|over| over.1 != id);
        self.left.remove(&id);
        self.goodbye.take_if(|goodbye| goodbye.1 == id);
        self.state.faults.len() + self.state.coming.len() < before
    }
}
