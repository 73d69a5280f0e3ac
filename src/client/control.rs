//! The control socket: a WebSocket on the site's origin that lives by the rules the lessons teach. It answers beats,
//! takes silence for death, comes back after a random wait that grows, and resumes where it was.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::{Interval, Timeout};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::{backoff, browser};
use crate::wire::control::BEAT_MS;

/// The close code for what is not there (a lab, a class), or a secret that does not fit.
const FORBIDDEN: u16 = 4403;

/// The life of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The handshake is under way.
    Connecting,
    /// Open, and heard of within three beats.
    Live,
    /// Closed; the next attempt comes in a while.
    Waiting {
        /// How long the wait is, in milliseconds.
        ms: u32,
    },
    /// What it was for is gone: there is nothing to come back to.
    Gone,
}

/// What came, for the socket's own life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// A beat, which is answered.
    Beat,
    /// What can only come once the server has taken the hello.
    Proof,
    /// Anything else.
    Other,
}

/// Who says and hears what on the socket: a lab's session, a member of a class.
pub trait Owner {
    /// The first message of each socket.
    fn hello(&self) -> Vec<u8>;
    /// The answer to a beat.
    fn beat(&self) -> Vec<u8>;
    /// What a message is to the socket.
    fn came(&self, message: &[u8]) -> Came;
    /// A message came that is no beat.
    fn down(&self, message: &[u8]);
    /// The life of the socket went on.
    fn link(&self, link: Link);
}

/// The socket. Dropping it closes it for good.
pub struct Control(Rc<Inner>);

struct Inner {
    url: String,
    owner: std::rc::Weak<dyn Owner>,
    phase: RefCell<Phase>,
    heard: Cell<i64>,
    attempt: Cell<u32>,
}

/// What each phase needs, and drops with it: a listener that outlived its socket would speak for the wrong one.
enum Phase {
    Idle,
    Open(Socket),
    Waiting(#[expect(dead_code, reason = "held for its drop, which cancels it")] Timeout),
}

struct Socket {
    socket: WebSocket,
    _watch: Interval,
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}

impl Control {
    /// Connects, and stays connected as long as it lives.
    pub fn open(url: String, owner: std::rc::Weak<dyn Owner>) -> Self {
        let inner = Rc::new(Inner {
            url,
            owner,
            phase: RefCell::new(Phase::Idle),
            heard: Cell::new(browser::now()),
            attempt: Cell::new(0),
        });
        inner.connect();
        Self(inner)
    }

    /// Sends a message, if the socket is open.
    pub fn send(&self, message: &[u8]) -> bool {
        self.0.send(message)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}

impl Inner {
    /// Leaves the phase before. The old one is dropped outside the borrow, since its drop may call back.
    fn enter(&self, phase: Phase) {
        let before = self.phase.replace(phase);
        drop(before);
    }

    fn tell(&self, link: Link) {
        if let Some(owner) = self.owner.upgrade() {
            owner.link(link);
        }
    }

    fn send(&self, message: &[u8]) -> bool {
        let Phase::Open(open) = &*self.phase.borrow() else { return false };
        if open.socket.ready_state() != WebSocket::OPEN {
            return false;
        }
        open.socket.send_with_u8_array(message).is_ok()
    }

    fn connect(self: &Rc<Self>) {
        self.tell(Link::Connecting);
        let Ok(socket) = WebSocket::new(&self.url) else { return self.wait() };
        socket.set_binary_type(BinaryType::Arraybuffer);
        self.heard.set(browser::now());

        let here = Rc::downgrade(self);
        let open = Closure::<dyn FnMut()>::new(move || {
            let Some(inner) = here.upgrade() else { return };
            let Some(owner) = inner.owner.upgrade() else { return };
            inner.heard.set(browser::now());
            inner.send(&owner.hello());
        });
        let here = Rc::downgrade(self);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(inner) = here.upgrade() else { return };
            let Some(owner) = inner.owner.upgrade() else { return };
            inner.heard.set(browser::now());
            let bytes = js_sys::Uint8Array::new(&event.data()).to_vec();
            match owner.came(&bytes) {
                Came::Beat => {
                    inner.send(&owner.beat());
                }
                // What proves that both ends agree: only now the attempts count anew.
                came => {
                    if inner.attempt.replace(0) > 0 || came == Came::Proof {
                        inner.tell(Link::Live);
                    }
                    owner.down(&bytes);
                }
            }
        });
        let here = Rc::downgrade(self);
        let close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            let Some(inner) = here.upgrade() else { return };
            if event.code() == FORBIDDEN { inner.leave() } else { inner.wait() }
        });
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));

        let here = Rc::downgrade(self);
        let watch = Interval::new(BEAT_MS, move || {
            let Some(inner) = here.upgrade() else { return };
            if browser::now() - inner.heard.get() > 3000 * i64::from(BEAT_MS) {
                inner.wait();
            }
        });
        self.enter(Phase::Open(Socket { socket, _watch: watch, _open: open, _message: message, _close: close }));
    }

    /// Closes what is left of the socket, and comes back later. Deferred by a timer of its own even for no wait at all,
    /// because this may be called from a listener that the old phase owns.
    fn wait(self: &Rc<Self>) {
        let attempt = self.attempt.get();
        self.attempt.set(attempt.saturating_add(1));
        let ms = backoff::wait_ms(attempt, browser::random());
        self.tell(Link::Waiting { ms });
        let here = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            let inner = Rc::downgrade(&here);
            here.enter(Phase::Waiting(Timeout::new(ms, move || {
                let Some(inner) = inner.upgrade() else { return };
                wasm_bindgen_futures::spawn_local(async move { inner.connect() });
            })));
        });
    }

    fn leave(self: &Rc<Self>) {
        let here = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            here.enter(Phase::Idle);
            here.tell(Link::Gone);
        });
    }
}
