//! The tap: a wrapper round an accepted socket that cuts both directions into units, observes each, and lets it go when
//! and if the fault chain says so.
//!
//! It stands below HTTP, so it acts on connections that are already open, sees what no handler sees, and stays in place
//! after an upgrade. Whoever reads and writes through it (hyper, a WebSocket library) notices nothing but time.
//!
//! *Up*, a unit waits in a queue that [`Tap::poll_read`] empties: reading is polled anyway. *Down*, writing returns at
//! once, or a latency would turn into a rate; what cannot go on at once is left to a small task, the [`pump`], which
//! owns the queue until it is empty. Where nothing waits and nothing delays, bytes go straight through, and what the
//! tap costs is the decoding.
//!
//! A waiting unit is decided when it is first in its queue, under the chain that is in force then, and counts its delay
//! from when it came: so a fault that is taken away lets go of what it held, at once.
//!
//! In reading order: [`way`] is one direction, [`book`] says whose a unit is, [`state`] is the whole connection, with
//! [`intake`], [`release`] and [`drain`] as the ways through it and [`cache`] as what may stand on them; [`wait`] is how this file and [`pump`] wait.

mod book;
mod cache;
mod drain;
mod intake;
mod pump;
mod release;
mod state;
mod wait;
mod way;

use std::{
    io::{self, Read},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

use self::{
    book::Book,
    state::State,
    wait::{Wait, Waiter},
    way::{End, Head},
};
use super::{census::Live, clock, line::Directory};
use crate::wire::{Close, ConnNo, Direction, Micros};

/// The most bytes taken from one write, so that one unit under way stays bounded.
const MAX_WRITE: usize = 64 * 1024;

/// The most bytes taken by one read.
const MAX_READ: usize = 16 * 1024;

/// A connection's parts that the tap and its pump share.
pub(super) struct Core {
    state: Mutex<State>,
    _live: Live,
}

impl Core {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a bug elsewhere already reported; the connection is best closed by going on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no request has come yet, nor is on its way through the tap.
    pub(super) fn is_silent(&self) -> bool {
        let state = self.lock();
        state.asked == 0 && state.up.queue.is_empty()
    }

    /// Ends the connection at once, whatever waits on it.
    pub(super) fn abort(&self) {
        self.lock().cut(None, Close::Fin, clock::now());
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner).finish(clock::now());
    }
}

/// How long the other side may stay silent.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// To send a whole request head, or to go on with anything it has begun.
    pub head: Duration,
    /// To use the connection again, counted from when the last answer was let go.
    pub idle: Duration,
}

/// A duration on the server's clock.
fn micros(time: Duration) -> Micros {
    Micros::try_from(time.as_micros()).unwrap_or(Micros::MAX / 4)
}

/// An accepted socket with a witness on it.
pub struct Tap {
    core: Arc<Core>,
    head: Micros,
    idle: Micros,
    /// Waits for the first unit of the way up.
    waiter: Waiter,
    /// When to look whether patience is at its end; it may fire early, never late.
    alarm: Pin<Box<Sleep>>,
    /// What the alarm is set to.
    alarmed: Micros,
    /// Patience was at its end.
    over: bool,
}

impl Tap {
    /// Puts a tap on a socket that was accepted at `accepted` and has this number.
    pub(super) fn new(
        socket: TcpStream,
        conn: ConnNo,
        accepted: Micros,
        directory: Arc<dyn Directory>,
        patience: Patience,
        live: Live,
    ) -> Self {
        let state = State::new(socket, Book::new(directory, conn, accepted), accepted);
        Self {
            core: Arc::new(Core { state: Mutex::new(state), _live: live }),
            head: micros(patience.head),
            idle: micros(patience.idle),
            waiter: Waiter::new(),
            alarm: Box::pin(tokio::time::sleep(patience.head)),
            alarmed: clock::now() + micros(patience.head),
            over: false,
        }
    }

    /// What ends the connection from outside.
    pub(super) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Polls the alarm. True: the other side has been silent for too long.
    fn poll_patience(&mut self, cx: &mut Context<'_>, until: Option<Micros>, now: Micros) -> bool {
        if let Some(until) = until
            && until < self.alarmed
        {
            self.set_alarm(until);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            // The alarm is set again as rarely as possible, so it often finds that there is time left.
            match until {
                Some(until) if until <= now.max(clock::now()) => return true,
                Some(until) => self.set_alarm(until),
                None => self.set_alarm(clock::now() + self.head.min(self.idle)),
            }
        }
        false
    }

    fn set_alarm(&mut self, at: Micros) {
        self.alarm.as_mut().reset(Instant::now() + clock::until(at));
        self.alarmed = at;
    }
}

impl AsyncRead for Tap {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let tap = self.get_mut();
        if tap.over || buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let core = tap.core.clone();
        let before = buf.filled().len();
        let mut state = core.lock();
        loop {
            let now = clock::now();
            // First what waits, as far as it is due.
            let mut wait = None;
            loop {
                match state.settle(Direction::Up, now) {
                    Head::Empty | Head::Cut => break,
                    Head::Wait(what) => {
                        wait = Some(what);
                        break;
                    }
                    Head::Ready => {
                        if !state.hand_over(buf, now) {
                            break;
                        }
                    }
                    Head::End(how) => state.deliver_end(Direction::Up, how, now),
                }
            }
            pump::start(&core, &mut state, now);
            if buf.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
            match state.up.end {
                End::Delivered(Close::Fin) => return Poll::Ready(Ok(())),
                End::Delivered(Close::Rst) => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                End::Open | End::Waiting | End::Swallowed => {}
            }

            // Then what the socket has.
            let mut more = false;
            if state.up.end == End::Open
                && !state.up.is_full()
                && let Some(socket) = state.socket.clone()
                && let Poll::Ready(ready) = socket.poll_read_ready(cx)
            {
                let room = buf.remaining().min(MAX_READ);
                let read = ready.and_then(|()| read(&socket, buf.initialize_unfilled_to(room)));
                drop(socket);
                more = true;
                match read {
                    Ok(0) => state.end(Direction::Up, Close::Fin, now),
                    Ok(n) => {
                        let now = clock::now();
                        state.up.bytes += n as u64;
                        let bytes = &buf.initialize_unfilled_to(n)[..n];
                        let passed = state.take_in(Direction::Up, bytes, now);
                        state.requeue(Direction::Up, &bytes[..passed], passed, now);
                        buf.advance(passed);
                        if passed > 0 {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => state.end(Direction::Up, Close::Rst, now),
                }
            }
            if more {
                continue;
            }

            // Then what a fault has in store, whether or not anything moves.
            let fate = state.fate();
            if let Some(fate) = fate.filter(|fate| fate.at <= now) {
                state.strike(fate, now);
                continue;
            }

            // Then patience.
            let until = state.patience(tap.head, tap.idle);
            let mut wait = wait.unwrap_or(Wait { due: None, line: None });
            wait.due = wait.due.into_iter().chain(fate.map(|fate| fate.at)).min();
            wait.line = wait.line.or_else(|| state.keeper().cloned());
            if tap.waiter.poll(cx, &wait).is_ready() {
                continue;
            }
            if tap.poll_patience(cx, until, now) {
                tap.over = true;
                return Poll::Ready(Ok(()));
            }
            state.alarmed = tap.alarmed;
            if !state.up.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                state.up.waker = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
    }
}

/// Reads what the socket has. A read that did not fill its buffer has emptied the socket, which then need not be asked
/// once more to know it.
fn read(socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut last = None;
    let read = socket.try_io(Interest::READABLE, || {
        let n = (&*SockRef::from(socket)).read(buffer)?;
        if (1..buffer.len()).contains(&n) {
            last = Some(n);
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(n)
    });
    last.map_or(read, Ok)
}

impl AsyncWrite for Tap {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let core = &self.core;
        let mut state = core.lock();
        if state.broken {
            // Whoever writes without reading would not learn of it otherwise.
            state.expect_reset(clock::now());
        }
        if state.down.end != End::Open || state.up.end == End::Delivered(Close::Rst) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if state.down.is_full() {
            state.down.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        ready!(tokio::task::coop::poll_proceed(cx)).made_progress();
        let now = clock::now();
        let bytes = &buf[..buf.len().min(MAX_WRITE)];
        let passed = state.take_in(Direction::Down, bytes, now);
        if passed > 0 {
            state.write_through(&bytes[..passed], now);
        }
        pump::start(core, &mut state, now);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.core.lock();
        if !state.down.partial.is_empty() {
            let now = clock::now();
            state.flush(Direction::Down, now);
            pump::start(&self.core, &mut state, now);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.core.lock();
        let now = clock::now();
        state.hang_up(now);
        pump::start(&self.core, &mut state, now);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let mut state = self.core.lock();
        let now = clock::now();
        state.let_go(now);
        pump::start(&self.core, &mut state, now);
    }
}
