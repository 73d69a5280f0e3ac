//! The figures of a run by name: what a lesson shows large, and what a goal asks for.

use serde::{Deserialize, Serialize};

use crate::wire::observation::{Ask, Cure};

/// A figure of a run. Sums are over all clients of the run unless a [`Check`] narrows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Updates published.
    Published,
    /// Updates published by hand that reached the page.
    DeliveredByHand,
    /// Updates that reached the page, each counted once.
    Delivered,
    /// Published, and skipped for good: something newer has been delivered or confirmed, this never was.
    Lost,
    /// Delivered more than once.
    Duplicated,
    /// Answers that arrived after the answer to a later request of the same client.
    OutOfOrder,
    /// Requests sent.
    Requests,
    /// Answers received whole.
    Answers,
    /// Answers that brought nothing new.
    Empty,
    /// Empty answers as a share of answers, in percent.
    EmptyShare,
    /// Answers with status 304 on the wire.
    NotModified,
    /// Requests given up by the client.
    Aborted,
    /// Times the board went back to an older version.
    TurnedBack,
    /// Answers that the sequence check threw away.
    Ignored,
    /// Ticks that sent nothing because a request was under way.
    Skipped,
    /// Jobs whose result arrived.
    JobsDone,
    /// Times the result of a job arrived: one per job if the client stops when done.
    JobResults,
    /// Bytes of request heads.
    HeadUp,
    /// Bytes of answer heads.
    HeadDown,
    /// Bytes of payload, both ways.
    Payload,
    /// Bytes of empty answers with the requests that asked for them.
    WastedBytes,
    /// Head bytes per byte of payload that brought news.
    HeadPerPayload,
    /// All bytes, both ways.
    Bytes,
    /// TCP connections that carried a request.
    Connections,
    /// Mean delay from publication to arrival in the page, in milliseconds.
    DelayMean,
    /// Median delay, in milliseconds.
    DelayMedian,
    /// 95th percentile of the delay, in milliseconds.
    DelayP95,
    /// Longest delay, in milliseconds.
    DelayMax,
    /// Exchanges whose empty answer the reader picked.
    PickedEmpty,
    /// Exchanges that turned the board back and that the reader picked.
    PickedTurnedBack,
}

/// A condition on a run; a goal is met when all its checks hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The figure.
    pub figure: Figure,
    /// It must be at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// It must be at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// Only over clients with this cure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<Cure>,
    /// Only over clients that ask for this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// Only over clients with at least this interval, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_from_ms: Option<u32>,
    /// Only over clients with at most this interval, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_to_ms: Option<u32>,
}
