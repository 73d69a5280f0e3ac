//! One page's socket: it reads what the page says, asks the class's task, and passes on what that has to show.

use std::{
    net::IpAddr,
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{MissedTickBehavior, interval, timeout},
};

use super::{
    directory::{Classes, Entry},
    pages::Subscription,
    task::{Ask, FORBIDDEN},
};
use crate::{
    class::{
        order::{FORMAT, Face, MAX_UP, Up},
        view::{Down, Refusal},
    },
    room::{
        rate::Bucket,
        socket::{BEATS, HELLO, MESSAGES, SEND, next, part},
        subscriber::Goodbye,
    },
    wire::control::BEAT_MS,
};

/// Who is at the other end, as the handshake says.
pub struct Caller {
    /// The class, if there is one.
    pub entry: Option<Arc<Entry>>,
    /// Whether the handshake brought the instructor's right.
    pub instructor: bool,
    /// Where from.
    pub address: IpAddr,
}

/// Serves one socket until it ends.
pub async fn serve(mut socket: WebSocket, classes: &Classes, closing: watch::Receiver<bool>, caller: Caller) {
    if let Some(goodbye) = talk(&mut socket, classes, closing, caller).await {
        part(socket, goodbye).await;
    }
}

/// The whole conversation. Gives how to close it, or nothing if the page closed it or is gone.
async fn talk(
    socket: &mut WebSocket,
    classes: &Classes,
    closing: watch::Receiver<bool>,
    caller: Caller,
) -> Option<Goodbye> {
    let (asks, subscription) = match enter(socket, classes, closing, caller).await {
        Ok(entered) => entered,
        Err(goodbye) => return goodbye,
    };
    let id = subscription.id;
    let talk = Talk { socket, asks: asks.clone(), id, messages: Bucket::new(MESSAGES, Instant::now()) };
    let goodbye = talk.follow(subscription).await;
    // If the class has ended, there is nothing to leave.
    let _ = asks.send(Ask::Leave { id }).await;
    goodbye
}

/// Waits for the first message and checks it.
async fn enter(
    socket: &mut WebSocket,
    classes: &Classes,
    mut closing: watch::Receiver<bool>,
    caller: Caller,
) -> Result<(mpsc::Sender<Ask>, Subscription), Option<Goodbye>> {
    let first = tokio::select! {
        first = timeout(HELLO, next(socket, MAX_UP)) => match first {
            Ok(first) => first?,
            Err(_) => return Err(Some(Goodbye::new(1008, "no hello within five seconds"))),
        },
        _ = closing.wait_for(|closing| *closing) => return Err(Some(Goodbye::new(1001, "the server ends"))),
    };
    let Ok(Up::Hello { format, face, token, page }) = Up::decode(&first) else {
        return Err(Some(Goodbye::new(1008, "the first message is a hello")));
    };
    if format != FORMAT {
        return Err(Some(Goodbye::new(1008, "this page speaks another version; load it again")));
    }
    let Caller { entry, instructor, address } = caller;
    // Who shows no right learns whether there is such a class: not too often. Who shows one is not kept out by a neighbour who
    // guesses.
    let shows_none = face == Face::Projector;
    if shows_none && !classes.may_guess(address) {
        return Err(Some(Goodbye::new(1013, "too many wrong codes from this address; wait a few seconds")));
    }
    let refused = |goodbye: Goodbye| {
        if goodbye == FORBIDDEN {
            classes.note_guess(address);
        }
        Some(goodbye)
    };
    let entry = entry.ok_or_else(|| refused(FORBIDDEN))?;
    let (reply, entered) = oneshot::channel();
    let ask = Ask::Enter { face, instructor, token, page, reply };
    entry.asks.send(ask).await.map_err(|_| refused(FORBIDDEN))?;
    let subscription = entered.await.map_err(|_| refused(FORBIDDEN))?.map_err(refused)?;
    Ok((entry.asks.clone(), subscription))
}

/// A socket whose page has been let in.
struct Talk<'a> {
    socket: &'a mut WebSocket,
    asks: mpsc::Sender<Ask>,
    id: u64,
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
            let close = &mut subscription.close;
            let flow = tokio::select! {
                goodbye = &mut *close => return goodbye.ok(),
                heard = next(self.socket, MAX_UP) => {
                    unanswered = 0;
                    match heard {
                        Ok(heard) => self.heard(&heard, close).await,
                        Err(goodbye) => return goodbye,
                    }
                }
                Ok(()) = subscription.view.changed() => {
                    let view = subscription.view.borrow_and_update().clone();
                    self.send(view, close).await
                }
                _ = beats.tick() => {
                    unanswered += 1;
                    if unanswered > BEATS { GONE } else { self.send(Down::Beat.encode().into(), close).await }
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
            // Who leaves the class is told that it is done, and then goodbye.
            biased;
            sent = timeout(SEND, self.socket.send(Message::Binary(message))) => match sent {
                Ok(Ok(())) => ControlFlow::Continue(()),
                Ok(Err(_)) | Err(_) => GONE,
            },
            goodbye = close => ControlFlow::Break(goodbye.ok()),
        }
    }

    /// Does what the page says, and answers it.
    async fn heard(&mut self, heard: &[u8], close: &mut oneshot::Receiver<Goodbye>) -> Flow {
        if !self.messages.take(MESSAGES, Instant::now()) {
            return ControlFlow::Break(Some(Goodbye::new(1008, "too many messages")));
        }
        let nonsense = |why: &str| Down::Refused { id: None, why: Refusal::Nonsense(why.into()) };
        let class = self.id;
        let answer = match Up::decode(heard) {
            Ok(Up::Beat) => return ControlFlow::Continue(()),
            Ok(Up::Hello { .. }) => nonsense("hello is the first message, and only the first"),
            Ok(Up::Wish { id, wish }) => answer(&self.asks, id, |reply| Ask::Wish { id: class, wish, reply }).await,
            Ok(Up::Order { id, order }) => answer(&self.asks, id, |reply| Ask::Order { id: class, order, reply }).await,
            Err(error) => nonsense(&error.to_string()),
        };
        self.send(answer.encode().into(), close).await
    }
}

/// Asks the class's task.
async fn answer(
    asks: &mpsc::Sender<Ask>,
    id: u32,
    ask: impl FnOnce(oneshot::Sender<Result<(), Refusal>>) -> Ask,
) -> Down {
    let (reply, answer) = oneshot::channel();
    let sent = asks.send(ask(reply)).await.is_ok();
    let refused = |why| Down::Refused { id: Some(id), why };
    match (sent, answer.await) {
        (true, Ok(Ok(()))) => Down::Done { id },
        (true, Ok(Err(why))) => refused(why),
        _ => refused(Refusal::Unstored("the class has ended".into())),
    }
}
