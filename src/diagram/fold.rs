//! The log, folded: every fact filed under what it belongs to.
//!
//! Records arrive in the order of the log, not of time, and a fact may come before the one it refers to (a release before
//! its unit). So nothing here decides anything by order of arrival: facts are filed by time, unit or exchange, and
//! [`story`](super::story) draws conclusions when it reads them. Any order of the same records gives the same scene.

use std::{collections::BTreeMap, sync::OnceLock};

pub use super::facts::{
    Answered, Asked, Bytes, ClockError, Conn, Down, Event, Exchange, ExchangeKey, Piece, Seen, Topic, WireUnit,
};
use super::story::Story;
use crate::fault::{Fault, FaultId};
use crate::wire::{
    ClientNo, ConnNo, Direction, ExchangeNo, Fact, Micros, Record, Technique, Unit, UnitNo, Witness,
    observation::LifeState,
};

/// How many exchanges a scene holds. Those that come above are counted in [`Scene::left_out`] and not drawn.
pub const EXCHANGES: usize = 20_000;

/// How many units a scene holds: eight for each exchange.
pub const UNITS: usize = 8 * EXCHANGES;

/// How many events (updates, skipped ticks, changes of the lab) a scene holds.
pub const EVENTS: usize = 20_000;

/// How many units of one exchange are kept in each direction; the bytes of all are summed.
///
/// An answer has a handful, a stream one for each message.
const UNITS_EACH: usize = 4096;

/// How many facts of the server are kept for one exchange: a repeated request has one for each time it arrived.
const ANSWERS_EACH: usize = 8;

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
        // And a crowd's sums are no moment of the picture.
        if !matches!(seen.fact, Fact::Opened | Fact::Crowd { .. }) {
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
                self.event(at, no, Event::Faults(faults.as_slice().into(), *distance_ms));
            }
            Fact::KeepAlive { ms } => self.event(at, no, Event::KeepAlive(*ms)),
            Fact::Crowd { .. } => {}
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
            Fact::Streaming => self.exchange(key, |e| {
                file(&mut e.streaming, Seen { at, no, what: () }, ANSWERS_EACH);
            }),
            Fact::Broken => self.exchange(key, |e| {
                file(&mut e.broken, Seen { at, no, what: () }, ANSWERS_EACH);
            }),
            Fact::Message { news, .. } => self.exchange(key, |e| {
                file(&mut e.messages, Seen { at, no, what: news.clone() }, UNITS_EACH);
            }),
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
            Fact::Struck { by } => {
                if seen.witness == Witness::Wire {
                    self.event(at, no, Event::Struck(client, *by, seen.conn));
                } else {
                    self.exchange(key, |e| {
                        file(&mut e.struck, Seen { at, no, what: *by }, ANSWERS_EACH);
                    });
                }
            }
            Fact::Holding { .. } => self.exchange(key, |e| {
                file(&mut e.holds, Seen { at, no, what: None }, ANSWERS_EACH);
            }),
            Fact::HoldEnded { how, .. } => self.exchange(key, |e| {
                file(&mut e.holds, Seen { at, no, what: Some(*how) }, ANSWERS_EACH);
            }),
            Fact::Sent { bytes } => self.exchange(key, |e| {
                file(&mut e.sent, Seen { at, no, what: *bytes }, UNITS_EACH);
            }),
            Fact::Shut { code, clean } => self.exchange(key, |e| {
                let end = usize::from(seen.witness == Witness::Server);
                keep_first(&mut e.shut[end], Seen { at, no, what: (*code, *clean) });
            }),
            Fact::Life { state } => {
                self.event(at, no, Event::Life(client, *state, seen.witness));
                // A browser judges its one socket, a server each of them.
                if (*state, seen.witness) == (LifeState::Dead, Witness::Server) {
                    self.exchange(key, |e| keep_first(&mut e.gave_up, Seen { at, no, what: () }));
                }
            }
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
                // A unit is named for good, so a second sighting of it tells nothing.
                if self.unit_seen(conn, *dir, *number).is_some_and(|unit| unit.seen.is_some()) {
                    return;
                }
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
                    let place = conn.loose_ups.partition_point(|up| *up < (no, head.nth));
                    conn.loose_ups.insert(place, (no, head.nth));
                }
                Some(ExchangeKey::Loose { conn, nth: head.nth })
            }
            (None, Unit::ResponseHead(_) | Unit::Body(_)) if dir == Direction::Down => {
                let what = match unit {
                    Unit::ResponseHead(head) if head.status < 200 => Down::Interim,
                    Unit::ResponseHead(_) => Down::Head,
                    _ => Down::Body,
                };
                if let Some(conn) = self.conn(Some(conn)) {
                    let place = conn.loose_downs.partition_point(|down| down.0 < no);
                    conn.loose_downs.insert(place, (no, what));
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

    /// Whether connections are the subject of the run: somebody visits a page.
    pub(super) fn has_visits(&self) -> bool {
        let visit = |event: &Seen<Event>| match &event.what {
            Event::Started(_, settings) => settings.technique == Technique::Request,
            _ => false,
        };
        self.events.iter().any(visit)
    }

    /// Whether connections are the subject, and one of them is open.
    pub fn has_open(&self) -> bool {
        self.conns.values().any(|conn| conn.closed.iter().all(Option::is_none)) && self.has_visits()
    }

    /// When connections ended, each as a span of time, if the run is about connections.
    pub(super) fn connection_ends(&self) -> Vec<(Micros, Micros)> {
        if !self.has_visits() {
            return Vec::new();
        }
        self.conns.values().flat_map(|conn| conn.closed.iter().flatten()).map(|end| (end.at, end.at)).collect()
    }

    /// What belongs to no exchange, by time.
    pub fn events(&self) -> &[Seen<Event>] {
        &self.events
    }

    /// Everything that a board showed, by time: the client, the version, and the exchange that brought it.
    pub fn shown(&self) -> &[Seen<(ClientNo, u64, Option<ExchangeNo>)>] {
        &self.shown
    }

    /// Whether the log tells how the run began: then what it saw no beginning of was left over from the run before.
    pub fn began(&self) -> bool {
        self.run.is_some()
    }

    /// When the run began: what the picture counts its time from.
    pub fn start(&self) -> Micros {
        self.run.as_ref().map(|run| run.at).or(self.span.map(|span| span.0)).unwrap_or(0)
    }

    /// The time of the last thing seen, or the start.
    pub fn end(&self) -> Micros {
        self.span.map_or(self.start(), |span| span.1.max(self.start()))
    }

    /// The fault of this number, as it was in force at a time or last before it.
    pub fn fault(&self, by: FaultId, at: Micros) -> Option<&Fault> {
        self.events.iter().rev().filter(|event| event.at <= at).find_map(|event| match &event.what {
            Event::Faults(faults, _) => faults.iter().find(|fault| fault.id == by),
            _ => None,
        })
    }

    /// Distance now, each way, in milliseconds.
    pub fn distance_ms(&self) -> Option<u32> {
        let changed = self.events.iter().rev().find_map(|event| match event.what {
            Event::Faults(_, distance) => Some(distance),
            _ => None,
        });
        changed.or(self.run.as_ref().map(|run| run.what))
    }

    /// Distance when the run began, each way, in milliseconds.
    pub fn distance_at_start_ms(&self) -> Option<u32> {
        self.run.as_ref().map(|run| run.what)
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
