//! What is watched of one client, and what is noticed of it.

use std::collections::VecDeque;

use super::{Kind, Notice, UNDER_WAY};
use crate::{
    ledger::sums::says,
    wire::{
        ClientNo, Direction, Ending, ExchangeNo, Fact, HoldEnd, Micros, Observation, Technique, Unit, UnitNo, Witness,
        observation::{Ask, ClientSettings, Cure, LifeState, News, Reconnect},
    },
};

/// From how many answers on a share is told.
const ANSWERS: u64 = 10;

/// Above which share of empty answers, in percent.
const EMPTY: u64 = 70;

/// How often something must be seen before it is more than chance.
const OFTEN: u64 = 3;

/// Opcodes of control frames (RFC 6455 §5.5).
const PING: u8 = 9;
const PONG: u8 = 10;

/// An exchange under way.
#[derive(Clone, Debug)]
pub(super) struct Way {
    exchange: ExchangeNo,
    since: Micros,
    /// Whether the wire has seen its request.
    pub carried: bool,
    /// Whether the server holds it.
    held: bool,
}

/// A client that is watched.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub no: ClientNo,
    pub settings: ClientSettings,
    pub under_way: VecDeque<Way>,
    stopped: bool,
    asked: u64,
    overlaps: u64,
    answers: u64,
    empty: u64,
    quickest: Micros,
    cut: u64,
    turned_back: u64,
    shown: u64,
    newest: Option<u64>,
    skipped: u64,
    idless: u64,
    reconnects: u64,
    pings: u64,
    pong: Option<UnitNo>,
    echo: Option<UnitNo>,
    returning: bool,
    dead: bool,
    false_alarms: u64,
    abnormal: u64,
    closes: u64,
    opened: u64,
    reused: u64,
}

/// At most so many notices come of one observation.
type Found = [Option<Notice>; 2];

const NOTHING: Found = [None, None];

impl Client {
    pub fn new(no: ClientNo, settings: ClientSettings) -> Self {
        Self {
            no,
            settings,
            under_way: VecDeque::new(),
            stopped: false,
            asked: 0,
            overlaps: 0,
            answers: 0,
            empty: 0,
            quickest: Micros::MAX,
            cut: 0,
            turned_back: 0,
            shown: 0,
            newest: None,
            skipped: 0,
            idless: 0,
            reconnects: 0,
            pings: 0,
            pong: None,
            echo: None,
            returning: false,
            dead: false,
            false_alarms: 0,
            abnormal: 0,
            closes: 0,
            opened: 0,
            reused: 0,
        }
    }

    /// For how long it may be silent by its own settings, if it runs and has a say in that.
    pub fn quiet(&self) -> Option<(Kind, Micros)> {
        if self.stopped {
            return None;
        }
        let ms = |ms: u32| Micros::from(ms) * 1000;
        match self.settings.technique {
            Technique::WebSocket => {
                let often = self.settings.beat_ms.into_iter().chain(self.settings.ping_ms).min()?;
                Some((Kind::BeatOverIdle, ms(often)))
            }
            Technique::LongPoll => Some((Kind::HoldOverIdle, ms(self.settings.hold_ms))),
            _ => None,
        }
    }

    /// Takes in what was seen of it.
    pub fn apply(&mut self, seen: &Observation) -> Found {
        let browser = seen.witness == Witness::Browser;
        match &seen.fact {
            Fact::Stopped => self.stopped = true,
            Fact::Asked { .. } => return [self.ask(seen.exchange.unwrap_or(0), seen.at), None],
            Fact::Answered { news, .. } => return self.answer(seen, news),
            Fact::Ended { how } => return [self.end(seen, *how), None],
            Fact::Holding { .. } => self.hold(seen, true),
            // One that was freed was held until its end.
            Fact::HoldEnded { how, .. } => self.hold(seen, *how == HoldEnd::Freed),
            Fact::Answering { news } => return [missed(news), None],
            Fact::Message { news, .. } => {
                self.returning &= !news.seqs.is_empty();
                return [missed(news), None];
            }
            Fact::Shown { version } => {
                let back = *version < self.shown;
                self.shown = *version;
                self.turned_back += u64::from(back);
                return [back.then(|| Notice::count(Kind::TurnedBack, self.turned_back, 0)), None];
            }
            Fact::Sent { .. } => (self.echo, self.returning) = (None, false),
            Fact::Shut { code: 1006, .. } if browser => {
                self.abnormal += 1;
                return [Some(Notice::count(Kind::Abnormal, self.abnormal, 0)), None];
            }
            Fact::Life { state } if browser => return [self.live(*state), None],
            Fact::Unit { dir, no, unit } => return [self.unit(seen.exchange, *dir, *no, unit), None],
            Fact::Released { dir: Direction::Up, no } if self.pong == Some(*no) => self.pings = 0,
            Fact::Released { dir: Direction::Down, no } if self.echo == Some(*no) => {
                self.returning = true;
                return [self.alarm(), None];
            }
            _ => {}
        }
        NOTHING
    }

    fn way(&mut self, exchange: Option<ExchangeNo>) -> Option<&mut Way> {
        self.under_way.iter_mut().find(|way| Some(way.exchange) == exchange)
    }

    fn hold(&mut self, seen: &Observation, held: bool) {
        if let Some(way) = self.way(seen.exchange) {
            way.held = held;
        }
    }

    fn ask(&mut self, exchange: ExchangeNo, at: Micros) -> Option<Notice> {
        self.asked += 1;
        let poll = self.settings.technique == Technique::ShortPoll && self.settings.cure == Cure::None;
        self.overlaps += u64::from(poll && !self.under_way.is_empty());
        if self.under_way.len() >= UNDER_WAY {
            self.under_way.pop_front();
        }
        self.under_way.push_back(Way { exchange, since: at, carried: false, held: false });
        (self.overlaps >= 2).then(|| Notice::count(Kind::Overlap, self.overlaps, self.asked))
    }

    fn take(&mut self, exchange: Option<ExchangeNo>) -> Option<Way> {
        let place = self.under_way.iter().position(|way| Some(way.exchange) == exchange)?;
        self.under_way.remove(place)
    }

    fn answer(&mut self, seen: &Observation, news: &News) -> Found {
        if let Some(way) = self.take(seen.exchange) {
            self.quickest = self.quickest.min(seen.at - way.since);
        }
        self.answers += 1;
        self.empty += u64::from(news.empty);
        let of = self.answers;
        let settings = &self.settings;
        match settings.technique {
            Technique::ShortPoll => {
                let limit = Micros::from(settings.interval_ms) * 1000;
                let slow = of >= OFTEN && self.quickest > limit;
                let slow = slow.then(|| Notice { time: self.quickest, limit, ..Notice::new(Kind::IntervalUnderTrip) });
                [slow, self.wasted()]
            }
            Technique::LongPoll => [self.between(news), self.wasted()],
            _ => NOTHING,
        }
    }

    /// Answers that brought nothing: of a whole list each costs its length, of updates it is their share that counts.
    fn wasted(&self) -> Option<Notice> {
        let of = self.answers;
        match self.settings.ask {
            Ask::Board => (self.empty >= OFTEN).then(|| Notice::count(Kind::Unconditional, self.empty, of)),
            Ask::Updates if of >= ANSWERS && 100 * self.empty > EMPTY * of => {
                Some(Notice::count(Kind::MostlyEmpty, 100 * self.empty / of, of))
            }
            _ => None,
        }
    }

    /// Updates that a client without a cursor never heard of: the next answer begins further on.
    fn between(&mut self, news: &News) -> Option<Notice> {
        let (Some(first), Some(last)) = (news.seqs.iter().min(), news.seqs.iter().max()) else { return None };
        let before = self.newest.replace(*last)?;
        self.skipped += first.saturating_sub(before + 1);
        (!self.settings.cursor && self.skipped > 0).then(|| Notice::count(Kind::NoCursor, self.skipped, 0))
    }

    fn end(&mut self, seen: &Observation, how: Ending) -> Option<Notice> {
        let way = self.take(seen.exchange)?;
        if !(way.held && how == Ending::Failed) {
            return None;
        }
        self.cut += 1;
        let limit = Micros::from(self.settings.hold_ms) * 1000;
        Some(Notice { n: self.cut, time: seen.at - way.since, limit, ..Notice::new(Kind::HoldCut) })
    }

    fn live(&mut self, state: LifeState) -> Option<Notice> {
        match state {
            LifeState::Dead => {
                self.dead = true;
                self.alarm()
            }
            LifeState::Reconnecting => {
                (self.dead, self.echo, self.returning, self.pings) = (false, None, false, 0);
                self.reconnects += 1;
                let same = matches!(self.settings.reconnect, Reconnect::Immediately | Reconnect::Fixed);
                (same && self.reconnects >= 2).then(|| Notice::count(Kind::NoJitter, self.reconnects, 0))
            }
            _ => None,
        }
    }

    /// The way back is slow, not dead: the answer that was waited for had left when the socket was given up.
    fn alarm(&mut self) -> Option<Notice> {
        if !(self.dead && self.returning) {
            return None;
        }
        (self.dead, self.returning) = (false, false);
        self.false_alarms += 1;
        let limit = Micros::from(self.settings.beat_timeout_ms) * 1000;
        Some(Notice { n: self.false_alarms, limit, ..Notice::new(Kind::FalseAlarm) })
    }

    fn unit(&mut self, exchange: Option<ExchangeNo>, dir: Direction, no: UnitNo, unit: &Unit) -> Option<Notice> {
        match unit {
            Unit::RequestHead(head) => {
                if let Some(way) = self.way(exchange) {
                    way.carried = true;
                }
                let first = head.nth <= 1;
                self.opened += u64::from(first);
                self.reused += u64::from(!first);
                None
            }
            Unit::ResponseHead(head) => {
                self.closes += u64::from(says(head, "close"));
                let each = self.closes >= OFTEN && self.opened > self.reused;
                each.then(|| Notice::count(Kind::CloseEach, self.opened, self.opened + self.reused))
            }
            Unit::Body(body) => {
                // What tells of a job, or of updates that are gone, is no update and has no id by design.
                let update = |name: Option<&str>| matches!(name, None | Some("alert"));
                for event in body.events.iter().filter(|event| event.data.is_some() && update(event.event.as_deref())) {
                    self.idless = if event.id.is_some() { 0 } else { self.idless + 1 };
                }
                (self.idless >= 2).then(|| Notice::count(Kind::NoId, self.idless, 0))
            }
            Unit::Frame(frame) => {
                match (dir, frame.opcode) {
                    (Direction::Down, PING) => self.pings += 1,
                    (Direction::Up, PONG) => self.pong = Some(no),
                    (Direction::Down, _) if frame.text.starts_with("beat") => self.echo = Some(no),
                    _ => {}
                }
                let idle = self.settings.pong_timeout_ms.is_none() && self.pings >= OFTEN;
                idle.then(|| Notice::count(Kind::PingUnanswered, self.pings, 0))
            }
            Unit::Opaque { .. } | Unit::End { .. } => None,
        }
    }
}

fn missed(news: &News) -> Option<Notice> {
    news.missed.filter(|missed| *missed > 0).map(|missed| Notice::count(Kind::Missed, missed, 0))
}
