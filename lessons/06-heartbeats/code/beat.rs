//! Heartbeats, the server's half: a beat goes back as it came; and since that tells the server nothing, it sends pings.

use std::{future::pending, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{
        Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::{
    sync::watch,
    time::{Instant, interval, sleep_until, timeout},
};

/// Every update so far; the first has number 1. Publishing wakes every socket.
type Feed = watch::Receiver<Vec<Update>>;
type Update = Map<String, Value>;

/// The feed, the time between two pings, and how long a pong may take.
#[derive(Clone)]
struct Lab {
    updates: Arc<watch::Sender<Vec<Update>>>,
    every: Duration,
    patience: Duration,
}

/// `GET /beat?cursor=3` opens a WebSocket with what comes after update 3; `POST /publish` adds an update.
pub fn routes(every: Duration, patience: Duration) -> Router {
    let lab = Lab { updates: Arc::default(), every, patience };
    Router::new().route("/beat", get(beat)).route("/publish", post(publish)).with_state(lab)
}

#[derive(Deserialize)]
struct Ask {
    cursor: Option<usize>,
}

async fn beat(State(lab): State<Lab>, Query(ask): Query<Ask>, upgrade: WebSocketUpgrade) -> Response {
    let feed = lab.updates.subscribe();
    // Without a cursor: from now on.
    let from = ask.cursor.unwrap_or_else(|| feed.borrow().len());
    upgrade.on_upgrade(move |socket| talk(socket, lab, feed, from))
}

/// Both ways at once, until the client closes, is gone, or does not answer a ping in time.
async fn talk(mut socket: WebSocket, lab: Lab, mut feed: Feed, mut from: usize) {
    let mut ticks = interval(lab.every);
    ticks.reset(); // the first ping after an interval, not at once
    let mut overdue = None; // when the pong to the oldest open ping is
    loop {
        let message = tokio::select! {
            heard = socket.recv() => match heard {
                Some(Ok(Message::Text(text))) if text.starts_with("beat") => Message::Text(text),
                Some(Ok(Message::Pong(_))) => {
                    overdue = None;
                    continue;
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
            _ = ticks.tick() => {
                overdue.get_or_insert(Instant::now() + lab.patience);
                Message::Ping("alive?".into())
            }
            Some(update) = next(&mut feed, from) => {
                from += 1;
                Message::text(json!(update).to_string())
            }
            () = until(overdue) => return, // nobody there: the connection is dropped, and the place is free
        };
        // A client that does not read blocks this: it is given as long as a pong.
        if !matches!(timeout(lab.patience, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
}

async fn next(feed: &mut Feed, from: usize) -> Option<Update> {
    Some(feed.wait_for(|updates| updates.len() > from).await.ok()?[from].clone())
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

async fn publish(State(lab): State<Lab>, Json(mut update): Json<Update>) -> Json<Update> {
    lab.updates.send_modify(|updates| {
        update.insert("seq".to_owned(), json!(updates.len() + 1));
        updates.push(update.clone());
    });
    Json(update)
}
