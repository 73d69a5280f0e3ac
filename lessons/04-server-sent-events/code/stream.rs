//! Server-Sent Events, the server's half: one answer that does not end, and every update a block of lines in it.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::HeaderMap,
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

/// Every update so far; the first has number 1. Publishing wakes every stream.
type Feed = Arc<watch::Sender<Vec<Update>>>;
type Update = Map<String, Value>;

/// How long a browser is asked to wait before it comes back.
const RETRY: Duration = Duration::from_secs(1);

/// A comment is sent when nothing was for so long: whatever stands on the way takes silence for death.
const SILENCE: Duration = Duration::from_secs(15);

/// `GET /events?cursor=3` opens a stream of what comes after update 3; `POST /publish` adds an update.
pub fn routes() -> Router {
    Router::new().route("/events", get(events)).route("/publish", post(publish)).with_state(Feed::default())
}

#[derive(Deserialize)]
struct Ask {
    cursor: Option<usize>,
}

async fn events(State(feed): State<Feed>, Query(ask): Query<Ask>, head: HeaderMap) -> impl IntoResponse {
    let feed = feed.subscribe();
    // A browser that comes back repeats the URL, and the cursor in it is old by then: the id goes before it.
    let id = head.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let from = id.or(ask.cursor).unwrap_or_else(|| feed.borrow().len());
    // The first block is no event, having no data; but its id counts, even if the stream breaks before any update.
    let first = Event::default().retry(RETRY).id(from.to_string());
    let updates = stream::unfold((feed, from), |(mut feed, from)| async move {
        let update = feed.wait_for(|updates| updates.len() > from).await.ok()?[from].clone();
        let event = Event::default().id((from + 1).to_string()).event("alert").json_data(update);
        Some((event, (feed, from + 1)))
    });
    let stream = stream::iter([Ok(first)]).chain(updates);
    // Proxies such as nginx would else collect the stream and pass it on in lumps.
    let head = [("cache-control", "no-store"), ("x-accel-buffering", "no")];
    (head, Sse::new(stream).keep_alive(KeepAlive::new().interval(SILENCE).text("still here")))
}

async fn publish(State(feed): State<Feed>, Json(mut update): Json<Update>) -> Json<Update> {
    feed.send_modify(|updates| {
        update.insert("seq".to_owned(), json!(updates.len() + 1));
        updates.push(update.clone());
    });
    Json(update)
}
