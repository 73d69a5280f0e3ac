//! The network between the two ends, once a fault on the wire has been in force: a lifeline of its own, where what is held
//! stops and waits.
//!
//! The tap stands at the server, and lets a unit go when its distance is over. So one that came to it and was let go much
//! later had waited meanwhile: it is drawn half of the distance before and after, and the wait halfway between the ends.

use super::{
    arrows::Pen,
    fold::{Event, Scene},
    layout::Desk,
    mark::{Line, Part, Shape, Tip},
};
use crate::{
    fault::{FaultId, Kind, Place},
    wire::{Direction, Micros},
};

/// A unit that was let go so much later than its distance had waited, in microseconds: more than a busy machine adds.
const LATE: Micros = 60_000;

/// What the faults on the wire did to the way between the ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// Whether anything but latency has been in force.
    pub faulty: bool,
    /// When units were held there.
    holds: Vec<Hold>,
}

/// A fault that holds units, while it is in force.
#[derive(Clone, Debug, PartialEq)]
struct Hold {
    from: Micros,
    until: Option<Micros>,
    by: FaultId,
    dir: Option<Direction>,
}

/// A unit's wait halfway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// When it comes there.
    arrive: Micros,
    /// Until when it waits, and whether it went on then.
    leave: (Micros, bool),
}

impl Network {
    /// What befell the way in a run.
    pub(super) fn of(scene: &Scene) -> Self {
        let mut network = Self::default();
        for event in scene.events() {
            let Event::Faults(faults, _) = &event.what else { continue };
            for hold in network.holds.iter_mut().filter(|hold| hold.until.is_none()) {
                hold.until = faults.iter().all(|fault| fault.id != hold.by).then_some(event.at);
            }
            for fault in faults {
                let dir = match fault.kind {
                    Kind::Stall
                    | Kind::Tail { .. }
                    | Kind::Bandwidth { .. }
                    | Kind::Loss { .. }
                    | Kind::Slice { .. } => fault.direction,
                    Kind::Buffer { .. } | Kind::SlowReader { .. } => Some(Direction::Down),
                    Kind::SlowConnect { .. } => Some(Direction::Up),
                    Kind::Latency { .. } => continue,
                    _ => {
                        network.faulty |= fault.kind.place() == Place::Wire;
                        continue;
                    }
                };
                network.faulty = true;
                if !network.holds.iter().any(|hold| hold.by == fault.id && hold.until.is_none()) {
                    network.holds.push(Hold { from: event.at, until: None, by: fault.id, dir });
                }
            }
        }
        network
    }

    /// The latest hold that a unit came into.
    fn hold(&self, dir: Direction, seen: Micros) -> Option<&Hold> {
        let meets = |hold: &&Hold| {
            hold.dir.is_none_or(|only| only == dir) && hold.from <= seen && hold.until.is_none_or(|until| seen < until)
        };
        self.holds.iter().rev().find(meets)
    }
}

impl Desk<'_> {
    /// Whether a unit stops halfway that came to the tap at this time, and was let go at that.
    pub fn stop(&self, dir: Direction, seen: Option<Micros>, released: Option<Micros>) -> Option<Stop> {
        let seen = seen?;
        let hold = self.network?.hold(dir, seen)?;
        let arrive = seen + self.half;
        match released {
            Some(at) if at - seen > 2 * self.half + LATE => Some(Stop { arrive, leave: (at - self.half, true) }),
            Some(_) => None,
            // A little later it will be known.
            None if self.end < arrive => None,
            None => Some(Stop { arrive, leave: (hold.until.unwrap_or(self.end).min(self.end).max(arrive), false) }),
        }
    }
}

impl Pen<'_, '_> {
    /// An arrow that may stop halfway, and its place among the lines.
    pub fn way(&mut self, id: (Part, u32, u32), ends: [f32; 4], line: Line, tip: Tip, stop: Option<Stop>) -> usize {
        let [x0, y0, x1, y1] = ends;
        let Some(stop) = stop.filter(|_| self.desk.room.take(y0, 2)) else { return self.leg(id, ends, line, tip) };
        let kind = match id.0 {
            Part::Message => 2,
            Part::Answer => 1,
            _ => 0,
        };
        let own = (id.1, id.2 | kind << 28);
        let middle = self.desk.paper.middle();
        let (until, gone) = stop.leave;
        let came = self.desk.y(stop.arrive).max(y0);
        // Within the clock error it may seem to land before it could.
        let came = if gone { came.min(y1.max(y0)) } else { came };
        let left = self.desk.y(until).max(came);
        self.desk.moving |= !gone && self.desk.live;
        let bar = Shape::Bar { x: middle, y0: came, y1: left, hatched: true };
        self.desk.put((Part::Wait, own.0, own.1), self.owner, (came, left), bar);
        if !gone {
            return self.leg(id, [x0, y0, middle, came], line, Tip::Flying);
        }
        self.leg((Part::Leg, own.0, own.1), [x0, y0, middle, came], line, Tip::Flying);
        self.leg(id, [middle, left.min(y1), x1, y1], line, tip)
    }
}
