//! Programs outside the page: a reader's own script against the lab's address.
//!
//! They write nothing down, so there is only what the server and the wire tell: which updates it answered with, or a stream or a
//! socket carried.

use serde::{Deserialize, Serialize};

use super::{feed::Published, ranges::Ranges};
use crate::wire::{Direction, Fact, Micros, Observation, Unit, observation::News};

/// How long an update may take to be fetched before it counts as lost, in microseconds.
const GRACE: Micros = 5_000_000;

/// What went to programs without a client's number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outside {
    /// Requests.
    pub requests: u64,
    /// When the first came.
    since: Option<Micros>,
    /// The latest time of the log.
    latest: Micros,
    /// Updates that went out to one of them.
    pub delivered: Ranges,
}

impl Outside {
    /// Takes one more observation in.
    pub fn apply(&mut self, seen: &Observation) {
        self.latest = self.latest.max(seen.at);
        if seen.client.is_some() {
            return;
        }
        match &seen.fact {
            Fact::Unit { dir: Direction::Up, unit: Unit::RequestHead(_), .. } => {
                self.requests = self.requests.saturating_add(1);
                self.since = Some(self.since.map_or(seen.at, |since| since.min(seen.at)));
            }
            Fact::Unit { dir: Direction::Down, unit: Unit::Body(body), .. } => {
                let ids = body.events.iter().filter_map(|event| event.id.as_deref()?.parse().ok());
                ids.for_each(|seq| self.deliver(seq));
            }
            Fact::Unit { dir: Direction::Down, unit: Unit::Frame(frame), .. } => {
                if let Some(seq) = seq(&frame.text) {
                    self.deliver(seq);
                }
            }
            Fact::Answering { news: News { seqs, version, .. } } => {
                seqs.iter().for_each(|seq| self.deliver(*seq));
                // A whole list brings everything up to its version.
                if let Some(version) = version.filter(|version| *version > 0) {
                    self.delivered.insert(1, version);
                }
            }
            _ => {}
        }
    }

    fn deliver(&mut self, seq: u64) {
        if seq > 0 {
            self.delivered.insert(seq, seq);
        }
    }

    /// Updates published since the first of their requests, a while ago by now, that went to none of them.
    pub fn lost(&self, published: &Published) -> u64 {
        let first = self.since.and_then(|since| published.first_since(since));
        let last = published.last_until(self.latest.saturating_sub(GRACE));
        first
            .zip(last)
            .filter(|(first, last)| first <= last)
            .map_or(0, |(first, last)| self.delivered.missing(first, last))
    }
}

/// The number in an update's JSON.
fn seq(text: &str) -> Option<u64> {
    let rest = text.strip_prefix("{\"seq\":")?;
    rest[..rest.find([',', '}'])?].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ledger::{Figure, Ledger},
        wire::{RequestHead, Witness},
    };

    const S: Micros = 1_000_000;

    fn seen(at: Micros, witness: Witness, fact: Fact) -> Observation {
        Observation { at, witness, client: None, exchange: None, conn: Some(1), fact }
    }

    fn ask(at: Micros) -> Observation {
        let head =
            RequestHead { method: "GET".into(), target: "/l/x/hold".into(), nth: 1, bytes: 90, text: String::new() };
        seen(at, Witness::Wire, Fact::Unit { dir: Direction::Up, no: 1, unit: Unit::RequestHead(Box::new(head)) })
    }

    fn publish(at: Micros, seq: u64) -> Observation {
        seen(at, Witness::Server, Fact::Published { seq, by_hand: false })
    }

    fn answer(at: Micros, seqs: &[u64]) -> Observation {
        seen(at, Witness::Server, Fact::Answering { news: News { seqs: seqs.to_vec(), ..News::default() } })
    }

    fn figures(log: &[Observation]) -> [Option<f64>; 3] {
        let mut ledger = Ledger::default();
        log.iter().for_each(|seen| ledger.apply(seen));
        [Figure::OutsideRequests, Figure::OutsideDelivered, Figure::OutsideLost].map(|figure| ledger.figure(figure))
    }

    #[test]
    fn what_was_published_before_it_came_is_not_its_loss_and_what_is_fresh_not_yet() {
        let log =
            [publish(S, 1), ask(2 * S), publish(3 * S, 2), publish(4 * S, 3), answer(5 * S, &[3]), publish(9 * S, 4)];
        assert_eq!(figures(&log), [Some(1.0), Some(1.0), Some(1.0)], "2 is lost; 1 was before, 4 is fresh");
        let mut found = log.to_vec();
        found.push(answer(10 * S, &[2, 4]));
        assert_eq!(figures(&found), [Some(1.0), Some(3.0), Some(0.0)]);
    }

    #[test]
    fn a_frame_says_which_update_it_carries() {
        assert_eq!(seq(r#"{"seq":12,"district":3}"#), Some(12));
        assert_eq!(seq("beat 3"), None);
    }
}
