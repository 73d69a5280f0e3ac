//! Going on: the first unit that waits is decided, and what was decided is done to it.

use tokio::io::ReadBuf;

use super::{
    book::Route,
    state::State,
    wait::Wait,
    way::{End, Head, Passing, Turn, Waiting},
};
use crate::{
    fault::{
        FaultId,
        chain::{Meta, Verdict},
    },
    wire::{Close, Direction, Fact, Micros, Unit},
};

impl State {
    /// Looks at the first unit that waits, and does to it what the chain in force says, as far as that is not moving
    /// its bytes.
    pub(super) fn settle(&mut self, dir: Direction, now: Micros) -> Head {
        let (conn, silenced) = (self.book.conn(), self.silenced);
        loop {
            let way = self.way(dir);
            way.gathering = false;
            let Some(first) = way.queue.front_mut() else { return Head::Empty };
            let Some(unit) = &first.undecided else { return Head::Ready };
            let (no, end) = (first.no, matches!(unit, Unit::End { .. }));
            let decision = first.route.decide(Meta::new(dir, conn, no, silenced, unit));
            let due = first.entered + decision.micros();
            if now < due {
                return Head::Wait(Wait { due: Some(due), line: first.route.line().cloned() });
            }
            match decision.verdict {
                Verdict::Hold(_) => return Head::Wait(Wait { due: None, line: first.route.line().cloned() }),
                Verdict::Gather { bytes, wait, .. } if no > way.gathered => {
                    let due = wait.map(|wait| due + Micros::try_from(wait.as_micros()).unwrap_or(Micros::MAX / 4));
                    let line = first.route.line().cloned();
                    if way.queued < bytes && due.is_none_or(|due| now < due) && !way.is_full() && !way.ends() {
                        way.gathering = true;
                        return Head::Wait(Wait { due, line });
                    }
                    way.gathered = way.no;
                }
                // An end cannot come twice.
                Verdict::Duplicate(_) if end => {}
                Verdict::Pass | Verdict::Delay(_) | Verdict::Gather { .. } => {}
                Verdict::Duplicate(_) => self.double(dir, now),
                Verdict::Drop(by) => {
                    self.lose(dir, by, now);
                    continue;
                }
                Verdict::Replace(by, bytes) => {
                    self.replace(dir, by, bytes, now);
                    continue;
                }
                Verdict::Answer(by, bytes) => {
                    self.lose(dir, by, now);
                    let back = if dir == Direction::Up { Direction::Down } else { Direction::Up };
                    self.inject(back, &bytes, now);
                    continue;
                }
                Verdict::End(by, how) => {
                    self.lose(dir, by, now);
                    self.book.struck(now, by);
                    self.cut(Some(by), how, now);
                    return Head::Cut;
                }
            }
            let Some(first) = self.way(dir).queue.front_mut() else { return Head::Empty };
            if let Some(Unit::End { how }) = first.undecided {
                return Head::End(how);
            }
            first.undecided = None;
            return Head::Ready;
        }
    }

    /// The first unit vanishes.
    pub(super) fn lose(&mut self, dir: Direction, by: FaultId, now: Micros) {
        self.stepped = now;
        let way = self.way(dir);
        if let Some(lost) = way.pop() {
            if matches!(lost.undecided, Some(Unit::End { .. })) {
                way.end = End::Swallowed;
            }
            lost.route.see(now, || Fact::Dropped { dir, no: lost.no, by });
        }
    }

    /// The first unit vanishes, and other bytes go on in its place: a unit with a number of its own.
    pub(super) fn replace(&mut self, dir: Direction, by: FaultId, bytes: Vec<u8>, now: Micros) {
        let Some((route, turn)) = self.way(dir).queue.front().map(|first| (first.route.clone(), first.turn)) else {
            return;
        };
        self.lose(dir, by, now);
        let way = self.way(dir);
        let no = way.next();
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        route.see(now, || Fact::Unit { dir, no, unit: Unit::Opaque { bytes: len } });
        way.insert(0, Waiting { no, route, entered: now, turn, undecided: None, bytes, moved: 0 });
    }

    /// A copy of the first unit, with a number of its own, is to follow it at once.
    pub(super) fn double(&mut self, dir: Direction, now: Micros) {
        let way = self.way(dir);
        let no = way.next();
        let Some(first) = way.queue.front() else { return };
        if let Some(unit) = &first.undecided {
            first.route.see(now, || Fact::Unit { dir, no, unit: unit.clone() });
        }
        let (route, bytes) = (first.route.clone(), first.bytes.clone());
        let copy = Waiting { no, route, entered: now, turn: Turn::Same, undecided: None, bytes, moved: 0 };
        way.insert(1, copy);
    }

    /// Observes the release of the first unit, all of whose bytes have been moved.
    pub(super) fn release_first(&mut self, dir: Direction, now: Micros) {
        if let Some(first) = self.way(dir).pop() {
            self.released(dir, first.no, &first.route, first.turn, now);
        }
    }

    pub(super) fn released(&mut self, dir: Direction, no: u32, route: &Route, turn: Turn, now: Micros) {
        route.see(now, || Fact::Released { dir, no });
        self.stepped = now;
        match turn {
            Turn::Asked => self.asked = self.asked.saturating_add(1),
            Turn::Answered => {
                self.answered = self.answered.saturating_add(1);
                self.rest(now);
            }
            Turn::Upgraded => self.upgraded = true,
            Turn::Same => {}
        }
    }

    /// Moves bytes of the first unit of the way up into a reader's buffer. False: the buffer is full.
    pub(super) fn hand_over(&mut self, buf: &mut ReadBuf<'_>, now: Micros) -> bool {
        let Some(first) = self.up.queue.front_mut() else { return false };
        let rest = &first.bytes[first.moved..];
        let n = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..n]);
        first.moved += n;
        if first.moved < first.bytes.len() {
            return false;
        }
        self.release_first(Direction::Up, now);
        true
    }

    /// Delivers a reset that is due to a server that does not read: what came before it is lost with it.
    pub(super) fn expect_reset(&mut self, now: Micros) {
        loop {
            match self.settle(Direction::Up, now) {
                Head::Ready => drop(self.up.pop()),
                Head::End(how) => self.deliver_end(Direction::Up, how, now),
                Head::Empty | Head::Wait(_) | Head::Cut => return,
            }
        }
    }

    /// Takes in what nobody will read: observed, never released.
    pub(super) fn ignore(&mut self, bytes: &[u8], now: Micros) {
        self.up.bytes += bytes.len() as u64;
        let passed = self.take_in(Direction::Up, bytes, now);
        debug_assert!(passed <= bytes.len());
        self.up.passing.clear();
        self.up.partial.clear();
        while self.up.pop().is_some() {}
    }

    /// Observes the release of what stands in [`Way::passing`], of which `moved` bytes are gone; what is left of it
    /// waits, before all else.
    pub(super) fn requeue(&mut self, dir: Direction, passed: &[u8], moved: usize, now: Micros) {
        let (mut start, mut place) = (0, 0);
        let mut passing = std::mem::take(&mut self.way(dir).passing);
        for unit in passing.drain(..) {
            let bytes = &passed[start..start + unit.len];
            start += unit.len;
            if start <= moved {
                self.released(dir, unit.no, &unit.route, unit.turn, now);
            } else {
                let moved = unit.len.saturating_sub(start - moved);
                let Passing { no, route, turn, .. } = unit;
                let bytes = bytes.to_vec();
                let rest = Waiting { no, route, entered: now, turn, undecided: None, bytes, moved };
                self.way(dir).insert(place, rest);
                place += 1;
            }
        }
        self.way(dir).passing = passing;
    }

    /// The end of a direction is delivered: it waits at the head of the queue.
    pub(super) fn deliver_end(&mut self, dir: Direction, how: Close, now: Micros) {
        self.release_first(dir, now);
        self.way(dir).end = End::Delivered(how);
        if dir == Direction::Down {
            self.send_fin();
        }
        self.tell(dir, how, now);
    }
}
