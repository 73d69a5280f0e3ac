//! Crowds: synthetic clients that a page may ask for, and what is told of them.
//!
//! A crowd opens real sockets to the lab's listener, from a process of its own. Its units are not in the log one by one;
//! what there is to know of it stands in one small record, twice a second.

use serde::{Deserialize, Serialize};

use super::{Technique, settings::Reconnect};

/// The most clients of a crowd.
pub const LARGEST: u32 = 1000;

/// Each column of the histogram of a crowd's return is so many milliseconds wide.
pub const BIN_MS: u32 = 100;

/// How many columns it has at most: fifteen seconds.
pub const BINS: usize = 150;

/// Which crowd is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrowdSpec {
    /// How many clients, 1 to [`LARGEST`].
    pub size: u32,
    /// How they get their news: anything but a plain request.
    pub technique: Technique,
    /// Time between two requests of a short poll, in milliseconds, 100 to 60,000; each client begins at a time of its own.
    pub interval_ms: u32,
    /// When a client connects again after its connection broke or was refused, whatever its technique. A browser's
    /// `EventSource` has a rule of its own instead (WHATWG HTML §9.2.3): here all four can be compared.
    pub reconnect: Reconnect,
}

impl CrowdSpec {
    /// Whether every number is in its range.
    ///
    /// # Errors
    /// Which is not, and the range.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=LARGEST).contains(&self.size) {
            return Err(format!("a crowd has from 1 to {LARGEST} clients, not {}", self.size));
        }
        if !(100..=60_000).contains(&self.interval_ms) {
            return Err(format!("interval_ms is from 100 to 60000, not {}", self.interval_ms));
        }
        if self.technique == Technique::Request {
            return Err("a crowd polls, or has streams or sockets: a plain request brings no news".to_owned());
        }
        Ok(())
    }
}

/// How a crowd is doing. What is counted is counted since it came; what is missing could not be measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crowd {
    /// What was asked for.
    pub spec: CrowdSpec,
    /// Whether it is still there; its last record says that it has gone.
    pub here: bool,
    /// Since when, in milliseconds.
    pub age_ms: u32,
    /// Clients that are connected now, as they see it: a stream or a socket that is open, a poll's connection.
    pub connected: u32,
    /// Requests that the server holds now, and streams and sockets that it has open: each an answer not yet at its end.
    pub held: u32,
    /// TCP connections that are open now, as the tap sees it.
    pub connections: u32,
    /// Requests on the wire: handshakes of sockets and streams as well as polls.
    pub requests: u64,
    /// Of these, how many came within the latest second.
    pub rate: u32,
    /// Answers that the tap let go of, by their heads.
    pub answers: u64,
    /// Answers of polls that brought nothing new.
    pub empty: u64,
    /// Updates that reached a client, once for each client.
    pub delivered: u64,
    /// Updates that a client never got although it got a later one.
    pub lost: u64,
    /// Updates that reached a client once more.
    pub duplicated: u64,
    /// Median of the delay from publication to arrival at a client, in microseconds, within 1.6%; of updates published since the
    /// client first connected.
    pub delay_median: Option<u32>,
    /// The delay that 95 of 100 updates did not exceed, in microseconds, within 1.6%.
    pub delay_p95: Option<u32>,
    /// Bytes that came to the tap from clients.
    pub bytes_up: u64,
    /// Bytes that came to the tap for them.
    pub bytes_down: u64,
    /// Tasks that are alive in the server.
    pub tasks: u32,
    /// Memory of the server's process, in bytes, as the system counts it (resident).
    pub memory: Option<u64>,
    /// What the server has allocated more than when the crowd came, in bytes, divided by the clients that are connected;
    /// from ten clients on, since everything else in the server is in it.
    pub memory_each: Option<u32>,
    /// CPU time of the server's process, in microseconds.
    pub cpu: Option<u64>,
    /// How long ago all connections of the lab were last cut by a fault, in milliseconds.
    pub cut_ms: Option<u32>,
    /// Connections that came in each [`BIN_MS`] since then; at most [`BINS`], without the empty ones at the end.
    pub connects: Vec<u32>,
}

impl Crowd {
    /// The rate at which clients came back when most did: connections a second, within the fullest [`BIN_MS`]. Nothing
    /// until they were cut.
    pub fn peak(&self) -> Option<u32> {
        self.cut_ms?;
        Some(self.connects.iter().max().copied().unwrap_or(0).saturating_mul(1000 / BIN_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_has_bounds() {
        let good =
            CrowdSpec { size: 1000, technique: Technique::Sse, interval_ms: 100, reconnect: Reconnect::Immediately };
        assert_eq!(good.check(), Ok(()));
        assert!(CrowdSpec { size: 0, ..good }.check().unwrap_err().contains("1 to 1000"));
        assert!(CrowdSpec { size: 1001, ..good }.check().is_err());
        assert!(CrowdSpec { interval_ms: 99, ..good }.check().unwrap_err().contains("100 to 60000"));
        assert!(CrowdSpec { technique: Technique::Request, ..good }.check().is_err());
    }
}
