//! The scene on paper: marks at places, sorted by their upper edges, so that a window of them is found quickly.
//!
//! Time runs down, on the true axis of [`axis`](super::axis); the browser's lifeline is on the left, the server's on the
//! right. Clients that run side by side have such a pair each, on the same axis. Nothing here knows a language or a DOM.

use std::collections::BTreeSet;

use super::{
    arrows,
    axis::Axis,
    bands::Bands,
    fold::{ExchangeKey, Scene},
    labels::{Column, Middle, TEXT},
    mark::{Anchor, Label, Mark, MarkId, Part, Shape, Tone},
    network::Network,
    runs::{self, Run},
    seats::{Column as Seat, Seats},
};
use crate::wire::{Micros, Technique};

/// Room above the first moment, in pixels.
pub const ABOVE: f64 = 22.0;

/// Room below the last moment, in pixels.
pub const BELOW: f64 = 64.0;

/// Marks taller than this are searched one by one, so there must be few of them.
const TALL: f32 = 600.0;

/// Ticks are at least this far apart, in pixels.
const TICKS: f64 = 64.0;

/// Ids of labels of events end in this or a little less; those of exchanges in small numbers.
pub(super) const EVENT: u32 = u32::MAX;

/// How the reader looks at the scene.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Width of the paper in pixels.
    pub width: f32,
    /// Pixels a second outside of folds.
    pub zoom: f64,
    /// The present, while the run goes on; without it the picture ends with the last thing seen.
    pub now: Option<Micros>,
    /// Whether runs of empty polls and silences are folded at all.
    pub folding: bool,
    /// Runs that the reader opened, by their first exchange.
    pub expanded: &'a BTreeSet<ExchangeKey>,
    /// The exchange that the reader looks at.
    pub selected: Option<ExchangeKey>,
    /// The exchange at which the keyboard is.
    pub cursor: Option<ExchangeKey>,
    /// How many elements may be drawn for each 100 pixels of height. What is above is left out and counted.
    pub density: u32,
}

/// The default zoom, in pixels a second: a distance of 80 ms then leans visibly.
pub const ZOOM: f64 = 92.0;

/// The default density: with the axis and the lifelines, a window of 1,300 pixels keeps to 400 elements.
pub const DENSITY: u32 = 23;

/// Where things stand across the paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paper {
    /// Its width.
    pub width: f32,
    /// The right edge of the axis' labels.
    pub gutter: f32,
    /// The browser's lifeline.
    pub browser: f32,
    /// The server's lifeline.
    pub server: f32,
    /// Whether there is little room: labels are shorter and smaller.
    pub narrow: bool,
    /// Whether there is room for labels left of the browser's lifeline, and right of the server's.
    pub beside: [bool; 2],
}

impl Paper {
    /// Places the lifelines on paper of this width.
    pub fn new(width: f32) -> Self {
        let width = width.max(280.0);
        let narrow = width < 520.0;
        if narrow {
            return Self { width, gutter: 34.0, browser: 100.0, server: width - 74.0, narrow, beside: [true; 2] };
        }
        // Room for the longest labels on both sides. The lifelines stand apart by at most so much: further, and every
        // arrow would be flat.
        let spread = (width - 174.0 - 160.0).min(560.0);
        let slack = (width - spread - 334.0).max(0.0);
        let browser = 174.0 + slack * 0.5;
        Self { width, gutter: browser - 126.0, browser, server: browser + spread, narrow, beside: [true; 2] }
    }

    /// Halfway between the lifelines.
    pub fn middle(&self) -> f32 {
        (self.browser + self.server) / 2.0
    }
}

/// A picture, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Height of the paper in pixels.
    pub height: f32,
    /// Where the lifelines stand: a pair for each of the clients that run side by side.
    pub columns: Vec<Seat>,
    /// Time and paper.
    pub axis: Axis,
    /// The runs that are folded, or were opened.
    pub runs: Vec<Run>,
    /// All marks, by their upper edges.
    pub marks: Vec<Mark>,
    /// Whether an arrow is on its way, so that the picture changes by itself.
    pub moving: bool,
    /// The places of the tall ones.
    tall: Vec<usize>,
}

impl Layout {
    /// Where the lifelines of the first column stand.
    pub fn paper(&self) -> &Paper {
        // There is always one.
        &self.columns[0].paper
    }

    /// Whether anything happened besides exchanges: an update, or a change of the lab after its beginning.
    pub fn is_eventful(&self) -> bool {
        let began = ABOVE as f32 + 2.0;
        self.marks.iter().any(|mark| mark.id.0 == Part::Update || mark.id.0 == Part::Change && mark.top > began)
    }

    /// The marks that reach into a window, tall ones first.
    pub fn visible(&self, top: f32, bottom: f32) -> Vec<&Mark> {
        let from = self.marks.partition_point(|mark| mark.top < top - TALL);
        let to = self.marks.partition_point(|mark| mark.top <= bottom);
        let tall = self.tall.iter().map(|place| &self.marks[*place]);
        let short = self.marks[from.min(to)..to].iter().filter(|mark| mark.bottom - mark.top <= TALL);
        tall.chain(short).filter(|mark| mark.bottom >= top && mark.top <= bottom).collect()
    }

    /// The extent of an exchange on paper, if it is drawn.
    pub fn extent(&self, key: ExchangeKey) -> Option<(f32, f32)> {
        let mark = self.marks.iter().find(|mark| mark.key == Some(key) && mark.id.0 == Part::Hit)?;
        Some((mark.top, mark.bottom))
    }
}

/// Lays a scene out.
pub fn layout(scene: &Scene, view: &View<'_>) -> Layout {
    let start = scene.start();
    let end = view.now.unwrap_or(Micros::MIN).max(scene.end());
    let keep = [view.selected, view.cursor];
    let wish = runs::Wish { live: view.now.is_some(), keep, expanded: view.expanded };
    let seats = Seats::of(scene);
    let mut columns = seats.columns(view.width);
    let network = &scene.story().network;
    if let [only] = &mut columns[..] {
        only.network = network.faulty && !only.paper.narrow;
    }
    let alone = columns.len() == 1;
    // A run of one client's polls is no silence of its neighbours.
    let mut runs = if view.folding && alone { runs::runs(scene, wish) } else { Vec::new() };
    let folds = if view.folding { runs::folds(scene, &mut runs, end, view.zoom) } else { Vec::new() };
    let bare: Vec<_> = folds.iter().map(|(fold, _)| *fold).collect();
    // A clock that is a little off may see something before the run began.
    let first = scene.story().list.first().map_or(start, |told| told.start()).min(start).max(start - 1_000_000);
    let axis = Axis::new(first, end, ABOVE, view.zoom, &bare);
    let height = (axis.bottom() + BELOW) as f32;

    let mut marks = Vec::with_capacity(scene.exchanges().len() * 5 + 64);
    let mut moving = false;
    for (place, Seat { paper, network: shown, .. }) in columns.iter().enumerate() {
        let mut desk = Desk {
            axis: &axis,
            paper: *paper,
            seats: &seats,
            seat: place as u8,
            columns: &columns,
            end,
            live: view.now.is_some(),
            selected: view.selected,
            cursor: view.cursor,
            room: Room::new(
                height,
                if alone { view.density } else { (2 * view.density / columns.len() as u32).max(15) },
            ),
            marks,
            left: Column::default(),
            right: Column::default(),
            middle: Middle::new(paper.browser + 10.0, paper.server - 10.0),
            bands: Bands::default(),
            network: shown.then_some(network),
            half: Micros::from(scene.distance_ms().unwrap_or(0)) * 500,
            moving,
        };
        if place == 0 {
            desk.frame(start, &folds);
        }
        if alone {
            desk.bands(scene);
        }
        desk.events(scene);
        desk.exchanges(scene, &runs);
        desk.unnoticed(scene);
        desk.asides(scene);
        (marks, moving) = (desk.marks, desk.moving);
    }
    marks.sort_by(|a, b| a.top.total_cmp(&b.top).then(a.id.cmp(&b.id)));
    let tall = (0..marks.len()).filter(|place| marks[*place].bottom - marks[*place].top > TALL).collect();
    Layout { height, columns, axis, runs, marks, moving, tall }
}

/// Where a picture is made.
pub(super) struct Desk<'a> {
    pub axis: &'a Axis,
    pub paper: Paper,
    pub seats: &'a Seats,
    pub seat: u8,
    pub columns: &'a [Seat],
    pub end: Micros,
    pub live: bool,
    pub selected: Option<ExchangeKey>,
    pub cursor: Option<ExchangeKey>,
    pub room: Room,
    pub marks: Vec<Mark>,
    pub left: Column,
    pub right: Column,
    pub middle: Middle,
    pub bands: Bands,
    /// The network, where it has a lifeline.
    pub network: Option<&'a Network>,
    /// Half of the distance, in microseconds.
    pub half: Micros,
    pub moving: bool,
}

/// How much may still be drawn in each 100 pixels.
pub(super) struct Room {
    left: Vec<u16>,
}

impl Room {
    fn new(height: f32, density: u32) -> Self {
        let each = u16::try_from(density).unwrap_or(u16::MAX);
        Self { left: vec![each; (height / 100.0) as usize + 2] }
    }

    /// Takes room for some elements at a height, if there is as much.
    pub fn take(&mut self, y: f32, nodes: u16) -> bool {
        let last = self.left.len() - 1;
        let left = &mut self.left[((y / 100.0).max(0.0) as usize).min(last)];
        let fits = *left >= nodes;
        *left -= if fits { nodes } else { 0 };
        fits
    }
}

impl Desk<'_> {
    /// The place of a moment.
    pub fn y(&self, at: Micros) -> f32 {
        self.axis.y(at) as f32
    }

    /// Adds a mark.
    pub fn put(&mut self, id: (Part, u32, u32), owner: Owner, extent: (f32, f32), shape: Shape) {
        self.marks.push(Mark {
            id: MarkId(id.0, self.seat, id.1, id.2),
            top: extent.0.min(extent.1),
            bottom: extent.0.max(extent.1),
            key: owner.key,
            technique: owner.technique,
            selected: owner.selected,
            shape,
        });
    }

    /// Adds words beside a lifeline, if there is a place for them, and says whether there was.
    pub fn beside(&mut self, id: (Part, u32, u32), owner: Owner, y: f32, tone: Tone, label: Label, off: f32) -> bool {
        let left = id.0 == Part::LeftLabel;
        if !self.paper.beside[usize::from(!left)] {
            return false;
        }
        let column = if left { &mut self.left } else { &mut self.right };
        let Some(y) = column.place(y) else { return false };
        if !self.room.take(y, 1) {
            return false;
        }
        let (x, anchor) = if left {
            (self.paper.browser - off, Anchor::End)
        } else {
            (self.paper.server + off + self.bands.width, Anchor::Start)
        };
        let shape = Shape::Words { x, y: y + 4.0, anchor, tone, label };
        self.put(id, owner, (y - 10.0, y + 6.0), shape);
        true
    }

    /// The axis, the lifelines, the folds.
    fn frame(&mut self, zero: Micros, folds: &[(super::axis::Fold, Option<Run>)]) {
        let (paper, last) = (self.paper, self.columns.last().map_or(self.paper, |last| last.paper));
        let right = if last.narrow { last.width - 4.0 } else { last.server + 128.0 };
        let pair = |column: &Seat| [column.paper.browser, column.paper.server];
        let mut lifelines: Vec<f32> = self.columns.iter().flat_map(pair).collect();
        let ends = lifelines.len();
        lifelines.extend(self.network.map(|_| paper.middle()));
        let middle = (paper.browser + last.server) / 2.0;
        for (at, y) in self.axis.ticks(zero, TICKS) {
            let (y, id) = (y as f32, (at / 1000) as u32);
            self.put((Part::Grid, id, 0), Owner::NONE, (y, y), Shape::Grid { x0: paper.gutter + 10.0, x1: right, y });
            let words = Shape::Words {
                x: paper.gutter,
                y: y + 4.0,
                anchor: Anchor::End,
                tone: Tone::Tick,
                label: Label::Time(at),
            };
            self.put((Part::Tick, id, 0), Owner::NONE, (y - 10.0, y + 6.0), words);
        }
        let last = self.axis.stretches().len() - 1;
        for (i, stretch) in self.axis.stretches().iter().enumerate() {
            let top = if i == 0 { 0.0 } else { stretch.top };
            let bottom = stretch.bottom + if i == last { if self.live { 0.0 } else { 22.0 } } else { 0.0 };
            // In pieces, so that none is tall.
            let mut y = top;
            let mut piece = 0;
            while y < bottom {
                let until = (y + 500.0).min(bottom);
                for (side, x) in lifelines.iter().copied().enumerate() {
                    let (y0, y1) = (y as f32, until as f32);
                    let shape = Shape::Life { x, y0, y1, folded: stretch.folded, thin: side >= ends };
                    self.put((Part::Life, (i as u32) << 4 | side as u32, piece), Owner::NONE, (y0, y1), shape);
                }
                y = until;
                piece += 1;
            }
        }
        for (i, (fold, run)) in folds.iter().enumerate() {
            let (y0, y1) = (self.y(fold.from), self.y(fold.to));
            let (y, id) = ((y0 + y1) / 2.0, i as u32);
            let xs = [paper.gutter - 8.0].into_iter().chain(lifelines.iter().copied()).collect();
            self.put((Part::Break, id, 0), Owner::NONE, (y0, y1), Shape::Break { xs, y });
            let Some(run) = run else {
                let label = Label::Idle(fold.to - fold.from);
                let words = Shape::Words { x: middle, y: y + 4.0, anchor: Anchor::Middle, tone: Tone::Faint, label };
                self.put((Part::EventLabel, id, 1), Owner::NONE, (y - 10.0, y + 6.0), words);
                continue;
            };
            let (a, b) = key_numbers(run.key);
            let stack = Shape::Stack { x0: paper.browser, x1: paper.server, y };
            self.put((Part::Stack, a, b), Owner::NONE, (y0, y1), stack);
            let label = Label::EmptyPolls(run.count as u32, run.bytes);
            let owner = Owner { key: Some(run.key), ..Owner::NONE };
            let pill = Shape::Pill { x: paper.middle(), y, label, open: false };
            self.put((Part::Pill, a, b), owner, (y - 15.0, y + 15.0), pill);
        }
        if self.live {
            let y = self.y(self.end);
            self.put((Part::Now, 0, 0), Owner::NONE, (y, y), Shape::Now { x0: paper.gutter + 10.0, x1: right, y });
        }
    }

    /// The exchanges, and a way to fold again the runs that the reader opened.
    fn exchanges(&mut self, scene: &Scene, runs: &[Run]) {
        let list = &scene.story().list;
        let mut fate = vec![Fate::Left; list.len()];
        for (told, fate) in list.iter().zip(&mut fate) {
            if self.seats.seat_of(told.key) != self.seat {
                *fate = Fate::Elsewhere;
            }
        }
        for run in runs {
            if !run.open {
                fate[run.first..run.first + run.count].fill(Fate::Folded);
                continue;
            }
            let (a, b) = key_numbers(run.key);
            let y = self.y(run.from) - 15.0;
            let owner = Owner { key: Some(run.key), ..Owner::NONE };
            let label = Label::FoldAgain(run.count as u32);
            let pill = Shape::Pill { x: self.paper.middle(), y, label, open: true };
            self.put((Part::Pill, a, b), owner, (y - 15.0, y + 15.0), pill);
        }
        // What must not be missed takes its room first. Where there is not room for all, those that are drawn lie
        // scattered over the whole stretch: first every 64th, then every 32nd between, and so on.
        for first in [true, false] {
            for step in [64, 32, 16, 8, 4, 2, 1] {
                for i in (0..list.len()).step_by(step).filter(|i| step == 64 || i % (2 * step) != 0) {
                    let told = &list[i];
                    let wanted = Some(told.key) == self.selected || Some(told.key) == self.cursor;
                    let important = told.notable() || !told.empty() || wanted;
                    if important == first && fate[i] == Fate::Left {
                        let y = self.y(told.start());
                        let fits = self.room.take(y, arrows::nodes(told)) || wanted;
                        fate[i] = if fits { Fate::Drawn } else { Fate::Left };
                    }
                }
            }
        }
        let mut missing: Option<(u32, f32, u32)> = None;
        let mut lanes = arrows::Lanes::default();
        for (i, told) in list.iter().enumerate() {
            if fate[i] == Fate::Drawn {
                arrows::draw(self, scene, told, &mut lanes);
            } else if fate[i] == Fate::Left {
                let y = self.y(told.start());
                match &mut missing {
                    Some((count, at, _)) if y - *at < 100.0 => *count += 1,
                    _ => {
                        self.missing(missing.take());
                        missing = Some((1, y, i as u32));
                    }
                }
            }
        }
        self.missing(missing);
        arrows::label(self, &lanes);
    }

    fn missing(&mut self, missing: Option<(u32, f32, u32)>) {
        let Some((count, y, id)) = missing else { return };
        let shape = Shape::Words {
            x: self.paper.middle(),
            y: y + 4.0,
            anchor: Anchor::Middle,
            tone: Tone::Soft,
            label: Label::More(count),
        };
        self.put((Part::EventLabel, id, 2), Owner::NONE, (y - 10.0, y + 6.0), shape);
    }

    /// The size of labels on this paper.
    pub fn text(&self) -> f32 {
        if self.paper.narrow { 11.0 } else { TEXT }
    }
}

/// What becomes of an exchange on paper.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It belongs to another column.
    Elsewhere,
    /// It lies in a run that is folded.
    Folded,
    /// It is drawn.
    Drawn,
    /// There is no room for it at this zoom.
    Left,
}

/// To whom a mark belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub key: Option<ExchangeKey>,
    pub technique: Option<Technique>,
    pub selected: bool,
}

impl Owner {
    /// To nobody.
    pub const NONE: Self = Self { key: None, technique: None, selected: false };
}

/// Two numbers that name an exchange within the picture.
pub(super) fn key_numbers(key: ExchangeKey) -> (u32, u32) {
    match key {
        ExchangeKey::Client { client, exchange } => (u32::from(client), exchange),
        ExchangeKey::Loose { conn, nth } => (conn | 1 << 31, nth),
    }
}
