//! A small language for logs: `log.poll(n, at).news(..).held(..)` writes what three witnesses would have seen.

use crate::{
    diagram::fold::ExchangeKey,
    fault::{Fault, Kind},
    wire::{
        Body, Direction, Ending, Fact, Micros, Observation, Record, RequestHead, ResponseHead, Technique, Unit,
        Witness,
        observation::{Ask, ClientSettings, News},
    },
};

/// One second.
pub const S: Micros = 1_000_000;
/// One millisecond.
pub const MS: Micros = 1000;

/// A log under way.
#[derive(Default)]
pub struct Log {
    pub records: Vec<Record>,
    pub distance: Micros,
    units: std::collections::BTreeMap<(u32, Direction), u32>,
    nth: std::collections::BTreeMap<u32, u32>,
}

/// What becomes of a poll.
#[derive(Clone)]
pub struct Poll {
    pub client: u16,
    pub no: u32,
    pub at: Micros,
    pub conn: u32,
    pub held: Option<Micros>,
    pub news: News,
    pub status: u16,
    pub shown: Option<u64>,
    pub ignored: Option<u64>,
    pub abort: Option<Micros>,
    pub lost_up: bool,
    pub lost_down: bool,
    pub unasked: bool,
    pub upto: Stage,
}

/// How far the log tells.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Stage {
    Asked,
    Seen,
    Released,
    Answering,
    Sent,
    Left,
    Answered,
}

pub fn settings(ask: Ask, interval_ms: u32) -> ClientSettings {
    ClientSettings { ask, interval_ms, ..ClientSettings::new(Technique::ShortPoll) }
}

pub fn empty() -> News {
    News { empty: true, ..News::default() }
}

pub fn list(version: u64) -> News {
    News { version: Some(version), ..News::default() }
}

pub fn key(no: u32) -> ExchangeKey {
    ExchangeKey::Client { client: 1, exchange: no }
}

pub fn poll(no: u32, at: Micros) -> Poll {
    Poll {
        client: 1,
        no,
        at,
        conn: 1,
        held: None,
        news: empty(),
        status: 200,
        shown: None,
        ignored: None,
        abort: None,
        lost_up: false,
        lost_down: false,
        unasked: false,
        upto: Stage::Answered,
    }
}

impl Poll {
    pub fn news(mut self, news: News) -> Self {
        self.news = news;
        self
    }
    pub fn shows(mut self, version: u64) -> Self {
        self.news = list(version);
        self.shown = Some(version);
        self
    }
    pub fn held(mut self, micros: Micros) -> Self {
        self.held = Some(micros);
        self
    }
    pub fn conn(mut self, conn: u32) -> Self {
        self.conn = conn;
        self
    }
    pub fn upto(mut self, stage: Stage) -> Self {
        self.upto = stage;
        self
    }
}

impl Log {
    pub fn new(distance: Micros) -> Self {
        let mut log = Self { distance, ..Self::default() };
        log.seen(10 * S, Witness::Server, None, None, Fact::Run { distance_ms: (distance / MS) as u32 });
        let clock = Fact::Clock { offset: 5 * MS, error: 400, epoch: 1 };
        log.seen(10 * S + 2 * MS, Witness::Browser, None, None, clock);
        log
    }

    pub fn start(&mut self, at: Micros, interval_ms: u32, ask: Ask) {
        let fact = Fact::Started { settings: settings(ask, interval_ms) };
        self.seen(at, Witness::Browser, Some((1, None)), None, fact);
    }

    pub fn seen(
        &mut self,
        at: Micros,
        witness: Witness,
        who: Option<(u16, Option<u32>)>,
        conn: Option<u32>,
        fact: Fact,
    ) {
        let no = self.records.len() as u64 + 1;
        let (client, exchange) = who.map_or((None, None), |(client, exchange)| (Some(client), exchange));
        self.records.push(Record { no, seen: Observation { at, witness, client, exchange, conn, fact } });
    }

    pub fn publish(&mut self, at: Micros, seq: u64) {
        self.seen(at, Witness::Server, None, None, Fact::Published { seq, by_hand: false });
    }

    pub fn faults(&mut self, at: Micros, max_ms: Option<u32>) {
        let faults = max_ms
            .map(|max_ms| Fault { seed: 1, ..Fault::new(1, Kind::SlowAnswers { min_ms: 0, max_ms }) })
            .into_iter()
            .collect();
        let distance_ms = (self.distance / MS) as u32;
        self.seen(at, Witness::Server, None, None, Fact::Faults { distance_ms, faults });
    }

    /// A unit at the tap, and its release after the distance. Answers its release.
    pub fn unit(
        &mut self,
        at: Micros,
        who: Option<(u16, Option<u32>)>,
        conn: u32,
        dir: Direction,
        unit: Unit,
        fate: Fate,
    ) {
        let no = self.units.entry((conn, dir)).or_default();
        *no += 1;
        let no = *no;
        self.seen(at, Witness::Wire, who, Some(conn), Fact::Unit { dir, no, unit });
        match fate {
            Fate::Waits => {}
            Fate::Released => {
                self.seen(at + self.distance, Witness::Wire, None, Some(conn), Fact::Released { dir, no });
            }
            Fate::Dropped => self.seen(at, Witness::Wire, None, Some(conn), Fact::Dropped { dir, no, by: 1 }),
        }
    }

    /// Writes down all that was seen of a poll. Answers when its answer was in the page.
    pub fn poll(&mut self, p: &Poll) -> Micros {
        let who = Some((p.client, Some(p.no)));
        let target = format!("/l/abcdefghij/alerts?c={}&n={}", p.client, p.no);
        if !p.unasked {
            let fact = Fact::Asked { method: "GET".into(), target: target.clone() };
            self.seen(p.at, Witness::Browser, who, None, fact);
        }
        if let Some(after) = p.abort {
            self.seen(p.at + after, Witness::Browser, who, None, Fact::Ended { how: Ending::Aborted });
        }
        if p.upto < Stage::Seen {
            return p.at;
        }
        let nth = self.nth.entry(p.conn).or_default();
        *nth += 1;
        let nth = *nth;
        if nth == 1 {
            self.seen(p.at, Witness::Wire, None, Some(p.conn), Fact::Opened);
        }
        let text = format!(
            "GET {target} HTTP/1.1\nHost: localhost:3001\nOrigin: http://localhost:3000\nAccept: application/json\nAccept-Encoding: gzip, deflate, br"
        );
        let head = RequestHead { method: "GET".into(), target, nth, bytes: 612, text };
        let seen = p.at + 2 * MS;
        let fate = if p.lost_up {
            Fate::Dropped
        } else if p.upto >= Stage::Released {
            Fate::Released
        } else {
            Fate::Waits
        };
        self.unit(seen, who, p.conn, Direction::Up, Unit::RequestHead(Box::new(head)), fate);
        let mut ready = seen + self.distance + MS / 2;
        if p.upto < Stage::Answering || p.lost_up {
            return ready;
        }
        self.seen(ready, Witness::Server, who, None, Fact::Answering { news: p.news.clone() });
        if let Some(micros) = p.held {
            self.seen(ready, Witness::Server, who, None, Fact::HeldBack { by: 1, micros });
            ready += micros;
        }
        if p.upto < Stage::Sent {
            return ready;
        }
        let fate = if p.lost_down {
            Fate::Dropped
        } else if p.upto >= Stage::Left {
            Fate::Released
        } else {
            Fate::Waits
        };
        let text = format!(
            "HTTP/1.1 {} OK\ncontent-type: application/json\ncache-control: no-store\ncontent-length: 29",
            p.status
        );
        let head = ResponseHead { status: p.status, bytes: 184, text, bodiless: false };
        self.unit(ready, who, p.conn, Direction::Down, Unit::ResponseHead(Box::new(head)), fate);
        let body =
            Body { bytes: 29, payload: 29, text: r#"{"alerts":[],"version":3}"#.into(), last: true, events: vec![] };
        self.unit(ready, who, p.conn, Direction::Down, Unit::Body(Box::new(body)), fate);
        let back = ready + self.distance + 3 * MS;
        if p.upto < Stage::Answered || p.lost_down || p.abort.is_some_and(|after| p.at + after < back) {
            return back;
        }
        let fact = Fact::Answered { status: 200, bytes: 29, news: p.news.clone() };
        self.seen(back, Witness::Browser, who, None, fact);
        if let Some(version) = p.shown {
            self.seen(back + 200, Witness::Browser, who, None, Fact::Shown { version });
        }
        if let Some(version) = p.ignored {
            self.seen(back + 200, Witness::Browser, who, None, Fact::Ignored { version });
        }
        back
    }
}

/// What becomes of a unit at the tap.
#[derive(Clone, Copy)]
pub enum Fate {
    Waits,
    Released,
    Dropped,
}

/// A run of the lesson "an old answer wins": the mock's story and more.
pub fn lesson() -> Log {
    let mut log = Log::new(80 * MS);
    let t = |s: f64| 10 * S + (s * 1e6) as Micros;
    log.start(t(0.05), 1000, Ask::Board);
    for n in 1..=8 {
        log.poll(&poll(n, t(0.05 + f64::from(n - 1))));
    }
    log.publish(t(8.45), 3);
    log.poll(&poll(9, t(8.05)));
    log.poll(&poll(10, t(9.05)).shows(3));
    log.faults(t(9.5), Some(1500));
    log.poll(&poll(11, t(10.05)).shows(3).held(1450 * MS));
    log.publish(t(10.6), 4);
    log.poll(&poll(12, t(11.05)).conn(2).shows(4).held(40 * MS));
    let mut p = poll(13, t(12.05)).conn(2).held(800 * MS);
    p.abort = Some(600 * MS);
    log.poll(&p);
    log.poll(&poll(14, t(13.05)).conn(3).held(300 * MS));
    let mut p = poll(15, t(14.05)).conn(3);
    p.ignored = Some(3);
    p.news = list(3);
    log.poll(&p);
    log.faults(t(14.5), None);
    let mut p = poll(16, t(15.05)).conn(3);
    p.lost_up = true;
    p.upto = Stage::Seen;
    log.poll(&p);
    let mut p = poll(17, t(16.05)).conn(4);
    p.lost_down = true;
    log.poll(&p);
    log.publish(t(16.5), 5);
    log.publish(t(16.52), 6);
    log.publish(t(16.9), 7);
    log.poll(&poll(18, t(17.05)).conn(5).news(News { seqs: vec![5, 6, 7], ..News::default() }));
    log.poll(&poll(19, t(18.05)).conn(5).upto(Stage::Sent));
    log.poll(&poll(20, t(18.1)).conn(6).upto(Stage::Seen));
    log
}

/// A long run: polls each second, of which a share is empty, with some facts of every kind.
pub fn long(exchanges: u32) -> Log {
    let mut log = Log::new(80 * MS);
    log.start(10 * S, 1000, Ask::Board);
    let mut version = 0;
    let mut dice = 7u64;
    for no in 1..=exchanges {
        dice = dice.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let at = 10 * S + Micros::from(no) * S;
        let mut p = poll(no, at).conn(1 + no % 3);
        match (dice >> 33) % 11 {
            0 => {
                version += 1;
                log.publish(at - 300 * MS, version);
                p = p.shows(version);
            }
            1 if version > 1 => p = p.shows(version - 1).held(900 * MS),
            2 => p.abort = Some(120 * MS),
            _ => {}
        }
        log.poll(&p);
    }
    log
}
