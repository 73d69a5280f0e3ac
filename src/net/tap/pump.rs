//! The pump: the task that lets go of what waits on the way down, and sees a connection off that the server has let go
//! of. A connection gets one when something has to wait for the first time, and keeps it: what is delayed once is mostly
//! delayed again, and a task with its timer is not made for every answer.

use std::{future::poll_fn, sync::Arc, time::Duration};

use tokio::{net::TcpStream, runtime::Handle, time::Instant};

use super::{
    Core,
    drain::Drained,
    state::{Pump, State},
    way::{End, Head},
};
use crate::{
    net::clock,
    wire::{Close, Direction, Micros},
};

/// How long a socket may take nothing before the connection is given up.
const STALL: Duration = Duration::from_secs(30);

/// How long what waits may outlive the server's own interest in the connection: as long as a lesson's network may stay
/// broken and still find its connections as it left them.
const AFTERLIFE: Duration = Duration::from_secs(120);

/// How long a closed direction waits for the other one: without it, unread bytes would turn a FIN into an RST and take
/// the last answer with them (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);

/// Lets go of what is due on the way down, and starts a pump if something is left to do.
pub(super) fn start(core: &Arc<Core>, state: &mut State, now: Micros) {
    if state.pump == Pump::Busy {
        if state.down.gathering {
            state.stir();
        }
        return;
    }
    if state.down.queue.is_empty() && !state.gone {
        return;
    }
    let drained = state.drain(now);
    if matches!(drained, Drained::Empty) && !(state.gone && lingers(state)) {
        return;
    }
    if state.pump == Pump::Idle {
        match drained {
            Drained::Wait(due) if !state.gone => state.leave_to_pump(due),
            _ => state.stir(),
        }
    } else if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(run(core.clone()));
    } else {
        // Outside of a runtime (the program is ending) nothing can wait any more.
        return;
    }
    state.pump = Pump::Busy;
}

/// Whether a connection that the server has let go of, and all of whose units are gone, has to stay open.
fn lingers(state: &State) -> bool {
    let other = matches!(state.up.end, End::Open | End::Waiting);
    state.socket.is_some() && !state.broken && (other || state.swallowed())
}

/// The pump's sleep: until something concerns it.
async fn sleep(core: &Core) {
    poll_fn(|cx| core.lock().poll_sleep(cx)).await;
}

async fn run(core: Arc<Core>) {
    let mut last = None;
    loop {
        let (blocked, empty, gone) = {
            let mut state = core.lock();
            let (due, blocked, empty) = match state.drain(clock::now()) {
                Drained::Empty => (None, None, true),
                Drained::Wait(due) => (Some(due), None, false),
                Drained::Blocked(socket) => (None, Some(socket), false),
            };
            state.wait_for(due);
            if empty && !state.gone {
                state.pump = Pump::Idle;
            }
            (blocked, empty, state.gone)
        };
        if gone && empty {
            break;
        }
        // From when the server lets go, the end is set.
        if gone && last.is_none() {
            last = Some(Instant::now() + AFTERLIFE);
        }
        let overdue = async {
            match last {
                Some(last) => tokio::time::sleep_until(last).await,
                None => std::future::pending().await,
            }
        };
        match blocked {
            None => tokio::select! {
                () = sleep(&core) => {}
                () = overdue => break,
            },
            Some(socket) => tokio::select! {
                // An error shows again when the pump writes.
                _ = socket.writable() => {}
                () = sleep(&core) => {}
                () = overdue => break,
                () = tokio::time::sleep(STALL) => {
                    core.lock().cut(None, Close::Rst, clock::now());
                }
            },
        }
    }
    linger(&core, last).await;
}

/// Stays with a connection whose own direction has ended until the other one has, too, and reads what comes meanwhile.
/// If the end itself was dropped on the way, the other side knows nothing of it, and the socket stays open until
/// another chain is in force.
async fn linger(core: &Core, last: Option<Instant>) {
    let (mut changes, until) = {
        let mut state = core.lock();
        let swallowed = state.swallowed();
        let changes = state.owner().changes().filter(|_| swallowed);
        let until = if swallowed { last } else { None };
        (changes, until.unwrap_or_else(|| Instant::now() + LINGER))
    };
    let latest = last.unwrap_or_else(|| Instant::now() + AFTERLIFE);
    loop {
        let (socket, open, until) = {
            let mut state = core.lock();
            let now = clock::now();
            let wait = loop {
                match state.settle(Direction::Up, now) {
                    Head::Wait(wait) => break Some(wait),
                    Head::End(how) => state.deliver_end(Direction::Up, how, now),
                    // Nobody reads it, so it is never let go.
                    Head::Ready => drop(state.up.pop()),
                    Head::Empty | Head::Cut => break None,
                }
            };
            // What a fault made of the end may have put something on the way down.
            drop(state.drain(now));
            if !lingers(&state) || (changes.is_none() && state.swallowed()) {
                return;
            }
            // An end that is on its way, however long that is, is waited for.
            let due = wait.as_ref().and_then(|wait| wait.due).filter(|_| state.up.end == End::Waiting);
            let until = due.map_or(until, |due| until.max(Instant::now() + clock::until(due) + LINGER)).min(latest);
            state.wait_for(wait);
            match &state.socket {
                Some(socket) => (socket.clone(), state.up.end == End::Open, until),
                None => return,
            }
        };
        tokio::select! {
            () = sleep(core) => {}
            () = discard(core, &socket), if open => {}
            changed = changed(&mut changes) => {
                if changed {
                    return;
                }
            }
            () = tokio::time::sleep_until(until) => return,
        }
    }
}

/// Another chain is in force, or the lab is gone.
async fn changed(changes: &mut Option<tokio::sync::watch::Receiver<Arc<crate::fault::chain::Chain>>>) -> bool {
    match changes {
        Some(changes) => {
            drop(changes.changed().await);
            true
        }
        None => std::future::pending().await,
    }
}

/// Reads what nobody will see, and notices the end.
async fn discard(core: &Core, socket: &TcpStream) {
    let mut scratch = [0; 4096];
    if socket.readable().await.is_err() {
        return;
    }
    let read = socket.try_read(&mut scratch);
    let mut state = core.lock();
    let now = clock::now();
    match read {
        Ok(0) => state.end(Direction::Up, Close::Fin, now),
        Ok(n) => state.ignore(&scratch[..n], now),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
        Err(_) => state.end(Direction::Up, Close::Rst, now),
    }
}
