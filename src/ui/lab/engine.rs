//! What turns in the browser under a [`Rig`]: the session with the server and the client that runs.

use std::rc::Rc;

use leptos::{prelude::*, reactive::owner::LocalStorage, task::spawn_local};

use super::rig::{Board, Rig, Standing};
use crate::{
    client::{
        asker::Asker,
        backoff, browser,
        control::Link,
        poll::Answer,
        session::{Event, Session},
        socket::Socket,
        stream::Stream,
    },
    diagram::ExchangeKey,
    wire::{ClientNo, Fact, Micros, Technique, control::Command},
};

/// The client that runs. It is held for its drop, which stops it.
#[expect(dead_code, reason = "see above")]
enum Client {
    Asker(Asker),
    Stream(Stream),
    Socket(Socket),
}

/// Handles on things that only a browser has.
#[derive(Clone, Copy)]
pub struct Engine {
    session: StoredValue<Option<Rc<Session>>, LocalStorage>,
    client: StoredValue<Option<Client>, LocalStorage>,
    clients: StoredValue<ClientNo>,
    attempts: StoredValue<u32>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            session: StoredValue::new_local(None),
            client: StoredValue::new_local(None),
            clients: StoredValue::new(0),
            attempts: StoredValue::new(0),
        }
    }
}

impl Rig {
    /// Makes the lab and connects to it, until that succeeds.
    pub fn connect(self) {
        self.standing.set(Standing::Connecting);
        let spec = self.spec.get_value();
        spawn_local(async move {
            match Session::open(&spec, move |event| self.hear(event)).await {
                Ok(session) => {
                    self.refusal.set(String::new());
                    self.port.set(session.port());
                    self.engine.attempts.set_value(0);
                    self.engine.session.set_value(Some(session));
                }
                Err(why) => {
                    self.refusal.set(why);
                    self.standing.set(Standing::Refused);
                    self.connect_later();
                }
            }
        });
        on_cleanup(move || self.hang_up());
    }

    fn connect_later(self) {
        let attempt = self.engine.attempts.get_value();
        self.engine.attempts.set_value(attempt + 1);
        let wait = backoff::wait_ms(attempt + 1, browser::random());
        gloo_timers::callback::Timeout::new(wait, move || self.connect()).forget();
    }

    fn hang_up(self) {
        // In this order: a client that stops still writes that down.
        self.engine.client.try_update_value(Option::take);
        self.engine.session.try_update_value(Option::take);
    }

    fn hear(self, event: Event) {
        match event {
            Event::Fresh { ledger, lab } => {
                self.stage.ledger.set(*ledger);
                self.state.set(lab);
                self.reel.clear();
            }
            Event::Records(records) => {
                self.stage.ledger.update(|ledger| records.iter().for_each(|record| ledger.apply(&record.seen)));
                self.reel.push(&records);
            }
            Event::State(lab) => self.state.set(lab),
            Event::Clock(_) => {
                if self.standing.get_untracked() == Standing::Aligning {
                    self.standing.set(Standing::Live);
                }
            }
            Event::Link(link) => self.linked(link),
        }
    }

    fn linked(self, link: Link) {
        let aligned = self.session().is_some_and(|session| session.now().is_some());
        match link {
            Link::Connecting => self.standing.set(Standing::Connecting),
            Link::Live if aligned => self.standing.set(Standing::Live),
            Link::Live => self.standing.set(Standing::Aligning),
            Link::Waiting { .. } => self.standing.set(Standing::Away),
            // The server has forgotten the lab, as after a restart: a new one takes its place.
            Link::Gone => {
                self.running.set(false);
                self.hang_up();
                self.connect();
            }
        }
    }

    fn session(self) -> Option<Rc<Session>> {
        self.engine.session.try_get_value().flatten()
    }

    pub(super) fn order(self, command: Command) {
        if let Some(session) = self.session() {
            session.command(command);
        }
    }

    pub(super) fn begin(self) {
        let Some(session) = self.session() else { return };
        self.engine.client.update_value(|client| drop(client.take()));
        let number = self.engine.clients.get_value().wrapping_add(1).max(1);
        self.engine.clients.set_value(number);
        session.command(Command::Source { running: true });
        let finished = move || {
            // Not from inside the client's own call: stopping drops it.
            spawn_local(async move { self.halt() });
        };
        let known = self.board.with_untracked(|board| board.version);
        let show = move |answer: &Answer| self.show(answer);
        let settings = self.settings.get_untracked();
        let client = match settings.technique {
            Technique::Sse => Stream::start(session, number, settings, known, show).map(Client::Stream),
            Technique::WebSocket => Some(Client::Socket(Socket::start(session, number, settings, known, show))),
            _ => Some(Client::Asker(Asker::start(session, number, settings, known, show, finished))),
        };
        self.engine.client.set_value(client);
        self.running.set(true);
    }

    pub(super) fn halt(self) {
        if self.running.try_get_untracked() != Some(true) {
            return;
        }
        self.engine.client.update_value(|client| drop(client.take()));
        self.order(Command::Source { running: false });
        self.running.set(false);
    }

    /// Gives the reader the run as a file. What the server has against it is told where the connection's state is.
    pub(super) fn keep(self) {
        let Some(session) = self.session() else { return };
        let step = self.stage.name();
        spawn_local(async move {
            match session.save(&step).await {
                Ok(text) => browser::give(&[&step.replace('/', "-"), ".jsonl"].concat(), &text),
                Err(why) => self.refusal.set(why),
            }
        });
    }

    /// Runs a client for a minute.
    pub fn run_a_minute(self) {
        self.begin();
        let number = self.engine.clients.get_value();
        let end = move || {
            if self.engine.clients.try_get_value() == Some(number) {
                self.halt();
            }
        };
        gloo_timers::callback::Timeout::new(60_000, end).forget();
    }

    /// The reader picked an exchange in the picture.
    pub fn picked(self, key: ExchangeKey) {
        if let (Some(session), ExchangeKey::Client { client, exchange }) = (self.session(), key) {
            session.observe(Some(client), Some(exchange), Fact::Picked);
        }
    }

    /// The page went out of sight, or came back: it writes that down, since a hidden page's timers are slowed.
    pub fn look(self) {
        if let Some(session) = self.session() {
            session.observe(None, None, Fact::Visibility { hidden: browser::hidden() });
        }
    }

    pub(super) fn time(self) -> Micros {
        self.session().and_then(|session| session.now()).unwrap_or_default()
    }

    /// Puts an answer on the board, as the client decided.
    fn show(self, answer: &Answer) {
        self.board.update(|board| {
            let version = answer.version.or(answer.cursor).unwrap_or(board.version);
            let mut alerts = if answer.version.is_some() { Vec::new() } else { std::mem::take(&mut board.alerts) };
            for new in answer.alerts.iter().chain(&answer.updates) {
                alerts.retain(|old| old.district != new.district);
                alerts.push(*new);
            }
            alerts.sort_by_key(|alert| std::cmp::Reverse(alert.seq));
            *board = Board { version, alerts, back: version < board.version };
        });
    }
}
