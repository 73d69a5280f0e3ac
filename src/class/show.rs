//! What each face may see of a class: views, made from the state and from what is only true now.

use std::collections::BTreeMap;

use super::{
    Class, Moment, ReaderNo,
    ballot::{Ballot, Reveal, of_step},
    event::{Signal, Sums},
    order::Phase,
    view::{Common, Desk, Measured, Own, Part, Row, Shown, Wall, Watch},
};
use crate::wire::Technique;

/// What is true of a class only now, and in no log: who is connected, what runs, what has been counted so far.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Of each reader of whom there is something to say.
    pub readers: BTreeMap<ReaderNo, Present>,
    /// Pages with the instructor's right that are connected.
    pub desks: u32,
    /// Projectors that are connected.
    pub walls: u32,
}

/// What is true of a reader now.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// How many pages are connected.
    pub pages: u32,
    /// The lab, if there is one, as it may be watched.
    pub watch: Option<Watch>,
    /// Whether clients run in it.
    pub runs: bool,
    /// What it has counted since it began its run.
    pub sums: Sums,
}

impl Live {
    fn of(&self, reader: ReaderNo) -> Option<&Present> {
        self.readers.get(&reader)
    }

    fn present(&self, class: &Class) -> u32 {
        count(class.members().filter(|(no, _)| self.of(*no).is_some_and(|present| present.pages > 0)))
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn common(class: &Class, live: &Live, now: Moment) -> Common {
    Common {
        code: class.code.to_string(),
        locale: class.locale.clone(),
        now,
        phase: class.phase,
        step: class.step.clone(),
        since: class.walk.last().map_or(class.opened, |(since, _)| *since),
        steering: class.steering,
        present: live.present(class),
        alone: class.alone,
        closed: class.closed,
    }
}

/// What a desk or a remote shows: the page of this number, which watches this reader.
pub fn desk(class: &Class, live: &Live, page: u64, watches: Option<ReaderNo>, now: Moment) -> Desk {
    let voted = class.ballots.get(&of_step(&class.step));
    let row = |(no, reader): (ReaderNo, &super::state::Reader)| {
        let present = live.of(no).cloned().unwrap_or_default();
        Row {
            no,
            name: reader.name.clone(),
            present: present.pages > 0,
            step: reader.step.clone(),
            follows: reader.follows,
            signal: reader.signal,
            reached: reader.reached.contains(&class.step),
            voted: voted.is_some_and(|ballot| ballot.votes.contains_key(&no)),
            lab: present.watch.is_some(),
            runs: present.runs,
            sums: present.sums,
        }
    };
    Desk {
        common: common(class, live, now),
        drives: class.driver == Some(page),
        driven: class.driver.is_some(),
        readers: class.members().map(row).collect(),
        ballots: class.ballots.iter().map(|(name, ballot)| shown(class, name, ballot, Reveal::Reason)).collect(),
        faults: class.faults.clone(),
        halves: class.halves.clone(),
        parts: parts(class, live),
        picked: class.picked,
        watch: watches.and_then(|reader| watch(class, live, reader)),
        opened: class.opened,
        desks: live.desks,
        walls: live.walls,
    }
}

/// What the wall shows: nothing that somebody has not revealed.
pub fn wall(class: &Class, live: &Live, now: Moment) -> Wall {
    let signals = |wanted| count(class.members().filter(|(_, reader)| reader.signal == wanted));
    Wall {
        common: common(class, live, now),
        ballots: open_ballots(class).map(|(name, ballot)| shown(class, name, ballot, ballot.reveal)).collect(),
        faults: class.faults.clone(),
        parts: parts(class, live),
        watch: class.picked.and_then(|reader| watch(class, live, reader)),
        reached: count(class.members().filter(|(_, reader)| reader.reached.contains(&class.step))),
        signals: (signals(Signal::Done), signals(Signal::Stuck)),
    }
}

/// What a reader's page shows. Nothing, if there is no such reader any more.
pub fn own(class: &Class, live: &Live, no: ReaderNo, now: Moment) -> Option<Own> {
    let reader = class.readers.get(&no).filter(|reader| !reader.removed)?;
    let uses = |reader| live.of(reader).and_then(|present| present.sums.technique);
    let mine = |(name, ballot): (&String, &Ballot)| Some((name.clone(), ballot.votes.get(&no)?.clone()));
    Some(Own {
        common: common(class, live, now),
        no,
        name: reader.name.clone(),
        follows: reader.follows,
        signal: reader.signal,
        technique: class.half_of(no),
        faults: class.faults_of(no, uses),
        ballots: open_ballots(class).map(|(name, ballot)| shown(class, name, ballot, ballot.reveal)).collect(),
        votes: open_ballots(class).filter_map(mine).collect(),
    })
}

/// The votes that everybody's page is about: that of the step, or those of the quiz.
fn open_ballots(class: &Class) -> impl Iterator<Item = (&String, &Ballot)> {
    let step = of_step(&class.step);
    class.ballots.iter().filter(move |(name, _)| match class.phase {
        Phase::Lobby | Phase::Lessons => **name == step,
        Phase::Before => name.starts_with("before/"),
        Phase::After => name.starts_with("after/") || name.starts_with("before/"),
    })
}

fn shown(class: &Class, name: &str, ballot: &Ballot, sees: Reveal) -> Shown {
    let all = |counts: BTreeMap<String, u32>| counts.into_iter().collect::<Vec<_>>();
    let votes = sees >= Reveal::Votes;
    Shown {
        name: name.to_owned(),
        reveal: ballot.reveal,
        total: ballot.total(),
        counts: if votes { all(ballot.counts()) } else { Vec::new() },
        hands: if votes { all(ballot.hands.clone()) } else { Vec::new() },
        measured: (sees >= Reveal::Wire).then(|| measured(class, name.strip_prefix("predict/")?)).flatten(),
    }
}

/// What the labs measured of what a step's prediction is about.
fn measured(class: &Class, step: &str) -> Option<Measured> {
    let mut values: Vec<f64> = class.members().filter_map(|(_, reader)| reader.measured.get(step).copied()).collect();
    values.sort_by(f64::total_cmp);
    let (least, most) = (*values.first()?, *values.last()?);
    let half = values.len() / 2;
    let median = if values.len() % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) };
    Some(Measured { labs: count(values.iter()), least, median, most })
}

fn watch(class: &Class, live: &Live, reader: ReaderNo) -> Option<Watch> {
    let known = class.readers.get(&reader).filter(|reader| !reader.removed)?;
    let watch = live.of(reader)?.watch.clone()?;
    Some(Watch { name: known.name.clone(), ..watch })
}

/// The sums of all readers, and then those of each technique of the experiment.
fn parts(class: &Class, live: &Live) -> Vec<Part> {
    let labs: Vec<(ReaderNo, &Sums)> = class
        .members()
        .filter_map(|(no, _)| live.of(no).filter(|present| present.watch.is_some()).map(|present| (no, &present.sums)))
        .collect();
    let part = |technique: Option<Technique>| {
        let mine = |no| technique.is_none() || class.half_of(no) == technique;
        let sums: Vec<&Sums> = labs.iter().filter(|(no, _)| mine(*no)).map(|(_, sums)| *sums).collect();
        Part { technique, readers: count(sums.iter()), sums: Sums { technique, ..sum(&sums) } }
    };
    std::iter::once(None).chain(class.halves.iter().copied().map(Some)).map(part).collect()
}

/// The sums of several labs; the delay is the mean over all updates that arrived.
pub fn sum(all: &[&Sums]) -> Sums {
    let of = |field: fn(&Sums) -> u64| all.iter().map(|sums| field(sums)).sum();
    let delivered: u64 = of(|sums| sums.delivered);
    let weighted = all.iter().filter_map(|sums| Some(sums.delay_ms? * sums.delivered as f64));
    let (delays, known) = weighted.fold((0.0, false), |(sum, _), delay| (sum + delay, true));
    Sums {
        technique: None,
        published: of(|sums| sums.published),
        delivered,
        lost: of(|sums| sums.lost),
        requests: of(|sums| sums.requests),
        empty: of(|sums| sums.empty),
        bytes: of(|sums| sums.bytes),
        reconnects: of(|sums| sums.reconnects),
        delay_ms: (known && delivered > 0).then(|| delays / delivered as f64),
    }
}

#[cfg(test)]
mod tests;
