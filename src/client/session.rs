//! A page's hold on its lab: it makes the lab, follows its log, aligns the clocks, and writes down what the browser saw.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use gloo_timers::callback::{Interval, Timeout};
use web_sys::RequestCache;

use super::{
    aligner::{Aligned, Aligner},
    browser,
    control::{Came, Control, Link, Owner},
    outbox::Outbox,
};
use crate::{
    ledger::Ledger,
    wire::{
        ClientNo, Ending, ExchangeNo, FORMAT, Fact, LabId, Micros, Observation, Record, Witness,
        control::{Command, Created, Cursor, Down, LabSpec, LabState, Up},
    },
};

/// Probes right after connecting, one after the other: the smallest of several round trips is a good one.
const PROBES: u32 = 8;

/// Milliseconds between later probes.
const PROBE_MS: u32 = 2000;

/// How long an observation may wait for company, in milliseconds.
const FLUSH_MS: u32 = 5;

/// What a page hears from its session.
pub enum Event {
    /// A new log: forget what was.
    Fresh {
        /// The ledger of what the log no longer has.
        ledger: Box<Ledger>,
        /// The lab's settings.
        lab: LabState,
    },
    /// The log goes on.
    Records(Vec<Record>),
    /// The lab's settings changed.
    State(LabState),
    /// The control socket's life went on.
    Link(Link),
    /// The clocks are aligned, or better than before.
    Clock(Aligned),
    /// A client of this page wrote this down.
    Wrote(ClientNo, Fact),
}

/// The session. It ends when the last handle is dropped.
pub struct Session {
    me: Weak<Session>,
    created: Created,
    /// Whether it only looks on: then nothing that this page does is in the log.
    watches: bool,
    page: u64,
    hear: Box<dyn Fn(Event)>,
    control: Control,
    aligner: RefCell<Aligner>,
    aligned: Cell<Option<Aligned>>,
    outbox: RefCell<Outbox>,
    flush: RefCell<Option<Timeout>>,
    cursor: Cell<Option<Cursor>>,
    probe: Cell<(u32, Micros)>,
    rush: Cell<u32>,
    commands: Cell<u32>,
    _beat: Interval,
}

impl Session {
    /// Makes a lab and connects to it. The error is the server's message, or empty if it could not be reached.
    pub async fn open(spec: &LabSpec, hear: impl Fn(Event) + 'static) -> Result<Rc<Self>, String> {
        let json = serde_json::to_string(spec).unwrap_or_default();
        let asked = browser::Asked {
            method: "POST",
            url: "/api/labs",
            cache: RequestCache::NoStore,
            accept: None,
            json: Some(&json),
            bytes: None,
            bearer: None,
            signal: None,
        };
        let (status, body) = browser::fetch(asked).await.map_err(|_: Ending| String::new())?;
        let created: Created = match status {
            201 => serde_json::from_str(&body).map_err(|error| error.to_string())?,
            _ => return Err(body),
        };
        Ok(Self::follow(created, false, hear))
    }

    /// Follows somebody else's lab, with the secret that allows no more than that.
    pub fn watch(lab: LabId, secret: String, hear: impl Fn(Event) + 'static) -> Rc<Self> {
        Self::follow(Created { lab, secret, origin: String::new() }, true, hear)
    }

    fn follow(created: Created, watches: bool, hear: impl Fn(Event) + 'static) -> Rc<Self> {
        let url = browser::socket_url(&["/api/labs/", created.lab.as_str(), "/control"].concat());
        Rc::new_cyclic(|me: &Weak<Self>| Self {
            me: me.clone(),
            created,
            watches,
            // Whole numbers up to 2^53 survive every JSON reader.
            page: (browser::random() * 9e15) as u64,
            hear: Box::new(hear),
            control: Control::open(url, me.clone()),
            aligner: RefCell::new(Aligner::new(browser::clock_step())),
            aligned: Cell::default(),
            outbox: RefCell::default(),
            flush: RefCell::default(),
            cursor: Cell::default(),
            probe: Cell::default(),
            rush: Cell::default(),
            commands: Cell::default(),
            _beat: Interval::new(PROBE_MS, {
                let me = me.clone();
                move || {
                    let Some(session) = me.upgrade() else { return };
                    session.aligner.borrow_mut().tick(browser::now(), Micros::from(PROBE_MS) * 1000);
                    session.send_probe();
                }
            }),
        })
    }

    /// The lab, and what allows to change it.
    pub fn created(&self) -> &Created {
        &self.created
    }

    /// Where the lab's endpoints are: origin and path, without a trailing slash.
    pub fn base(&self) -> String {
        format!("{}/l/{}", self.created.origin, self.created.lab)
    }

    /// The port of the lab's listener, as the page reaches it.
    pub fn port(&self) -> String {
        self.created.origin.rsplit(':').next().unwrap_or_default().to_owned()
    }

    /// Asks one of the lab's own addresses: what follows its name there. The error is the server's message, or empty if it
    /// could not be reached.
    pub async fn api(&self, method: &str, rest: &str, json: Option<&str>) -> Result<String, String> {
        let url = ["/api/labs/", self.created.lab.as_str(), "/", rest].concat();
        let asked = browser::Asked {
            method,
            url: &url,
            cache: RequestCache::NoStore,
            accept: None,
            json,
            bearer: Some(&self.created.secret),
            bytes: None,
            signal: None,
        };
        match browser::fetch(asked).await {
            Ok((200..=299, text)) => Ok(text),
            Ok((_, why)) => Err(why),
            Err(_) => Err(String::new()),
        }
    }

    /// The run as a recording, saved under the name of its step, `lesson/step`. The error is the server's message, or empty
    /// if it could not be reached.
    pub async fn save(&self, step: &str) -> Result<String, String> {
        self.api("GET", &["recording?step=", step].concat(), None).await
    }

    /// Now, on the server's clock, once the clocks are aligned.
    pub fn now(&self) -> Option<Micros> {
        self.aligned.get().map(|aligned| browser::now() + aligned.offset)
    }

    /// Writes down what the browser saw, now.
    pub fn observe(&self, client: Option<ClientNo>, exchange: Option<ExchangeNo>, fact: Fact) {
        let (Some(at), false) = (self.now(), self.watches) else { return };
        if let Some(client) = client {
            (self.hear)(Event::Wrote(client, fact.clone()));
        }
        let seen = Observation { at, witness: Witness::Browser, client, exchange, conn: None, fact };
        self.outbox.borrow_mut().push(seen);
        if self.flush.borrow().is_none() {
            let me = self.me.clone();
            *self.flush.borrow_mut() = Some(Timeout::new(FLUSH_MS, move || {
                if let Some(session) = me.upgrade() {
                    // Forgotten, not dropped: a timer that is firing needs no cancelling.
                    if let Some(timer) = session.flush.borrow_mut().take() {
                        timer.forget();
                    }
                    session.send_waiting();
                }
            }));
        }
    }

    /// Asks something of the lab. Whether it could be sent.
    pub fn command(&self, command: Command) -> bool {
        let id = self.commands.get() + 1;
        self.commands.set(id);
        // What was seen before the command belongs before it in the log.
        self.send_waiting();
        self.send(&Up::Command { id, command })
    }

    fn send(&self, message: &Up) -> bool {
        self.control.send(&message.encode())
    }

    fn send_waiting(&self) {
        loop {
            let Some((first, seen)) = self.outbox.borrow_mut().batch() else { return };
            let dropped = self.outbox.borrow().dropped();
            if !self.send(&Up::Observe { first, seen, dropped }) {
                return self.outbox.borrow_mut().rewind();
            }
        }
    }

    fn send_probe(&self) {
        let id = self.probe.get().0 + 1;
        self.probe.set((id, browser::now()));
        self.send(&Up::Probe { id });
    }

    fn probed(&self, id: u32, server: Micros) {
        let (latest, sent) = self.probe.get();
        if id != latest {
            return;
        }
        let better = self.aligner.borrow_mut().sample(sent, server, browser::now());
        if let Some(aligned) = better {
            self.aligned.set(Some(aligned));
            let Aligned { offset, error, epoch } = aligned;
            self.observe(None, None, Fact::Clock { offset, error, epoch });
            (self.hear)(Event::Clock(aligned));
        }
        if self.rush.get() > 0 {
            self.rush.set(self.rush.get() - 1);
            self.send_probe();
        }
    }
}

impl Owner for Session {
    fn hello(&self) -> Vec<u8> {
        self.outbox.borrow_mut().rewind();
        let secret = self.created.secret.clone();
        Up::Hello { format: FORMAT, secret, page: self.page, resume: self.cursor.get() }.encode()
    }

    fn beat(&self) -> Vec<u8> {
        Up::Beat.encode()
    }

    fn came(&self, message: &[u8]) -> Came {
        // The number of the variant is the first byte: a delta of many records is not read twice.
        match message {
            [Down::SNAPSHOT, ..] => Came::Proof,
            [Down::BEAT] => Came::Beat,
            _ => Came::Other,
        }
    }

    fn down(&self, message: &[u8]) {
        let Ok(message) = Down::decode(message) else { return };
        match message {
            Down::Snapshot { epoch, after, ledger, lab, .. } => {
                self.cursor.set(Some(Cursor { epoch, no: after }));
                (self.hear)(Event::Fresh { ledger, lab });
            }
            Down::Delta { epoch, records } => {
                if let Some(last) = records.last() {
                    self.cursor.set(Some(Cursor { epoch, no: last.no }));
                }
                (self.hear)(Event::Records(records));
            }
            Down::State { lab } => (self.hear)(Event::State(lab)),
            Down::Probe { id, at } => self.probed(id, at),
            Down::Taken { upto } => self.outbox.borrow_mut().taken(upto),
            Down::Refused { why, .. } => leptos::logging::warn!("the lab refused: {why}"),
            Down::Done { .. } | Down::Beat => {}
        }
    }

    fn link(&self, link: Link) {
        if link == Link::Live && self.rush.get() == 0 {
            self.rush.set(PROBES);
            self.send_probe();
            self.send_waiting();
        }
        (self.hear)(Event::Link(link));
    }
}
