//! Short polling: the client asks at its own interval, and every request is answered at once, news or not.
//!
//! Four things can be asked for: the updates after a cursor, the whole board, the whole board if it changed
//! (RFC 9110 §13), and how far a background job is.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::{
    State,
    asked::Asked,
    etag,
    job::{AT_ONCE, Start},
    outlet::{NoJob, Topic},
};
use crate::{error::Error, wire::observation::News};

/// The longest body of a POST, in bytes.
const MAX_BODY: usize = 1024;

/// Nobody may keep the answer (RFC 9111 §5.2.2.5): a poll that a cache answers has asked nobody.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The answer may be kept, but not used without asking (RFC 9111 §5.2.2.4).
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// The routes of short polling.
pub fn routes() -> Router<State> {
    Router::new()
        .route("/l/{lab}", get(about))
        .route("/l/{lab}/", get(about))
        .route("/l/{lab}/poll", get(poll))
        .route("/l/{lab}/board", get(board))
        .route("/l/{lab}/board/cached", get(board_if_changed))
        .route("/l/{lab}/job", get(job).post(start_job))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// What the listener says to somebody who only typed its address.
pub async fn door() -> &'static str {
    "This is the lab of Lifeline: the traffic that the lessons break on purpose.\n\
     The course is on another port. A lab's own address, /l/{lab}/, says what can be asked there.\n"
}

/// What a lab says to somebody who only typed its address.
async fn about(asked: Asked) -> Result<Response, Error> {
    let outlet = &asked.outlet;
    outlet.answer(asked.who, News::default()).await?;
    let lab = outlet.line.lab();
    let text = format!(
        "A lab of Lifeline. Whatever you ask here appears in its picture.\n\n\
         GET  /l/{lab}/poll             the updates that are kept; ?cursor=3: those after number 3\n\
         GET  /l/{lab}/hold?cursor=3    the same, held until there is one, or for ?wait=20000 milliseconds\n\
         GET  /l/{lab}/events           a stream of events; Last-Event-ID or ?cursor=3: from there on\n\
         GET  /l/{lab}/socket           a WebSocket; ?cursor=3: from there on, ?ping=1000: with pings\n\
         POST /l/{lab}/stroke           a stroke of the shared pad, for all other streams and sockets\n\
         GET  /l/{lab}/board            the latest alert of each district\n\
         GET  /l/{lab}/board/cached     the same, with an ETag: send it back as If-None-Match\n\
         POST /l/{lab}/job              start a background job\n\
         GET  /l/{lab}/job?job=1        how far it is\n\
         GET  /l/{lab}/page             a document that names eight resources, page/1 to page/8; ?close=1: answered with Connection: close\n"
    );
    Ok(([(header::CACHE_CONTROL, NO_STORE)], text).into_response())
}

/// The updates after a cursor.
async fn poll(asked: Asked) -> Result<Response, Error> {
    let outlet = &asked.outlet;
    let cursor = asked.number("cursor")?;
    let updates = outlet.after(asked.who, cursor)?;
    let seqs: Vec<u64> = updates.updates.iter().map(|alert| alert.seq).collect();
    let empty = seqs.is_empty();
    outlet.answer(asked.who, News { seqs, empty, ..News::default() }).await?;
    Ok(([(header::CACHE_CONTROL, NO_STORE)], Json(updates)).into_response())
}

/// The whole board, every time.
async fn board(asked: Asked) -> Result<Response, Error> {
    let outlet = &asked.outlet;
    let board = outlet.feed().board();
    let empty = outlet.told_again(asked.who, Topic::Board, board.version);
    outlet.answer(asked.who, News { version: Some(board.version), empty, ..News::default() }).await?;
    Ok(([(header::CACHE_CONTROL, NO_STORE)], Json(board)).into_response())
}

/// The whole board, or 304 if the client has it already.
async fn board_if_changed(asked: Asked) -> Result<Response, Error> {
    let outlet = &asked.outlet;
    let feed = outlet.feed();
    let board = feed.board();
    // The run is part of the tag: version 5 of this run is not version 5 of the one before.
    let tag = format!("\"{:x}-{}\"", feed.run(), board.version);
    let unchanged = etag::matches(&asked.if_none_match, &tag);
    let told = outlet.told_again(asked.who, Topic::Board, board.version);
    let news = News { version: Some(board.version), empty: unchanged || told, ..News::default() };
    outlet.answer(asked.who, news).await?;
    let head =
        [(header::ETAG, HeaderValue::from_str(&tag).map_err(Error::internal)?), (header::CACHE_CONTROL, NO_CACHE)];
    Ok(if unchanged { (StatusCode::NOT_MODIFIED, head).into_response() } else { (head, Json(board)).into_response() })
}

/// How far a job is.
async fn job(asked: Asked) -> Result<Response, Error> {
    let outlet = &asked.outlet;
    let no = asked.number("job")?.ok_or_else(|| Error::bad_request("which job? Ask with ?job=1"))?;
    let progress = u32::try_from(no).ok().and_then(|no| outlet.jobs.borrow().progress(no));
    let progress = progress.ok_or_else(|| Error::not_found("there is no such job in this run"))?;
    let empty = outlet.told_again(asked.who, Topic::Job(progress.job), progress.percent.into());
    outlet.answer(asked.who, News { percent: Some(progress.percent), empty, ..News::default() }).await?;
    Ok(([(header::CACHE_CONTROL, NO_STORE)], Json(progress)).into_response())
}

/// Starts a job. The body, if there is one, says nothing.
async fn start_job(asked: Asked, body: Result<Bytes, BytesRejection>) -> Result<Response, Error> {
    let outlet = &asked.outlet;
    if let Err(rejection) = body {
        return Err(Error::new(rejection.status(), format!("a body is at most {MAX_BODY} bytes")).because(rejection));
    }
    let started = outlet.start_job(asked.who).await.map_err(|refusal| match refusal {
        NoJob::TooMany => Error::new(StatusCode::TOO_MANY_REQUESTS, format!("{AT_ONCE} jobs are running already")),
        NoJob::Gone => Error::not_found("the lab has just ended"),
    })?;
    let (Start::New(job) | Start::Again(job)) = started;
    let news = News { percent: Some(0), empty: matches!(started, Start::Again(_)), ..News::default() };
    outlet.answer(asked.who, news).await?;
    Ok((StatusCode::ACCEPTED, [(header::CACHE_CONTROL, NO_STORE)], Json(json!({ "job": job }))).into_response())
}
