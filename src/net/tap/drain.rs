//! The way down, from the queue into the socket.

use std::{
    io::{self, IoSlice},
    sync::Arc,
};

use tokio::net::TcpStream;

use super::{
    state::State,
    wait::Wait,
    way::{End, Head},
};
use crate::wire::{Close, Direction, Micros};

/// The most units that leave in one write.
const TOGETHER: usize = 16;

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
    /// Moves what is due into the socket.
    pub(super) fn drain(&mut self, now: Micros) -> Drained {
        loop {
            match self.settle(Direction::Down, now) {
                Head::Empty | Head::Cut => return Drained::Empty,
                Head::Wait(wait) => {
                    // A reader that is slow no longer leaves room for more, though nothing has gone.
                    if !self.down.is_full() {
                        self.down.wake();
                    }
                    return Drained::Wait(wait);
                }
                Head::End(how) => self.deliver_end(Direction::Down, how, now),
                Head::Ready => match self.send_due(now) {
                    Ok(()) if self.is_marked() => {
                        if self.look_again(now) {
                            return Drained::Empty;
                        }
                    }
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
    pub(super) fn send_due(&mut self, now: Micros) -> io::Result<()> {
        let meta = (Direction::Down, self.book.conn(), self.silenced);
        let gathered = self.down.gathered;
        let mut slices = [IoSlice::new(&[]); TOGETHER];
        let mut count = 0;
        let mut bytes = 0;
        // The first is ready, though it may be undecided: one that goes in pieces is.
        let together = if self.mark.is_some() { 1 } else { TOGETHER };
        for (place, waiting) in self.down.queue.iter_mut().take(together).enumerate() {
            if place > 0 && !waiting.is_ready(meta, gathered, now) {
                break;
            }
            let rest = waiting.ready();
            slices[count] = IoSlice::new(rest);
            count += 1;
            bytes += rest.len();
            if waiting.piece.is_some() {
                break;
            }
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
            let n = moved.min(first.ready().len());
            moved -= n;
            if !first.moves(n, now) {
                break;
            }
            self.release_first(Direction::Down, now);
        }
        Ok(())
    }

    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<usize> {
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
    pub(super) fn broke(&mut self, now: Micros) {
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
}
