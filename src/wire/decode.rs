//! Both directions of one connection, decoded together: answers need the methods of their requests, and an upgrade
//! changes both.
//!
//! The rules are those of RFC 9112, with its tolerances for what is old (a bare LF in a head, folded fields, several
//! lengths that agree) and none for what is ambiguous: where the next border cannot be told for certain, the direction
//! is [`Unit::Opaque`] from there on. Its bytes are still counted and can still be passed on.

use std::collections::VecDeque;

use super::{
    ClientNo, Close, Direction, ExchangeNo, LabId, Resource, Unit,
    body::{self, Reader},
    head::{Found, Head, Kind},
    http::{self, Framing, Method},
    ws::{self, Frames},
};

/// The most requests of a connection that may wait for their answers. Who pipelines more is opaque from there on.
pub const UNANSWERED: usize = 128;

/// The most bytes in one opaque unit: what is longer comes as several.
const OPAQUE: u32 = 1 << 30;

/// A connection's decoder. It keeps a few hundred bytes of state and the bounded texts of the unit under way.
#[derive(Debug, Default)]
pub struct Decoder {
    up: Lane,
    down: Lane,
    /// Requests without a final answer, the oldest first; at most [`UNANSWERED`].
    unanswered: VecDeque<Asked>,
    /// Requests so far.
    requests: u32,
    /// An answer came that nobody had asked for: a 408 before a request, a 400 to a malformed one. After a second one
    /// nothing about this connection can be told.
    unasked: bool,
}

/// What came of feeding some bytes.
#[derive(Debug, PartialEq)]
pub struct Fed {
    /// How many bytes were taken: up to the end of the current unit at most. Never 0 for a non-empty input.
    pub taken: usize,
    /// The unit that ended with them.
    pub cut: Option<Cut>,
}

/// A unit, and which request of its connection it belongs to.
#[derive(Debug, PartialEq)]
pub struct Cut {
    /// The unit.
    pub unit: Unit,
    /// The request it belongs to, counted on this connection from 1; 0 if there is none.
    pub request: u32,
    /// Where a request head wants to go.
    pub address: Option<Address>,
}

impl Cut {
    fn of(unit: Unit, request: u32) -> Self {
        Self { unit, request, address: None }
    }
}

/// Where a request wants to go, by the specification of identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The lab named in the path.
    pub lab: Option<LabId>,
    /// `c` of the query, or of `Accept`.
    pub client: Option<ClientNo>,
    /// `n` of the query, or of `Accept`.
    pub exchange: Option<ExchangeNo>,
    /// `crowd` of the query: the number of a synthetic client's crowd.
    pub crowd: Option<u32>,
    /// What of the lab it wants.
    pub resource: Option<Resource>,
}

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    request: u32,
    method: Method,
    websocket: bool,
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    state: State,
    /// The request that a body, frames or a tunnel belong to; 0 if there is none.
    request: u32,
}

/// What the next byte of a direction belongs to.
#[derive(Debug)]
enum State {
    Head(Head),
    Body(Reader),
    Frames(Frames),
    /// So many bytes since the last unit.
    Opaque(u32),
}

impl Default for State {
    fn default() -> Self {
        State::Head(Head::default())
    }
}

impl State {
    /// Bytes fed since the last unit.
    fn under_way(&self) -> u32 {
        match self {
            State::Head(head) => head.under_way(),
            State::Body(body) => body.under_way(),
            State::Frames(frames) => frames.under_way(),
            State::Opaque(bytes) => *bytes,
        }
    }
}

impl Lane {
    /// Goes on with a body that follows a head, if any.
    fn follow(&mut self, framing: Framing, event_stream: bool, request: u32) {
        *self = match (framing, Reader::new(framing, event_stream)) {
            (Framing::Faulty, _) => Lane { state: State::Opaque(0), request: 0 },
            (_, Some(body)) => Lane { state: State::Body(body), request },
            (_, None) => Lane::default(),
        };
    }

    /// Gives up on the protocol; so many bytes are under way.
    fn give_up(&mut self, bytes: u32) {
        *self = Lane { state: State::Opaque(bytes), request: 0 };
    }

    /// Changes protocol between two messages; in the middle of one, nothing can be told any more.
    fn switch(&mut self, websocket: bool, request: u32) {
        let between = matches!(&self.state, State::Head(head) if head.under_way() == 0);
        let state = match websocket && between {
            true => State::Frames(Frames::default()),
            false => State::Opaque(self.state.under_way()),
        };
        *self = Lane { state, request };
    }
}

impl Decoder {
    /// Takes bytes of one direction, up to the end of the current unit at most: call again with the rest.
    pub fn feed(&mut self, dir: Direction, bytes: &[u8]) -> Fed {
        let mut taken = 0;
        // A second round only where the first one found that these bytes are opaque.
        while taken < bytes.len() {
            let rest = &bytes[taken..];
            let lane = self.lane(dir);
            let (n, cut) = match &mut lane.state {
                State::Head(head) => {
                    let kind = if dir == Direction::Up { Kind::Request } else { Kind::Response };
                    match head.feed(kind, rest) {
                        (n, Found::More) => (n, None),
                        (n, Found::Bad(seen)) => {
                            lane.give_up(seen);
                            (n, None)
                        }
                        (n, Found::Head(head)) => {
                            let cut = if kind == Kind::Request { self.request(&head) } else { self.response(&head) };
                            if cut.is_none() {
                                // A head is at most HEAD_MAX bytes long.
                                self.lane(dir).give_up(head.len() as u32);
                            }
                            (n, cut)
                        }
                    }
                }
                State::Body(body) => {
                    let request = lane.request;
                    let (n, step) = body.feed(rest);
                    let cut = match step {
                        body::Step::More => None,
                        body::Step::Piece(piece) => Some(Unit::Body(Box::new(piece))),
                        body::Step::Last(piece) => {
                            *lane = Lane::default();
                            Some(Unit::Body(Box::new(piece)))
                        }
                        body::Step::Bad(seen) => {
                            lane.give_up(seen);
                            None
                        }
                    };
                    (n, cut.map(|unit| Cut::of(unit, request)))
                }
                State::Frames(frames) => {
                    let (n, step) = frames.feed(rest);
                    let cut = match step {
                        ws::Step::More => None,
                        ws::Step::Frame(frame) => Some(Unit::Frame(Box::new(frame))),
                        ws::Step::Rest(bytes) => Some(Unit::Opaque { bytes }),
                        ws::Step::Bad => {
                            lane.state = State::Opaque(frames.under_way());
                            None
                        }
                    };
                    (n, cut.map(|unit| Cut::of(unit, lane.request)))
                }
                State::Opaque(bytes) => {
                    let n = rest.len().min(OPAQUE.saturating_sub(*bytes) as usize);
                    *bytes += n as u32;
                    let full = *bytes >= OPAQUE;
                    (n, if full { lane.cut_opaque() } else { None })
                }
            };
            taken += n;
            if cut.is_some() {
                return Fed { taken, cut };
            }
        }
        Fed { taken, cut: None }
    }

    /// Ends the unit under way early, for a caller that can keep no more of it: a piece of a body as far as it came, or
    /// opaque bytes. A WebSocket frame that is torn like this, and the rest of it, are opaque bytes; the frames after
    /// it are decoded again. Nothing if no byte of it was fed, nor in the middle of a head: that is at most
    /// [`HEAD_MAX`](super::head::HEAD_MAX) bytes long, and a caller keeps it whole.
    pub fn cut(&mut self, dir: Direction) -> Option<Cut> {
        let lane = self.lane(dir);
        let unit = match &mut lane.state {
            State::Head(_) => return None,
            State::Body(body) if body.under_way() > 0 => Unit::Body(Box::new(body.cut(false))),
            State::Frames(frames) if frames.under_way() > 0 => Unit::Opaque { bytes: frames.tear() },
            State::Body(_) | State::Frames(_) => return None,
            State::Opaque(_) => return lane.cut_opaque(),
        };
        Some(Cut::of(unit, lane.request))
    }

    /// Whether what is under way has no border of its own (a body that ends with the connection, opaque bytes), so that
    /// a caller who passes it on has to [`cut`](Self::cut) it after each read.
    pub fn borderless(&self, dir: Direction) -> bool {
        match &self.side(dir).state {
            State::Body(body) => body.ends_with_the_connection(),
            State::Opaque(_) => true,
            State::Head(_) | State::Frames(_) => false,
        }
    }

    /// Whether a body has begun and not ended, so that its sender owes the rest of it.
    pub fn mid_body(&self, dir: Direction) -> bool {
        matches!(self.side(dir).state, State::Body(_))
    }

    /// The direction ended: what was under way, if anything (a body that ends with the connection has its last piece
    /// here, which may be of 0 bytes), then the end itself. An end belongs to the request whose message it broke off or
    /// ended, or which it leaves without an answer.
    pub fn end(&mut self, dir: Direction, how: Close) -> (Option<Cut>, Cut) {
        let waits = self.unanswered.front().map_or(0, |asked| asked.request);
        let lane = self.lane(dir);
        let request = match lane.state {
            State::Head(_) if dir == Direction::Down => waits,
            _ => lane.request,
        };
        let Lane { state, .. } = std::mem::replace(lane, Lane { state: State::Opaque(0), request: lane.request });
        let last = match state {
            State::Body(mut body) => {
                let complete = body.ends_with_the_connection() && how == Close::Fin;
                (complete || body.under_way() > 0).then(|| Unit::Body(Box::new(body.cut(complete))))
            }
            other => Some(other.under_way()).filter(|&bytes| bytes > 0).map(|bytes| Unit::Opaque { bytes }),
        };
        (last.map(|unit| Cut::of(unit, request)), Cut::of(Unit::End { how }, request))
    }

    fn lane(&mut self, dir: Direction) -> &mut Lane {
        match dir {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    fn side(&self, dir: Direction) -> &Lane {
        match dir {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }

    /// A whole request head; nothing if it cannot be one.
    fn request(&mut self, bytes: &[u8]) -> Option<Cut> {
        if self.unanswered.len() >= UNANSWERED {
            return None;
        }
        let nth = self.requests.saturating_add(1);
        let request = http::request(bytes, nth)?;
        self.requests = nth;
        self.unanswered.push_back(Asked { request: nth, method: request.method, websocket: request.websocket });
        self.up.follow(request.framing, false, nth);
        let unit = Unit::RequestHead(Box::new(request.head));
        Some(Cut { unit, request: nth, address: Some(request.address) })
    }

    /// A whole response head; nothing if it cannot be one.
    fn response(&mut self, bytes: &[u8]) -> Option<Cut> {
        let asked = self.unanswered.front().copied();
        if asked.is_none() && self.unasked {
            return None;
        }
        let Asked { request, method, websocket } = asked.unwrap_or_default();
        let response = http::response(bytes, method)?;
        let status = response.head.status;
        // Any other 1xx is an interim answer (RFC 9110 §15.2): the request still waits.
        if status == 101 || status >= 200 {
            self.unanswered.pop_front();
            self.unasked |= asked.is_none();
        }
        let tunnel = method == Method::Connect && (200..=299).contains(&status);
        if status == 101 || tunnel {
            // A request that was sent ahead of the upgrade's answer will never be answered.
            let frames = status == 101 && websocket && response.websocket && self.unanswered.is_empty();
            self.up.switch(frames, request);
            self.down = Lane::default();
            self.down.switch(frames, request);
        } else {
            self.down.follow(response.framing, response.event_stream, request);
        }
        Some(Cut::of(Unit::ResponseHead(Box::new(response.head)), request))
    }
}

impl Lane {
    fn cut_opaque(&mut self) -> Option<Cut> {
        let State::Opaque(bytes) = &mut self.state else { return None };
        let bytes = std::mem::take(bytes);
        (bytes > 0).then(|| Cut::of(Unit::Opaque { bytes }, self.request))
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
