//! What turns in the browser under a [`Rig`]: the session with the server and the client that runs.

use std::rc::Rc;

use leptos::{prelude::*, reactive::owner::LocalStorage, task::spawn_local};

use super::{
    panel,
    rig::{Board, Rig, Standing},
};
use crate::{
    client::{
        asker::Asker,
        backoff, body, browser,
        control::Link,
        ladder::{Ladder, PATIENCE_MS},
        poll::Answer,
        session::{Event, Session},
        socket::Socket,
        stream::Stream,
    },
    diagram::ExchangeKey,
    i18n::{t, tf},
    ui::evidence,
    wire::{
        ClientNo, Fact, Micros, Technique,
        control::Command,
        observation::{ClientSettings, SEATS},
    },
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
    /// Those that run, from the left.
    crew: StoredValue<Vec<Option<Client>>, LocalStorage>,
    /// The newest update that each of them has: where the next in its place goes on.
    known: StoredValue<[u64; SEATS]>,
    clients: StoredValue<ClientNo>,
    /// The client that climbs down the ladder of fallbacks, and where it is.
    ladder: StoredValue<Option<(ClientNo, Ladder)>>,
    attempts: StoredValue<u32>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            session: StoredValue::new_local(None),
            crew: StoredValue::new_local(Vec::new()),
            known: StoredValue::new([0; SEATS]),
            clients: StoredValue::new(0),
            ladder: StoredValue::new(None),
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
        self.engine.crew.try_update_value(std::mem::take);
        self.engine.session.try_update_value(Option::take);
    }

    fn hear(self, event: Event) {
        match event {
            Event::Fresh { ledger, lab } => {
                body::suffer(&lab.faults);
                self.stage.ledger.set(*ledger);
                self.state.set(lab);
                self.reel.clear();
            }
            Event::Records(records) => {
                self.stage.ledger.update(|ledger| records.iter().for_each(|record| ledger.apply(&record.seen)));
                self.reel.push(&records);
            }
            Event::State(lab) => {
                body::suffer(&lab.faults);
                self.state.set(lab);
            }
            Event::Clock(_) => {
                if self.standing.get_untracked() == Standing::Aligning {
                    self.standing.set(Standing::Live);
                }
            }
            Event::Link(link) => self.linked(link),
            Event::Wrote(client, fact) => self.climb(client, |ladder| ladder.saw(&fact)),
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
                self.forget();
                self.hang_up();
                self.connect();
            }
        }
    }

    pub(super) fn session(self) -> Option<Rc<Session>> {
        self.engine.session.try_get_value().flatten()
    }

    pub(super) fn order(self, command: Command) {
        if let Some(session) = self.session() {
            session.command(command);
        }
    }

    pub(super) fn begin(self) {
        let Some(session) = self.session() else { return };
        self.dismiss();
        session.command(Command::Source { running: true });
        let beside = self.beside.get_untracked();
        let mut own = self.settings.get_untracked();
        let ladder = Some(Ladder::new(own.missing)).filter(|_| own.ladder);
        own.technique = ladder.map_or(own.technique, |ladder| ladder.technique());
        let crew = [own].into_iter().chain(beside).take(SEATS).enumerate();
        let crew = crew
            .map(|(seat, settings)| self.client(session.clone(), ClientSettings { seat: seat as u8, ..settings }))
            .collect();
        self.engine.crew.set_value(crew);
        self.running.set(true);
        if let Some(ladder) = ladder {
            self.watch(ladder);
        }
    }

    /// Starts one client.
    fn client(self, session: Rc<Session>, settings: ClientSettings) -> Option<Client> {
        let number = self.engine.clients.get_value().wrapping_add(1).max(1);
        self.engine.clients.set_value(number);
        let seat = usize::from(settings.seat);
        let finished = move || {
            // Not from inside the client's own call: stopping drops it.
            spawn_local(async move { self.halt() });
        };
        let known = self.engine.known.with_value(|known| known[seat]);
        let show = move |answer: &Answer| self.show(seat, answer);
        let draw = Box::new(move |stroke: &[u8]| self.pad.hear(seat, stroke));
        Some(match settings.technique {
            Technique::Sse => Client::Stream(Stream::start(session, number, settings, known, show, draw)?),
            Technique::WebSocket => Client::Socket(Socket::start(session, number, settings, known, show, draw)),
            _ => Client::Asker(Asker::start(session, number, settings, known, show, finished)),
        })
    }

    /// Sends a stroke of the pad by the client of this column.
    pub(super) fn send_stroke(self, seat: usize, stroke: &[u8]) {
        self.engine.crew.with_value(|crew| match crew.get(seat) {
            Some(Some(Client::Socket(socket))) => socket.stroke(stroke),
            Some(Some(Client::Stream(stream))) => stream.stroke(stroke),
            _ => {}
        });
    }

    /// The client of the first column goes another way, if it climbs down the ladder of fallbacks.
    fn step_down(self) {
        let Some((_, ladder)) = self.engine.ladder.get_value() else { return };
        let Some(session) = self.session() else { return };
        self.dismiss_first();
        let settings = ClientSettings { technique: ladder.technique(), ..self.settings.get_untracked() };
        let client = self.client(session, settings);
        self.engine.crew.update_value(|crew| {
            if let Some(first) = crew.first_mut() {
                *first = client
            }
        });
        self.watch(ladder);
    }

    /// Watches whether the way that the first client goes works.
    fn watch(self, ladder: Ladder) {
        let number = self.engine.clients.get_value();
        self.engine.ladder.set_value(Some((number, ladder)));
        let late = move || self.climb(number, Ladder::waited);
        gloo_timers::callback::Timeout::new(PATIENCE_MS, late).forget();
    }

    /// Tells the ladder of the client of this number, if that is still the one.
    fn climb(self, number: ClientNo, tell: impl FnOnce(&mut Ladder) -> bool) {
        let told = self.engine.ladder.try_update_value(|state| match state {
            Some((client, ladder)) if *client == number => tell(ladder),
            _ => false,
        });
        if told == Some(true) {
            // Not from inside the client's own call: stopping drops it.
            spawn_local(async move { self.step_down() });
        }
    }

    /// Stops the one of the first column, if it has not left already.
    pub(super) fn dismiss_first(self) {
        let first = self.engine.crew.try_update_value(|crew| crew.first_mut().and_then(Option::take));
        drop(first);
    }

    /// Stops all clients. They are taken out first: one that stops may ask for the others.
    fn dismiss(self) {
        self.engine.ladder.set_value(None);
        let crew = self.engine.crew.try_update_value(std::mem::take);
        drop(crew);
    }

    pub(super) fn halt(self) {
        if self.running.try_get_untracked() != Some(true) {
            return;
        }
        self.dismiss();
        self.stage.ledger.with_untracked(evidence::keep);
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

    /// Asks one of the addresses of the lab's faults, and hands on what it says; what it has against it is told in the panel.
    pub(super) fn fault_api(
        self,
        method: &'static str,
        rest: &str,
        json: Option<String>,
        then: impl FnOnce(&str) + 'static,
    ) {
        let Some(session) = self.session() else { return };
        let rest = rest.to_owned();
        spawn_local(async move {
            match session.api(method, &rest, json.as_deref()).await {
                Ok(text) => {
                    panel::say("");
                    then(&text);
                }
                Err(why) if why.is_empty() => panel::say(&t("lab.away")),
                Err(why) => panel::say(&tf("lab.faults_refused", &[("why", &why)])),
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
        // Whoever leaves the page hides it first.
        if browser::hidden() {
            self.stage.ledger.with_untracked(evidence::keep);
        }
    }

    pub(super) fn time(self) -> Micros {
        self.session().and_then(|session| session.now()).unwrap_or_default()
    }

    /// What the page knows of updates is of a run that is over.
    pub(super) fn forget(self) {
        self.engine.known.set_value([0; SEATS]);
    }

    /// Notes what a client has, and puts it on the board, as the client decided: there is one board, that of the first.
    fn show(self, seat: usize, answer: &Answer) {
        self.engine.known.update_value(|known| known[seat] = answer.version.or(answer.cursor).unwrap_or(known[seat]));
        if seat > 0 {
            return;
        }
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
