//! Going on: the first unit that waits is decided, and what was decided is done to it.

use tokio::io::ReadBuf;

use super::{
    book::Route,
    micros,
    state::State,
    wait::Wait,
    way::{End, Head, Passing, Turn, Waiting},
};
use crate::{
    fault::{
        FaultId,
        chain::{Decision, Meta, Verdict},
    },
    net::narrow::Narrow,
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
            // What has begun to go goes to its end: no framing may be torn that was not meant to be.
            let (no, end, begun) = (first.no, matches!(unit, Unit::End { .. }), first.moved > 0);
            let decision = first.route.decide(Meta::new(dir, conn, no, silenced, unit));
            way.slow = decision.reader.is_some();
            let line = || first.route.line().cloned();
            let due = first.entered + decision.micros();
            if now < due {
                return Head::Wait(Wait { due: Some(due), line: line() });
            }
            // A strike that is counted and has none left is none: then the unit is decided anew.
            let counts = |by| first.route.spend(by);
            match &decision.verdict {
                Verdict::Hold(_) => return Head::Wait(Wait { due: None, line: line() }),
                Verdict::Gather { bytes, wait, .. } if no > way.gathered => {
                    let due = wait.map(|wait| due + micros(wait));
                    let line = line();
                    if way.queued < *bytes && due.is_none_or(|due| now < due) && !way.is_full() && !way.ends() {
                        way.gathering = true;
                        return Head::Wait(Wait { due, line });
                    }
                    way.gathered = way.no;
                }
                Verdict::End(by, how) => {
                    if counts(*by) {
                        self.lose(dir, *by, now);
                        self.book.struck(now, *by);
                        self.cut(Some(*by), *how, now);
                        return Head::Cut;
                    }
                    continue;
                }
                Verdict::Drop(by) if !begun => {
                    if counts(*by) {
                        self.lose(dir, *by, now);
                    }
                    continue;
                }
                Verdict::Replace(by, bytes) if !begun => {
                    if counts(*by) {
                        self.replace(dir, *by, bytes.clone(), now);
                    }
                    continue;
                }
                Verdict::Answer(by, bytes) if !begun => {
                    if counts(*by) {
                        self.answer(dir, *by, bytes, now);
                    }
                    continue;
                }
                Verdict::Stale { by, ttl_ms } if !begun => {
                    if let Some(bytes) = self.kept(dir, *by, *ttl_ms, now) {
                        if self.front_counts(dir, *by) {
                            self.answer(dir, *by, &bytes, now);
                        }
                        continue;
                    }
                }
                _ => {}
            }
            if !end && let Some(wait) = self.pace(dir, &decision, due, now) {
                return Head::Wait(wait);
            }
            match decision.verdict {
                // An end cannot come twice.
                Verdict::Duplicate(by) if !end && !begun && !self.is_double(dir) => {
                    if !self.front_counts(dir, by) {
                        continue;
                    }
                    self.double(dir, now);
                }
                Verdict::Stale { by, .. } if !begun => self.listen(dir, by),
                _ => {}
            }
            let Some(first) = self.way(dir).queue.front_mut() else { return Head::Empty };
            if let Some(Unit::End { how }) = first.undecided {
                return Head::End(how);
            }
            if let Some(slices) = decision.slices.filter(|_| !first.bytes.is_empty()) {
                // It stays undecided, so that the rest of it may go at once when the fault is taken away.
                return match first.slice(slices, now) {
                    Some(due) => Head::Wait(Wait { due: Some(due), line: first.route.line().cloned() }),
                    None => Head::Ready,
                };
            }
            (first.undecided, first.piece) = (None, None);
            return Head::Ready;
        }
    }

    /// Has the first unit go through what is narrow. What it waits for, if it is not through.
    fn pace(&mut self, dir: Direction, decision: &Decision, came: Micros, now: Micros) -> Option<Wait> {
        let reader = decision.reader.map(|rate| (rate, self.reader.get_or_insert_with(|| Narrow::new(rate)).clone()));
        let first = self.way(dir).queue.front_mut()?;
        let lab = || first.route.line().cloned();
        let line = decision.line.zip(lab()).map(|(rate, lab)| (rate, lab.common().line(rate, dir)));
        let mut due = None;
        for (slot, narrow) in first.slots.iter_mut().zip([line, reader]) {
            let Some((rate, narrow)) = narrow else {
                *slot = None;
                continue;
            };
            let valid = slot.take().filter(|slot| slot.is_of(&narrow, rate));
            let slot = slot.insert(valid.unwrap_or_else(|| narrow.slot(rate, first.bytes.len(), came, now)));
            due = due.max(Some(slot.until()));
        }
        due.filter(|due| now < *due).map(|due| Wait { due: Some(due), line: first.route.line().cloned() })
    }

    /// Counts a strike on the first unit. False: the fault has none left.
    fn front_counts(&mut self, dir: Direction, by: FaultId) -> bool {
        self.way(dir).queue.front().is_none_or(|first| first.route.spend(by))
    }

    /// Whether the first unit has been doubled, or is a double.
    fn is_double(&mut self, dir: Direction) -> bool {
        self.way(dir).queue.front().is_some_and(|first| first.twice)
    }

    /// The first unit vanishes, and bytes go back to its sender: an answer, if it was a request.
    fn answer(&mut self, dir: Direction, by: FaultId, bytes: &[u8], now: Micros) {
        let asked = self.way(dir).queue.front().is_some_and(|first| first.turn == Turn::Asked);
        self.asked = self.asked.saturating_add(u32::from(asked));
        self.lose(dir, by, now);
        let back = if dir == Direction::Up { Direction::Down } else { Direction::Up };
        self.inject(back, bytes, now);
    }

    /// The first unit vanishes.
    pub(super) fn lose(&mut self, dir: Direction, by: FaultId, now: Micros) {
        self.stepped = now;
        let way = self.way(dir);
        if let Some(lost) = way.pop() {
            if matches!(lost.undecided, Some(Unit::End { .. })) {
                way.end = End::Swallowed;
            }
            if matches!(lost.turn, Turn::Answered(_)) {
                // The server has answered, for all it knows: an answer that nobody gets keeps no connection open.
                self.answered = self.answered.saturating_add(1);
            }
            lost.route.see(now, || Fact::Dropped { dir, no: lost.no, by });
        }
    }

    /// The first unit vanishes, and other bytes go on in its place: a unit with a number of its own.
    pub(super) fn replace(&mut self, dir: Direction, by: FaultId, bytes: Vec<u8>, now: Micros) {
        let Some(first) = self.way(dir).queue.front_mut() else { return };
        // What takes its place takes its turn.
        let (route, turn) = (first.route.clone(), std::mem::replace(&mut first.turn, Turn::Same));
        self.lose(dir, by, now);
        let way = self.way(dir);
        let no = way.next();
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        route.see(now, || Fact::Unit { dir, no, unit: Unit::Opaque { bytes: len } });
        way.insert(0, Waiting::new(no, route, now, turn, bytes));
    }

    /// A copy of the first unit, with a number of its own, is to follow it at once.
    pub(super) fn double(&mut self, dir: Direction, now: Micros) {
        let way = self.way(dir);
        let no = way.next();
        let Some(first) = way.queue.front_mut() else { return };
        first.twice = true;
        let undecided = first.undecided.clone();
        if let Some(unit) = &undecided {
            first.route.see(now, || Fact::Unit { dir, no, unit: unit.clone() });
        }
        let copy = Waiting::new(no, first.route.clone(), first.entered, Turn::Same, first.bytes.clone());
        way.insert(1, Waiting { undecided, twice: true, ..copy });
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
            Turn::Begun => self.begun = true,
            Turn::Answered(request) => {
                self.answered = self.answered.saturating_add(1);
                self.begun = true;
                self.open &= request < self.request;
                self.rest(now);
            }
            Turn::Upgraded => (self.upgraded, self.begun) = (true, true),
            Turn::Same => {}
        }
    }

    /// Moves bytes of the first unit of the way up into a reader's buffer. False: that is all for this read, because the buffer is full or
    /// a piece of the unit has a read of its own.
    pub(super) fn hand_over(&mut self, buf: &mut ReadBuf<'_>, now: Micros) -> bool {
        let Some(first) = self.up.queue.front_mut() else { return false };
        let rest = first.ready();
        let n = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..n]);
        let sliced = first.piece.is_some();
        if !first.moves(n, now) {
            return false;
        }
        self.release_first(Direction::Up, now);
        !sliced
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
                let rest = Waiting { moved, ..Waiting::new(no, route, now, turn, bytes.to_vec()) };
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
