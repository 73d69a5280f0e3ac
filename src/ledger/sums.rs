//! What is simply summed up.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::wire::{ConnNo, Direction, Fact, HoldEnd, ResponseHead, Unit};

/// Counts and bytes of one client, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sums {
    /// Requests that the page handed to the browser.
    pub asked: u64,
    /// Request heads on the wire: more than asked where the browser repeats a request by itself.
    pub requests_on_the_wire: u64,
    /// Answers received whole.
    pub answers: u64,
    /// Answers that brought nothing new.
    pub empty: u64,
    /// Answers with status 304 on the wire.
    pub not_modified: u64,
    /// Messages of streams and sockets that brought updates.
    pub messages: u64,
    /// Messages that the page sent over its sockets.
    pub sent: u64,
    /// Times that a stream broke off and the browser connected again by itself, or the client connected a socket again.
    pub broken: u64,
    /// Updates published while a stream was broken that arrived afterwards.
    pub recovered: u64,
    /// The longest time for which a stream was open, in microseconds.
    pub longest_stream: u64,
    /// Requests given up by the client.
    pub aborted: u64,
    /// Requests that ended with a network error.
    pub failed: u64,
    /// Answers that arrived after the answer to a later request of the same client.
    pub out_of_order: u64,
    /// Updates that arrived although they had arrived before.
    pub duplicated: u64,
    /// Updates that arrived after a newer one had been delivered or confirmed.
    pub late: u64,
    /// Updates that arrived too long after, or without, the record of their publication: they have no delay.
    pub untimed: u64,
    /// Times the board went back to an older version.
    pub turned_back: u64,
    /// Answers that the sequence check threw away.
    pub ignored: u64,
    /// Ticks that sent nothing.
    pub skipped: u64,
    /// Requests that the server held.
    pub held: u64,
    /// Holds that are over.
    pub holds_ended: u64,
    /// Holds that ended because the client went away.
    pub freed: u64,
    /// How long all ended holds lasted together, in microseconds.
    pub held_micros: u64,
    /// Answers with a finished job.
    pub job_results: u64,
    /// Finished jobs whose result came for the first time.
    pub jobs_done: u64,
    /// Exchanges with an empty answer that the reader picked.
    pub picked_empty: u64,
    /// Exchanges that turned the board back and that the reader picked.
    pub picked_turned_back: u64,
    /// Bytes of exchanges whose answer was empty.
    pub wasted: u64,
    /// Bytes of payload of answers that brought news.
    pub news_payload: u64,
    /// Exchanges that were forgotten before they ended, because too many were under way: their bytes are in `up` and
    /// `down`, but neither wasted nor news.
    pub forgotten: u64,
    /// Requests over a connection that had carried one before.
    pub reused: u64,
    /// Answers that say `Connection: keep-alive`.
    pub said_keep_alive: u64,
    /// Answers that say `Connection: close`.
    pub said_close: u64,
    /// Exchanges whose answer says `Connection: close` and that the reader picked.
    pub picked_said_close: u64,
    /// Exchanges over a reused connection that the reader picked.
    pub picked_reused: u64,
    /// What went up.
    pub up: Bytes,
    /// What came down.
    pub down: Bytes,
}

/// Bytes of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bytes {
    /// Heads of requests or answers.
    pub head: u64,
    /// Framing of chunks, heads of frames.
    pub framing: u64,
    /// Payload of bodies and frames.
    pub payload: u64,
    /// Bytes that follow no known protocol.
    pub opaque: u64,
}

impl Bytes {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.head + self.framing + self.payload + self.opaque
    }

    fn merge(&mut self, other: &Bytes) {
        self.head += other.head;
        self.framing += other.framing;
        self.payload += other.payload;
        self.opaque += other.opaque;
    }
}

impl Sums {
    /// Requests sent: those that the page asked for or, for who has no page, those on the wire.
    pub fn requests(&self) -> u64 {
        if self.asked > 0 { self.asked } else { self.requests_on_the_wire }
    }

    /// Requests that the browser sent again by itself.
    pub fn repeated(&self) -> u64 {
        self.requests_on_the_wire.saturating_sub(self.requests())
    }

    /// Takes in what the server tells of a hold.
    pub(super) fn hold(&mut self, fact: &Fact) {
        match fact {
            Fact::Holding { .. } => self.held += 1,
            Fact::HoldEnded { how, micros } => {
                self.holds_ended += 1;
                self.freed += u64::from(*how == HoldEnd::Freed);
                self.held_micros = self.held_micros.saturating_add(u64::try_from(*micros).unwrap_or(0));
            }
            _ => {}
        }
    }

    /// Takes in a unit that came to the tap.
    pub(super) fn unit(&mut self, dir: Direction, unit: &Unit) {
        let bytes = if dir == Direction::Up { &mut self.up } else { &mut self.down };
        match unit {
            Unit::RequestHead(head) => {
                bytes.head += u64::from(head.bytes);
                self.requests_on_the_wire += 1;
                self.reused += u64::from(head.nth > 1);
            }
            Unit::ResponseHead(head) => {
                bytes.head += u64::from(head.bytes);
                self.not_modified += u64::from(head.status == 304);
                self.said_keep_alive += u64::from(says(head, "keep-alive"));
                self.said_close += u64::from(says(head, "close"));
            }
            Unit::Body(body) => {
                bytes.payload += u64::from(body.payload);
                bytes.framing += u64::from(body.bytes.saturating_sub(body.payload));
            }
            Unit::Frame(frame) => {
                bytes.payload += u64::from(frame.payload);
                bytes.framing += u64::from(frame.head);
            }
            Unit::Opaque { bytes: opaque } => bytes.opaque += u64::from(*opaque),
            Unit::End { .. } => {}
        }
    }

    /// Adds another's.
    pub(super) fn merge(&mut self, other: &Sums) {
        self.asked += other.asked;
        self.requests_on_the_wire += other.requests_on_the_wire;
        self.answers += other.answers;
        self.empty += other.empty;
        self.not_modified += other.not_modified;
        self.messages += other.messages;
        self.recovered += other.recovered;
        self.longest_stream = self.longest_stream.max(other.longest_stream);
        self.sent += other.sent;
        self.broken += other.broken;
        self.aborted += other.aborted;
        self.failed += other.failed;
        self.out_of_order += other.out_of_order;
        self.duplicated += other.duplicated;
        self.late = self.late.saturating_add(other.late);
        self.untimed = self.untimed.saturating_add(other.untimed);
        self.turned_back += other.turned_back;
        self.ignored += other.ignored;
        self.skipped += other.skipped;
        self.held += other.held;
        self.holds_ended += other.holds_ended;
        self.freed += other.freed;
        self.held_micros = self.held_micros.saturating_add(other.held_micros);
        self.job_results += other.job_results;
        self.jobs_done += other.jobs_done;
        self.picked_empty += other.picked_empty;
        self.picked_turned_back += other.picked_turned_back;
        self.wasted += other.wasted;
        self.news_payload += other.news_payload;
        self.forgotten += other.forgotten;
        self.reused += other.reused;
        self.said_keep_alive += other.said_keep_alive;
        self.said_close += other.said_close;
        self.picked_said_close += other.picked_said_close;
        self.picked_reused += other.picked_reused;
        self.up.merge(&other.up);
        self.down.merge(&other.down);
    }
}

/// Whether an answer's head says this of its connection. No answer here says two things.
pub fn says(head: &ResponseHead, what: &str) -> bool {
    head.text.to_ascii_lowercase().contains(&["\nconnection: ", what].concat())
}

/// How many connections are remembered, to tell a reused one from a new one.
const REMEMBERED: usize = 64;

/// Connections that carried a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// How many different ones.
    pub count: u64,
    /// The latest [`REMEMBERED`], the one used last at the end. A browser keeps far fewer.
    recent: VecDeque<ConnNo>,
}

impl Connections {
    /// A request went over this connection.
    pub(super) fn carry(&mut self, conn: ConnNo) {
        match self.recent.iter().rposition(|&recent| recent == conn) {
            Some(at) => {
                self.recent.remove(at);
            }
            None => {
                self.count += 1;
                if self.recent.len() >= REMEMBERED {
                    self.recent.pop_front();
                }
            }
        }
        self.recent.push_back(conn);
    }

    /// Whether it carried a request, not too long ago.
    pub(super) fn knows(&self, conn: ConnNo) -> bool {
        self.recent.contains(&conn)
    }
}

/// How connections ended: which of them the server closed without a word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endings {
    /// How many the server closed because nothing was asked on them any more.
    pub idle: u64,
    /// The latest [`REMEMBERED`] whose end was no surprise: the client ended its own direction, or an answer said so.
    expected: VecDeque<ConnNo>,
}

impl Endings {
    /// The end of this connection will be no surprise.
    pub(super) fn expect(&mut self, conn: ConnNo) {
        if !self.expected.contains(&conn) {
            if self.expected.len() >= REMEMBERED {
                self.expected.pop_front();
            }
            self.expected.push_back(conn);
        }
    }

    /// A direction of a connection ended.
    pub(super) fn end(&mut self, conn: ConnNo, dir: Direction, carried: bool) {
        if dir == Direction::Down {
            self.idle += u64::from(carried && !self.expected.contains(&conn));
        }
        self.expect(conn);
    }
}
