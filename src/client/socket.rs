//! WebSocket: the browser's own `WebSocket` carries the messages. It neither beats nor comes back by itself: what it does
//! then is decided by a state machine, [`Life`]; this does it, and writes down what it saw.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::{
    body::{self, Timer},
    browser,
    life::{Action, Input, Life},
    poll::{Alert, Answer},
    session::Session,
};
use crate::wire::{
    ClientNo, Ending, ExchangeNo, Fact, STROKE,
    observation::{ClientSettings, News},
};

/// The close code of a client that has what it came for (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;

/// For how long a socket that was closed is listened to: a round trip at the longest distance, and a little.
const FAREWELL_MS: u32 = 12_000;

/// A running client. Dropping it closes its socket.
pub struct Socket(Rc<Running>);

/// What is done with an update that is new.
type Show = Box<dyn FnMut(&Answer)>;

/// What is done with a stroke of the shared pad.
pub type Draw = Box<dyn Fn(&[u8])>;

struct Running {
    session: Rc<Session>,
    client: ClientNo,
    settings: ClientSettings,
    life: RefCell<Life>,
    live: RefCell<Option<Live>>,
    timer: RefCell<Option<Timer>>,
    /// One `WebSocket` is one exchange: its handshake is a request.
    exchange: Cell<ExchangeNo>,
    beats: Cell<u32>,
    newest: Cell<u64>,
    show: RefCell<Show>,
    draw: Draw,
    stopped: Cell<bool>,
}

/// A socket with its listeners: one that outlived the other would speak for the wrong one.
struct Live {
    socket: WebSocket,
    exchange: ExchangeNo,
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}

impl Socket {
    /// Connects, and goes on from `known`, the last update that the page has. `show` gets each update that is new.
    pub fn start(
        session: Rc<Session>,
        client: ClientNo,
        settings: ClientSettings,
        known: u64,
        show: impl FnMut(&Answer) + 'static,
        draw: Draw,
    ) -> Self {
        session.observe(Some(client), None, Fact::Started { settings: settings.clone() });
        let running = Rc::new(Running {
            session,
            client,
            life: RefCell::new(Life::new(&settings)),
            settings,
            live: RefCell::default(),
            timer: RefCell::default(),
            exchange: Cell::new(0),
            beats: Cell::new(0),
            newest: Cell::new(known),
            show: RefCell::new(Box::new(show)),
            draw,
            stopped: Cell::default(),
        });
        running.on(Input::Start);
        Self(running)
    }

    /// Sends a stroke of the shared pad, if the socket is open.
    pub fn stroke(&self, stroke: &[u8]) {
        if let Some(live) = &*self.0.live.borrow()
            && live.socket.ready_state() == WebSocket::OPEN
            && live.socket.send_with_u8_array(stroke).is_ok()
        {
            self.0.observe(Some(live.exchange), Fact::Sent { bytes: stroke.len() as u32 });
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let running = &self.0;
        running.stopped.set(true);
        running.timer.borrow_mut().take();
        running.close();
        // Its close event is still to come, and says with which code it ended.
        let last = Rc::clone(running);
        Timeout::new(FAREWELL_MS, move || {
            last.retire();
        })
        .forget();
        running.observe(None, Fact::Stopped);
    }
}

impl Running {
    fn observe(&self, exchange: Option<ExchangeNo>, fact: Fact) {
        self.session.observe(Some(self.client), exchange, fact);
    }

    /// Tells the machine, and does what it says.
    fn on(self: &Rc<Self>, input: Input) {
        if self.stopped.get() {
            return;
        }
        let actions = self.life.borrow_mut().on(input, body::now(), browser::random());
        for action in actions {
            match action {
                Action::Become(state) => self.observe(None, Fact::Life { state }),
                Action::Connect => self.connect(),
                Action::Beat => self.beat(),
                Action::Drop => {
                    if let Some(exchange) = self.retire() {
                        self.observe(Some(exchange), Fact::Ended { how: Ending::Aborted });
                    }
                }
            }
        }
        let due = self.life.borrow().due();
        *self.timer.borrow_mut() = due.map(|due| {
            let here = Rc::downgrade(self);
            // A timer may be a little early.
            let ms = u32::try_from((due - body::now()) / 1000 + 1).unwrap_or(1);
            body::after(ms, move || {
                if let Some(running) = here.upgrade() {
                    running.on(Input::Time);
                }
            })
        });
    }

    /// Closes the socket in order. One that is not open yet is closed when it is: giving a handshake up is an error to
    /// browsers.
    fn close(&self) {
        if let Some(live) = &*self.live.borrow()
            && live.socket.ready_state() == WebSocket::OPEN
        {
            let _ = live.socket.close_with_code(NORMAL);
        }
    }

    /// Lets go of the socket, but not at once: this may be called from a listener of its own.
    fn retire(&self) -> Option<ExchangeNo> {
        let live = self.live.borrow_mut().take()?;
        let exchange = live.exchange;
        live.socket.set_onmessage(None);
        live.socket.set_onclose(None);
        spawn_local(async move { drop(live) });
        Some(exchange)
    }

    fn connect(self: &Rc<Self>) {
        self.retire();
        let exchange = self.exchange.get() + 1;
        self.exchange.set(exchange);
        let target = target(&self.settings, self.newest.get(), self.client, exchange);
        // `http` becomes `ws`, and `https` becomes `wss`.
        let url = self.session.base().replacen("http", "ws", 1) + &target;
        let shown = browser::path(&url);
        self.observe(Some(exchange), Fact::Asked { method: "GET".to_owned(), target: shown });
        let socket = if body::is_offline() { None } else { WebSocket::new(&url).ok() };
        let Some(socket) = socket else {
            self.observe(Some(exchange), Fact::Ended { how: Ending::Failed });
            let here = Rc::clone(self);
            return spawn_local(async move { here.on(Input::Closed) });
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        let here = Rc::clone(self);
        let open = Closure::<dyn FnMut()>::new(move || {
            let here = Rc::clone(&here);
            body::arrive(move || {
                here.observe(Some(exchange), Fact::Streaming);
                if here.stopped.get() { here.close() } else { here.on(Input::Opened) }
            });
        });
        let here = Rc::clone(self);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let here = Rc::clone(&here);
            body::arrive(move || here.message(exchange, &event));
        });
        let here = Rc::clone(self);
        let close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            let here = Rc::clone(&here);
            body::arrive(move || {
                here.observe(Some(exchange), Fact::Shut { code: event.code(), clean: event.was_clean() });
                here.on(Input::Closed);
            });
        });
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        let live = Live { socket, exchange, _open: open, _message: message, _close: close };
        *self.live.borrow_mut() = Some(live);
    }

    fn beat(&self) {
        let number = self.beats.get() + 1;
        self.beats.set(number);
        let text = format!("beat {number}");
        // One that is closing takes nothing more; that no beat returns is then true enough.
        if let Some(live) = &*self.live.borrow()
            && live.socket.ready_state() == WebSocket::OPEN
            && live.socket.send_with_str(&text).is_ok()
        {
            self.observe(Some(live.exchange), Fact::Sent { bytes: text.len() as u32 });
        }
    }

    fn message(self: &Rc<Self>, exchange: ExchangeNo, event: &MessageEvent) {
        let data = event.data();
        let (bytes, alert, beat) = match data.dyn_ref::<ArrayBuffer>() {
            Some(buffer) => {
                let bytes = Uint8Array::new(buffer).to_vec();
                if bytes.first() == Some(&STROKE) {
                    (self.draw)(&bytes);
                }
                (bytes.len(), unpack(&bytes), false)
            }
            None => {
                let text = data.as_string().unwrap_or_default();
                let alert = serde_json::from_str::<Alert>(&text).ok().filter(|alert| alert.seq > 0);
                (text.len(), alert, text.starts_with("beat"))
            }
        };
        let new = alert.filter(|alert| alert.seq > self.newest.get());
        let seqs = alert.iter().map(|alert| alert.seq).collect();
        let news = News { seqs, empty: new.is_none(), ..News::default() };
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.observe(Some(exchange), Fact::Message { bytes, news });
        if let Some(alert) = new {
            self.newest.set(alert.seq);
            let answer = Answer { cursor: Some(alert.seq), updates: vec![alert], ..Answer::default() };
            (self.show.borrow_mut())(&answer);
            self.observe(Some(exchange), Fact::Shown { version: alert.seq });
        }
        self.on(if beat { Input::Returned } else { Input::Heard });
    }
}

/// The path below the lab's, with what the server is asked for.
fn target(settings: &ClientSettings, known: u64, client: ClientNo, n: ExchangeNo) -> String {
    let mut target = format!("/socket?cursor={known}");
    let binary = settings.binary.then_some(1);
    for (name, value) in [
        ("ping", settings.ping_ms),
        ("timeout", settings.pong_timeout_ms),
        ("piece", settings.piece),
        ("binary", binary),
        ("c", Some(client.into())),
        ("n", Some(n)),
    ] {
        if let Some(value) = value {
            target.push('&');
            target.push_str(name);
            target.push('=');
            target.push_str(&value.to_string());
        }
    }
    target
}

/// An update in its binary form: a byte that says so, number, district, level, cases.
fn unpack(bytes: &[u8]) -> Option<Alert> {
    match *bytes {
        [1, a, b, c, d, district, level, e, f, g, h] => Some(Alert {
            seq: u32::from_be_bytes([a, b, c, d]).into(),
            district,
            level,
            cases: u32::from_be_bytes([e, f, g, h]),
        }),
        _ => None,
    }
}
