//! One page's control socket: it reads what the page says, asks the lab's task, and passes on what that has to tell.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use axum::extract::{
    WebSocketUpgrade,
    ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
};
use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::tungstenite;

use super::{
    intake::Batch,
    lab::Ask,
    rate::{Bucket, Rate},
    rooms::Rooms,
    subscriber::{Goodbye, Subscription},
};
use crate::{
    net::clock,
    wire::{
        FORMAT, LabId,
        control::{BEAT_MS, Cursor, Down, MAX_UP, Up},
    },
};

/// The first message must come within this.
pub(super) const HELLO: Duration = Duration::from_secs(5);

/// A page that takes longer than this to read one message is gone.
pub(super) const SEND: Duration = Duration::from_secs(10);

/// How long a closing socket waits for the page's own close frame.
const LINGER: Duration = Duration::from_secs(1);

/// After this many beats without a word the page is dead.
pub(super) const BEATS: u32 = 3;

/// How many messages a page may send.
pub(super) const MESSAGES: Rate = Rate { burst: 200.0, per_second: 100.0 };

/// Messages up to this length are read whole even though those above [`MAX_UP`] are refused: a socket that is closed
/// with bytes unread is reset, and the page would never see the close code.
const READ: usize = 4 * MAX_UP;

/// A snapshot with its ledger is the longest message that is ever sent; nothing comes near this.
const WRITE: usize = 4 * 1024 * 1024;

/// Said to who wants more than the secret for watching allows.
const WATCHES: &str = "this secret allows to follow the lab, not to change it";

/// No lab of that name, or not this secret: nobody can tell which.
const FORBIDDEN: Goodbye = Goodbye::new(4403, "no such lab, or not its secret");

/// A handshake with our own bounds instead of the library's, which are made for friends.
pub fn bounds(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .max_message_size(READ)
        .max_frame_size(READ)
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE)
}

/// Serves one socket until it ends.
pub async fn serve(mut socket: WebSocket, rooms: &Rooms, lab: Option<LabId>) {
    if let Some(goodbye) = talk(&mut socket, rooms, lab).await {
        part(socket, goodbye).await;
    }
}

/// Says goodbye, and gives the page a moment to say it, too.
pub(super) async fn part(mut socket: WebSocket, goodbye: Goodbye) {
    tracing::debug!(code = goodbye.code, reason = %goodbye.reason, "control socket closed");
    let frame = CloseFrame { code: goodbye.code, reason: Utf8Bytes::from(goodbye.reason.as_ref()) };
    let farewell = async {
        socket.send(Message::Close(Some(frame))).await?;
        while let Some(message) = socket.recv().await {
            message?;
        }
        Ok::<(), axum::Error>(())
    };
    // Whatever happens now, the socket is over.
    let _ = timeout(LINGER, farewell).await;
}

/// The whole conversation. Gives how to close it, or nothing if the page closed it or is gone.
async fn talk(socket: &mut WebSocket, rooms: &Rooms, lab: Option<LabId>) -> Option<Goodbye> {
    let (asks, resume) = match hello(socket, rooms, lab).await {
        Ok(hello) => hello,
        Err(goodbye) => return goodbye,
    };
    let (reply, joined) = oneshot::channel();
    if asks.send(Ask::Join { page: resume.page, resume: resume.cursor, reply }).await.is_err() {
        return Some(FORBIDDEN);
    }
    let Ok(joined) = joined.await else { return Some(FORBIDDEN) };
    let Some(subscription) = joined else {
        return Some(Goodbye::new(1013, "too many pages follow this lab; try again later"));
    };
    let id = subscription.id;
    let Resume { page, watches, .. } = resume;
    let messages = Bucket::new(MESSAGES, Instant::now());
    let talk = Talk { socket, asks: asks.clone(), page, watches, messages };
    let goodbye = talk.follow(subscription).await;
    // If the lab has ended, there is nothing to leave.
    let _ = asks.send(Ask::Leave { id }).await;
    goodbye
}

/// What a page said in its hello.
struct Resume {
    page: u64,
    cursor: Option<Cursor>,
    /// Whether it may follow only.
    watches: bool,
}

/// The numbers of pages that watch are kept apart from those of pages that may do more, so that none can take the place of one.
const WATCHER: u64 = 1 << 63;

/// Waits for the first message and checks it.
async fn hello(
    socket: &mut WebSocket,
    rooms: &Rooms,
    lab: Option<LabId>,
) -> Result<(mpsc::Sender<Ask>, Resume), Option<Goodbye>> {
    let mut closing: watch::Receiver<bool> = rooms.closing();
    let first = tokio::select! {
        first = timeout(HELLO, next(socket, MAX_UP)) => match first {
            Ok(first) => first?,
            Err(_) => return Err(Some(Goodbye::new(1008, "no hello within five seconds"))),
        },
        _ = closing.wait_for(|closing| *closing) => return Err(Some(Goodbye::new(1001, "the server ends"))),
    };
    let Ok(Up::Hello { format, secret, page, resume }) = Up::decode(&first) else {
        return Err(Some(Goodbye::new(1008, "the first message is a hello")));
    };
    if format != FORMAT {
        return Err(Some(Goodbye::new(1008, "this page speaks another version; load it again")));
    }
    let entry = lab.and_then(|lab| rooms.find(&lab)).ok_or(Some(FORBIDDEN))?;
    let watches = !entry.secret.is(&secret);
    if watches && !entry.watch.is(&secret) {
        return Err(Some(FORBIDDEN));
    }
    let page = if watches { page | WATCHER } else { page & !WATCHER };
    Ok((entry.asks.clone(), Resume { page, cursor: resume, watches }))
}

/// The next message of the page, of at most so many bytes. Pings are answered by the library and are no message.
pub(super) async fn next(socket: &mut WebSocket, most: usize) -> Result<Bytes, Option<Goodbye>> {
    let too_long = || Goodbye { code: 1009, reason: format!("a message has at most {most} bytes").into() };
    loop {
        match socket.recv().await {
            Some(Ok(Message::Binary(bytes))) if bytes.len() <= most => return Ok(bytes),
            Some(Ok(Message::Binary(_))) => return Err(Some(too_long())),
            Some(Ok(Message::Text(_))) => return Err(Some(Goodbye::new(1003, "messages are binary"))),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(None),
            Some(Err(error)) => return Err(refusal(error, too_long())),
        }
    }
}

/// The close code for what the library refused to read (RFC 6455 §7.4.1).
fn refusal(error: axum::Error, too_long: Goodbye) -> Option<Goodbye> {
    match *error.into_inner().downcast::<tungstenite::Error>().ok()? {
        tungstenite::Error::Capacity(_) => Some(too_long),
        tungstenite::Error::Utf8(_) => Some(Goodbye::new(1007, "a text message is UTF-8")),
        tungstenite::Error::Protocol(error) => {
            tracing::debug!(%error, "control socket");
            Some(Goodbye::new(1002, "this breaks the rules of RFC 6455"))
        }
        _ => None,
    }
}

/// A socket whose page has been let in.
struct Talk<'a> {
    socket: &'a mut WebSocket,
    asks: mpsc::Sender<Ask>,
    page: u64,
    /// Whether it may follow only.
    watches: bool,
    messages: Bucket,
}

/// Goes on, or ends with a goodbye, or without one.
type Flow = ControlFlow<Option<Goodbye>>;

const GONE: Flow = ControlFlow::Break(None);

impl Talk<'_> {
    async fn follow(mut self, mut subscription: Subscription) -> Option<Goodbye> {
        let mut beats = interval(Duration::from_millis(BEAT_MS.into()));
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats.reset();
        let mut unanswered = 0;
        loop {
            let flow = tokio::select! {
                goodbye = &mut subscription.close => return goodbye.ok(),
                heard = next(self.socket, MAX_UP) => {
                    unanswered = 0;
                    match heard {
                        Ok(heard) => self.heard(&heard, &mut subscription).await,
                        Err(goodbye) => return goodbye,
                    }
                }
                Some(out) = subscription.out.recv() => self.send(out, &mut subscription.close).await,
                _ = beats.tick() => {
                    unanswered += 1;
                    if unanswered > BEATS { GONE } else { self.send(Down::Beat.encode().into(), &mut subscription.close).await }
                }
            };
            if let ControlFlow::Break(goodbye) = flow {
                return goodbye;
            }
        }
    }

    /// Sends a message, but not to a page that has gone or does not read.
    async fn send(&mut self, message: Bytes, close: &mut oneshot::Receiver<Goodbye>) -> Flow {
        tokio::select! {
            sent = timeout(SEND, self.socket.send(Message::Binary(message))) => match sent {
                Ok(Ok(())) => ControlFlow::Continue(()),
                Ok(Err(_)) | Err(_) => GONE,
            },
            // A close frame cannot be put into the middle of a message that the page does not read: the end comes
            // without one then, and `part` does not wait for long.
            goodbye = close => ControlFlow::Break(goodbye.ok()),
        }
    }

    /// Does what the page says, and answers it.
    async fn heard(&mut self, heard: &[u8], subscription: &mut Subscription) -> Flow {
        if !self.messages.take(MESSAGES, Instant::now()) {
            return ControlFlow::Break(Some(Goodbye::new(1008, "too many messages")));
        }
        let refused = |id, why: String| Down::Refused { id, why };
        let answer = match Up::decode(heard) {
            // At once and from here: a lab's task that is busy must not spoil a measurement of time.
            Ok(Up::Probe { id }) => Down::Probe { id, at: clock::now() },
            Ok(Up::Beat) => return ControlFlow::Continue(()),
            Ok(Up::Hello { .. }) => refused(None, "hello is the first message, and only the first".into()),
            Ok(Up::Observe { .. }) if self.watches => refused(None, WATCHES.into()),
            Ok(Up::Command { id, .. }) if self.watches => refused(Some(id), WATCHES.into()),
            Ok(Up::Observe { first, seen, dropped }) => {
                let batch = Batch { page: self.page, first, seen, dropped };
                match ask(&self.asks, |reply| Ask::Observe { batch, reply }).await {
                    Some(Ok(upto)) => Down::Taken { upto },
                    Some(Err(why)) => refused(None, why),
                    None => return ControlFlow::Continue(()),
                }
            }
            Ok(Up::Command { id, command }) => match ask(&self.asks, |reply| Ask::Command { command, reply }).await {
                Some(Ok(())) => Down::Done { id },
                Some(Err(why)) => refused(Some(id), why),
                None => return ControlFlow::Continue(()),
            },
            Err(error) => refused(None, error.to_string()),
        };
        // What the lab sent before it answered comes before the answer.
        while let Ok(out) = subscription.out.try_recv() {
            self.send(out, &mut subscription.close).await?;
        }
        self.send(answer.encode().into(), &mut subscription.close).await
    }
}

/// Asks the lab's task. No answer means that the lab has ended; it says so itself.
async fn ask<T>(asks: &mpsc::Sender<Ask>, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    asks.send(ask(reply)).await.ok()?;
    answer.await.ok()
}
