//! The figures of a run by name: what a lesson shows large, and what a goal asks for.

use serde::{Deserialize, Serialize};

use crate::wire::{
    Technique,
    observation::{Ask, ClientSettings, Cure, Reconnect},
};

/// A figure of a run. Sums are over all clients of the run unless a [`Check`] narrows them; requests without a client
/// are in none. Numbers of things are plain counts, sizes are bytes on the wire, times are milliseconds, shares percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Updates published.
    Published,
    /// Updates published by hand that reached the page.
    DeliveredByHand,
    /// Updates that reached the page, each counted once, whichever of the clients it reached.
    Delivered,
    /// Published since the client began, and skipped for good: something newer has been delivered or confirmed, this
    /// never was. A whole list delivers everything up to its version.
    Lost,
    /// Delivered once more, outside a list that was asked whole.
    Duplicated,
    /// Answers that arrived after the answer to a later request of the same client.
    OutOfOrder,
    /// Requests that the page sent; for a client without a page, requests on the wire.
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
    /// Messages with updates that a stream or a socket brought to the page.
    Messages,
    /// Times a stream broke off and the browser connected again by itself, or a client connected its WebSocket again.
    Reconnects,
    /// Updates published while the client's stream was broken that reached the page afterwards.
    Recovered,
    /// Requests and streams that ended in an error for good.
    Failed,
    /// The longest time for which a stream stayed open, in milliseconds, up to the last byte it carried.
    LongestStream,
    /// How long it took the page's client to notice that the network had died without a word, in milliseconds: the latest
    /// time. From when nothing got through any more to when the client gave its socket up.
    NoticedByPage,
    /// The same for the server, by its pings.
    NoticedByServer,
    /// Requests that the server held because there was nothing new.
    Held,
    /// Held requests that the server let go because their client went away.
    Freed,
    /// Mean time for which a request was held, in milliseconds: of the holds that are over.
    HoldMean,
    /// Jobs whose result arrived, each counted once, and never more than jobs that finished.
    JobsDone,
    /// Times the result of a job arrived: one per job if the client stops when done.
    JobResults,
    /// Bytes of request heads.
    HeadUp,
    /// Bytes of answer heads.
    HeadDown,
    /// Bytes of payload, both ways.
    Payload,
    /// Bytes of empty answers with the requests that asked for them, as the wire saw them.
    WastedBytes,
    /// Bytes of all heads, both ways, per byte of payload of the answers that brought news.
    HeadPerPayload,
    /// All bytes, both ways: heads, framing, payload. Nothing below HTTP.
    Bytes,
    /// TCP connections that carried a request. Narrowed to some clients, one that several of them shared counts for each.
    Connections,
    /// Mean delay from publication to arrival in the page, in milliseconds: of updates published since the client began.
    /// An update delivered to several clients counts for each.
    DelayMean,
    /// Median delay, in milliseconds, within 1.6%.
    DelayMedian,
    /// 95th percentile of the delay, in milliseconds, within 1.6%.
    DelayP95,
    /// Longest delay, in milliseconds.
    DelayMax,
    /// Exchanges whose empty answer the reader picked.
    PickedEmpty,
    /// Exchanges that turned the board back and that the reader picked.
    PickedTurnedBack,
    /// Requests that went over a connection that had carried one before, as the wire saw them.
    Reused,
    /// Requests that were the first on their connection, as the wire saw them.
    OpenedNew,
    /// Time from asking for the document to the last answer, in milliseconds: of the latest visit that had all its answers.
    LoadTime,
    /// Connections that the server closed although neither side had said that it would: nothing had been asked on them
    /// for the keep-alive time.
    ServerClosed,
    /// Requests on the wire beyond those that the page sent: the browser repeated them by itself.
    Repeated,
    /// Answers whose head says `Connection: keep-alive`.
    SaidKeepAlive,
    /// Answers whose head says `Connection: close`.
    SaidClose,
    /// Exchanges whose answer says `Connection: close` and that the reader picked.
    PickedSaidClose,
    /// Exchanges over a reused connection that the reader picked.
    PickedReused,
    /// Messages that the page sent over its sockets: beats, strokes.
    Sent,
    /// Bytes on the wire, both ways, for each update that reached a client: for polls all heads and bodies; for streams and
    /// sockets what follows their opening, which is the heads of request and answer.
    BytesPerUpdate,
    /// Requests by programs outside the page.
    OutsideRequests,
    /// Different updates that the server answered, or a stream or a socket carried, to programs outside the page.
    OutsideDelivered,
    /// Updates published since the first of those requests, at least 5 s ago, that went to none of those programs.
    OutsideLost,
    /// Clients of the crowd that are connected now, as they see it.
    CrowdConnected,
    /// Requests of the crowd that the server holds now; for streams and sockets, those that it has open.
    CrowdHeld,
    /// Requests of the crowd since it came, as the wire saw them: polls, and the handshakes of streams and sockets.
    CrowdRequests,
    /// Requests of the crowd within the latest second.
    CrowdRate,
    /// Updates that reached a client of the crowd, once for each client.
    CrowdDelivered,
    /// Updates that a client of the crowd never got although it got a later one.
    CrowdLost,
    /// What the server has allocated since the crowd came, in bytes, for each client that is connected. From ten clients on.
    ServerMemoryPerClient,
    /// CPU time of the server's process since the crowd came, in milliseconds.
    CrowdCpu,
    /// The rate at which the crowd came back after it was cut, in connections a second, within the busiest tenth of a second.
    ReconnectPeak,
    /// Memory of the server's process while the crowd is there, in bytes, as the system counts it.
    ServerMemory,
    /// CPU time of the server's process for each update delivered to the crowd, in microseconds.
    CpuPerUpdate,
    /// Median delay from publication to arrival at a client of the crowd, in milliseconds, within 1.6%.
    CrowdDelay,
}

impl Figure {
    /// Whether it is a crowd's: of the latest one of the run, unless a [`Check`] asks for a technique or a way to come back.
    pub fn is_of_crowd(self) -> bool {
        use Figure::*;
        matches!(
            self,
            CrowdConnected
                | CrowdHeld
                | CrowdRequests
                | CrowdRate
                | CrowdDelivered
                | CrowdLost
                | ServerMemoryPerClient
                | CrowdCpu
                | ReconnectPeak
                | ServerMemory
                | CpuPerUpdate
                | CrowdDelay
        )
    }
}

/// A condition on a run; a goal is met when all its checks hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The figure.
    pub figure: Figure,
    /// It must be at least this.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// It must be at most this.
    #[serde(default)]
    pub at_most: Option<f64>,
    /// Only over clients of this technique.
    #[serde(default)]
    pub technique: Option<Technique>,
    /// Only over clients with this cure.
    #[serde(default)]
    pub cure: Option<Cure>,
    /// Only over clients that ask for this.
    #[serde(default)]
    pub ask: Option<Ask>,
    /// Only over clients with at least this interval, in milliseconds.
    #[serde(default)]
    pub interval_from_ms: Option<u32>,
    /// Only over clients with at most this interval, in milliseconds.
    #[serde(default)]
    pub interval_to_ms: Option<u32>,
    /// Only over clients that tell the server what they have, or only over those that do not.
    #[serde(default)]
    pub cursor: Option<bool>,
    /// Only over clients that take all that is new at once, or only over those that take one by one.
    #[serde(default)]
    pub batch: Option<bool>,
    /// Only over clients that ask to be held for at least this, in milliseconds.
    #[serde(default)]
    pub hold_from_ms: Option<u32>,
    /// Only over clients that ask to be held for at most this, in milliseconds.
    #[serde(default)]
    pub hold_to_ms: Option<u32>,
    /// Only over clients that listen to the events of a stream by name, or only over those that do not.
    #[serde(default)]
    pub named: Option<bool>,
    /// Only over clients that ask for answers that end their connection, or only over those that do not.
    #[serde(default)]
    pub closing: Option<bool>,
    /// Only over clients, or the crowd, that come back like this.
    #[serde(default)]
    pub reconnect: Option<Reconnect>,
}

impl Check {
    /// A check of this figure that asks for nothing yet, over all clients.
    pub fn about(figure: Figure) -> Self {
        Self {
            figure,
            at_least: None,
            at_most: None,
            technique: None,
            cure: None,
            ask: None,
            interval_from_ms: None,
            interval_to_ms: None,
            cursor: None,
            batch: None,
            hold_from_ms: None,
            hold_to_ms: None,
            named: None,
            closing: None,
            reconnect: None,
        }
    }

    /// Whether nothing narrows it to some clients.
    pub fn is_about_all(&self) -> bool {
        let bounds = [self.interval_from_ms, self.interval_to_ms, self.hold_from_ms, self.hold_to_ms];
        let ways = [self.cursor, self.batch, self.named, self.closing];
        self.technique.is_none()
            && self.cure.is_none()
            && self.ask.is_none()
            && self.reconnect.is_none()
            && bounds == [None; 4]
            && ways == [None; 4]
    }

    /// Whether it is about a client with these settings.
    pub fn is_about(&self, settings: &ClientSettings) -> bool {
        self.technique.is_none_or(|technique| technique == settings.technique)
            && self.cure.is_none_or(|cure| cure == settings.cure)
            && self.ask.is_none_or(|ask| ask == settings.ask)
            && self.interval_from_ms.is_none_or(|from| settings.interval_ms >= from)
            && self.interval_to_ms.is_none_or(|to| settings.interval_ms <= to)
            && self.cursor.is_none_or(|cursor| cursor == settings.cursor)
            && self.batch.is_none_or(|batch| batch == settings.batch)
            && self.named.is_none_or(|named| named == settings.named)
            && self.hold_from_ms.is_none_or(|from| settings.hold_ms >= from)
            && self.hold_to_ms.is_none_or(|to| settings.hold_ms <= to)
            && self.closing.is_none_or(|closing| closing == settings.closing)
            && self.reconnect.is_none_or(|reconnect| reconnect == settings.reconnect)
    }

    /// Whether a value of its figure meets it.
    pub fn met_by(&self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }

    /// How far a value has come towards meeting it, 0 to 1: 1 exactly when it meets it.
    pub fn progress(&self, value: f64) -> f64 {
        if self.met_by(value) {
            return 1.0;
        }
        let up = self.at_least.filter(|&least| value < least && least > 0.0).map(|least| value / least);
        let down = self.at_most.filter(|&most| value > most && value > 0.0).map(|most| most / value);
        // Near is not there: a bar must not look full before the check holds.
        up.or(down).unwrap_or(0.0).clamp(0.0, 0.99)
    }
}
