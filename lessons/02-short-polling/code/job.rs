//! A background job, the server's half: take it and answer at once, then tell how far it is to whoever asks.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::json;

/// How long the work takes.
const WORK: Duration = Duration::from_secs(8);

/// Who asks again sooner than this is told to slow down.
const PATIENCE: Duration = Duration::from_millis(200);

struct Job {
    started: Instant,
    asked: Option<Instant>,
}

type Jobs = Arc<Mutex<Vec<Job>>>;

/// `POST /job` starts a job; `GET /job?job=1` asks for its progress, and for its result once it is done.
pub fn routes() -> Router {
    Router::new().route("/job", post(start).get(ask)).with_state(Jobs::default())
}

async fn start(State(jobs): State<Jobs>) -> impl IntoResponse {
    let mut jobs = lock(&jobs);
    jobs.push(Job { started: Instant::now(), asked: None });
    (StatusCode::ACCEPTED, Json(json!({ "job": jobs.len() })))
}

#[derive(Deserialize)]
struct Ask {
    job: usize,
}

async fn ask(State(jobs): State<Jobs>, Query(ask): Query<Ask>) -> Response {
    let mut jobs = lock(&jobs);
    let Some(job) = ask.job.checked_sub(1).and_then(|place| jobs.get_mut(place)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if job.asked.replace(Instant::now()).is_some_and(|last| last.elapsed() < PATIENCE) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response();
    }
    let percent = (job.started.elapsed().as_millis() * 100 / WORK.as_millis()).min(100);
    let mut state = json!({ "job": ask.job, "percent": percent });
    if percent == 100 {
        state["result"] = json!({ "districts": 12, "cases": 842 });
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(state)).into_response()
}

fn lock(jobs: &Jobs) -> MutexGuard<'_, Vec<Job>> {
    jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
