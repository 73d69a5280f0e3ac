//! WebSocket: after one handshake both ends say what they have to say when they have it (RFC 6455).
//!
//! The protocol brings no cursor, no beat and no reconnecting: here the client sends its cursor with each handshake, may
//! send beats that come back, and may ask the server for pings. How the socket ends is told by the server as it sees it
//! ([`Fact::Shut`]), which need not be how the browser sees it.

use std::{
    collections::VecDeque,
    future::pending,
    mem,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{broadcast, mpsc, watch},
    task,
    time::{Instant, Interval, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use super::{
    State,
    asked::Asked,
    feed::{Alert, FeedState},
    handshake::{Handshake, not_asked},
    outlet::{Outlet, Who},
    pad::{Hand, Pad},
    pings::Pings,
    spoken::{self, Heard},
};
use crate::{
    error::Error,
    fault::Stripped,
    net::{clock, upgrade::Upgrade},
    wire::{
        Fact,
        observation::{LifeState, News},
    },
};

/// How many sockets one lab has open at once.
pub const SOCKETS: u32 = 1200;

/// How many strokes of the pad wait for a slow reader; then the oldest are missed.
pub const STROKES: usize = 64;

/// The longest message of a client, in bytes.
pub const LONGEST: usize = 4096;

/// How many messages a client may send within a second.
const A_SECOND: u32 = 200;

/// How many answers to a client's messages wait to be sent. Above it, reading waits too.
const REPLIES: usize = 8;

/// How long a closing socket waits for the other end: more than a round trip at the longest distance.
const CLOSING: Duration = Duration::from_secs(12);

/// How much is read of a client that breaks the rules, so that it can read why: a connection that is closed with bytes unread is
/// reset.
const LEFTOVER: u64 = 1024 * 1024;

/// The routes of WebSockets.
pub fn routes() -> Router<State> {
    Router::new().route("/l/{lab}/socket", get(socket))
}

/// What a client asks for in the address: a WebSocket's script cannot send headers.
#[derive(Debug)]
struct Terms {
    ping: Option<Duration>,
    patience: Option<Duration>,
    piece: Option<usize>,
    binary: bool,
}

impl Terms {
    fn of(asked: &Asked) -> Result<Self, Error> {
        let within = |name, least, most| match asked.number(name)? {
            Some(n) if !(least..=most).contains(&n) => {
                Err(Error::bad_request(format!("{name} is a number from {least} to {most}")))
            }
            other => Ok(other),
        };
        let time = |name| Ok::<_, Error>(within(name, 100, 60_000)?.map(Duration::from_millis));
        let (ping, patience) = (time("ping")?, time("timeout")?);
        if patience.is_some() && ping.is_none() {
            return Err(Error::bad_request("timeout needs ping: without a ping there is no pong to wait for"));
        }
        // The numbers were checked against bounds that fit.
        let piece = within("piece", 1, LONGEST as u64)?.map(|bytes| bytes as usize);
        Ok(Self { ping, patience, piece, binary: within("binary", 0, 1)? == Some(1) })
    }
}

/// The handshake. `?cursor=` says what the client has; without it, the socket begins with what is next.
async fn socket(asked: Asked, handshake: Handshake) -> Result<Response, Error> {
    let terms = Terms::of(&asked)?;
    let outlet = Arc::clone(&asked.outlet);
    let feed = outlet.feed.clone();
    let (era, last) = {
        let now = feed.borrow();
        (now.era(), now.last())
    };
    let from = asked.number("cursor")?.unwrap_or(last);
    if from > last {
        return Err(Error::bad_request(format!("the feed's last update is number {last}")));
    }
    let seat = Seat::take(outlet, asked.who)?;
    seat.0.answer(asked.who, News::default()).await?;
    if let Some(response) = stripped(&seat).await {
        return Ok(response);
    }
    let (response, upgrade) = handshake.agree();
    let place = Place { feed, era, from, ready: VecDeque::new(), resumed: false };
    drop(tokio::spawn(serve(upgrade, seat, terms, place)));
    Ok(response.into_response())
}

/// What comes of a handshake from which an intermediary has taken the wish for a WebSocket, if one has.
async fn stripped(seat: &Seat) -> Option<Response> {
    let Seat(outlet, who) = seat;
    let (by, answer) = outlet.conduct(*who).stripped.filter(|(by, _)| outlet.line.chain().spend(*by))?;
    outlet.saw(*who, Fact::Struck { by });
    Some(match answer {
        Stripped::UpgradeRequired => not_asked(),
        Stripped::BadRequest => Error::bad_request("this is no request that can be understood").into_response(),
        Stripped::Ok => "an ordinary answer to an ordinary request\n".into_response(),
        Stripped::Hang => {
            outlet.gone(by).await;
            not_asked()
        }
    })
}

/// A place among the lab's sockets.
struct Seat(Arc<Outlet>, Who);

impl Seat {
    fn take(outlet: Arc<Outlet>, who: Who) -> Result<Self, Error> {
        if who.crowd.is_some() {
            outlet.line.crowd().enter();
        }
        let seat = Self(outlet, who);
        if seat.0.sockets.fetch_add(1, Ordering::Relaxed) >= SOCKETS {
            return Err(Error::new(StatusCode::SERVICE_UNAVAILABLE, format!("{SOCKETS} sockets are open already")));
        }
        Ok(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.1.crowd.is_some() {
            self.0.line.crowd().leave();
        }
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves one socket until it ends, and tells how.
async fn serve(upgrade: Upgrade, seat: Seat, terms: Terms, place: Place) {
    let who = seat.1;
    let Ok(io) = upgrade.io().await else { return };
    let bounds = WebSocketConfig::default()
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST))
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * LONGEST);
    let mut ws = WebSocketStream::from_raw_socket(io, Role::Server, Some(bounds)).await;
    let end = talk(&mut ws, &seat, terms, place).await;
    if end == End::Silent {
        seat.0.saw(who, Fact::Life { state: LifeState::Dead });
    }
    let code = part(ws, end).await;
    seat.0.saw(who, Fact::Shut { code: code.unwrap_or(1006), clean: code.is_some() });
}

/// How a conversation ends.
#[derive(Debug, PartialEq)]
enum End {
    /// We close in order, with this code.
    Close(u16, &'static str),
    /// The client broke the rules: we close with this code, and read nothing more (RFC 6455 §7.1.7).
    Fail(u16, &'static str),
    /// The client closed, with this code.
    Closed(u16),
    /// It is gone without a close frame.
    Gone,
    /// It did not answer a ping in time.
    Silent,
    /// We leave without a close frame.
    Leave,
}

impl From<tungstenite::Error> for End {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Capacity(_) => End::Fail(1009, "a message has at most 4096 bytes"),
            tungstenite::Error::Utf8(_) => End::Fail(1007, "a text message is UTF-8"),
            tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
            tungstenite::Error::Protocol(_) => End::Fail(1002, "this breaks the rules of RFC 6455"),
            _ => End::Gone,
        }
    }
}

/// The code of a close frame; 1005 stands for none (RFC 6455 §7.1.5).
fn code(frame: Option<&CloseFrame>) -> u16 {
    frame.map_or(1005, |frame| frame.code.into())
}

/// The whole conversation: hearing and speaking go on side by side, so that a client that does not read is still heard.
async fn talk(
    ws: &mut WebSocketStream<impl AsyncRead + AsyncWrite + Unpin>,
    seat: &Seat,
    terms: Terms,
    place: Place,
) -> End {
    let Seat(outlet, who) = seat;
    let since = clock::now();
    let mut chain = outlet.line.changes();
    let (mut sink, stream) = ws.split();
    let (reply, replies) = mpsc::channel(REPLIES);
    let pings = Pings::default();
    // Each socket has a task of its own, which tells it from the others on the pad.
    let me = Hand::Socket(task::id());
    let over = {
        let (mut feed, era) = (place.feed.clone(), place.era);
        async move {
            match feed.wait_for(|feed| feed.era() != era).await {
                Ok(now) if now.run() == era.0 => End::Close(1012, "the server restarts"),
                Ok(_) => End::Close(1001, "another run has begun"),
                Err(_) => End::Close(1001, "the lab has ended"),
            }
        }
    };
    // What somebody draws is for those who look on.
    let pad = who.crowd.is_none().then(|| outlet.pad.subscribe());
    let mouth = Mouth { pad, replies, place, pings: &pings, me, terms: &terms, seat };
    let ear = Ear { pad: &outlet.pad, reply, pings: &pings, me };
    tokio::select! {
        end = ear.listen(stream) => end,
        end = mouth.speak(&mut sink) => end,
        end = over => end,
        leave = outlet.leave(*who, since, &mut chain) => match leave.code {
            Some(1012) => End::Close(1012, "the server restarts"),
            Some(code) => End::Close(code, "a fault of the lab closes this"),
            None => End::Leave,
        },
        () = pings.overdue(terms.patience) => End::Silent,
    }
}

/// Says goodbye. Gives the code that came, if a close frame came.
async fn part(mut ws: WebSocketStream<impl AsyncRead + AsyncWrite + Unpin>, end: End) -> Option<u16> {
    let frame = |code: u16, reason: &'static str| Some(CloseFrame { code: code.into(), reason: reason.into() });
    let farewell = async {
        match end {
            End::Close(ours, reason) => {
                ws.close(frame(ours, reason)).await.ok()?;
                while let Some(Ok(message)) = ws.next().await {
                    if let Message::Close(theirs) = message {
                        return Some(code(theirs.as_ref()));
                    }
                }
                None
            }
            End::Fail(ours, reason) => {
                ws.close(frame(ours, reason)).await.ok()?;
                let mut io = ws.into_inner();
                io.shutdown().await.ok()?;
                tokio::io::copy(&mut io.take(LEFTOVER), &mut tokio::io::sink()).await.ok()?;
                None
            }
            End::Closed(theirs) => {
                // Their frame goes back to them, which the library has prepared.
                while let Some(Ok(_)) = ws.next().await {}
                Some(theirs)
            }
            End::Gone | End::Silent | End::Leave => None,
        }
    };
    timeout(CLOSING, farewell).await.ok().flatten()
}

/// What a socket has still to tell. It holds the updates of one look at the feed, which has bounds of its own: a slow
/// reader is told how many it missed, and costs no more than a quick one.
struct Place {
    feed: watch::Receiver<Arc<FeedState>>,
    era: (u64, u32),
    from: u64,
    ready: VecDeque<Next>,
    /// Whether it has been told what it came for.
    resumed: bool,
}

enum Next {
    Alert(Alert),
    Missed(u64),
    TooSlow,
}

impl Place {
    /// What is next, once there is something. When the run is over there is nothing ever more.
    async fn next(&mut self, seat: &Seat) -> Next {
        loop {
            if let Some(next) = self.ready.pop_front() {
                return next;
            }
            let (from, era) = (self.from, self.era);
            let news = self.feed.wait_for(|feed| feed.last() > from || feed.era() != era).await;
            let now = news.ok().filter(|now| now.era() == era).map(|now| Arc::clone(&now));
            // The run is the same and its feed has more: the cursor is not ahead of it.
            let Some(Ok(mut updates)) = now.map(|now| now.after(Some(from))) else { return pending().await };
            // What it asked for when it came is no backlog.
            if mem::replace(&mut self.resumed, true) && !seat.0.keeps_up(seat.1, &seat.0.conduct(seat.1), &mut updates)
            {
                return Next::TooSlow;
            }
            self.from = updates.cursor;
            self.ready.extend(Some(updates.missed).filter(|missed| *missed > 0).map(Next::Missed));
            self.ready.extend(updates.updates.into_iter().map(Next::Alert));
        }
    }
}

/// What the server says.
struct Mouth<'a> {
    pad: Option<broadcast::Receiver<(Hand, Bytes)>>,
    replies: mpsc::Receiver<Message>,
    place: Place,
    pings: &'a Pings,
    me: Hand,
    terms: &'a Terms,
    seat: &'a Seat,
}

impl Mouth<'_> {
    async fn speak(mut self, sink: &mut (impl Sink<Message, Error = tungstenite::Error> + Unpin)) -> End {
        let mut ticks = self.terms.ping.map(|every| {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.reset();
            ticks
        });
        loop {
            // Only what the server itself tells is cut in pieces: what others said goes on as they said it.
            let (message, piece) = tokio::select! {
                biased;
                Some(reply) = self.replies.recv() => (reply, None),
                () = tick(&mut ticks) => (self.pings.next(), None),
                stroke = stroke(&mut self.pad) => match stroke {
                    Ok((from, _)) if from == self.me => continue,
                    Ok((_, stroke)) => (Message::Binary(stroke), None),
                    Err(broadcast::error::RecvError::Lagged(n)) => {
                        (Message::text(format!("{{\"strokes_missed\":{n}}}")), None)
                    }
                    Err(broadcast::error::RecvError::Closed) => pending().await,
                },
                next = self.place.next(self.seat) => match next {
                    Next::TooSlow => return End::Close(1013, "this socket reads too slowly"),
                    Next::Missed(n) => (Message::text(format!("{{\"missed\":{n}}}")), None),
                    Next::Alert(alert) => (spoken::alert(&alert, self.terms.binary), self.terms.piece),
                },
            };
            for (i, piece) in spoken::pieces(message, piece).into_iter().enumerate() {
                // Between two pieces there is room for a control frame (RFC 6455 §5.4).
                if i > 0
                    && let Err(error) = sink.send(self.pings.next()).await
                {
                    return error.into();
                }
                if let Err(error) = sink.send(piece).await {
                    return error.into();
                }
            }
        }
    }
}

async fn stroke(
    pad: &mut Option<broadcast::Receiver<(Hand, Bytes)>>,
) -> Result<(Hand, Bytes), broadcast::error::RecvError> {
    match pad {
        Some(pad) => pad.recv().await,
        None => pending().await,
    }
}

async fn tick(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => pending().await,
    }
}

/// What the server hears.
struct Ear<'a> {
    pad: &'a Pad,
    reply: mpsc::Sender<Message>,
    pings: &'a Pings,
    me: Hand,
}

impl Ear<'_> {
    async fn listen(self, mut stream: impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin) -> End {
        let (mut since, mut count) = (Instant::now(), 0);
        loop {
            let message = match stream.next().await {
                Some(Ok(Message::Close(frame))) => return End::Closed(code(frame.as_ref())),
                Some(Ok(message)) => message,
                Some(Err(error)) => return error.into(),
                None => return End::Gone,
            };
            if since.elapsed() >= Duration::from_secs(1) {
                (since, count) = (Instant::now(), 0);
            }
            count += 1;
            if count > A_SECOND {
                return End::Close(1008, "at most 200 messages in a second");
            }
            let reply = match Heard::of(message) {
                Heard::Beat(beat) => Message::Text(beat),
                Heard::Unknown(why) => why,
                Heard::Stroke(stroke) => {
                    // Nobody else there is no failure.
                    let _ = self.pad.send((self.me, stroke));
                    continue;
                }
                Heard::Pong(what) => {
                    self.pings.answered(&what);
                    continue;
                }
                Heard::Nothing => continue,
            };
            if self.reply.send(reply).await.is_err() {
                return End::Gone;
            }
        }
    }
}
