//! Server-Sent Events: the browser's own `EventSource` does the work, reconnecting included; this listens, and writes down
//! what it saw.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use serde::Deserialize;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, EventSource, MessageEvent, RequestCache};

use super::{
    body, browser,
    poll::{Alert, Answer},
    session::Session,
    socket::Draw,
};
use crate::wire::{
    ClientNo, Ending, ExchangeNo, Fact,
    observation::{ClientSettings, News},
};

/// One `EventSource` is one exchange, however often the browser connects again: the URL, and the numbers in it, stay.
const EXCHANGE: ExchangeNo = 1;

/// A running stream. Dropping it closes it.
pub struct Stream {
    source: EventSource,
    running: Rc<Running>,
    _listeners: Listeners,
}

/// What is done with an update that is new.
type Show = Box<dyn FnMut(&Answer)>;

struct Listeners {
    _open: Closure<dyn FnMut(Event)>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(Event)>,
}

/// The names of the events that a lab sends. Those with a name are not heard by `onmessage`.
const NAMES: [&str; 4] = ["alert", "job", "missed", "stroke"];

/// What a message says, whatever its name.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    percent: Option<u8>,
    missed: Option<u64>,
}

struct Running {
    session: Rc<Session>,
    client: ClientNo,
    newest: Cell<u64>,
    show: RefCell<Show>,
    draw: Draw,
    /// The number of the last request: of the stream itself, or with a stroke.
    last: Cell<ExchangeNo>,
    ended: Cell<bool>,
}

impl Stream {
    /// Opens a stream that goes on from `known`, the last update that the page has. `show` gets each update that is new.
    /// Nothing, if the browser has no `EventSource`.
    pub fn start(
        session: Rc<Session>,
        client: ClientNo,
        settings: ClientSettings,
        known: u64,
        show: impl FnMut(&Answer) + 'static,
        draw: Draw,
    ) -> Option<Self> {
        let cursor = if settings.cursor { format!("cursor={known}&") } else { String::new() };
        let target = format!("/events?{cursor}c={client}&n={EXCHANGE}");
        let named = settings.named;
        let url = format!("{}{target}", session.base());
        let running = Rc::new(Running {
            session,
            client,
            newest: Cell::new(known),
            show: RefCell::new(Box::new(show)),
            draw,
            last: Cell::new(EXCHANGE),
            ended: Cell::default(),
        });
        running.observe(None, Fact::Started { settings });
        let shown = browser::path(&url);
        running.observe(Some(EXCHANGE), Fact::Asked { method: "GET".to_owned(), target: shown });
        let source = EventSource::new(&url).ok()?;

        let here = Rc::clone(&running);
        let open = Closure::<dyn FnMut(Event)>::new(move |_| {
            let here = Rc::clone(&here);
            body::arrive(move || here.observe(Some(EXCHANGE), Fact::Streaming));
        });
        let here = Rc::clone(&running);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let here = Rc::clone(&here);
            body::arrive(move || here.message(&event));
        });
        let here = Rc::clone(&running);
        let error = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let here = Rc::clone(&here);
            body::arrive(move || here.error(&event));
        });
        source.set_onopen(Some(open.as_ref().unchecked_ref()));
        source.set_onerror(Some(error.as_ref().unchecked_ref()));
        source.set_onmessage(Some(message.as_ref().unchecked_ref()));
        for name in NAMES.into_iter().filter(|_| named) {
            source.add_event_listener_with_callback(name, message.as_ref().unchecked_ref()).ok()?;
        }
        Some(Self { source, running, _listeners: Listeners { _open: open, _message: message, _error: error } })
    }

    /// Sends a stroke of the shared pad. A stream has no way up, so each is a request of its own.
    pub fn stroke(&self, stroke: &[u8]) {
        let (here, stroke) = (Rc::clone(&self.running), stroke.to_vec());
        let n = here.last.get() + 1;
        here.last.set(n);
        let target = format!("/stroke?c={}&n={n}", here.client);
        let url = format!("{}{target}", here.session.base());
        let method = "POST";
        let shown = browser::path(&url);
        here.observe(Some(n), Fact::Asked { method: method.to_owned(), target: shown });
        spawn_local(async move {
            let cache = RequestCache::NoStore;
            let asked = browser::Asked {
                method,
                url: &url,
                cache,
                accept: None,
                json: None,
                bytes: Some(&stroke),
                bearer: None,
                signal: None,
            };
            let fact = match browser::fetch(asked).await {
                Ok((status, body)) => {
                    let news = News { empty: true, ..News::default() };
                    Fact::Answered { status, bytes: u32::try_from(body.len()).unwrap_or(u32::MAX), news }
                }
                Err(how) => Fact::Ended { how },
            };
            here.observe(Some(n), fact);
        });
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
        self.running.end(Ending::Aborted);
        self.running.observe(None, Fact::Stopped);
    }
}

impl Running {
    fn observe(&self, exchange: Option<ExchangeNo>, fact: Fact) {
        self.session.observe(Some(self.client), exchange, fact);
    }

    fn end(&self, how: Ending) {
        if !self.ended.replace(true) {
            self.observe(Some(EXCHANGE), Fact::Ended { how });
        }
    }

    fn message(&self, event: &MessageEvent) {
        let data = event.data().as_string().unwrap_or_default();
        let bytes = u32::try_from(data.len()).unwrap_or(u32::MAX);
        if event.type_() == "stroke"
            && let Some(stroke) = browser::from_base64(&data)
        {
            (self.draw)(&stroke);
        }
        let alert = if event.type_() == "alert" { serde_json::from_str::<Alert>(&data).ok() } else { None };
        let Some(alert) = alert else {
            let Told { percent, missed } = serde_json::from_str(&data).unwrap_or_default();
            self.observe(Some(EXCHANGE), Fact::Message { bytes, news: News { percent, missed, ..News::default() } });
            return;
        };
        let new = alert.seq > self.newest.get();
        let news = News { seqs: vec![alert.seq], empty: !new, ..News::default() };
        self.observe(Some(EXCHANGE), Fact::Message { bytes, news });
        if new {
            self.newest.set(alert.seq);
            let answer = Answer { cursor: Some(alert.seq), updates: vec![alert], ..Answer::default() };
            (self.show.borrow_mut())(&answer);
            self.observe(Some(EXCHANGE), Fact::Shown { version: alert.seq });
        }
    }

    /// The one sign that an `EventSource` gives of any trouble: only its state tells whether it connects again.
    fn error(&self, event: &Event) {
        let source = event.target().and_then(|target| target.dyn_into::<EventSource>().ok());
        match source.map(|source| source.ready_state()) {
            Some(EventSource::CONNECTING) => self.observe(Some(EXCHANGE), Fact::Broken),
            _ => self.end(Ending::Failed),
        }
    }
}
