//! Conditional polling, the server's half: a 304 without a body for whoever has this version already.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

type Version = Arc<AtomicU64>;

/// `GET /board/cached` answers with the list, or with 304 if it has not changed; `POST /publish` changes it.
pub fn routes() -> Router {
    Router::new().route("/board/cached", get(board)).route("/publish", post(publish)).with_state(Version::default())
}

async fn board(State(version): State<Version>, asked: HeaderMap) -> Response {
    let version = version.load(Ordering::Relaxed);
    let tag = format!("\"{version}\"");
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let head = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if known {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    let alerts: Vec<_> = (1..=version).rev().take(10).map(|seq| json!({ "seq": seq })).collect();
    (head, Json(json!({ "version": version, "alerts": alerts }))).into_response()
}

async fn publish(State(version): State<Version>) -> StatusCode {
    version.fetch_add(1, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}
