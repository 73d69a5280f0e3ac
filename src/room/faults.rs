//! The faults' addresses: all that the panel does, for `curl` and for whoever writes a script.
//!
//! Who changes a lab has its secret (`Authorization: Bearer`, RFC 6750 §2.1). What is refused changes nothing, and says which
//! field, its value and the allowed range.

use std::time::Duration;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{FromRequest, Path, Request, State as Extract},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{self, get},
};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{State, lab::Ask};
use crate::{
    error::Error,
    fault::{Fault, FaultId, catalogue, profile::Profile, script},
    wire::{
        LabId,
        control::{Command, LabState},
    },
};

/// The longest list of faults, in bytes: 64 of them, with room to spare.
pub const MAX_LIST: usize = 64 * 1024;

/// The body must be here within this.
const BODY: Duration = Duration::from_secs(10);

/// The addresses.
pub fn routes() -> Router<State> {
    Router::new()
        .route("/api/faults", get(kinds))
        .route("/api/labs/{lab}/faults", get(list).post(add).put(replace).delete(clear))
        .route("/api/labs/{lab}/faults/{id}", routing::put(change).delete(mend))
        .route("/api/labs/{lab}/script", get(script))
        .route("/api/labs/{lab}/profile/{name}", routing::put(profile))
        .route("/api/labs/{lab}/publish", routing::post(publish))
        .route("/api/labs/{lab}/reset", routing::post(reset))
}

/// `GET /api/faults`: every kind with its parameters and their ranges, and the profiles.
pub async fn kinds() -> Response {
    let kinds: Vec<Value> = catalogue::all().iter().map(catalogue::Entry::describe).collect();
    let profiles: Vec<Value> =
        Profile::ALL.iter().map(|profile| json!({ "name": profile.name(), "faults": profile.faults() })).collect();
    Json(json!({ "kinds": kinds, "profiles": profiles })).into_response()
}

/// `GET /api/labs/{lab}/faults`: the faults in force, and those to come with the milliseconds until then.
async fn list(lab: Owned) -> Result<Response, Error> {
    lab.tell().await
}

/// `GET /api/labs/{lab}/script`: all faults as one list, which `PUT /api/labs/{lab}/faults` takes and a link can carry.
async fn script(lab: Owned) -> Result<Response, Error> {
    let (state, coming) = lab.faults().await?;
    let list: Vec<Fault> = state.faults.into_iter().chain(coming).collect();
    Ok((NO_STORE, Json(list)).into_response())
}

/// `POST /api/labs/{lab}/faults`: adds one. Without an `id`, it gets the next that is free.
async fn add(lab: Owned, Extract(_): Extract<State>, request: Request) -> Result<Response, Error> {
    let mut fault = json(request).await?;
    let state = lab.state().await?;
    let taken = state.faults.iter().chain(state.coming.iter().map(|coming| &coming.1)).map(|fault| fault.id);
    let free = taken.max().map_or(1, |last| last.saturating_add(1));
    if let Some(fields) = fault.as_object_mut() {
        fields.entry("id").or_insert(free.into());
    }
    let fault = read(fault)?;
    let told = (StatusCode::CREATED, NO_STORE, Json(json!(fault))).into_response();
    lab.command(Command::Fault { fault }).await?;
    Ok(told)
}

/// `PUT /api/labs/{lab}/faults`: puts a list in place of all faults; those with a `start_ms` come later, so that it is a script.
async fn replace(lab: Owned, request: Request) -> Result<Response, Error> {
    let faults = script::read(json(request).await?).map_err(|error| no_fault(&error))?;
    lab.command(Command::Faults { faults }).await?;
    lab.tell().await
}

/// `PUT /api/labs/{lab}/faults/{id}`: changes the fault of this number, or adds it.
async fn change(lab: Owned, Path((_, id)): Path<(String, String)>, request: Request) -> Result<Response, Error> {
    let id = number(&id)?;
    let mut fault = json(request).await?;
    if let Some(fields) = fault.as_object_mut() {
        fields.insert("id".to_owned(), id.into());
    }
    let fault = read(fault)?;
    lab.command(Command::Fault { fault }).await?;
    lab.tell().await
}

/// `DELETE /api/labs/{lab}/faults/{id}`: takes one away.
async fn mend(lab: Owned, Path((_, id)): Path<(String, String)>) -> Result<Response, Error> {
    let id = number(&id)?;
    let known = lab.state().await?;
    if !known.faults.iter().chain(known.coming.iter().map(|coming| &coming.1)).any(|fault| fault.id == id) {
        return Err(Error::not_found(format!("the lab has no fault {id}")));
    }
    lab.command(Command::Mend { id }).await?;
    lab.tell().await
}

/// `DELETE /api/labs/{lab}/faults`: a clean network.
async fn clear(lab: Owned) -> Result<Response, Error> {
    lab.command(Command::Faults { faults: Vec::new() }).await?;
    lab.tell().await
}

/// `PUT /api/labs/{lab}/profile/{name}`: a network that people know, in place of all faults.
async fn profile(lab: Owned, Path((_, name)): Path<(String, String)>) -> Result<Response, Error> {
    let profile = Profile::find(&name).ok_or_else(|| {
        let names = Profile::ALL.map(Profile::name).join(", ");
        Error::not_found(format!("there is no such profile; there are {names}"))
    })?;
    lab.command(Command::Faults { faults: profile.faults() }).await?;
    lab.tell().await
}

/// `POST /api/labs/{lab}/publish`: one update now.
async fn publish(lab: Owned) -> Result<StatusCode, Error> {
    lab.command(Command::Publish).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/labs/{lab}/reset`: a new run, as the lab was made.
async fn reset(lab: Owned) -> Result<StatusCode, Error> {
    lab.command(Command::Reset).await?;
    Ok(StatusCode::NO_CONTENT)
}

const NO_STORE: [(header::HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// A lab whose secret the request has.
#[derive(Debug)]
pub struct Owned {
    asks: mpsc::Sender<Ask>,
}

impl Owned {
    /// Finds the lab and checks the secret.
    ///
    /// # Errors
    /// 401 without the secret of a lab that exists, 403 for a stranger's page.
    pub(super) fn find(state: &State, lab: &str, headers: &HeaderMap) -> Result<Self, Error> {
        state.hosts.check_host(headers)?;
        state.hosts.check_origin(headers)?;
        let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let entry = LabId::parse(lab).and_then(|lab| state.rooms.find(&lab));
        // What does not exist answers as what may not be asked: who has no secret learns nothing.
        let refused = || Error::new(StatusCode::UNAUTHORIZED, "this is for who has the lab's secret");
        let entry = entry.filter(|entry| said.is_some_and(|said| entry.secret.is(said))).ok_or_else(refused)?;
        Ok(Self { asks: entry.asks.clone() })
    }

    /// Asks the lab's task.
    pub(super) async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let gone = || Error::not_found("the lab has just ended");
        self.asks.send(ask(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    async fn command(&self, command: Command) -> Result<(), Error> {
        self.ask(|reply| Ask::Command { command, reply }).await?.map_err(Error::bad_request)
    }

    async fn state(&self) -> Result<LabState, Error> {
        self.ask(|reply| Ask::State { reply }).await
    }

    /// The settings, and the faults to come, with the time until then.
    async fn faults(&self) -> Result<(LabState, Vec<Fault>), Error> {
        let mut state = self.state().await?;
        let now = crate::net::clock::now();
        let coming = std::mem::take(&mut state.coming)
            .into_iter()
            .map(|(at, fault)| {
                // At most ten minutes.
                let ms = u32::try_from((at - now).max(0) / 1000).unwrap_or(u32::MAX);
                Fault { start_ms: Some(ms), ..fault }
            })
            .collect();
        Ok((state, coming))
    }

    async fn tell(&self) -> Result<Response, Error> {
        let (state, coming) = self.faults().await?;
        let body = json!({ "distance_ms": state.distance_ms, "faults": state.faults, "coming": coming });
        Ok((NO_STORE, Json(body)).into_response())
    }
}

impl axum::extract::FromRequestParts<State> for Owned {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &State) -> Result<Self, Error> {
        let path = parts.uri.path().strip_prefix("/api/labs/").unwrap_or_default();
        let lab = path.split('/').next().unwrap_or_default();
        Self::find(state, lab, &parts.headers)
    }
}

/// The body as JSON.
async fn json(request: Request) -> Result<Value, Error> {
    let body = timeout(BODY, Bytes::from_request(request, &()))
        .await
        .map_err(|_| Error::new(StatusCode::REQUEST_TIMEOUT, "the body did not come within ten seconds"))?;
    let body = body.map_err(|rejection| {
        Error::new(rejection.status(), format!("a list of faults has at most {MAX_LIST} bytes")).because(rejection)
    })?;
    serde_json::from_slice(&body).map_err(|error| Error::bad_request(format!("the body is not JSON: {error}")))
}

/// What the JSON says.
fn read(json: Value) -> Result<Fault, Error> {
    serde_json::from_value(json).map_err(|error| no_fault(&error))
}

fn no_fault(error: &serde_json::Error) -> Error {
    Error::bad_request(format!("this is no fault: {error}; GET /api/faults says what there is"))
}

fn number(text: &str) -> Result<FaultId, Error> {
    text.parse().map_err(|_| Error::bad_request("a fault's number is a whole number from 1"))
}
