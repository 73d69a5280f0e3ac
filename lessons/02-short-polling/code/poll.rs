//! Short polling, the server's half: every request is answered at once, whether or not there is news.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::header,
    response::IntoResponse,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Every update so far; the first has number 1.
type Feed = Arc<Mutex<Vec<Update>>>;
type Update = Map<String, Value>;

/// `GET /poll?cursor=3` asks for what came after update 3; `POST /publish` adds an update.
pub fn routes() -> Router {
    Router::new().route("/poll", get(poll)).route("/publish", post(publish)).with_state(Feed::default())
}

#[derive(Deserialize)]
struct Ask {
    #[serde(default)]
    cursor: usize,
}

async fn poll(State(feed): State<Feed>, Query(ask): Query<Ask>) -> impl IntoResponse {
    let feed = lock(&feed);
    let updates = feed.get(ask.cursor..).unwrap_or_default();
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "cursor": feed.len(), "updates": updates })))
}

async fn publish(State(feed): State<Feed>, Json(mut update): Json<Update>) -> Json<Update> {
    let mut feed = lock(&feed);
    update.insert("seq".to_owned(), json!(feed.len() + 1));
    feed.push(update.clone());
    Json(update)
}

fn lock(feed: &Feed) -> MutexGuard<'_, Vec<Update>> {
    feed.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
