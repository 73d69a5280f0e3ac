//! One client's line in the ledger.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    bits::Bits,
    delay::Delays,
    feed::{Arrival, Published},
    ranges::Ranges,
    sums::{Connections, Sums, says},
};
use crate::wire::{
    ClientNo, ConnNo, Direction, Ending, ExchangeNo, Fact, Micros, Technique, Unit,
    observation::{ClientSettings, LifeState, News},
};

/// How many exchanges of a client may be under way at once.
const UNDER_WAY: usize = 512;

/// One client's line in the ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The client; 0 stands for requests without one (a reader's own `curl`).
    pub client: ClientNo,
    /// How the client was told to work, once the log says so.
    pub settings: Option<ClientSettings>,
    /// When it began.
    pub started: Option<Micros>,
    /// When it was stopped.
    pub stopped: Option<Micros>,
    /// What is summed up.
    pub sums: Sums,
    /// Delays from publication to arrival in the page, of the updates published since the client began.
    pub delays: Delays,
    /// The updates that reached the page.
    pub delivered: Ranges,
    /// The connections that carried its requests.
    pub connections: Connections,
    /// The first update published since it began.
    first: Option<u64>,
    /// The last update published before it was stopped.
    last: Option<u64>,
    /// The highest version or number that an answer confirmed.
    confirmed: u64,
    /// The latest exchange that was answered.
    answered: ExchangeNo,
    /// The version that the board shows.
    shown: Option<u64>,
    /// Since when its stream is open.
    open_since: Option<Micros>,
    /// Since when its stream is broken.
    broken_since: Option<Micros>,
    /// The updates published while its stream was broken last.
    gap: Option<(u64, u64)>,
    /// The share of a job that the latest answer about one told.
    percent: Option<u8>,
    /// Exchanges whose answer was empty.
    empty: Bits,
    /// Exchanges whose answer brought news.
    brought_news: Bits,
    /// Exchanges that ended without an answer.
    ended: Bits,
    /// Exchanges that turned the board back.
    turned_back: Bits,
    /// Exchanges that the reader picked.
    picked: Bits,
    /// Exchanges whose answer says `Connection: close`.
    said_close: Bits,
    /// Exchanges over a reused connection.
    reused: Bits,
    /// When the page asked for the first time, and when it last had an answer.
    visited: (Option<Micros>, Option<Micros>),
    /// What the wire carried of exchanges whose end the browser has not told yet, in the order they appeared; at most
    /// [`UNDER_WAY`].
    under_way: VecDeque<UnderWay>,
}

/// What the wire carried of an exchange so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UnderWay {
    exchange: ExchangeNo,
    bytes: u64,
    /// Payload of the answer.
    payload: u64,
}

impl Row {
    /// A row for a client of which something was seen for the first time.
    pub(super) fn new(client: ClientNo, published: &Published) -> Self {
        let first = (published.lowest > 0).then_some(published.lowest);
        Self { client, first, ..Self::default() }
    }

    /// Updates published while it ran.
    pub fn published(&self, published: &Published) -> u64 {
        let last = if self.stopped.is_some() { self.last } else { Some(published.highest) };
        match (self.first, last) {
            (Some(first), Some(last)) if first <= last => last - first + 1,
            _ => 0,
        }
    }

    /// Updates published since it began that were never delivered, although something newer was delivered or confirmed.
    pub fn lost(&self) -> u64 {
        let highest = self.delivered.highest().max(self.confirmed);
        self.first.map_or(0, |first| if first <= highest { self.delivered.missing(first, highest) } else { 0 })
    }

    /// How long a visit took, in milliseconds, once it is over and everything was answered.
    pub fn load_time(&self) -> Option<f64> {
        let visit = self.settings.as_ref().is_some_and(|settings| settings.technique == Technique::Request);
        let whole = visit && self.stopped.is_some() && self.sums.answers == self.sums.asked;
        let (from, to) = self.visited.0.zip(self.visited.1)?;
        whole.then(|| to.saturating_sub(from).max(0) as f64 / 1000.0)
    }

    /// Bytes that only served to open streams and sockets: nothing, where every request is for an answer.
    pub(super) fn opening(&self) -> u64 {
        let opens = matches!(self.technique(), Some(Technique::Sse | Technique::WebSocket));
        if opens { self.sums.up.head + self.sums.down.head } else { 0 }
    }

    fn technique(&self) -> Option<Technique> {
        self.settings.as_ref().map(|settings| settings.technique)
    }

    /// An update was published: it counts for this client if it ran then.
    pub(super) fn publish(&mut self, seq: u64, at: Micros) {
        if self.first.is_none() && self.started.is_none_or(|started| at >= started) {
            self.first = Some(seq);
        }
        if self.stopped.is_some_and(|stopped| at <= stopped) {
            self.last = Some(seq);
        }
    }

    /// The browser's facts. Returns the updates that an answer delivered.
    pub(super) fn browser(
        &mut self,
        at: Micros,
        exchange: Option<ExchangeNo>,
        fact: &Fact,
        published: &Published,
    ) -> Vec<Arrival> {
        let sums = &mut self.sums;
        match fact {
            Fact::Started { settings } if self.started.is_none() => {
                self.settings = Some(settings.clone());
                self.started = Some(at);
                self.first = published.first_since(at);
            }
            Fact::Stopped if self.stopped.is_none() => {
                self.stopped = Some(at);
                self.last = published.last_until(at);
            }
            Fact::Asked { .. } => {
                sums.asked += 1;
                self.visited.0.get_or_insert(at);
            }
            Fact::Answered { news, .. } => {
                self.visited.1 = Some(at);
                return self.answer(at, exchange, news);
            }
            Fact::Message { news, .. } => {
                // A beat that comes back is no news of any kind.
                let beat = self.technique() == Some(Technique::WebSocket) && news.seqs.is_empty();
                self.sums.messages += u64::from(!beat);
                self.job(news);
                return self.deliver(at, news);
            }
            Fact::Streaming => {
                self.open_since = Some(at);
                if let Some(since) = self.broken_since.take() {
                    self.gap = published.first_since(since).zip(published.last_until(at));
                }
            }
            Fact::Broken => {
                sums.broken += 1;
                self.open_since = None;
                self.broken_since = self.broken_since.or(Some(at));
            }
            Fact::Life { state: LifeState::Dead | LifeState::Waiting } => {
                self.open_since = None;
                self.broken_since = self.broken_since.or(Some(at));
            }
            Fact::Life { state: LifeState::Reconnecting } => {
                sums.broken += 1;
                self.open_since = None;
                // One that comes back at once never waits.
                self.broken_since = self.broken_since.or(Some(at));
            }
            Fact::Sent { .. } => sums.sent += 1,
            Fact::Ended { how } => {
                match how {
                    Ending::Aborted => sums.aborted += 1,
                    Ending::Failed => sums.failed += 1,
                }
                if let Some(exchange) = exchange.filter(|&exchange| !self.settled(exchange)) {
                    self.ended.insert(exchange);
                    self.take(exchange);
                }
            }
            Fact::Shown { version } => {
                if self.shown.is_some_and(|shown| *version < shown) {
                    sums.turned_back += 1;
                    if let Some(exchange) = exchange.filter(|&exchange| self.turned_back.insert(exchange)) {
                        sums.picked_turned_back += u64::from(self.picked.contains(exchange));
                    }
                }
                self.shown = Some(*version);
            }
            Fact::Ignored { .. } => sums.ignored += 1,
            Fact::Skipped => sums.skipped += 1,
            Fact::Picked => {
                if let Some(exchange) = exchange.filter(|&exchange| self.picked.insert(exchange)) {
                    sums.picked_empty += u64::from(self.empty.contains(exchange));
                    sums.picked_turned_back += u64::from(self.turned_back.contains(exchange));
                    sums.picked_said_close += u64::from(self.said_close.contains(exchange));
                    sums.picked_reused += u64::from(self.reused.contains(exchange));
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn answer(&mut self, at: Micros, exchange: Option<ExchangeNo>, news: &News) -> Vec<Arrival> {
        self.sums.answers += 1;
        self.sums.empty += u64::from(news.empty);
        if let Some(exchange) = exchange {
            self.sums.out_of_order += u64::from(exchange < self.answered);
            self.answered = self.answered.max(exchange);
            if !self.settled(exchange) {
                let carried = self.take(exchange);
                if news.empty {
                    self.empty.insert(exchange);
                    self.sums.wasted += carried.map_or(0, |carried| carried.bytes);
                    self.sums.picked_empty += u64::from(self.picked.contains(exchange));
                } else {
                    self.brought_news.insert(exchange);
                    self.sums.news_payload += carried.map_or(0, |carried| carried.payload);
                }
            }
        }
        self.job(news);
        self.deliver(at, news)
    }

    /// Takes down what is told of a job.
    fn job(&mut self, news: &News) {
        if let Some(percent) = news.percent {
            let done = percent >= 100;
            self.sums.job_results += u64::from(done);
            // Asked again after the result, the job is still done, and no other.
            self.sums.jobs_done += u64::from(done && self.percent.is_none_or(|before| before < 100));
            self.percent = Some(percent);
        }
    }

    /// Takes down what an answer delivers and returns what is new.
    fn deliver(&mut self, at: Micros, news: &News) -> Vec<Arrival> {
        let before = self.delivered.highest().max(self.confirmed);
        let mut new = Vec::new();
        for &seq in news.seqs.iter().filter(|&&seq| seq > 0) {
            let fresh = self.delivered.insert(seq, seq);
            self.sums.duplicated += u64::from(fresh.is_empty());
            let meanwhile = self.gap.is_some_and(|(first, last)| (first..=last).contains(&seq));
            self.sums.recovered += u64::from(meanwhile && !fresh.is_empty());
            new.extend(fresh);
        }
        // A whole list brings everything up to its version.
        if let Some(version) = news.version {
            new.extend(self.delivered.insert(1, version));
            self.confirmed = self.confirmed.max(version);
        }
        let since = self.started.unwrap_or(Micros::MIN);
        let arrivals = new.into_iter().map(|(first, last)| {
            if first <= before {
                self.sums.late = self.sums.late.saturating_add(last.min(before) - first + 1);
            }
            Arrival { client: self.client, first, last, at, since }
        });
        arrivals.collect()
    }

    /// A unit came to the tap.
    pub(super) fn wire(
        &mut self,
        at: Micros,
        exchange: Option<ExchangeNo>,
        conn: Option<ConnNo>,
        dir: Direction,
        unit: &Unit,
    ) {
        self.sums.unit(dir, unit);
        if let (Some(since), Direction::Down) = (self.open_since, dir) {
            let open = u64::try_from(at - since).unwrap_or(0);
            self.sums.longest_stream = self.sums.longest_stream.max(open);
        }
        if let (Unit::RequestHead(_), Some(conn)) = (unit, conn) {
            self.connections.carry(conn);
        }
        let Some(exchange) = exchange else { return };
        let picked = u64::from(self.picked.contains(exchange));
        match unit {
            Unit::RequestHead(head) if head.nth > 1 && self.reused.insert(exchange) => {
                self.sums.picked_reused += picked;
            }
            Unit::ResponseHead(head) if says(head, "close") && self.said_close.insert(exchange) => {
                self.sums.picked_said_close += picked;
            }
            _ => {}
        }
        let bytes = u64::from(unit.bytes());
        let payload = match unit {
            Unit::Body(body) if dir == Direction::Down => u64::from(body.payload),
            Unit::Frame(frame) if dir == Direction::Down => u64::from(frame.payload),
            _ => 0,
        };
        if self.empty.contains(exchange) {
            self.sums.wasted += bytes;
        } else if self.brought_news.contains(exchange) {
            self.sums.news_payload += payload;
        } else if bytes.max(payload) > 0 && !self.ended.contains(exchange) {
            match self.under_way.iter_mut().rev().find(|under_way| under_way.exchange == exchange) {
                Some(under_way) => {
                    under_way.bytes += bytes;
                    under_way.payload += payload;
                }
                None => {
                    if self.under_way.len() >= UNDER_WAY {
                        self.under_way.pop_front();
                        self.sums.forgotten += 1;
                    }
                    self.under_way.push_back(UnderWay { exchange, bytes, payload });
                }
            }
        }
    }

    /// Whether the browser has told how the exchange ended. The first telling counts.
    fn settled(&self, exchange: ExchangeNo) -> bool {
        self.empty.contains(exchange) || self.brought_news.contains(exchange) || self.ended.contains(exchange)
    }

    fn take(&mut self, exchange: ExchangeNo) -> Option<UnderWay> {
        let at = self.under_way.iter().position(|under_way| under_way.exchange == exchange)?;
        self.under_way.remove(at)
    }
}
