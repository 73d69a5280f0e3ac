//! What the server and a crowd's process say to each other: lines of JSON, over the process's standard input and output.
//!
//! The first line is the [`Order`]. From then on the server tells when each update was published ([`Published`]), and the
//! process how its clients are doing ([`Report`]). When its input ends, the process ends: it cannot outlive the server.

use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::wire::{LabId, crowd::CrowdSpec};

/// The longest line, in bytes.
pub const LONGEST: usize = 4096;

/// What a crowd is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Where the lab listens.
    pub at: SocketAddr,
    /// The lab.
    pub lab: LabId,
    /// The crowd's number in the lab, from 1: the mark of its requests.
    pub number: u32,
    /// Which crowd.
    pub crowd: CrowdSpec,
    /// The number of the last update before it: every client is to get all that follow.
    pub from: u64,
}

/// An update was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The numbers, from this one.
    pub first: u64,
    /// To this one.
    pub last: u64,
    /// When, by [`wall`].
    pub at: i64,
}

/// How a crowd's clients are doing, by what they see themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Clients that are connected.
    pub connected: u32,
    /// Updates that came, once for each client.
    pub delivered: u64,
    /// Updates that a client never got although it got a later one.
    pub lost: u64,
    /// Updates that a client got once more.
    pub duplicated: u64,
    /// Median of the delay, in microseconds.
    pub delay_median: Option<u32>,
    /// The delay that 95 of 100 did not exceed, in microseconds.
    pub delay_p95: Option<u32>,
}

/// The time of day, in microseconds: the one clock that two processes of a machine share.
pub fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
