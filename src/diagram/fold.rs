//! The log, folded: every fact filed under what it belongs to.
//!
//! Records arrive in the order of the log, not of time, and a fact may come before the one it refers to (a release before
//! its unit). So nothing here decides anything by order of arrival: facts are filed by time, unit or exchange, and
//! [`story`](super::story) draws conclusions when it reads them. Any order of the same records gives the same scene.

use std::{collections::BTreeMap, sync::OnceLock};

use super::story::Story;
use crate::{
    fault::FaultId,
    wire::{
        ClientNo, Close, ConnNo, Direction, Ending, ExchangeNo, Fact, Micros, Record, Technique, Unit, UnitNo,
        observation::{ClientSettings, News},
    },
};

/// How many exchanges a scene holds. Those that come above are counted in [`Scene::left_out`] and not drawn.
pub const EXCHANGES: usize = 20_000;

/// How many units a scene holds: eight for each exchange.
pub const UNITS: usize = 8 * EXCHANGES;

/// How many events (updates, skipped ticks, changes of the lab) a scene holds.
pub const EVENTS: usize = 20_000;

/// How many units of one exchange are kept in each direction; the bytes of all are summed.
const UNITS_EACH: usize = 32;

/// How many facts of the server are kept for one exchange: a repeated request has one for each time it arrived.
const ANSWERS_EACH: usize = 8;

/// Which exchange: a request and its answer, by the specification of identity in [`crate::wire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExchangeKey {
    /// One that a client of the page numbered.
    Client {
        /// The client.
        client: ClientNo,
        /// Its number.
        exchange: ExchangeNo,
    },
    /// One without numbers, from outside the page: known by its connection and its place there.
    Loose {
        /// The connection.
        conn: ConnNo,
        /// Which request of the connection.
        nth: u32,
    },
}

impl ExchangeKey {
    /// A text that names it within a page, for ids and `data-` attributes: `c1-14` or `k3-2`.
    pub fn id(self) -> String {
        let (kind, a, b) = match self {
            ExchangeKey::Client { client, exchange } => ('c', u32::from(client), exchange),
            ExchangeKey::Loose { conn, nth } => ('k', conn, nth),
        };
        let mut id = String::with_capacity(12);
        id.push(kind);
        id.push_str(&a.to_string());
        id.push('-');
        id.push_str(&b.to_string());
        id
    }

    /// The key that [`id`](Self::id) made this text of.
    pub fn parse(id: &str) -> Option<Self> {
        let (a, b) = id.get(1..)?.split_once('-')?;
        match id.as_bytes().first()? {
            b'c' => Some(ExchangeKey::Client { client: a.parse().ok()?, exchange: b.parse().ok()? }),
            b'k' => Some(ExchangeKey::Loose { conn: a.parse().ok()?, nth: b.parse().ok()? }),
            _ => None,
        }
    }

    /// Its number as a reader counts it.
    pub fn number(self) -> u32 {
        match self {
            ExchangeKey::Client { exchange, .. } => exchange,
            ExchangeKey::Loose { nth, .. } => nth,
        }
    }
}

/// Something seen, with its time and its place in the log, which decides between equal times.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<T> {
    /// When.
    pub at: Micros,
    /// The record's number.
    pub no: u64,
    /// What.
    pub what: T,
}

/// Keeps the earlier of two sightings of what can happen only once.
fn keep_first<T>(place: &mut Option<Seen<T>>, new: Seen<T>) {
    match place {
        Some(old) if (old.at, old.no) <= (new.at, new.no) => {}
        _ => *place = Some(new),
    }
}

/// Files a sighting by its time; nearly always at the end. Answers false if `most` were there already and one, the
/// latest, had to go.
fn file<T>(list: &mut Vec<Seen<T>>, new: Seen<T>, most: usize) -> bool {
    let place = list.partition_point(|old| (old.at, old.no) <= (new.at, new.no));
    list.insert(place, new);
    let fits = list.len() <= most;
    list.truncate(most);
    fits
}

/// What a request asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The method.
    pub method: Box<str>,
    /// Path and query.
    pub target: Box<str>,
}

/// What the browser read.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The status that the script saw.
    pub status: u16,
    /// Bytes of the body.
    pub bytes: u32,
    /// What it brought.
    pub news: News,
}

/// Bytes of an exchange on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Heads of requests.
    pub head_up: u64,
    /// Heads of answers.
    pub head_down: u64,
    /// Framing of bodies and messages: chunk sizes, frame heads.
    pub framing: u64,
    /// Payload, both ways.
    pub payload: u64,
}

impl Bytes {
    /// All of them.
    pub fn total(self) -> u64 {
        self.head_up + self.head_down + self.framing + self.payload
    }
}

/// All facts of one exchange, as seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange {
    /// Handed to the browser's API.
    pub asked: Option<Seen<Asked>>,
    /// The whole answer in the page's hands.
    pub answered: Option<Seen<Answered>>,
    /// Ended without an answer.
    pub ended: Option<Seen<Ending>>,
    /// What the board showed because of it.
    pub shown: Option<Seen<u64>>,
    /// The version that the client's own rule threw away.
    pub ignored: Option<Seen<u64>>,
    /// The handler had its answer ready; twice for a request that was sent again.
    pub answering: Vec<Seen<News>>,
    /// A fault held the answer back: which, and for how long it meant to.
    pub held: Vec<Seen<(FaultId, Micros)>>,
    /// Whether the reader picked it.
    pub picked: bool,
    /// Its units up, by connection and number.
    pub ups: Vec<(ConnNo, UnitNo)>,
    /// Its units down.
    pub downs: Vec<(ConnNo, UnitNo)>,
    /// What it weighed.
    pub bytes: Bytes,
}

/// What the wire witness saw of one unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WireUnit {
    /// It came to the tap.
    pub seen: Option<Seen<Piece>>,
    /// The tap let it go.
    pub released: Option<Micros>,
    /// A fault removed it.
    pub dropped: Option<(Micros, FaultId)>,
    /// What it weighs.
    pub weight: Bytes,
}

/// A unit, as far as the picture needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The head of a request.
    Request {
        /// Which request of its connection.
        nth: u32,
        /// Method and target.
        asked: Asked,
        /// The beginning of its text.
        text: Box<str>,
    },
    /// The head of an answer.
    Response {
        /// The status.
        status: u16,
        /// The beginning of its text.
        text: Box<str>,
        /// Whether nothing follows.
        whole: bool,
    },
    /// A piece of a body.
    Body {
        /// The beginning of its payload.
        text: Box<str>,
        /// Whether it is the last.
        last: bool,
    },
    /// Anything else.
    Other,
}

/// A connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conn {
    /// When it was accepted.
    pub opened: Option<Micros>,
    /// The end of each direction: up, down.
    pub closed: [Option<Seen<Close>>; 2],
    /// Units up of requests without numbers, with the place of each head.
    pub loose_ups: Vec<(UnitNo, u32)>,
    /// Units down that answer them, and whether each is the head of a final answer.
    pub loose_downs: Vec<(UnitNo, bool)>,
}

/// Something that belongs to no exchange.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The feed published an update.
    Published {
        /// Its number.
        seq: u64,
        /// Whether by hand.
        by_hand: bool,
    },
    /// A client began.
    Started(ClientNo, Box<ClientSettings>),
    /// A client stopped.
    Stopped(ClientNo),
    /// A tick sent nothing.
    Skipped(ClientNo),
    /// The page went out of sight (true) or came back.
    Hidden(bool),
    /// A background job changed: its number and the share done.
    Job(u32, u8),
    /// The lab's faults or distance changed: how many faults are active, and the distance in milliseconds.
    Faults(u32, u32),
}

/// A page's clock against the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockError {
    /// The true offset is within ± this.
    pub error: Micros,
    /// Counts up when the page slept.
    pub epoch: u32,
}

/// A run as far as its log has been folded.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    exchanges: BTreeMap<ExchangeKey, Exchange>,
    units: BTreeMap<(ConnNo, Direction, UnitNo), WireUnit>,
    conns: BTreeMap<ConnNo, Conn>,
    events: Vec<Seen<Event>>,
    clocks: Vec<Seen<ClockError>>,
    shown: Vec<Seen<(ClientNo, u64, Option<ExchangeNo>)>>,
    run: Option<Seen<u32>>,
    span: Option<(Micros, Micros)>,
    left_out: u64,
    story: OnceLock<Box<Story>>,
}

/// The story is computed from the rest, so it does not count.
impl PartialEq for Scene {
    fn eq(&self, other: &Self) -> bool {
        self.exchanges == other.exchanges
            && self.units == other.units
            && self.conns == other.conns
            && self.events == other.events
            && self.clocks == other.clocks
            && self.shown == other.shown
            && self.run == other.run
            && self.span == other.span
            && self.left_out == other.left_out
    }
}

/// Folds a log, or only what was seen up to a time.
pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>, until: Option<Micros>) -> Scene {
    let mut scene = Scene::default();
    for record in records {
        if until.is_none_or(|until| record.seen.at <= until) {
            scene.apply(record);
        }
    }
    scene
}

impl Scene {
    /// Takes one more record in.
    pub fn apply(&mut self, record: &Record) {
        self.story = OnceLock::new();
        let (seen, at, no) = (&record.seen, record.seen.at, record.no);
        let client = seen.client.unwrap_or(0);
        let key = match (seen.client, seen.exchange) {
            (Some(client), Some(exchange)) => Some(ExchangeKey::Client { client, exchange }),
            _ => None,
        };
        // The time of an accepted connection may lie long before its first request here.
        if !matches!(seen.fact, Fact::Opened) {
            let (from, to) = self.span.unwrap_or((at, at));
            self.span = Some((from.min(at), to.max(at)));
        }
        match &seen.fact {
            Fact::Run { distance_ms } => match &self.run {
                Some(old) if old.no <= no => {}
                _ => self.run = Some(Seen { at, no, what: *distance_ms }),
            },
            Fact::Started { settings } => self.event(at, no, Event::Started(client, Box::new(settings.clone()))),
            Fact::Stopped => self.event(at, no, Event::Stopped(client)),
            Fact::Skipped => self.event(at, no, Event::Skipped(client)),
            Fact::Visibility { hidden } => self.event(at, no, Event::Hidden(*hidden)),
            Fact::Published { seq, by_hand } => self.event(at, no, Event::Published { seq: *seq, by_hand: *by_hand }),
            Fact::Job { job, percent } => self.event(at, no, Event::Job(*job, *percent)),
            Fact::Faults { distance_ms, faults } => {
                self.event(at, no, Event::Faults(u32::try_from(faults.len()).unwrap_or(u32::MAX), *distance_ms));
            }
            Fact::Clock { error, epoch, .. } => {
                let what = ClockError { error: *error, epoch: *epoch };
                self.left_out += u64::from(!file(&mut self.clocks, Seen { at, no, what }, EVENTS));
            }
            Fact::Asked { method, target } => {
                let what = Asked { method: method.as_str().into(), target: target.as_str().into() };
                self.exchange(key, |e| keep_first(&mut e.asked, Seen { at, no, what }));
            }
            Fact::Answered { status, bytes, news } => {
                let what = Answered { status: *status, bytes: *bytes, news: news.clone() };
                self.exchange(key, |e| keep_first(&mut e.answered, Seen { at, no, what }));
            }
            Fact::Ended { how } => {
                self.exchange(key, |e| keep_first(&mut e.ended, Seen { at, no, what: *how }));
            }
            Fact::Shown { version } => {
                let what = (client, *version, seen.exchange);
                self.left_out += u64::from(!file(&mut self.shown, Seen { at, no, what }, EVENTS));
                self.exchange(key, |e| keep_first(&mut e.shown, Seen { at, no, what: *version }));
            }
            Fact::Ignored { version } => {
                self.exchange(key, |e| keep_first(&mut e.ignored, Seen { at, no, what: *version }));
            }
            Fact::Picked => self.exchange(key, |e| e.picked = true),
            Fact::Answering { news } => self.exchange(key, |e| {
                file(&mut e.answering, Seen { at, no, what: news.clone() }, ANSWERS_EACH);
            }),
            Fact::HeldBack { by, micros } => self.exchange(key, |e| {
                file(&mut e.held, Seen { at, no, what: (*by, *micros) }, ANSWERS_EACH);
            }),
            Fact::Opened => {
                if let Some(conn) = self.conn(seen.conn) {
                    conn.opened = Some(conn.opened.map_or(at, |old| old.min(at)));
                }
            }
            Fact::Closed { dir, how, .. } => {
                if let Some(conn) = self.conn(seen.conn) {
                    keep_first(&mut conn.closed[usize::from(*dir == Direction::Down)], Seen { at, no, what: *how });
                }
            }
            Fact::Unit { dir, no: number, unit } => {
                let Some(conn) = seen.conn else { return };
                self.file_unit(key, conn, *dir, *number, unit);
                if let Some(place) = self.unit(conn, *dir, *number) {
                    keep_first(&mut place.seen, Seen { at, no, what: Piece::of(unit) });
                    place.weight = Bytes::of(*dir, unit);
                }
            }
            Fact::Released { dir, no: number } => {
                if let Some(place) = seen.conn.and_then(|conn| self.unit(conn, *dir, *number)) {
                    place.released = Some(place.released.map_or(at, |old| old.min(at)));
                }
            }
            Fact::Dropped { dir, no: number, by } => {
                if let Some(place) = seen.conn.and_then(|conn| self.unit(conn, *dir, *number)) {
                    place.dropped = Some(place.dropped.map_or((at, *by), |old| old.min((at, *by))));
                }
            }
        }
    }

    fn event(&mut self, at: Micros, no: u64, what: Event) {
        self.left_out += u64::from(!file(&mut self.events, Seen { at, no, what }, EVENTS));
    }

    fn exchange(&mut self, key: Option<ExchangeKey>, change: impl FnOnce(&mut Exchange)) {
        let Some(key) = key else { return };
        if self.exchanges.len() >= EXCHANGES && !self.exchanges.contains_key(&key) {
            self.left_out += 1;
            return;
        }
        change(self.exchanges.entry(key).or_default());
    }

    fn conn(&mut self, conn: Option<ConnNo>) -> Option<&mut Conn> {
        let conn = conn?;
        if self.conns.len() >= EXCHANGES && !self.conns.contains_key(&conn) {
            self.left_out += 1;
            return None;
        }
        Some(self.conns.entry(conn).or_default())
    }

    fn unit(&mut self, conn: ConnNo, dir: Direction, no: UnitNo) -> Option<&mut WireUnit> {
        let place = (conn, dir, no);
        if self.units.len() >= UNITS && !self.units.contains_key(&place) {
            self.left_out += 1;
            return None;
        }
        Some(self.units.entry(place).or_default())
    }

    /// Notes to which exchange a unit belongs, and what it weighs.
    fn file_unit(&mut self, key: Option<ExchangeKey>, conn: ConnNo, dir: Direction, no: UnitNo, unit: &Unit) {
        let key = match (key, unit) {
            (Some(key), _) => Some(key),
            (None, Unit::RequestHead(head)) => {
                if let Some(conn) = self.conn(Some(conn)) {
                    let place = conn.loose_ups.partition_point(|up| up.0 < no);
                    conn.loose_ups.insert(place, (no, head.nth));
                }
                Some(ExchangeKey::Loose { conn, nth: head.nth })
            }
            (None, Unit::ResponseHead(_) | Unit::Body(_)) if dir == Direction::Down => {
                let head = matches!(unit, Unit::ResponseHead(head) if head.status >= 200);
                if let Some(conn) = self.conn(Some(conn)) {
                    let place = conn.loose_downs.partition_point(|down| down.0 < no);
                    conn.loose_downs.insert(place, (no, head));
                }
                None
            }
            _ => None,
        };
        let weight = Bytes::of(dir, unit);
        self.exchange(key, |e| {
            let list = if dir == Direction::Up { &mut e.ups } else { &mut e.downs };
            let place = list.partition_point(|old| *old < (conn, no));
            list.insert(place, (conn, no));
            list.truncate(UNITS_EACH);
            e.bytes.add(weight);
        });
    }

    /// What happened, exchange by exchange; computed once for each state of the log.
    pub fn story(&self) -> &Story {
        self.story.get_or_init(|| Box::new(Story::of(self)))
    }

    /// All exchanges, by client and number.
    pub fn exchanges(&self) -> &BTreeMap<ExchangeKey, Exchange> {
        &self.exchanges
    }

    /// What the wire saw of a unit.
    pub fn unit_seen(&self, conn: ConnNo, dir: Direction, no: UnitNo) -> Option<&WireUnit> {
        self.units.get(&(conn, dir, no))
    }

    /// A connection.
    pub fn connection(&self, conn: ConnNo) -> Option<&Conn> {
        self.conns.get(&conn)
    }

    /// What belongs to no exchange, by time.
    pub fn events(&self) -> &[Seen<Event>] {
        &self.events
    }

    /// Everything that a board showed, by time: the client, the version, and the exchange that brought it.
    pub fn shown(&self) -> &[Seen<(ClientNo, u64, Option<ExchangeNo>)>] {
        &self.shown
    }

    /// When the run began: what the picture counts its time from.
    pub fn start(&self) -> Micros {
        self.run.as_ref().map(|run| run.at).or(self.span.map(|span| span.0)).unwrap_or(0)
    }

    /// The time of the last thing seen, or the start.
    pub fn end(&self) -> Micros {
        self.span.map_or(self.start(), |span| span.1.max(self.start()))
    }

    /// Distance now, each way, in milliseconds.
    pub fn distance_ms(&self) -> Option<u32> {
        let changed = self.events.iter().rev().find_map(|event| match event.what {
            Event::Faults(_, distance) => Some(distance),
            _ => None,
        });
        changed.or(self.run.as_ref().map(|run| run.what))
    }

    /// By how much the browser's times may be off at this time; before the first alignment, by what that one said.
    pub fn clock_error(&self, at: Micros) -> Option<Micros> {
        let place = self.clocks.partition_point(|clock| clock.at <= at);
        self.clocks.get(place.saturating_sub(1)).map(|clock| clock.what.error)
    }

    /// How many facts did not fit.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The technique of a client, if it said so.
    pub fn technique(&self, client: ClientNo) -> Option<Technique> {
        self.events.iter().find_map(|event| match &event.what {
            Event::Started(who, settings) if *who == client => Some(settings.technique),
            _ => None,
        })
    }
}

impl Bytes {
    /// Adds others to these.
    pub fn add(&mut self, more: Bytes) {
        self.head_up += more.head_up;
        self.head_down += more.head_down;
        self.framing += more.framing;
        self.payload += more.payload;
    }

    fn of(dir: Direction, unit: &Unit) -> Self {
        let mut sum = Self::default();
        match unit {
            Unit::RequestHead(head) => sum.head_up = head.bytes.into(),
            Unit::ResponseHead(head) => sum.head_down = head.bytes.into(),
            Unit::Body(body) => {
                sum.payload = body.payload.into();
                sum.framing = body.bytes.saturating_sub(body.payload).into();
            }
            Unit::Frame(frame) => {
                sum.payload = frame.payload.into();
                sum.framing = frame.head.into();
            }
            Unit::Opaque { bytes } if dir == Direction::Up => sum.head_up = (*bytes).into(),
            Unit::Opaque { bytes } => sum.framing = (*bytes).into(),
            Unit::End { .. } => {}
        }
        sum
    }
}

impl Piece {
    fn of(unit: &Unit) -> Self {
        match unit {
            Unit::RequestHead(head) => Piece::Request {
                nth: head.nth,
                asked: Asked { method: head.method.as_str().into(), target: head.target.as_str().into() },
                text: head.text.as_str().into(),
            },
            Unit::ResponseHead(head) => {
                Piece::Response { status: head.status, text: head.text.as_str().into(), whole: head.bodiless }
            }
            Unit::Body(body) => Piece::Body { text: body.text.as_str().into(), last: body.last },
            _ => Piece::Other,
        }
    }
}
