//! Coming in: bytes are cut into units, which are observed and either go on at once or wait.

use super::{
    state::State,
    way::{End, MAX_PARTIAL, Passing, Turn, Waiting},
};
use crate::{
    fault::chain::Meta,
    wire::{Close, Direction, Fact, Micros, Unit, decode::Cut},
};

impl State {
    /// Cuts bytes into units and observes them. What may go on at once is the beginning of `bytes`, as long as the
    /// result says, and stands in [`Way::passing`]; what follows has been copied to wait.
    pub(super) fn take_in(&mut self, dir: Direction, bytes: &[u8], now: Micros) -> usize {
        let (mut start, mut at, mut passed) = (0, 0, 0);
        while at < bytes.len() {
            let fed = self.decoder.feed(dir, &bytes[at..]);
            // The decoder takes at least one byte; were it not so, this loop would not end.
            at = (at + fed.taken.max(1)).min(bytes.len());
            if let Some(cut) = fed.cut {
                if self.arrive(dir, cut, &bytes[start..at], now) {
                    passed = at;
                }
                start = at;
            }
        }
        if start < bytes.len() {
            // Without a border to wait for, or above the bound, what came so far is the unit.
            let way = self.way(dir);
            let under_way = way.partial.len() + bytes.len() - start;
            if (self.decoder.borderless(dir) || under_way >= MAX_PARTIAL)
                && let Some(cut) = self.decoder.cut(dir)
            {
                if self.arrive(dir, cut, &bytes[start..], now) {
                    passed = bytes.len();
                }
            } else {
                let way = self.way(dir);
                if way.partial.is_empty() {
                    way.partial_since = now;
                }
                way.partial.extend_from_slice(&bytes[start..]);
            }
        }
        passed
    }

    /// Ends the unit under way, because its sender waits for it to go: a piece of a body.
    pub(super) fn flush(&mut self, dir: Direction, now: Micros) {
        if !self.way(dir).partial.is_empty()
            && let Some(cut) = self.decoder.cut(dir)
        {
            self.arrive(dir, cut, &[], now);
        }
    }

    /// A direction ends, after all that came before.
    pub(super) fn end(&mut self, dir: Direction, how: Close, now: Micros) {
        match self.way(dir).end {
            End::Open => {}
            // What was dropped as a FIN may come again as an RST, when the other side finds out.
            End::Swallowed if how == Close::Rst => {}
            _ => return,
        }
        let (last, end) = self.decoder.end(dir, how);
        if let Some(cut) = last {
            self.arrive(dir, cut, &[], now);
        }
        self.way(dir).end = End::Waiting;
        self.arrive(dir, end, &[], now);
    }

    /// Observes a unit whose last bytes are `piece`, and says whether it goes on at once. Otherwise it waits.
    pub(super) fn arrive(&mut self, dir: Direction, cut: Cut, piece: &[u8], now: Micros) -> bool {
        let route = self.book.route(dir, &cut);
        let (conn, silenced) = (self.book.conn(), self.silenced);
        if cut.address.is_some() {
            (self.asked_at, self.request, self.open, self.begun) = (now, cut.request, true, false);
            // So many bytes may be all that the answer is granted.
            self.fate();
        }
        self.overhear(dir, &cut, piece, now);
        let watched = dir == Direction::Down && self.mark.is_some();
        let way = self.way(dir);
        let no = way.next();
        let Cut { unit, request, .. } = cut;
        route.sum(dir, &unit);
        let turn = Turn::of(&unit, dir, request);
        let alone = way.queue.is_empty() && way.partial.is_empty();
        let first = alone && !watched && !matches!(unit, Unit::End { .. });
        if first && route.decide(Meta::new(dir, conn, no, silenced, &unit)).is_pass() && !piece.is_empty() {
            route.see(now, || Fact::Unit { dir, no, unit });
            way.passing.push(Passing { no, route, turn, len: piece.len() });
            return true;
        }
        route.see(now, || Fact::Unit { dir, no, unit: unit.clone() });
        let mut bytes = std::mem::take(&mut way.partial);
        bytes.extend_from_slice(piece);
        way.push_back(Waiting { undecided: Some(unit), ..Waiting::new(no, route, now, turn, bytes) });
        false
    }

    /// Puts bytes of a fault's own making into a direction, as if its sender had written them.
    pub(super) fn inject(&mut self, dir: Direction, bytes: &[u8], now: Micros) {
        // In the middle of a unit they cannot be decoded with the rest; that takes a client that pipelines.
        if self.way(dir).partial.is_empty() && self.way(dir).end == End::Open {
            let passed = self.take_in(dir, bytes, now);
            self.requeue(dir, &bytes[..passed], 0, now);
            self.flush(dir, now);
        }
        self.way(dir).wake();
    }
}
