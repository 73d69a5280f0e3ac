//! One direction of a connection: what came, what waits, what has gone.

use std::{collections::VecDeque, task::Waker};

use super::{book::Route, micros, wait::Wait};
use crate::{
    fault::{
        FaultId,
        chain::{HOLDS, Meta, Slices, Verdict},
    },
    net::narrow::Slot,
    wire::{Close, ConnNo, Direction, Micros, Unit, UnitNo},
};

/// How many bytes may wait in each direction. Above it, reading and writing wait too.
pub(super) const MAX_WAITING: usize = 256 * 1024;

/// How many bytes of an unfinished unit are kept before it is cut. Also hyper's limit for a head: a longer one must get
/// as far as hyper, or hyper could not refuse it.
pub(super) const MAX_PARTIAL: usize = 16 * 1024;

/// One direction of a connection.
pub(super) struct Way {
    /// The number of the newest unit.
    pub(super) no: UnitNo,
    /// The bytes of the unit under way, less than [`MAX_PARTIAL`] between two calls.
    pub(super) partial: Vec<u8>,
    /// Since when there are any.
    pub(super) partial_since: Micros,
    /// Units that wait for their turn, in order.
    pub(super) queue: VecDeque<Waiting>,
    /// Bytes in the queue.
    pub(super) queued: usize,
    /// Units that go on at once, between cutting a read or write and moving its bytes. Kept for its memory.
    pub(super) passing: Vec<Passing>,
    /// Bytes that went through the socket.
    pub(super) bytes: u64,
    pub(super) end: End,
    /// Whether the labs were told that it ended.
    pub(super) told: bool,
    /// The last unit of those that wait no longer for company.
    pub(super) gathered: UnitNo,
    /// Whether the first unit waits for company: then what comes may set it free.
    pub(super) gathering: bool,
    /// Whether its reader is slow, and only little may wait for it.
    pub(super) slow: bool,
    /// Whoever waits for this direction: hyper's task.
    pub(super) waker: Option<Waker>,
}

/// How far a direction's end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// There is none yet.
    Open,
    /// It waits in the queue behind what came before it.
    Waiting,
    /// A fault dropped it: whoever should have seen it never will.
    Swallowed,
    /// It has been delivered.
    Delivered(Close),
}

/// A unit that waits for its turn.
pub(super) struct Waiting {
    pub(super) no: UnitNo,
    pub(super) route: Route,
    pub(super) entered: Micros,
    pub(super) turn: Turn,
    /// The unit while it is undecided; afterwards only its bytes are left to move.
    pub(super) undecided: Option<Unit>,
    pub(super) bytes: Vec<u8>,
    /// How many of them have been moved.
    pub(super) moved: usize,
    /// Where the piece ends that may be moved, if it goes in pieces; and when it was gone, once it is.
    pub(super) piece: Option<(usize, Micros)>,
    /// Its slots in the lab's narrow line, and in that of a slow reader.
    pub(super) slots: [Option<Slot>; 2],
    /// Whether it has been doubled, or is the double.
    pub(super) twice: bool,
}

impl Waiting {
    /// A unit that waits from now on.
    pub(super) fn new(no: UnitNo, route: Route, entered: Micros, turn: Turn, bytes: Vec<u8>) -> Self {
        let (undecided, moved, piece, slots) = (None, 0, None, [None, None]);
        Self { no, route, entered, turn, undecided, bytes, moved, piece, slots, twice: false }
    }

    /// What of its bytes may be moved, once it has been decided.
    pub(super) fn ready(&self) -> &[u8] {
        let end = self.piece.map_or(self.bytes.len(), |(end, _)| end);
        &self.bytes[self.moved..end]
    }

    /// Sees to it that a piece is under way. When to look again, if it is not time for the next one.
    pub(super) fn slice(&mut self, slices: Slices, now: Micros) -> Option<Micros> {
        if let Some((end, gone)) = self.piece {
            let due = gone + micros(slices.pause);
            if self.moved < end {
                return None;
            } else if now < due {
                return Some(due);
            }
        }
        let end = (self.moved + slices.piece(self.moved)).min(self.bytes.len());
        self.piece = Some((end, now));
        None
    }

    /// So many bytes have been moved. Whether they were the last.
    pub(super) fn moves(&mut self, bytes: usize, now: Micros) -> bool {
        self.moved += bytes;
        if let Some((end, gone)) = &mut self.piece
            && self.moved == *end
        {
            *gone = now;
        }
        self.moved >= self.bytes.len()
    }

    /// Whether its bytes may be moved as soon as those before it: its verdict is to pass, and it is due.
    pub(super) fn is_ready(
        &mut self,
        meta: (Direction, ConnNo, Option<FaultId>),
        gathered: UnitNo,
        now: Micros,
    ) -> bool {
        let Some(unit) = &self.undecided else { return true };
        if matches!(unit, Unit::End { .. }) {
            return false;
        }
        let (dir, conn, silenced) = meta;
        let decision = self.route.decide(Meta::new(dir, conn, self.no, silenced, unit));
        let passes = match decision.verdict {
            Verdict::Pass => true,
            Verdict::Gather { .. } => self.no <= gathered,
            _ => false,
        };
        let ready = passes && decision.goes_freely() && self.entered + decision.micros() <= now;
        if ready {
            self.undecided = None;
        }
        ready
    }
}

/// A unit that goes on at once, as a piece of the buffer it came in.
pub(super) struct Passing {
    pub(super) no: UnitNo,
    pub(super) route: Route,
    pub(super) turn: Turn,
    /// Its length.
    pub(super) len: usize,
}

/// What the release of a unit means for the turn of the conversation, which the keep-alive time is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// A request reached the server.
    Asked,
    /// An answer has begun.
    Begun,
    /// The answer to this request of the connection is complete.
    Answered(u32),
    /// From here on there are no requests and answers any more.
    Upgraded,
    /// Nothing.
    Same,
}

impl Turn {
    pub(super) fn of(unit: &Unit, dir: Direction, request: u32) -> Self {
        match unit {
            Unit::RequestHead(_) => Turn::Asked,
            Unit::ResponseHead(head) if head.status == 101 => Turn::Upgraded,
            // An interim answer (1xx) is not the answer yet.
            Unit::ResponseHead(head) if head.bodiless && head.status >= 200 => Turn::Answered(request),
            Unit::ResponseHead(head) if head.status >= 200 => Turn::Begun,
            Unit::Body(body) if body.last && dir == Direction::Down => Turn::Answered(request),
            _ => Turn::Same,
        }
    }
}

/// What is at the head of a queue.
pub(super) enum Head {
    /// Nothing waits.
    Empty,
    /// It is not due yet.
    Wait(Wait),
    /// Its bytes may be moved.
    Ready,
    /// The direction ends now.
    End(Close),
    /// A fault ended the connection.
    Cut,
}

impl Way {
    pub(super) fn new() -> Self {
        Self {
            no: 0,
            partial: Vec::new(),
            partial_since: 0,
            queue: VecDeque::new(),
            queued: 0,
            passing: Vec::new(),
            bytes: 0,
            end: End::Open,
            told: false,
            gathered: 0,
            gathering: false,
            slow: false,
            waker: None,
        }
    }

    /// The number of the next unit.
    pub(super) fn next(&mut self) -> UnitNo {
        self.no = self.no.saturating_add(1);
        self.no
    }

    pub(super) fn push_back(&mut self, waiting: Waiting) {
        self.queued += waiting.bytes.len();
        self.queue.push_back(waiting);
    }

    /// Puts a unit at this place of the queue.
    pub(super) fn insert(&mut self, place: usize, waiting: Waiting) {
        self.queued += waiting.bytes.len();
        self.queue.insert(place, waiting);
    }

    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let first = self.queue.pop_front()?;
        self.queued -= first.bytes.len();
        Some(first)
    }

    /// Whether an answer, or the direction itself, ends with something that waits.
    pub(super) fn ends(&self) -> bool {
        self.queue.iter().any(|waiting| match &waiting.undecided {
            Some(Unit::End { .. }) => true,
            Some(Unit::Body(body)) => body.last,
            _ => false,
        })
    }

    /// Whether no more may come in for now.
    pub(super) fn is_full(&self) -> bool {
        self.queued >= if self.slow { HOLDS } else { MAX_WAITING }
    }

    pub(super) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}
