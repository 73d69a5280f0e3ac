//! A class as it stands: the fold of its log.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Moment, READERS, ReaderNo,
    ballot::{BALLOTS, Ballot},
    code::Code,
    event::{Entry, Event, Signal, Sums},
    order::{Broken, Phase, Steering, Whom},
};
use crate::{fault::Fault, wire::Technique};

/// How many changes of the step are remembered.
const WALK: usize = 500;

/// How many steps of one reader are remembered.
const STEPS: usize = 128;

/// A class.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its code.
    pub code: Code,
    /// SHA-256 of the instructor's secret, in hexadecimal digits.
    pub key: String,
    /// The language of the wall.
    pub locale: String,
    /// When it was opened.
    pub opened: Moment,
    /// When something happened last.
    pub moved: Moment,
    /// Its readers, those that were removed included.
    pub readers: BTreeMap<ReaderNo, Reader>,
    /// The page that drives.
    pub driver: Option<u64>,
    /// The step it is on, `lesson/step`; empty before the first.
    pub step: String,
    /// The steps it has been on, and since when; the newest last.
    pub walk: Vec<(Moment, String)>,
    /// Its votes, by name.
    pub ballots: BTreeMap<String, Ballot>,
    /// Its faults.
    pub faults: Vec<Broken>,
    /// How labs are steered, and how often that was said.
    pub steering: (u32, Steering),
    /// The techniques that readers use in turns; none: each as the step says.
    pub halves: Vec<Technique>,
    /// Whose picture the wall shows.
    pub picked: Option<ReaderNo>,
    /// What is being done.
    pub phase: Phase,
    /// Whether it runs from the projector alone.
    pub alone: bool,
    /// Whether it is closed.
    pub closed: bool,
}

/// A reader.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reader {
    /// SHA-256 of the reader's token, in hexadecimal digits.
    pub key: String,
    /// What the reader is called; nothing: anonymous.
    pub name: Option<String>,
    /// When the reader joined.
    pub joined: Moment,
    /// The step that the reader's page shows.
    pub step: String,
    /// Whether the reader follows the instructor.
    pub follows: bool,
    /// What the reader says to the front.
    pub signal: Signal,
    /// Whether the instructor removed the reader.
    pub removed: bool,
    /// The steps whose goal was reached.
    pub reached: BTreeSet<String>,
    /// What the reader's labs had counted, by step.
    pub counted: BTreeMap<String, Sums>,
    /// What they had measured of what was predicted, by step.
    pub measured: BTreeMap<String, f64>,
}

impl Class {
    /// A class as its first event makes it. Nothing, if that is not an opening.
    pub fn open(first: &Entry) -> Option<Self> {
        let Event::Opened { code, key, locale } = &first.event else { return None };
        Some(Self {
            code: code.clone(),
            key: key.clone(),
            locale: locale.clone(),
            opened: first.at,
            moved: first.at,
            readers: BTreeMap::new(),
            driver: None,
            step: String::new(),
            walk: Vec::new(),
            ballots: BTreeMap::new(),
            faults: Vec::new(),
            steering: (0, Steering::Free),
            halves: Vec::new(),
            picked: None,
            phase: Phase::Lobby,
            alone: false,
            closed: false,
        })
    }

    /// The fold of a log. Nothing, if it does not begin with an opening.
    pub fn fold<'a>(log: impl IntoIterator<Item = &'a Entry>) -> Option<Self> {
        let mut log = log.into_iter();
        let mut class = Self::open(log.next()?)?;
        log.for_each(|entry| class.apply(entry));
        Some(class)
    }

    /// Takes in what happened next. What concerns a reader that there is not changes nothing.
    pub fn apply(&mut self, Entry { at, event }: &Entry) {
        self.moved = (*at).max(self.moved);
        match event {
            Event::Opened { .. } => {}
            Event::Joined { reader, key, name } => {
                if self.readers.len() < READERS {
                    let (key, name) = (key.clone(), name.clone());
                    let new = Reader { key, name, joined: *at, follows: true, ..Reader::default() };
                    self.readers.entry(*reader).or_insert(new);
                }
            }
            Event::Renamed { reader, name } => self.with(*reader, |reader| reader.name.clone_from(name)),
            Event::Removed { reader } => {
                self.with(*reader, |reader| reader.removed = true);
                self.picked = self.picked.filter(|picked| picked != reader);
            }
            Event::Drove { page } => self.driver = Some(*page),
            Event::Step { step } => {
                self.step.clone_from(step);
                // What was said was said of the step before.
                self.readers.values_mut().for_each(|reader| reader.signal = Signal::None);
                if self.walk.len() == WALK {
                    self.walk.remove(0);
                }
                self.walk.push((*at, step.clone()));
            }
            Event::At { reader, step, follows } => self.with(*reader, |reader| {
                if reader.step != *step {
                    reader.signal = Signal::None;
                }
                reader.step.clone_from(step);
                reader.follows = *follows;
            }),
            Event::Signal { reader, signal } => self.with(*reader, |reader| reader.signal = *signal),
            Event::Reached { reader, step } => self.with(*reader, |reader| {
                if reader.reached.len() < STEPS {
                    reader.reached.insert(step.clone());
                }
            }),
            Event::Voted { reader, ballot, option } => {
                if self.readers.contains_key(reader)
                    && let Some(ballot) = self.ballot(ballot)
                {
                    ballot.votes.entry(*reader).or_insert_with(|| option.clone());
                }
            }
            Event::Hands { ballot, counts } => {
                if let Some(ballot) = self.ballot(ballot) {
                    ballot.hands = counts.iter().cloned().collect();
                }
            }
            Event::Revealed { ballot, reveal } => {
                if let Some(ballot) = self.ballot(ballot) {
                    ballot.reveal = *reveal;
                }
            }
            Event::Broke { faults } => self.faults.clone_from(faults),
            Event::Steered { steering } => self.steering = (self.steering.0 + 1, *steering),
            Event::Halves { techniques } => self.halves.clone_from(techniques),
            Event::Picked { reader } => self.picked = *reader,
            Event::Entered { phase } => self.phase = *phase,
            Event::Alone { alone } => self.alone = *alone,
            Event::Counted { sums } => {
                for counted in sums {
                    self.with(counted.reader, |reader| {
                        if reader.counted.len() < STEPS || reader.counted.contains_key(&counted.step) {
                            reader.counted.insert(counted.step.clone(), counted.sums.clone());
                        }
                    });
                }
            }
            Event::Measured { reader, step, value } => self.with(*reader, |reader| {
                if reader.measured.len() < STEPS || reader.measured.contains_key(step) {
                    reader.measured.insert(step.clone(), *value);
                }
            }),
            Event::Closed => self.closed = true,
        }
    }

    fn with(&mut self, reader: ReaderNo, change: impl FnOnce(&mut Reader)) {
        if let Some(reader) = self.readers.get_mut(&reader) {
            change(reader);
        }
    }

    /// The ballot of this name, made if there is room for another.
    fn ballot(&mut self, name: &str) -> Option<&mut Ballot> {
        if self.ballots.len() >= BALLOTS && !self.ballots.contains_key(name) {
            return None;
        }
        Some(self.ballots.entry(name.to_owned()).or_default())
    }

    /// Those who are in the class: all that joined and were not removed.
    pub fn members(&self) -> impl Iterator<Item = (ReaderNo, &Reader)> {
        self.readers.iter().filter(|(_, reader)| !reader.removed).map(|(no, reader)| (*no, reader))
    }

    /// The number of the next reader who joins.
    pub fn next_reader(&self) -> ReaderNo {
        self.readers.keys().next_back().map_or(1, |last| last.saturating_add(1))
    }

    /// The technique that a reader is to use, if the class is an experiment.
    pub fn half_of(&self, reader: ReaderNo) -> Option<Technique> {
        let place = usize::try_from(reader.saturating_sub(1)).unwrap_or(0).checked_rem(self.halves.len())?;
        self.halves.get(place).copied()
    }

    /// The faults that a reader's lab has from the class. `uses` tells the technique of a reader's newest client.
    pub fn faults_of(&self, reader: ReaderNo, uses: impl Fn(ReaderNo) -> Option<Technique>) -> Vec<Fault> {
        let struck = self.faults.iter().filter(|broken| self.strikes(broken, reader, &uses));
        struck.map(|broken| broken.fault.clone()).collect()
    }

    fn strikes(&self, broken: &Broken, reader: ReaderNo, uses: &impl Fn(ReaderNo) -> Option<Technique>) -> bool {
        let lot = |reader: ReaderNo| lot(broken.fault.seed, broken.fault.id, reader);
        match broken.whom {
            Whom::All => true,
            Whom::One { reader: only } => reader == only,
            Whom::Technique { technique } => uses(reader) == Some(technique),
            Whom::Share { percent } => lot(reader) % 100 < u64::from(percent),
            Whom::Some { count } => {
                // Those with the smallest lots.
                let mine = (lot(reader), reader);
                let before = self.members().filter(|(other, _)| (lot(*other), *other) < mine).count();
                before < usize::try_from(count).unwrap_or(usize::MAX)
            }
        }
    }
}

/// A reader's lot for a fault: the same whenever it is asked for.
fn lot(seed: u64, fault: u32, reader: ReaderNo) -> u64 {
    let key = seed ^ (u64::from(fault) << 32) ^ u64::from(reader);
    fastrand::Rng::with_seed(key.wrapping_mul(0x9e37_79b9_7f4a_7c15)).u64(..)
}

#[cfg(test)]
mod tests;
