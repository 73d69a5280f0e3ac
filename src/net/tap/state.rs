//! A connection's state: what came in, what was decided, what has gone. Everything here happens under one lock and
//! returns at once; waiting is for [`Tap`](super::Tap) and [`pump`](super::pump).

use std::{
    io::{self, IoSlice},
    net::Shutdown,
    sync::Arc,
};

use socket2::SockRef;
use tokio::{io::ReadBuf, net::TcpStream, sync::Notify};

use super::{
    book::{Book, Route},
    way::{End, Head, MAX_PARTIAL, Passing, Turn, Wait, Waiting, Way},
};
use crate::{
    fault::{
        FaultId,
        chain::{Meta, Verdict},
    },
    wire::{
        Close, Direction, Fact, Micros, Unit,
        decode::{Cut, Decoder},
    },
};

/// The most units that leave in one write.
const TOGETHER: usize = 16;

/// A connection's state.
pub(super) struct State {
    /// The socket; none once the connection was cut.
    pub(super) socket: Option<Arc<TcpStream>>,
    pub(super) up: Way,
    pub(super) down: Way,
    decoder: Decoder,
    book: Book,
    /// Requests that reached the server, and answers that left.
    asked: u32,
    answered: u32,
    upgraded: bool,
    /// When a unit was last let go, or lost, either way.
    stepped: Micros,
    /// The socket takes nothing any more: what is still sent is lost.
    broken: bool,
    /// Whether a pump owns the way down.
    pub(super) pumping: bool,
    /// The server let go of the connection: nobody reads any more.
    pub(super) gone: bool,
    /// Wakes the pump when something else than its own wait concerns it.
    pub(super) stir: Arc<Notify>,
}

/// What became of draining the way down.
pub(super) enum Drained {
    /// All of it is gone.
    Empty,
    /// The first unit is not due.
    Wait(Wait),
    /// The socket takes no more for now.
    Blocked(Arc<TcpStream>),
}

impl State {
    pub(super) fn new(socket: TcpStream, book: Book, accepted: Micros) -> Self {
        Self {
            socket: Some(Arc::new(socket)),
            up: Way::new(),
            down: Way::new(),
            decoder: Decoder::default(),
            book,
            asked: 0,
            answered: 0,
            upgraded: false,
            stepped: accepted,
            broken: false,
            pumping: false,
            gone: false,
            stir: Arc::new(Notify::new()),
        }
    }

    pub(super) fn way(&mut self, dir: Direction) -> &mut Way {
        match dir {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    // --- Coming in -----------------------------------------------------------------------------------------------

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
    fn arrive(&mut self, dir: Direction, cut: Cut, piece: &[u8], now: Micros) -> bool {
        let route = self.book.route(dir, &cut);
        let conn = self.book.conn();
        let way = self.way(dir);
        let no = way.next();
        let Cut { unit, .. } = cut;
        let turn = Turn::of(&unit, dir);
        let first = way.queue.is_empty() && way.partial.is_empty() && !matches!(unit, Unit::End { .. });
        if first && route.decide(Meta { dir, conn, no, unit: &unit }).is_pass() && !piece.is_empty() {
            route.see(now, || Fact::Unit { dir, no, unit });
            way.passing.push(Passing { no, route, turn, len: piece.len() });
            return true;
        }
        route.see(now, || Fact::Unit { dir, no, unit: unit.clone() });
        let mut bytes = std::mem::take(&mut way.partial);
        bytes.extend_from_slice(piece);
        way.push_back(Waiting { no, route, entered: now, turn, undecided: Some(unit), bytes, moved: 0 });
        false
    }

    /// Puts bytes of a fault's own making into a direction, as if its sender had written them.
    fn inject(&mut self, dir: Direction, bytes: &[u8], now: Micros) {
        // In the middle of a unit they cannot be decoded with the rest; that takes a client that pipelines.
        if self.way(dir).partial.is_empty() && self.way(dir).end == End::Open {
            let passed = self.take_in(dir, bytes, now);
            self.requeue(dir, &bytes[..passed], 0, now);
            self.flush(dir, now);
        }
        self.way(dir).wake();
    }

    // --- Going on ------------------------------------------------------------------------------------------------

    /// Looks at the first unit that waits, and does to it what the chain in force says, as far as that is not moving
    /// its bytes.
    pub(super) fn settle(&mut self, dir: Direction, now: Micros) -> Head {
        let conn = self.book.conn();
        loop {
            let way = self.way(dir);
            let Some(first) = way.queue.front_mut() else { return Head::Empty };
            let Some(unit) = &first.undecided else { return Head::Ready };
            let (no, end) = (first.no, matches!(unit, Unit::End { .. }));
            let (decision, changes) = first.route.decide_watching(Meta { dir, conn, no, unit });
            let due = first.entered + decision.micros();
            if now < due {
                return Head::Wait(Wait { no, due: Some(due), changes });
            }
            match decision.verdict {
                Verdict::Hold(_) => return Head::Wait(Wait { no, due: None, changes }),
                // An end cannot come twice.
                Verdict::Duplicate(_) if end => {}
                Verdict::Pass | Verdict::Delay(_) => {}
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
    fn lose(&mut self, dir: Direction, by: FaultId, now: Micros) {
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
    fn replace(&mut self, dir: Direction, by: FaultId, bytes: Vec<u8>, now: Micros) {
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
    fn double(&mut self, dir: Direction, now: Micros) {
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

    fn released(&mut self, dir: Direction, no: u32, route: &Route, turn: Turn, now: Micros) {
        route.see(now, || Fact::Released { dir, no });
        self.stepped = now;
        match turn {
            Turn::Asked => self.asked = self.asked.saturating_add(1),
            Turn::Answered => self.answered = self.answered.saturating_add(1),
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
        if dir == Direction::Down
            && let Some(socket) = &self.socket
        {
            // It can only fail if the peer has reset the connection, and then there is nobody to tell.
            drop(SockRef::from(&**socket).shutdown(Shutdown::Write));
        }
        self.tell(dir, how, now);
    }

    /// Moves what is due into the socket.
    pub(super) fn drain(&mut self, now: Micros) -> Drained {
        loop {
            match self.settle(Direction::Down, now) {
                Head::Empty | Head::Cut => return Drained::Empty,
                Head::Wait(wait) => return Drained::Wait(wait),
                Head::End(how) => self.deliver_end(Direction::Down, how, now),
                Head::Ready => match self.send_due(now) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        return match &self.socket {
                            Some(socket) => Drained::Blocked(socket.clone()),
                            None => Drained::Empty,
                        };
                    }
                    Err(_) => self.broke(now),
                },
            }
            if !self.down.is_full() {
                self.down.wake();
            }
        }
    }

    /// Writes the first unit of the way down, which is ready, and those after it that are, too: what came together goes
    /// together.
    fn send_due(&mut self, now: Micros) -> io::Result<()> {
        let conn = self.book.conn();
        let mut slices = [IoSlice::new(&[]); TOGETHER];
        let mut count = 0;
        let mut bytes = 0;
        for waiting in self.down.queue.iter_mut().take(TOGETHER) {
            if !waiting.is_ready(Direction::Down, conn, now) {
                break;
            }
            let rest = &waiting.bytes[waiting.moved..];
            slices[count] = IoSlice::new(rest);
            count += 1;
            bytes += rest.len();
        }
        let mut moved = 0;
        if bytes > 0 {
            moved = match &self.socket {
                Some(socket) if !self.broken => socket.try_write_vectored(&slices[..count])?,
                _ => return Err(io::ErrorKind::BrokenPipe.into()),
            };
            if moved == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.down.bytes += moved as u64;
        for _ in 0..count {
            let Some(first) = self.down.queue.front_mut() else { break };
            let n = moved.min(first.bytes.len() - first.moved);
            moved -= n;
            first.moved += n;
            if first.moved < first.bytes.len() {
                break;
            }
            self.release_first(Direction::Down, now);
        }
        Ok(())
    }

    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.socket {
            Some(socket) if !self.broken => socket.try_write(bytes),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Moves the beginning of a write into the socket, as much as it takes; the rest waits.
    pub(super) fn write_through(&mut self, passed: &[u8], now: Micros) {
        let moved = match self.send(passed) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.requeue(Direction::Down, passed, 0, now);
                self.broke(now);
                return;
            }
        };
        self.down.bytes += moved as u64;
        self.requeue(Direction::Down, passed, moved, now);
    }

    /// The socket takes nothing any more: the peer has reset the connection. The server learns of it as of every end,
    /// by a unit on the way up; what waits to be sent is lost, and never released.
    fn broke(&mut self, now: Micros) {
        self.broken = true;
        while self.down.pop().is_some() {}
        if self.down.end == End::Waiting {
            self.down.end = End::Delivered(Close::Rst);
            self.tell(Direction::Down, Close::Rst, now);
        }
        self.end(Direction::Up, Close::Rst, now);
        self.up.wake();
        self.down.wake();
    }

    // --- The ends ------------------------------------------------------------------------------------------------

    /// The whole connection ends now: by a fault, or because the server shuts down.
    pub(super) fn cut(&mut self, by: Option<FaultId>, how: Close, now: Micros) {
        for dir in [Direction::Up, Direction::Down] {
            match by {
                Some(by) => {
                    while !self.way(dir).queue.is_empty() {
                        self.lose(dir, by, now);
                    }
                }
                None => while self.way(dir).pop().is_some() {},
            }
            let way = self.way(dir);
            way.partial.clear();
            way.end = End::Delivered(how);
        }
        match (&self.socket, how) {
            (Some(socket), Close::Rst) => {
                // With a linger time of zero, closing sends an RST; whoever still waits on this handle lets go of it.
                drop(socket.set_zero_linger());
                self.socket = None;
            }
            (Some(socket), Close::Fin) => drop(SockRef::from(&**socket).shutdown(Shutdown::Write)),
            (None, _) => {}
        }
        self.broken = true;
        self.tell(Direction::Up, how, now);
        self.tell(Direction::Down, how, now);
        self.up.wake();
        self.down.wake();
        self.stir.notify_one();
    }

    /// Tells the labs, once, that a direction has ended.
    pub(super) fn tell(&mut self, dir: Direction, how: Close, now: Micros) {
        if !std::mem::replace(&mut self.way(dir).told, true) {
            self.book.closed(now, dir, how, self.up.bytes, self.down.bytes);
        }
    }

    /// The server sends no more. Nothing is said to a client that has reset the connection, once the server knows.
    pub(super) fn hang_up(&mut self, now: Micros) {
        if self.socket.is_some() && !self.broken && self.up.end != End::Delivered(Close::Rst) {
            self.end(Direction::Down, Close::Fin, now);
        }
    }

    /// The server lets go of the connection: its direction ends, if it has not yet, and what waits for it has no reader.
    pub(super) fn let_go(&mut self, now: Micros) {
        self.gone = true;
        let up = &mut self.up;
        up.waker = None;
        up.partial.clear();
        up.queue.retain(|waiting| matches!(waiting.undecided, Some(Unit::End { .. })));
        up.queued = 0;
        self.hang_up(now);
        self.stir.notify_one();
    }

    /// The socket is about to be closed for good.
    pub(super) fn finish(&mut self, now: Micros) {
        let how = match self.up.end {
            End::Delivered(how) => how,
            _ => Close::Fin,
        };
        self.tell(Direction::Down, how, now);
    }

    /// Until when the other side may stay silent, if it has to say something: to finish a unit, to begin a request, or,
    /// after the last answer was let go, to use the connection again.
    pub(super) fn patience(&self, head: Micros, idle: Micros) -> Option<Micros> {
        if self.upgraded || self.up.end != End::Open {
            None
        } else if !self.up.partial.is_empty() {
            Some(self.up.partial_since + head)
        } else if self.asked > self.answered || !self.up.queue.is_empty() || !self.down.queue.is_empty() {
            None
        } else if self.asked == 0 {
            Some(self.stepped + head)
        } else {
            Some(self.stepped + idle)
        }
    }

    /// What of the way down's end a chain may still undo.
    pub(super) fn swallowed(&self) -> bool {
        self.down.end == End::Swallowed
    }

    /// Whether the socket takes nothing any more.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Where a lingering connection looks for another chain.
    pub(super) fn owner(&mut self) -> Route {
        self.book.newest()
    }
}
