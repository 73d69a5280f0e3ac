//! The facts of a log as the picture keeps them: bounded, and with the names that the fold files them under.

use crate::{
    fault::{Fault, FaultId},
    wire::{
        ClientNo, Close, ConnNo, Direction, Ending, ExchangeNo, Frame, HoldEnd, Micros, Unit, UnitNo, Witness,
        observation::{ClientSettings, LifeState, News},
        sse,
    },
};

/// Which exchange: a request and its answer, by the specification of identity in [`crate::wire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExchangeKey {
    /// One that a client of the page numbered.
    Client {
        /// The client.
        client: ClientNo,
        /// Its number.
        exchange: ExchangeNo,
    },
    /// One without numbers, from outside the page: known by its connection and its place there.
    Loose {
        /// The connection.
        conn: ConnNo,
        /// Which request of the connection.
        nth: u32,
    },
}

impl ExchangeKey {
    /// A text that names it within a page, for ids and `data-` attributes: `c1-14` or `k3-2`.
    pub fn id(self) -> String {
        let (kind, a, b) = match self {
            ExchangeKey::Client { client, exchange } => ('c', u32::from(client), exchange),
            ExchangeKey::Loose { conn, nth } => ('k', conn, nth),
        };
        let mut id = String::with_capacity(12);
        id.push(kind);
        id.push_str(&a.to_string());
        id.push('-');
        id.push_str(&b.to_string());
        id
    }

    /// The key that [`id`](Self::id) made this text of.
    pub fn parse(id: &str) -> Option<Self> {
        let (a, b) = id.get(1..)?.split_once('-')?;
        match id.as_bytes().first()? {
            b'c' => Some(ExchangeKey::Client { client: a.parse().ok()?, exchange: b.parse().ok()? }),
            b'k' => Some(ExchangeKey::Loose { conn: a.parse().ok()?, nth: b.parse().ok()? }),
            _ => None,
        }
    }

    /// Its number as a reader counts it.
    pub fn number(self) -> u32 {
        match self {
            ExchangeKey::Client { exchange, .. } => exchange,
            ExchangeKey::Loose { nth, .. } => nth,
        }
    }
}

/// Something seen, with its time and its place in the log, which decides between equal times.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<T> {
    /// When.
    pub at: Micros,
    /// The record's number.
    pub no: u64,
    /// What.
    pub what: T,
}

/// What a request asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The method.
    pub method: Box<str>,
    /// Path and query.
    pub target: Box<str>,
}

/// What the browser read.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The status that the script saw.
    pub status: u16,
    /// Bytes of the body.
    pub bytes: u32,
    /// What it brought.
    pub news: News,
}

/// Bytes of an exchange on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Heads of requests.
    pub head_up: u64,
    /// Heads of answers.
    pub head_down: u64,
    /// Framing of bodies and messages: chunk sizes, frame heads.
    pub framing: u64,
    /// Payload, both ways.
    pub payload: u64,
    /// What of framing and payload went up: frames of a client.
    pub up: u64,
}

impl Bytes {
    /// All of them.
    pub fn total(self) -> u64 {
        self.head_up + self.head_down + self.framing + self.payload
    }
}

/// All facts of one exchange, as seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange {
    /// Handed to the browser's API.
    pub asked: Option<Seen<Asked>>,
    /// The whole answer in the page's hands.
    pub answered: Option<Seen<Answered>>,
    /// Ended without an answer.
    pub ended: Option<Seen<Ending>>,
    /// The stream was open; more than once if the browser connected again.
    pub streaming: Vec<Seen<()>>,
    /// Messages of the stream in the page's hands.
    pub messages: Vec<Seen<News>>,
    /// The stream broke off.
    pub broken: Vec<Seen<()>>,
    /// Messages that the page handed to its socket.
    pub sent: Vec<Seen<u32>>,
    /// The socket closed: for the browser, for the server. The code, and whether in order.
    pub shut: [Option<Seen<(u16, bool)>>; 2],
    /// The server gave its end of the socket up.
    pub gave_up: Option<Seen<()>>,
    /// What the board showed because of it.
    pub shown: Option<Seen<u64>>,
    /// The version that the client's own rule threw away.
    pub ignored: Option<Seen<u64>>,
    /// The handler had its answer ready; twice for a request that was sent again.
    pub answering: Vec<Seen<News>>,
    /// The handler began to hold the request (nothing), or let it go (why).
    pub holds: Vec<Seen<Option<HoldEnd>>>,
    /// A fault held the answer back: which, and for how long it meant to.
    pub held: Vec<Seen<(FaultId, Micros)>>,
    /// Faults that changed how the server conducted itself.
    pub struck: Vec<Seen<FaultId>>,
    /// Whether the reader picked it.
    pub picked: bool,
    /// Its units up, by connection and number.
    pub ups: Vec<(ConnNo, UnitNo)>,
    /// Its units down.
    pub downs: Vec<(ConnNo, UnitNo)>,
    /// What it weighed.
    pub bytes: Bytes,
}

/// What the wire witness saw of one unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WireUnit {
    /// It came to the tap.
    pub seen: Option<Seen<Piece>>,
    /// The tap let it go.
    pub released: Option<Micros>,
    /// A fault removed it.
    pub dropped: Option<(Micros, FaultId)>,
    /// What it weighs.
    pub weight: Bytes,
}

/// A unit, as far as the picture needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The head of a request.
    Request {
        /// Which request of its connection.
        nth: u32,
        /// Method and target.
        asked: Asked,
        /// The beginning of its text.
        text: Box<str>,
    },
    /// The head of an answer.
    Response {
        /// The status.
        status: u16,
        /// The beginning of its text.
        text: Box<str>,
        /// Whether nothing follows.
        whole: bool,
    },
    /// A piece of a body.
    Body {
        /// The beginning of its payload.
        text: Box<str>,
        /// Whether it is the last.
        last: bool,
        /// What the events of a stream in it are about.
        events: Box<[Topic]>,
    },
    /// A WebSocket frame.
    Frame(Box<Frame>),
    /// Anything else.
    Other,
}

/// A connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conn {
    /// When it was accepted.
    pub opened: Option<Micros>,
    /// The end of each direction: up, down.
    pub closed: [Option<Seen<Close>>; 2],
    /// Units up of requests without numbers, with the place of each head.
    pub loose_ups: Vec<(UnitNo, u32)>,
    /// Units down that answer them.
    pub loose_downs: Vec<(UnitNo, Down)>,
}

/// What a unit down is to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Down {
    /// An interim head, before the final one (RFC 9110 §15.2).
    Interim,
    /// The head of the final answer.
    Head,
    /// What follows it.
    Body,
}

/// Something that belongs to no exchange.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The feed published an update.
    Published {
        /// Its number.
        seq: u64,
        /// Whether by hand.
        by_hand: bool,
    },
    /// A client began.
    Started(ClientNo, Box<ClientSettings>),
    /// A client stopped.
    Stopped(ClientNo),
    /// A tick sent nothing.
    Skipped(ClientNo),
    /// The page went out of sight (true) or came back.
    Hidden(bool),
    /// A background job changed: its number and the share done.
    Job(u32, u8),
    /// The lab's faults or distance changed: the faults that are active, and the distance in milliseconds.
    Faults(Box<[Fault]>, u32),
    /// A fault ended a connection: whose, which fault, and which connection.
    Struck(ClientNo, FaultId, Option<ConnNo>),
    /// The keep-alive time is this from here on, in milliseconds.
    KeepAlive(u32),
    /// The life of a client's socket went on, as this witness judges.
    Life(ClientNo, LifeState, Witness),
}

/// What a message of a stream is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Topic {
    /// An update, by number, if it names one.
    Update(Option<u64>),
    /// A background job.
    Job,
    /// How many updates the server no longer has.
    Missed,
    /// Anything else.
    #[default]
    Other,
}

impl Topic {
    /// What an event on the wire is about.
    pub fn of_event(event: &sse::Event) -> Self {
        match event.event.as_deref() {
            Some("job") => Topic::Job,
            Some("missed") => Topic::Missed,
            name => match event.id.as_deref().and_then(|id| id.parse().ok()) {
                None if name.is_none() => Topic::Other,
                seq => Topic::Update(seq),
            },
        }
    }

    /// What a message in the page's hands is about.
    pub fn of_news(news: &News) -> Self {
        match (news.seqs.first(), news.percent, news.missed) {
            (Some(seq), ..) => Topic::Update(Some(*seq)),
            (None, Some(_), _) => Topic::Job,
            (None, None, Some(_)) => Topic::Missed,
            (None, None, None) => Topic::Other,
        }
    }

    /// The update that it is about, if it names one.
    pub fn seq(self) -> Option<u64> {
        if let Topic::Update(seq) = self { seq } else { None }
    }

    /// Whether the two can be the same.
    pub fn fits(self, other: Self) -> bool {
        match (self, other) {
            (Topic::Update(Some(a)), Topic::Update(Some(b))) => a == b,
            (Topic::Update(_), Topic::Update(_)) => true,
            (a, b) => a == b,
        }
    }
}

/// A page's clock against the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockError {
    /// The true offset is within ± this.
    pub error: Micros,
    /// Counts up when the page slept.
    pub epoch: u32,
}

impl Bytes {
    /// Adds others to these.
    pub fn add(&mut self, more: Bytes) {
        self.head_up += more.head_up;
        self.head_down += more.head_down;
        self.framing += more.framing;
        self.payload += more.payload;
        self.up += more.up;
    }

    /// What a unit weighs.
    pub(super) fn of(dir: Direction, unit: &Unit) -> Self {
        let mut sum = Self::default();
        match unit {
            Unit::RequestHead(head) => sum.head_up = head.bytes.into(),
            Unit::ResponseHead(head) => sum.head_down = head.bytes.into(),
            Unit::Body(body) => {
                sum.payload = body.payload.into();
                sum.framing = body.bytes.saturating_sub(body.payload).into();
            }
            Unit::Frame(frame) => {
                sum.payload = frame.payload.into();
                sum.framing = frame.head.into();
                sum.up = if dir == Direction::Up { sum.framing + sum.payload } else { 0 };
            }
            Unit::Opaque { bytes } if dir == Direction::Up => sum.head_up = (*bytes).into(),
            Unit::Opaque { bytes } => sum.framing = (*bytes).into(),
            Unit::End { .. } => {}
        }
        sum
    }
}

impl Piece {
    /// What the picture keeps of a unit.
    pub(super) fn of(unit: &Unit) -> Self {
        match unit {
            Unit::RequestHead(head) => Piece::Request {
                nth: head.nth,
                asked: Asked { method: head.method.as_str().into(), target: head.target.as_str().into() },
                text: head.text.as_str().into(),
            },
            Unit::ResponseHead(head) => {
                Piece::Response { status: head.status, text: head.text.as_str().into(), whole: head.bodiless }
            }
            Unit::Body(body) => {
                let events = body.events.iter().filter(|event| event.data.is_some()).map(Topic::of_event).collect();
                Piece::Body { text: body.text.as_str().into(), last: body.last, events }
            }
            Unit::Frame(frame) => Piece::Frame(frame.clone()),
            _ => Piece::Other,
        }
    }
}
