//! TCP connections on paper: where they are the subject, each has a band beside the server's lifeline, from when it was
//! accepted until one side ended it. Requests lead to their band, and it is filled while it carries one.

use super::{
    fold::Scene,
    layout::{Desk, Owner},
    mark::{Anchor, Label, Part, Shape, Tone},
    told::Try,
};
use crate::wire::{ConnNo, Direction, Micros};

/// How many bands can stand side by side. A browser keeps six connections to a host; each visit may open new ones.
const BANDS: usize = 12;

/// How long a place stays free after a band, in microseconds, while there are others: connections that follow each other
/// are then seen side by side.
const APART: Micros = 2_000_000;

/// Ends that lie closer than this share their words, in pixels.
const SHARED: f32 = 15.0;

/// The places of bands across the paper, by connection.
#[derive(Debug, Default)]
pub(super) struct Bands {
    places: Vec<(ConnNo, f32)>,
    /// How much room they take beside the lifeline.
    pub width: f32,
}

impl Bands {
    /// Where a connection's band is, if it has one.
    pub fn place(&self, conn: ConnNo) -> Option<f32> {
        self.places.iter().rev().find(|place| place.0 == conn).map(|place| place.1)
    }
}

/// A connection's life.
struct Life<'a> {
    from: Micros,
    conn: ConnNo,
    /// Until when, and which direction ended first; nothing while it is open.
    end: Option<(Micros, Direction)>,
    tries: Vec<&'a Try>,
}

impl Life<'_> {
    /// Who ended it without having said so before: the server, because nothing was asked for so long, or the browser.
    fn closer(&self) -> Option<(Micros, Direction)> {
        let said = self.tries.iter().any(|t| t.closes);
        self.end.filter(|_| !said)
    }
}

/// The lives of the connections that carried requests of a visitor, in order; none if there are no visitors.
fn lives(scene: &Scene) -> Vec<Life<'_>> {
    let mut lives: Vec<Life<'_>> = Vec::new();
    if !scene.has_visits() {
        return lives;
    }
    // The story is told in the order of time, and so connections come nearly in their own: the latest are looked at first.
    for t in scene.story().list.iter().flat_map(|told| &told.tries) {
        match lives.iter_mut().rev().find(|life| life.conn == t.conn) {
            Some(life) => life.tries.push(t),
            None => {
                let life = life(scene, t);
                let place = lives.iter().rposition(|earlier| earlier.from <= life.from).map_or(0, |place| place + 1);
                lives.insert(place, life);
            }
        }
    }
    lives
}

/// The life of a connection, with the first of its requests.
fn life<'a>(scene: &Scene, t: &'a Try) -> Life<'a> {
    let facts = scene.connection(t.conn);
    // One that was open before the run began comes in from above.
    let from = facts.and_then(|facts| facts.opened).unwrap_or(Micros::MIN).max(scene.start());
    let ends = facts.map(|facts| &facts.closed).into_iter().flatten().zip([Direction::Up, Direction::Down]);
    let end = ends.filter_map(|(end, dir)| Some((end.as_ref()?.at, dir))).min_by_key(|(at, _)| *at);
    Life { from, conn: t.conn, end, tries: vec![t] }
}

impl Desk<'_> {
    /// Draws the bands, and remembers where they are.
    pub fn bands(&mut self, scene: &Scene) {
        let lives = lives(scene);
        let step = if self.paper.narrow { 5.5 } else { 9.0 };
        let mut busy = [Micros::MIN; BANDS];
        for life in &lives {
            let until = life.end.map_or(self.end, |end| end.0).max(life.from);
            let free = |apart: Micros| busy.iter().position(|busy| busy.saturating_add(apart) <= life.from);
            let Some(place) = free(APART).or_else(|| free(0)) else { continue };
            busy[place] = until;
            let x = self.paper.server + 2.0 + step * (place + 1) as f32;
            self.bands.places.push((life.conn, x));
            self.bands.width = self.bands.width.max(x - self.paper.server + step);
            let mut pieces = vec![(life.from, until, false)];
            pieces.extend(life.tries.iter().filter_map(|t| {
                let over = t.down_whole.and(t.down_released).or(t.cut.map(|cut| cut.0)).unwrap_or(until);
                Some((t.up_seen?, over.min(until), true))
            }));
            for (i, (from, to, carries)) in pieces.into_iter().enumerate() {
                let (y0, y1) = (self.y(from), self.y(to).max(self.y(from) + 3.0));
                let shape = Shape::Band { x, y0, y1, half: step * 0.3, carries };
                self.put((Part::Band, life.conn, i as u32), Owner::NONE, (y0, y1), shape);
            }
        }
        self.closers(&lives);
    }

    /// Says who ended connections that nobody had said would end.
    fn closers(&mut self, lives: &[Life<'_>]) {
        let mut ends: Vec<(f32, Direction, ConnNo)> = Vec::new();
        for life in lives {
            let Some((at, dir)) = life.closer() else { continue };
            let y = self.y(at);
            let place = ends.partition_point(|end| (end.0, end.2) < (y, life.conn));
            ends.insert(place, (y, dir, life.conn));
        }
        let mut from = 0;
        while from < ends.len() {
            let (y, dir, conn) = ends[from];
            let same = ends[from..].iter().take_while(|end| end.0 - y < SHARED && end.1 == dir).count();
            from += same;
            let count = same as u32;
            let label = match dir {
                Direction::Down => Label::ServerCloses(count, conn),
                Direction::Up => Label::BrowserCloses(count, conn),
            };
            let (x, half) = (self.paper.server - 8.0, label.ems() * self.text());
            let shape = Shape::Words { x, y: y + 4.0, anchor: Anchor::End, tone: Tone::Strong, label };
            self.put((Part::EventLabel, conn, 3), Owner::NONE, (y - 10.0, y + 6.0), shape);
            self.middle.reserve([x - half, y - 10.0, x, y + 6.0]);
        }
    }
}
