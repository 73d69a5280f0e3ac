//! Notices: what a good colleague would point out about a run, found by a pure fold of its log.
//!
//! Each kind is told at most once a run, with this run's own numbers and the paragraph of the standard behind it. Only
//! what the log shows is told: a setting that looks unwise is no notice until traffic, or a fault in force, has made it
//! one. The fold is bounded: [`CLIENTS`] clients, [`UNDER_WAY`] exchanges of each.
//!
//! A lab's task folds the live log, and the reader of recordings a file; the page itself only has the words.

mod client;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, Kind as FaultKind},
    wire::{ClientNo, Fact, Micros, Observation, Technique},
};
use client::Client;

/// The most clients that are watched at once; beyond it the earliest is watched no longer.
pub const CLIENTS: usize = 32;

/// The most exchanges of a client that are watched at once.
pub const UNDER_WAY: usize = 32;

/// The connections that a browser opens to one HTTP/1.1 server.
const AT_ONCE: usize = 6;

/// What can be noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A beat, or a ping, comes less often (`time`) than an intermediary in force allows silence (`limit`).
    BeatOverIdle,
    /// A request may be held for longer (`limit`) than an intermediary in force allows silence (`time`).
    HoldOverIdle,
    /// `n` held requests were cut off on the way, the latest after `time`; they may be held for `limit`.
    HoldCut,
    /// `n` of `of` polls were sent while an earlier one was under way, and nothing keeps their answers in order.
    Overlap,
    /// A poll's interval (`limit`) is shorter than its quickest answer took (`time`).
    IntervalUnderTrip,
    /// The board went back to an older version `n` times.
    TurnedBack,
    /// `n` percent of `of` answers brought nothing.
    MostlyEmpty,
    /// The whole list came `n` times in `of` answers although it had not changed.
    Unconditional,
    /// `n` updates fell between two held requests of a client that says nothing of what it has.
    NoCursor,
    /// The server had forgotten `n` updates before it was asked for them.
    Missed,
    /// `n` events of a stream in a row had no `id`.
    NoId,
    /// A socket was connected again `n` times, each time after the same wait.
    NoJitter,
    /// `n` pings in a row had no pong, and the server draws no conclusion.
    PingUnanswered,
    /// `n` times a beat was on its way back when its socket was given up, after `limit`.
    FalseAlarm,
    /// `n` sockets closed without a close frame: code 1006.
    Abnormal,
    /// `n` of `of` requests needed a new connection, because answers say `Connection: close`.
    CloseEach,
    /// `n` requests were under way at once, and six connections carried them.
    AllInUse,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Kind; 17] = [
        Kind::BeatOverIdle,
        Kind::HoldOverIdle,
        Kind::HoldCut,
        Kind::Overlap,
        Kind::IntervalUnderTrip,
        Kind::TurnedBack,
        Kind::MostlyEmpty,
        Kind::Unconditional,
        Kind::NoCursor,
        Kind::Missed,
        Kind::NoId,
        Kind::NoJitter,
        Kind::PingUnanswered,
        Kind::FalseAlarm,
        Kind::Abnormal,
        Kind::CloseEach,
        Kind::AllInUse,
    ];

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Kind::BeatOverIdle => "notice.beat_over_idle",
            Kind::HoldOverIdle => "notice.hold_over_idle",
            Kind::HoldCut => "notice.hold_cut",
            Kind::Overlap => "notice.overlap",
            Kind::IntervalUnderTrip => "notice.interval_under_trip",
            Kind::TurnedBack => "notice.turned_back",
            Kind::MostlyEmpty => "notice.mostly_empty",
            Kind::Unconditional => "notice.unconditional",
            Kind::NoCursor => "notice.no_cursor",
            Kind::Missed => "notice.missed",
            Kind::NoId => "notice.no_id",
            Kind::NoJitter => "notice.no_jitter",
            Kind::PingUnanswered => "notice.ping_unanswered",
            Kind::FalseAlarm => "notice.false_alarm",
            Kind::Abnormal => "notice.abnormal",
            Kind::CloseEach => "notice.close_each",
            Kind::AllInUse => "notice.all_in_use",
        }
    }

    /// The paragraph of a standard that it rests on, as lessons cite: an RFC's number and section, or a place in the HTML
    /// standard.
    pub fn cites(self) -> &'static str {
        match self {
            Kind::BeatOverIdle => "rfc:6455#5.5.2",
            Kind::HoldOverIdle | Kind::HoldCut => "rfc:6202#5.5",
            Kind::Overlap | Kind::IntervalUnderTrip | Kind::AllInUse => "rfc:9112#9.4",
            Kind::TurnedBack => "rfc:9112#9.3.2",
            Kind::MostlyEmpty => "rfc:6202#2.1",
            Kind::Unconditional => "rfc:9110#13.1.2",
            Kind::NoCursor => "rfc:6202#2.2",
            Kind::Missed | Kind::NoId => "whatwg:the-last-event-id-header",
            Kind::NoJitter => "rfc:6455#7.2.3",
            Kind::PingUnanswered | Kind::FalseAlarm => "rfc:6455#5.5.3",
            Kind::Abnormal => "rfc:6455#7.1.5",
            Kind::CloseEach => "rfc:9112#9.3",
        }
    }
}

/// Something noticed, with this run's numbers. What they mean, each [`Kind`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What.
    pub kind: Kind,
    /// How many, or how many percent.
    pub n: u64,
    /// Out of how many.
    pub of: u64,
    /// What took place.
    pub time: Micros,
    /// What it is compared with.
    pub limit: Micros,
}

impl Notice {
    fn new(kind: Kind) -> Self {
        Self { kind, n: 0, of: 0, time: 0, limit: 0 }
    }

    fn count(kind: Kind, n: u64, of: u64) -> Self {
        Self { n, of, ..Self::new(kind) }
    }
}

/// The notices of a run so far.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    found: Vec<Notice>,
    clients: VecDeque<Client>,
    /// The shortest silence that an intermediary in force ends a connection for.
    idle: Option<Micros>,
}

impl Notices {
    /// What was noticed, in the order in which it was; each kind once, with its latest numbers.
    pub fn list(&self) -> &[Notice] {
        &self.found
    }

    /// Takes one more observation in.
    pub fn apply(&mut self, seen: &Observation) {
        match &seen.fact {
            Fact::Run { .. } => *self = Self::default(),
            Fact::Faults { faults, .. } => {
                self.idle = faults.iter().filter_map(idle).min();
                self.compare_with_idle();
            }
            Fact::Started { settings } => {
                let Some(no) = seen.client else { return };
                if self.clients.len() >= CLIENTS {
                    self.clients.pop_front();
                }
                self.clients.push_back(Client::new(no, settings.clone()));
                self.compare_with_idle();
            }
            fact => {
                if matches!(fact, Fact::Answered { .. }) {
                    self.count_connections();
                }
                let Some(client) = seen.client.and_then(|no| find(&mut self.clients, no)) else { return };
                let found = client.apply(seen);
                found.into_iter().flatten().for_each(|notice| self.raise(notice));
            }
        }
    }

    /// A notice that is known already gets its new numbers.
    fn raise(&mut self, notice: Notice) {
        match self.found.iter_mut().find(|known| known.kind == notice.kind) {
            Some(known) => *known = notice,
            None => self.found.push(notice),
        }
    }

    fn compare_with_idle(&mut self) {
        let Some(idle) = self.idle else { return };
        let quiet = |client: &Client| {
            let (kind, own) = client.quiet()?;
            (own > idle).then_some(match kind {
                Kind::BeatOverIdle => Notice { time: own, limit: idle, ..Notice::new(kind) },
                _ => Notice { time: idle, limit: own, ..Notice::new(kind) },
            })
        };
        let found: Vec<Notice> = self.clients.iter().filter_map(quiet).collect();
        found.into_iter().for_each(|notice| self.raise(notice));
    }

    /// Just before one of them is over: were there more requests than the connections that carry them?
    fn count_connections(&mut self) {
        let over_http = self.clients.iter().filter(|client| client.settings.technique != Technique::WebSocket);
        let ways = over_http.flat_map(|client| &client.under_way);
        let (mut all, mut carried) = (0, 0);
        for way in ways {
            all += 1;
            carried += usize::from(way.carried);
        }
        let most = self.found.iter().find(|known| known.kind == Kind::AllInUse).map_or(0, |known| known.n);
        if carried == AT_ONCE && all > AT_ONCE && all as u64 > most {
            self.raise(Notice::count(Kind::AllInUse, all as u64, 0));
        }
    }
}

fn find(clients: &mut VecDeque<Client>, no: ClientNo) -> Option<&mut Client> {
    clients.iter_mut().rev().find(|client| client.no == no)
}

/// The silence after which a fault ends a connection.
fn idle(fault: &Fault) -> Option<Micros> {
    match fault.kind {
        FaultKind::IdleKiller { after_ms, .. } => Some(Micros::from(after_ms) * 1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
