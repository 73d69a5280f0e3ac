//! A board, the server's half: the whole list each time, with a version that lets a page see which list is newer.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Json, Router,
    extract::State,
    http::header,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};

/// How many alerts the board shows.
const ROOM: usize = 10;

#[derive(Default)]
struct Board {
    version: u64,
    alerts: Vec<Value>,
}

type Shared = Arc<Mutex<Board>>;

/// `GET /board` answers with the whole list; `POST /publish` puts an alert on top of it.
pub fn routes() -> Router {
    Router::new().route("/board", get(board)).route("/publish", post(publish)).with_state(Shared::default())
}

async fn board(State(shared): State<Shared>) -> impl IntoResponse {
    let board = lock(&shared);
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "version": board.version, "alerts": board.alerts })))
}

async fn publish(State(shared): State<Shared>, Json(alert): Json<Value>) -> Json<Value> {
    let mut board = lock(&shared);
    board.version += 1;
    board.alerts.insert(0, alert);
    board.alerts.truncate(ROOM);
    Json(json!({ "version": board.version }))
}

fn lock(shared: &Shared) -> MutexGuard<'_, Board> {
    shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
