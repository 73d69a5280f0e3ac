//! A connection's state: what came in, what was decided, what has gone. Everything here happens under one lock and
//! returns at once; waiting is for [`Tap`](super::Tap) and [`pump`](super::pump).

use std::{
    net::Shutdown,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use socket2::SockRef;
use tokio::net::TcpStream;

use super::{
    book::{Book, Route},
    cache::Heard,
    wait::{Wait, Waiter},
    way::{End, Turn, Waiting, Way},
};
use crate::{
    fault::{
        FaultId,
        chain::{Fate, Life, TIMEOUT},
    },
    net::{line::Line, narrow::Narrow},
    wire::{Close, Direction, Fact, Micros, Unit, decode::Decoder},
};

/// What the pump does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pump {
    /// Nothing has had to wait yet, so there is none.
    None,
    /// It waits for work.
    Idle,
    /// It owns the way down.
    Busy,
}

/// A connection's state.
pub(super) struct State {
    /// The socket; none once the connection was cut.
    pub(super) socket: Option<Arc<TcpStream>>,
    pub(super) up: Way,
    pub(super) down: Way,
    pub(super) decoder: Decoder,
    pub(super) book: Book,
    /// Requests that reached the server, and answers that left.
    pub(super) asked: u32,
    pub(super) answered: u32,
    pub(super) upgraded: bool,
    /// When the latest request came.
    pub(super) asked_at: Micros,
    /// Which one that is, whether it is not answered to its end yet, and whether anything of its answer has gone.
    pub(super) request: u32,
    pub(super) open: bool,
    pub(super) begun: bool,
    /// When so many bytes have gone down, a fault may have something in store.
    pub(super) mark: Option<u64>,
    /// The way into a slow reader.
    pub(super) reader: Option<Narrow>,
    /// The answer that a cache on the way hears.
    pub(super) heard: Option<Box<Heard>>,
    /// The fault that ended the connection in silence, if one did: what is still sent vanishes.
    pub(super) silenced: Option<FaultId>,
    /// When a unit was last let go, or lost, either way.
    pub(super) stepped: Micros,
    /// When the reader looks at its patience by itself.
    pub(super) alarmed: Micros,
    /// The socket takes nothing any more: what is still sent is lost.
    pub(super) broken: bool,
    pub(super) pump: Pump,
    /// The server let go of the connection: nobody reads any more.
    pub(super) gone: bool,
    /// What the pump waits for; nothing, if it has no work.
    due: Option<Wait>,
    /// How it waits. Here and not in its own hands, so that whoever leaves something to it can set its timer without waking it.
    waiter: Waiter,
    /// Something else than its own wait concerns it.
    stirred: bool,
    /// How to wake it, once it has waited.
    sleeper: Option<Waker>,
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
            asked_at: accepted,
            request: 0,
            open: false,
            begun: false,
            mark: None,
            reader: None,
            heard: None,
            silenced: None,
            stepped: accepted,
            alarmed: Micros::MAX,
            broken: false,
            pump: Pump::None,
            gone: false,
            due: None,
            waiter: Waiter::new(),
            stirred: false,
            sleeper: None,
        }
    }

    /// Wakes the pump: something else than its own wait concerns it.
    pub(super) fn stir(&mut self) {
        self.stirred = true;
        if let Some(sleeper) = &self.sleeper {
            sleeper.wake_by_ref();
        }
    }

    /// Sets what the pump waits for.
    pub(super) fn wait_for(&mut self, due: Option<Wait>) {
        self.due = due;
    }

    /// Sets the same on behalf of a pump that sleeps: it is woken when it is time, and not before.
    pub(super) fn leave_to_pump(&mut self, due: Wait) {
        let Some(sleeper) = self.sleeper.clone() else {
            self.due = Some(due);
            return self.stir();
        };
        if self.waiter.poll(&mut Context::from_waker(&sleeper), &due).is_ready() {
            self.stir();
        }
        self.due = Some(due);
    }

    /// The pump's sleep: over when it was stirred, or what it waits for may be due.
    pub(super) fn poll_sleep(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.sleeper.as_ref().is_some_and(|sleeper| sleeper.will_wake(cx.waker())) {
            self.sleeper = Some(cx.waker().clone());
        }
        if std::mem::take(&mut self.stirred) {
            return Poll::Ready(());
        }
        match &self.due {
            Some(due) => self.waiter.poll(cx, due),
            None => Poll::Pending,
        }
    }

    pub(super) fn way(&mut self, dir: Direction) -> &mut Way {
        match dir {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// What a fault has in store for the connection, by the chain of the lab that was asked last.
    pub(super) fn fate(&mut self) -> Option<Fate> {
        let (asked, request, open, down) = (self.asked_at, self.request, self.open, self.down.bytes);
        let (moved, silenced) = (self.stepped, self.silenced);
        let outlook = self.book.outlook(Life { asked, request, open, down, moved, silenced, ..Life::default() });
        self.mark = outlook.at_bytes;
        outlook.fate
    }

    /// Whether so many bytes have gone down that a fault may have something in store.
    pub(super) fn is_marked(&self) -> bool {
        self.mark.is_some_and(|mark| self.down.bytes >= mark)
    }

    /// Looks at what is in store because of what has gone down. True: it has happened.
    pub(super) fn look_again(&mut self, now: Micros) -> bool {
        match self.fate() {
            Some(fate) if fate.at <= now => self.strike(fate, now),
            _ => {
                // The reader waits for it from now on.
                self.up.wake();
                false
            }
        }
    }

    /// What was in store for the connection happens. False: it does not, because the fault has no strike left.
    pub(super) fn strike(&mut self, fate: Fate, now: Micros) -> bool {
        if !self.book.newest().spend(fate.by) {
            return false;
        }
        self.book.struck(now, fate.by);
        let answering = self.begun || self.down.queue.front().is_some_and(|first| first.moved > 0);
        match fate.how {
            Some(_) if fate.told && !answering => self.time_out(fate.by, now),
            Some(how) => self.cut(Some(fate.by), how, now),
            None => {
                self.silenced = Some(fate.by);
                self.stir();
            }
        }
        true
    }

    /// An intermediary answers the latest request in the server's place, and ends the connection.
    fn time_out(&mut self, by: FaultId, now: Micros) {
        for dir in [Direction::Up, Direction::Down] {
            while !self.way(dir).queue.is_empty() {
                self.lose(dir, by, now);
            }
            self.way(dir).partial.clear();
        }
        // The connection's own decoder may be in the middle of the answer that comes too late.
        let mut decoder = Decoder::default();
        decoder.feed(Direction::Up, b"GET / HTTP/1.1\r\n\r\n");
        let answer = decoder.feed(Direction::Down, TIMEOUT.as_bytes()).cut.map(|cut| (cut.unit, TIMEOUT.into()));
        let end = (Unit::End { how: Close::Fin }, Vec::new());
        let route = self.book.newest();
        for (unit, bytes) in answer.into_iter().chain([end]) {
            let (no, turn) = (self.down.next(), Turn::of(&unit, Direction::Down, self.request));
            route.sum(Direction::Down, &unit);
            route.see(now, || Fact::Unit { dir: Direction::Down, no, unit: unit.clone() });
            let waiting = Waiting::new(no, route.clone(), now, turn, bytes);
            self.down.push_back(Waiting { undecided: Some(unit), ..waiting });
        }
        self.down.end = End::Waiting;
        self.up.end = End::Delivered(Close::Fin);
        self.tell(Direction::Up, Close::Fin, now);
        self.up.wake();
        self.down.wake();
        self.stir();
    }

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
            (_, Close::Fin) => self.send_fin(),
            (None, Close::Rst) => {}
        }
        self.broken = true;
        self.tell(Direction::Up, how, now);
        self.tell(Direction::Down, how, now);
        self.up.wake();
        self.down.wake();
        self.stir();
    }

    /// Tells the other side that nothing more comes.
    pub(super) fn send_fin(&self) {
        if let Some(socket) = &self.socket {
            // It can only fail if the peer has reset the connection, and then there is nobody to tell.
            drop(SockRef::from(&**socket).shutdown(Shutdown::Write));
        }
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
        self.stir();
    }

    /// The socket is about to be closed for good.
    pub(super) fn finish(&mut self, now: Micros) {
        let how = match self.up.end {
            End::Delivered(how) => how,
            _ => Close::Fin,
        };
        self.tell(Direction::Down, how, now);
    }

    /// Until when the other side may stay silent, if it has to say something: to go on with a request, to begin one, or,
    /// after the last answer was let go, to use the connection again. `idle` is for a connection whose lab says nothing.
    pub(super) fn patience(&self, head: Micros, idle: Micros) -> Option<Micros> {
        // Who closed and was not heard is waited for like who says nothing.
        if self.upgraded || !matches!(self.up.end, End::Open | End::Swallowed) {
            None
        } else if !self.up.partial.is_empty() {
            Some(self.up.partial_since + head)
        } else if self.decoder.mid_body(Direction::Up) {
            Some(self.stepped + head)
        } else if self.asked > self.answered || !self.up.queue.is_empty() || !self.down.queue.is_empty() {
            None
        } else if self.asked == 0 {
            Some(self.stepped + head)
        } else {
            let said = self.book.owner().and_then(|line| line.idle_until(self.stepped));
            Some(said.unwrap_or(self.stepped + idle))
        }
    }

    /// The lab whose keep-alive time and faults count: others hold at once, on a connection where nothing moves, too, and
    /// after an upgrade. Nothing changes any more where the lab is gone.
    pub(super) fn keeper(&self) -> Option<&Arc<Line>> {
        let may = matches!(self.up.end, End::Open | End::Swallowed);
        self.book.owner().filter(|line| may && line.is_alive())
    }

    /// An answer is gone, and the keep-alive time begins. The reader need not know, unless its alarm would come too late.
    pub(super) fn rest(&mut self, now: Micros) {
        let ends = self.book.owner().and_then(|line| line.idle_until(now));
        if ends.is_some_and(|ends| ends < self.alarmed) {
            self.up.wake();
        }
    }

    /// What of the way down's end a chain may still undo.
    pub(super) fn swallowed(&self) -> bool {
        self.down.end == End::Swallowed
    }

    /// Where a lingering connection looks for another chain.
    pub(super) fn owner(&mut self) -> Route {
        self.book.newest()
    }
}
