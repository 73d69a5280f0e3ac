//! What is folded: runs of empty polls in which nothing else happened, and silence.

use std::collections::BTreeSet;

use super::{
    axis::Fold,
    fold::{ExchangeKey, Scene},
    story::Story,
    told::Told,
};
use crate::wire::Micros;

/// The fewest polls that are drawn as one.
pub const SHORTEST: usize = 5;

/// How many exchanges at the end of a live run always stay open.
pub const NEWEST: usize = 3;

/// Height of a run of polls that is folded, in pixels.
pub const RUN_HEIGHT: f64 = 46.0;

/// Height of a silence that is folded, in pixels.
pub const IDLE_HEIGHT: f64 = 38.0;

/// A silence is folded if it would be taller than this, in pixels.
const IDLE_FROM: f64 = 440.0;

/// How much of a silence stays to be seen at each end of its fold, in pixels.
const IDLE_LEAD: f64 = 56.0;

/// A run of empty polls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// The first, which names the run: later ones may join it.
    pub key: ExchangeKey,
    /// Its place in the story.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// When the first began.
    pub from: Micros,
    /// When the last was over.
    pub to: Micros,
    /// What they weighed together.
    pub bytes: u64,
    /// Whether the reader opened it: then its members are drawn, with a way to fold them again.
    pub open: bool,
}

/// What decides which runs there are.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Whether the run goes on.
    pub live: bool,
    /// The exchanges that the reader looks at: never folded away.
    pub keep: [Option<ExchangeKey>; 2],
    /// Runs that the reader opened.
    pub expanded: &'a BTreeSet<ExchangeKey>,
}

/// Finds the runs of a story, in order.
pub fn runs(scene: &Scene, wish: Wish<'_>) -> Vec<Run> {
    let story = scene.story();
    let last = if wish.live { story.list.len().saturating_sub(NEWEST) } else { story.list.len() };
    let mut found = Vec::new();
    let mut current: Option<(usize, Micros)> = None;
    let mut busy_until = Micros::MIN;
    for (i, told) in story.list.iter().enumerate().take(last) {
        let (start, finish) = (told.start(), told.finish().unwrap_or(Micros::MAX));
        let joins = told.plain() && start > busy_until && !event_within(scene, start, finish);
        if !joins {
            if let Some((first, _)) = current.take() {
                close(story, first, i, start, wish, &mut found);
            }
            busy_until = busy_until.max(told.finish().unwrap_or(if wish.live { Micros::MAX } else { told.latest() }));
            continue;
        }
        match current {
            Some((_, to)) if !event_within(scene, to, start) => {
                current = current.map(|(first, to)| (first, to.max(finish)))
            }
            _ => {
                if let Some((first, _)) = current {
                    close(story, first, i, start, wish, &mut found);
                }
                current = Some((i, finish));
            }
        }
    }
    if let Some((first, _)) = current {
        let next = story.list.get(last).map_or(Micros::MAX, Told::start);
        close(story, first, last, next, wish, &mut found);
    }
    found
}

/// Whether something that belongs to no exchange happened between two moments.
fn event_within(scene: &Scene, from: Micros, to: Micros) -> bool {
    let events = scene.events();
    let place = events.partition_point(|event| event.at < from);
    let boards = &scene.story().boards;
    events.get(place).is_some_and(|event| event.at <= to) || boards.iter().any(|moved| (from..=to).contains(&moved.at))
}

/// Takes the exchanges from `first` up to `end` as a run, but for those that were still under way when the `next` began.
fn close(story: &Story, first: usize, mut end: usize, next: Micros, wish: Wish<'_>, found: &mut Vec<Run>) {
    while end > first && story.list[end - 1].finish().is_none_or(|finish| finish >= next) {
        end -= 1;
    }
    let open = wish.expanded.contains(&story.list[first].key);
    let mut rest = first;
    for (i, told) in story.list[..end].iter().enumerate().skip(first) {
        if !open && wish.keep.contains(&Some(told.key)) {
            take(story, rest, i, wish, found);
            rest = i + 1;
        }
    }
    take(story, rest, end, wish, found);
}

fn take(story: &Story, first: usize, end: usize, wish: Wish<'_>, found: &mut Vec<Run>) {
    if end < first + SHORTEST {
        return;
    }
    let members = &story.list[first..end];
    let to = members.iter().filter_map(Told::finish).max();
    let Some(to) = to else { return };
    found.push(Run {
        key: members[0].key,
        first,
        count: members.len(),
        from: members[0].start(),
        to,
        bytes: members.iter().map(|told| told.bytes.total()).sum(),
        open: wish.expanded.contains(&members[0].key),
    });
}

/// The folds of an axis: runs that are not open, and silences, in order. Runs that would not get shorter stay unfolded
/// and are taken from the list.
pub fn folds(scene: &Scene, runs: &mut Vec<Run>, end: Micros, zoom: f64) -> Vec<(Fold, Option<Run>)> {
    let scale = zoom / 1e6;
    runs.retain(|run| run.open || (run.to - run.from) as f64 * scale > 1.5 * RUN_HEIGHT);
    let mut folds: Vec<(Fold, Option<Run>)> = runs
        .iter()
        .filter(|run| !run.open)
        .map(|run| (Fold { from: run.from, to: run.to, height: RUN_HEIGHT }, Some(*run)))
        .collect();

    let lead = (IDLE_LEAD / scale) as Micros;
    // Nothing happens in the middle of a hold: it may be folded like any silence.
    let mut ends: Vec<(Micros, Micros)> = Vec::new();
    let mut busy: Vec<(Micros, Micros)> = Vec::with_capacity(scene.story().list.len());
    for told in &scene.story().list {
        if told.stream {
            // Between two messages a stream is silent.
            let open = told.streaming.iter().copied().chain(told.tries.iter().filter_map(|t| t.down_seen));
            busy.push((told.start(), open.min().unwrap_or(told.start())));
            ends.extend(told.streaming.iter().map(|at| (*at, *at)));
            ends.extend(told.tries.iter().filter_map(|t| Some((t.up_seen?, t.down_seen.or(t.up_released)?))));
            ends.extend(told.messages.iter().filter_map(|message| message.span()));
            ends.extend(told.finish().map(|at| (at, told.latest().max(at))));
            continue;
        }
        busy.push((told.start(), told.hold.map_or(told.latest(), |hold| hold.from)));
        ends.extend(told.hold.and_then(|hold| Some((hold.until?.0, told.latest()))));
    }
    for run in runs.iter().filter(|run| !run.open) {
        // What is folded has no silences of its own.
        busy[run.first..run.first + run.count].fill((run.from, run.to));
    }
    busy.extend(ends);
    busy.extend(scene.connection_ends());
    busy.extend(scene.events().iter().map(|event| (event.at, event.at)));
    busy.extend([(scene.start(), scene.start()), (end, end)]);
    busy.sort_unstable();
    let mut reach = Micros::MAX;
    for (from, to) in busy {
        if from > reach && (from - reach) as f64 * scale > IDLE_FROM {
            folds.push((Fold { from: reach + lead, to: from - lead, height: IDLE_HEIGHT }, None));
        }
        reach = if reach == Micros::MAX { to } else { reach.max(to) };
    }
    folds.sort_by_key(|(fold, _)| fold.from);
    folds
}
