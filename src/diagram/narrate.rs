//! The run in sentences: for those who listen, and as prose.

use super::{
    fold::{Event, ExchangeKey, Scene},
    mark::Outcome,
    told::{Board, Told},
};
use crate::wire::{Ending, Micros, Witness, observation::LifeState};

/// One sentence, in no language. Numbers of exchanges are those that the picture shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sentence {
    /// The run begins, at this distance in milliseconds.
    Start(u32),
    /// A request brought nothing new.
    Empty(u32),
    /// So many in a row brought nothing new, and cost so many bytes.
    Empties(u32, u64),
    /// A request brought something, after so long.
    News(u32, Outcome, Micros),
    /// The board moved on to this update.
    Shows(u64),
    /// The board went back: from, to, and the request whose answer did it.
    Back(u64, u64, u32),
    /// An old answer was ignored.
    Ignored(u32),
    /// A request ended without an answer.
    Ended(u32, Ending),
    /// A fault held an answer back for so long.
    Held(u32, Micros),
    /// An error: request, status.
    Status(u32, u16),
    /// The server published updates: from, to.
    Published(u64, u64),
    /// A fault removed a request, or its answer.
    Swallowed(u32),
    /// A request is under way.
    UnderWay(u32),
    /// The socket that a request opened was closed with this code, as the browser saw it.
    Shut(u32, u16),
    /// The life of a socket went on, as the browser judges.
    Life(LifeState),
}

impl Sentence {
    /// Whether it is worth interrupting somebody for.
    pub fn loud(&self) -> bool {
        !matches!(self, Sentence::Empty(_) | Sentence::UnderWay(_) | Sentence::Published(..) | Sentence::Start(_))
    }
}

/// The whole run, in the order of time; empty answers in a row are one sentence.
pub fn narrate(scene: &Scene) -> Vec<Sentence> {
    let story = scene.story();
    tell(scene, &story.list, Micros::MIN)
}

/// The last thing worth saying aloud.
pub fn latest(scene: &Scene) -> Option<Sentence> {
    let list = &scene.story().list;
    let tail = &list[list.len().saturating_sub(16)..];
    let from = tail.first().map_or(Micros::MAX, Told::start);
    tell(scene, tail, from).into_iter().rev().find(Sentence::loud)
}

fn tell(scene: &Scene, list: &[Told], from: Micros) -> Vec<Sentence> {
    let mut said: Vec<(Micros, Sentence)> = Vec::new();
    if from == Micros::MIN
        && let Some(distance) = scene.distance_ms()
    {
        said.push((scene.start(), Sentence::Start(distance)));
    }
    for event in scene.events().iter().filter(|event| event.at >= from) {
        if let Event::Life(_, state, Witness::Browser) = event.what {
            said.push((event.at, Sentence::Life(state)));
        }
        if let Event::Published { seq, .. } = event.what {
            match said.last_mut() {
                Some((at, Sentence::Published(_, last))) if event.at - *at < 2000 => *last = seq,
                _ => said.push((event.at, Sentence::Published(seq, seq))),
            }
        }
    }
    for told in list {
        exchange(told, &mut said);
    }
    // What the messages of a stream brought to the board.
    let boards = scene.story().boards.iter().filter(|moved| moved.at >= from && moved.board == Board::On);
    said.extend(boards.map(|moved| (moved.at, Sentence::Shows(moved.version))));
    said.sort_by_key(|(at, _)| *at);
    gather(scene, said)
}

fn exchange(told: &Told, said: &mut Vec<(Micros, Sentence)>) {
    let no = told.key.number();
    if let Some(held) = told.held {
        said.push((held.from, Sentence::Held(no, held.until.map_or(held.planned, |until| until - held.from))));
    }
    let Some(at) = told.finish() else {
        let swallowed = Outcome::of(told) == Outcome::Swallowed;
        return said.push((told.start(), if swallowed { Sentence::Swallowed(no) } else { Sentence::UnderWay(no) }));
    };
    said.push((
        at,
        match (told.ended, told.status) {
            (Some((_, how)), _) => Sentence::Ended(no, how),
            _ if told.shut[0].is_some() => Sentence::Shut(no, told.shut[0].map_or(0, |shut| shut.1)),
            (None, Some(status)) if status >= 400 => Sentence::Status(no, status),
            _ if told.empty() => Sentence::Empty(no),
            _ => Sentence::News(no, Outcome::Brought(told.brought), at - told.start()),
        },
    ));
    if told.ignored.is_some() {
        said.push((at, Sentence::Ignored(no)));
    }
    match told.shown {
        Some((at, version, Board::On)) => said.push((at, Sentence::Shows(version))),
        Some((at, version, Board::Back(before))) => said.push((at, Sentence::Back(before, version, no))),
        _ => {}
    }
}

/// Joins empty answers in a row.
fn gather(scene: &Scene, said: Vec<(Micros, Sentence)>) -> Vec<Sentence> {
    let mut out: Vec<Sentence> = Vec::with_capacity(said.len());
    let mut row: Vec<u32> = Vec::new();
    let flush = |row: &mut Vec<u32>, out: &mut Vec<Sentence>| {
        match row.as_slice() {
            [] => {}
            [one] => out.push(Sentence::Empty(*one)),
            many => {
                let list = &scene.story().list;
                let bytes = list.iter().filter(|told| {
                    matches!(told.key, ExchangeKey::Client { .. }) && told.empty() && many.contains(&told.key.number())
                });
                let count = u32::try_from(many.len()).unwrap_or(u32::MAX);
                out.push(Sentence::Empties(count, bytes.map(|told| told.bytes.total()).sum()));
            }
        }
        row.clear();
    };
    for (_, sentence) in said {
        match sentence {
            Sentence::Empty(no) => row.push(no),
            other => {
                flush(&mut row, &mut out);
                out.push(other);
            }
        }
    }
    flush(&mut row, &mut out);
    out
}
