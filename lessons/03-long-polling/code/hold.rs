//! Long polling, the server's half: a request that finds no news is held until there is some, or until its time is over.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::header,
    response::IntoResponse,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::{sync::watch, time::timeout};

/// Every update so far; the first has number 1. Publishing wakes everyone who waits here.
type Feed = Arc<watch::Sender<Vec<Update>>>;
type Update = Map<String, Value>;

/// The longest hold in milliseconds: less than the minute after which many proxies give up.
const LONGEST: u64 = 55_000;

/// `GET /hold?cursor=3&wait=20000` asks for what comes after update 3, and waits for it up to 20 s;
/// `POST /publish` adds an update.
pub fn routes() -> Router {
    Router::new().route("/hold", get(hold)).route("/publish", post(publish)).with_state(Feed::default())
}

#[derive(Deserialize)]
struct Ask {
    cursor: Option<usize>,
    #[serde(default)]
    wait: u64,
}

async fn hold(State(feed): State<Feed>, Query(ask): Query<Ask>) -> impl IntoResponse {
    let mut feed = feed.subscribe();
    // Without a cursor: from now on. What was published before is never told.
    let cursor = ask.cursor.unwrap_or_else(|| feed.borrow().len());
    let wait = Duration::from_millis(ask.wait.min(LONGEST));
    // Here the request is held. It ends with news or with the time; if the client goes away, this function is dropped.
    let _ = timeout(wait, feed.wait_for(|updates| updates.len() > cursor)).await;
    let feed = feed.borrow();
    let updates = feed.get(cursor..).unwrap_or_default();
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "cursor": feed.len(), "updates": updates })))
}

async fn publish(State(feed): State<Feed>, Json(mut update): Json<Update>) -> Json<Update> {
    feed.send_modify(|updates| {
        update.insert("seq".to_owned(), json!(updates.len() + 1));
        updates.push(update.clone());
    });
    Json(update)
}
