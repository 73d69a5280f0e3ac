//! WebSocket, the server's half: one handshake, and after it each end speaks when it has something to say.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{
        Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

/// Every update so far; the first has number 1. Publishing wakes every socket.
type Feed = Arc<watch::Sender<Vec<Update>>>;
type Update = Map<String, Value>;

/// The longest message that a client may send, in bytes.
const LONGEST: usize = 4096;

/// `GET /socket?cursor=3` opens a WebSocket with what comes after update 3; `POST /publish` adds an update.
pub fn routes() -> Router {
    Router::new().route("/socket", get(socket)).route("/publish", post(publish)).with_state(Feed::default())
}

#[derive(Deserialize)]
struct Ask {
    cursor: Option<usize>,
}

async fn socket(
    State(feed): State<Feed>,
    Query(ask): Query<Ask>,
    head: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if is_foreign(&head) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let feed = feed.subscribe();
    // Without a cursor: from now on. There is no other number to go by: the protocol keeps none.
    let from = ask.cursor.unwrap_or_else(|| feed.borrow().len());
    // The answer is 101, with the accept value; what follows it is no HTTP any more.
    upgrade.max_frame_size(LONGEST).max_message_size(LONGEST).on_upgrade(move |socket| talk(socket, feed, from))
}

/// Whether a page from elsewhere asks. A browser lets every page connect to every server, and may send cookies along:
/// it only says where the page is from. Who is no browser says nothing.
fn is_foreign(head: &HeaderMap) -> bool {
    let text = |name: HeaderName| head.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(origin) = text(header::ORIGIN) else { return false };
    origin.split_once("://").map(|(_, host)| host) != text(header::HOST)
}

/// Both ways at once, until the client closes or is gone.
async fn talk(mut socket: WebSocket, mut feed: watch::Receiver<Vec<Update>>, mut from: usize) {
    loop {
        let message = tokio::select! {
            heard = socket.recv() => match heard {
                Some(Ok(Message::Text(text))) if text.starts_with("beat") => Message::Text(text),
                // Pings and close frames are answered below this, and fragments are joined.
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
            Some(update) = next(&mut feed, from) => {
                from += 1;
                Message::text(json!(update).to_string())
            }
        };
        // A client that does not read makes this wait: what it has not got stays in the feed, and is not copied for it.
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn next(feed: &mut watch::Receiver<Vec<Update>>, from: usize) -> Option<Update> {
    Some(feed.wait_for(|updates| updates.len() > from).await.ok()?[from].clone())
}

async fn publish(State(feed): State<Feed>, Json(mut update): Json<Update>) -> Json<Update> {
    feed.send_modify(|updates| {
        update.insert("seq".to_owned(), json!(updates.len() + 1));
        updates.push(update.clone());
    });
    Json(update)
}
