//! The ledger: what was published against what arrived, as a pure fold of the log.
//!
//! Observations come in the order of the log, which is the order of arrival: what one witness saw comes in the order it
//! was seen, but a wire fact of an exchange may come before or after the browser's. The fold gives the same ledger for
//! every such order, and for a checkpoint continued as for the whole. It is bounded; where a bound can touch a figure,
//! the figure's part says how, and counts it.
//!
//! - [`feed`]: what was published when, and the arrivals that wait to be compared with it.
//! - [`deaths`]: silent deaths of the network; [`outside`]: programs without a page.
//! - [`row`]: one client's line; [`sums`]: what of it is simply summed up.
//! - [`ranges`], [`bits`], [`delay`]: bounded sets of updates and exchanges, and the distribution of delays.
//! - [`crowds`]: the synthetic clients, which are in no other figure.
//! - [`figure`]: the figures by name, and conditions on them.

pub mod bits;
pub mod crowds;
mod deaths;
pub mod delay;
pub mod feed;
pub mod figure;
mod outside;
pub mod ranges;
pub mod row;
pub mod sums;

pub use figure::{Check, Figure};
pub use row::Row;
pub use sums::Sums;

use crowds::Crowds;
use deaths::Deaths;
use delay::Delays;
use feed::{Compared, Published};
use outside::Outside;
use ranges::Ranges;
use serde::{Deserialize, Serialize};
use sums::{Connections, Endings, says};

use crate::wire::{ClientNo, Fact, Observation, Unit, Witness, observation::LifeState};

/// The most clients that have a row each. Beyond it the earliest is added to the sums of those before.
pub const ROWS: usize = 64;

/// The sums of a run so far. It can be serialised as a checkpoint and continued.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// What was published.
    published: Published,
    /// One for each client, ascending; at most [`ROWS`].
    rows: Vec<Row>,
    /// Requests without a client. They are in no total.
    clientless: Row,
    /// Connections that carried a client's request.
    connections: Connections,
    /// How connections ended.
    endings: Endings,
    /// The latest client whose row was given up; what comes of it or an earlier one is not counted any more.
    given_up: ClientNo,
    /// What those rows held, as far as it can be added up.
    before: Before,
    /// Silent deaths of the network.
    deaths: Deaths,
    /// Programs outside the page.
    outside: Outside,
    /// Background jobs that finished.
    jobs_finished: u64,
    /// Observations that concerned a client without a row any more.
    forgotten: u64,
    /// The crowds of the run.
    crowds: Crowds,
}

/// The sums of clients that have no row any more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Before {
    sums: Sums,
    delays: Delays,
    delivered: Ranges,
    lost: u64,
    /// Bytes that only served to open streams and sockets.
    opening: u64,
    /// Updates delivered, once for each client.
    deliveries: u64,
}

impl Ledger {
    /// Takes one more observation in.
    pub fn apply(&mut self, seen: &Observation) {
        self.outside.apply(seen);
        match &seen.fact {
            Fact::Run { .. } => *self = Self::default(),
            Fact::Published { seq, by_hand } => {
                let Some(compared) = self.published.publish(*seq, seen.at, *by_hand) else { return };
                for row in &mut self.rows {
                    row.publish(*seq, seen.at);
                }
                self.note(compared);
            }
            Fact::Job { percent: 100.., .. } => self.jobs_finished += 1,
            Fact::Unit { dir, unit, .. } => match seen.client {
                None => self.clientless.wire(seen.at, None, seen.conn, *dir, unit),
                Some(client) => {
                    match (unit, seen.conn) {
                        (Unit::RequestHead(_), Some(conn)) => self.connections.carry(conn),
                        (Unit::ResponseHead(head), Some(conn)) if says(head, "close") => self.endings.expect(conn),
                        _ => {}
                    }
                    if let Some(row) = self.row_mut(client) {
                        row.wire(seen.at, seen.exchange, seen.conn, *dir, unit);
                    }
                }
            },
            Fact::Closed { dir, .. } => {
                if let Some(conn) = seen.conn {
                    let carried = self.connections.knows(conn);
                    self.endings.end(conn, *dir, carried);
                }
            }
            Fact::Faults { faults, .. } => self.deaths.faults(seen.at, faults),
            Fact::Struck { by } => self.deaths.struck(seen.at, *by),
            Fact::Crowd { crowd } => self.crowds.take_in(crowd),
            Fact::Holding { .. } | Fact::HoldEnded { .. } => {
                if let Some(row) = seen.client.and_then(|client| self.row_mut(client)) {
                    row.sums.hold(&seen.fact);
                }
            }
            Fact::Started { .. }
            | Fact::Stopped
            | Fact::Asked { .. }
            | Fact::Answered { .. }
            | Fact::Ended { .. }
            | Fact::Streaming
            | Fact::Message { .. }
            | Fact::Broken
            | Fact::Sent { .. }
            | Fact::Life { .. }
            | Fact::Shown { .. }
            | Fact::Ignored { .. }
            | Fact::Skipped
            | Fact::Picked => {
                if seen.fact == (Fact::Life { state: LifeState::Dead }) {
                    self.deaths.noticed(seen.at, seen.witness);
                }
                // A server judges a socket's life, too, but it is the client that connects again.
                let mine = seen.witness == Witness::Browser || !matches!(seen.fact, Fact::Life { .. });
                let Some(at) = seen.client.filter(|_| mine).and_then(|client| self.place(client)) else { return };
                let arrivals = self.rows[at].browser(seen.at, seen.exchange, &seen.fact, &self.published);
                for arrival in arrivals {
                    let compared = self.published.arrive(arrival);
                    self.note(compared);
                }
            }
            _ => {}
        }
    }

    /// The rows, one for each client, by its number.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Requests without a client: a reader's own `curl`. They are in no total.
    pub fn clientless(&self) -> &Row {
        &self.clientless
    }

    /// Observations that could not be counted, because their client's row had been given up for newer ones.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The row of a client, if anything of it was seen.
    pub fn row(&self, client: ClientNo) -> Option<&Row> {
        let at = self.rows.binary_search_by_key(&client, |row| row.client).ok()?;
        Some(&self.rows[at])
    }

    /// The crowds of the run.
    pub fn crowds(&self) -> &Crowds {
        &self.crowds
    }

    fn row_mut(&mut self, client: ClientNo) -> Option<&mut Row> {
        let at = self.place(client)?;
        Some(&mut self.rows[at])
    }

    /// Where a client's row is; it is made if it can be.
    fn place(&mut self, client: ClientNo) -> Option<usize> {
        match self.rows.binary_search_by_key(&client, |row| row.client) {
            Ok(at) => Some(at),
            Err(_) if client <= self.given_up => {
                self.forgotten += 1;
                None
            }
            Err(at) => {
                self.rows.insert(at, Row::new(client, &self.published));
                if self.rows.len() <= ROWS {
                    return Some(at);
                }
                let row = self.rows.remove(0);
                self.given_up = row.client;
                self.before.take_in(&row);
                // The row made just now may have been the earliest itself.
                let place = at.checked_sub(1);
                self.forgotten += u64::from(place.is_none());
                place
            }
        }
    }

    fn note(&mut self, compared: Compared) {
        for (client, delay) in compared.delays {
            if let Ok(at) = self.rows.binary_search_by_key(&client, |row| row.client) {
                self.rows[at].delays.add(delay);
            }
        }
        for (client, count) in compared.untimed {
            if let Ok(at) = self.rows.binary_search_by_key(&client, |row| row.client) {
                let untimed = &mut self.rows[at].sums.untimed;
                *untimed = untimed.saturating_add(count);
            }
        }
    }
}

impl Before {
    fn take_in(&mut self, row: &Row) {
        self.sums.merge(&row.sums);
        self.delays.merge(&row.delays);
        self.delivered.merge(&row.delivered);
        self.lost = self.lost.saturating_add(row.lost());
        self.opening += row.opening();
        self.deliveries = self.deliveries.saturating_add(row.delivered.count());
    }
}

/// What some rows come to.
impl Ledger {
    /// The value of a figure over all clients, or nothing where it is not defined yet (a mean of nothing).
    pub fn figure(&self, figure: Figure) -> Option<f64> {
        if figure.is_of_crowd() {
            return crowds::figure(self.crowds.latest(None, None)?, figure);
        }
        self.figure_over(figure, None)
    }

    /// The value of a figure for one client.
    pub fn figure_for(&self, client: ClientNo, figure: Figure) -> Option<f64> {
        let row = self.row(client)?;
        Some(match figure {
            Figure::Published => row.published(&self.published) as f64,
            Figure::Connections => row.connections.count as f64,
            _ => return self.figure_over(figure, Some(&|other| other.client == client)),
        })
    }

    /// The value of a figure over the clients that a check is about.
    pub fn figure_of(&self, check: &Check) -> Option<f64> {
        if check.figure.is_of_crowd() {
            return crowds::figure(self.crowds.latest(check.technique, check.reconnect)?, check.figure);
        }
        if check.is_about_all() {
            return self.figure(check.figure);
        }
        self.figure_over(check.figure, Some(&|row| row.settings.as_ref().is_some_and(|s| check.is_about(s))))
    }

    /// Whether a condition holds. A figure that is not defined yet meets none.
    pub fn holds(&self, check: &Check) -> bool {
        self.figure_of(check).is_some_and(|value| check.met_by(value))
    }

    /// How far a condition has come, 0 to 1: 1 exactly when it holds.
    pub fn progress(&self, check: &Check) -> f64 {
        self.figure_of(check).map_or(0.0, |value| check.progress(value))
    }

    fn figure_over(&self, figure: Figure, only: Option<&dyn Fn(&Row) -> bool>) -> Option<f64> {
        let rows = || self.rows.iter().filter(|row| only.is_none_or(|only| only(row)));
        let before = only.is_none().then_some(&self.before);
        let delivered = || {
            let mut all = before.map(|before| before.delivered.clone()).unwrap_or_default();
            rows().for_each(|row| all.merge(&row.delivered));
            all
        };
        let delays = || {
            let mut all = before.map(|before| before.delays.clone()).unwrap_or_default();
            rows().for_each(|row| all.merge(&row.delays));
            all
        };
        let mut sums = before.map(|before| before.sums).unwrap_or_default();
        let (mut requests, mut repeated) = (sums.requests(), sums.repeated());
        for row in rows() {
            sums.merge(&row.sums);
            requests += row.sums.requests();
            repeated += row.sums.repeated();
        }
        let count = match figure {
            Figure::Published => self.published.count,
            Figure::DeliveredByHand => delivered().shared(&self.published.by_hand),
            Figure::Delivered => delivered().count(),
            Figure::Lost => rows().map(Row::lost).fold(before.map_or(0, |before| before.lost), u64::saturating_add),
            Figure::Duplicated => sums.duplicated,
            Figure::OutOfOrder => sums.out_of_order,
            Figure::Requests => requests,
            Figure::Answers => sums.answers,
            Figure::Empty => sums.empty,
            Figure::EmptyShare => return share(100 * sums.empty, sums.answers),
            Figure::NotModified => sums.not_modified,
            Figure::Aborted => sums.aborted,
            Figure::TurnedBack => sums.turned_back,
            Figure::Ignored => sums.ignored,
            Figure::Skipped => sums.skipped,
            Figure::Messages => sums.messages,
            Figure::Sent => sums.sent,
            Figure::BytesPerUpdate => {
                let opening = rows().map(Row::opening).sum::<u64>() + before.map_or(0, |before| before.opening);
                let first = before.map_or(0, |before| before.deliveries);
                let deliveries = rows().map(|row| row.delivered.count()).fold(first, u64::saturating_add);
                return share((sums.up.all() + sums.down.all()).saturating_sub(opening), deliveries);
            }
            Figure::Reconnects => sums.broken,
            Figure::Recovered => sums.recovered,
            Figure::Failed => sums.failed,
            Figure::NoticedByPage => return self.deaths.by_page.map(|micros| micros as f64 / 1000.0),
            Figure::NoticedByServer => return self.deaths.by_server.map(|micros| micros as f64 / 1000.0),
            Figure::LongestStream => return (sums.longest_stream > 0).then_some(sums.longest_stream as f64 / 1000.0),
            Figure::Held => sums.held,
            Figure::Freed => sums.freed,
            Figure::HoldMean => return share(sums.held_micros, 1000 * sums.holds_ended),
            // Several clients may have the result of the same job.
            Figure::JobsDone if only.is_none() && self.jobs_finished > 0 => sums.jobs_done.min(self.jobs_finished),
            Figure::JobsDone => sums.jobs_done,
            Figure::JobResults => sums.job_results,
            Figure::HeadUp => sums.up.head,
            Figure::HeadDown => sums.down.head,
            Figure::Payload => sums.up.payload + sums.down.payload,
            Figure::WastedBytes => sums.wasted,
            Figure::HeadPerPayload => return share(sums.up.head + sums.down.head, sums.news_payload),
            Figure::Bytes => sums.up.all() + sums.down.all(),
            Figure::Connections if only.is_none() => self.connections.count,
            Figure::Connections => rows().map(|row| row.connections.count).sum(),
            Figure::DelayMean => return delays().mean(),
            Figure::DelayMedian => return delays().percentile(50),
            Figure::DelayP95 => return delays().percentile(95),
            Figure::DelayMax => return delays().max(),
            Figure::PickedEmpty => sums.picked_empty,
            Figure::PickedTurnedBack => sums.picked_turned_back,
            Figure::Reused => sums.reused,
            Figure::OpenedNew => sums.requests_on_the_wire.saturating_sub(sums.reused),
            Figure::LoadTime => return rows().rev().find_map(Row::load_time),
            Figure::ServerClosed => self.endings.idle,
            Figure::Repeated => repeated,
            Figure::SaidKeepAlive => sums.said_keep_alive,
            Figure::SaidClose => sums.said_close,
            Figure::PickedSaidClose => sums.picked_said_close,
            Figure::PickedReused => sums.picked_reused,
            Figure::OutsideRequests => self.outside.requests,
            Figure::OutsideDelivered => self.outside.delivered.count(),
            Figure::OutsideLost => self.outside.lost(&self.published),
            // A crowd's clients have no rows.
            Figure::CrowdConnected
            | Figure::CrowdHeld
            | Figure::CrowdRequests
            | Figure::CrowdRate
            | Figure::CrowdDelivered
            | Figure::CrowdLost
            | Figure::ServerMemoryPerClient
            | Figure::CrowdCpu
            | Figure::ReconnectPeak
            | Figure::ServerMemory
            | Figure::CpuPerUpdate
            | Figure::CrowdDelay => return None,
        };
        Some(count as f64)
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
