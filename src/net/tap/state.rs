//! A connection's state: what came in, what was decided, what has gone. Everything here happens under one lock and
//! returns at once; waiting is for [`Tap`](super::Tap) and [`pump`](super::pump).

use std::{net::Shutdown, sync::Arc};

use socket2::SockRef;
use tokio::{net::TcpStream, sync::Notify};

use super::{
    book::{Book, Route},
    way::{End, Way},
};
use crate::{
    fault::{
        FaultId,
        chain::{Fate, Life},
    },
    net::line::Line,
    wire::{Close, Direction, Micros, Unit, decode::Decoder},
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
    /// Wakes the pump when something else than its own wait concerns it.
    pub(super) stir: Arc<Notify>,
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
            silenced: None,
            stepped: accepted,
            alarmed: Micros::MAX,
            broken: false,
            pump: Pump::None,
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

    /// What a fault has in store for the connection, by the chain of the lab that was asked last.
    pub(super) fn fate(&mut self) -> Option<Fate> {
        let life = Life { asked: self.asked_at, moved: self.stepped, silenced: self.silenced, ..Life::default() };
        self.book.fate(life)
    }

    /// What was in store for the connection happens.
    pub(super) fn strike(&mut self, fate: Fate, now: Micros) {
        self.book.struck(now, fate.by);
        match fate.how {
            Some(how) => self.cut(Some(fate.by), how, now),
            None => {
                self.silenced = Some(fate.by);
                self.stir.notify_one();
            }
        }
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
        self.stir.notify_one();
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
