//! The addresses on the site's origin: making a lab, its control socket, its recording.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    time::{Duration, SystemTime},
};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{
        ConnectInfo, FromRequest, Path, Query, Request, State as Extract, WebSocketUpgrade,
        ws::rejection::WebSocketUpgradeRejection,
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::{sync::OwnedSemaphorePermit, task::spawn_blocking, time::timeout};

use super::{State, faults::Owned, lab::Ask, socket, spec};
use crate::{
    error::Error,
    recording,
    wire::{
        LabId,
        control::{Created, LabSpec},
    },
};

/// The longest description of a lab, in bytes.
pub const MAX_SPEC: usize = 16 * 1024;

/// The longest name of a step, in bytes.
const MAX_STEP: usize = 200;

/// The description must be here within this.
const BODY: Duration = Duration::from_secs(10);

/// `POST /api/labs`: a [`LabSpec`] makes a lab.
///
/// # Errors
/// 400 if it is no such thing, 403 for a stranger's page, 408 if it does not come, 413 if it is longer than [`MAX_SPEC`], 429 if one address asks
/// too often, 503 if there is no room.
pub async fn create(
    Extract(state): Extract<State>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    request: Request,
) -> Result<Response, Error> {
    let host = state.hosts.check_host(request.headers())?;
    state.hosts.check_origin(request.headers())?;
    let body = timeout(BODY, Bytes::from_request(request, &()))
        .await
        .map_err(|_| Error::new(StatusCode::REQUEST_TIMEOUT, "the body did not come within ten seconds"))?;
    let body = body.map_err(|rejection| {
        Error::new(rejection.status(), format!("a lab is described in at most {MAX_SPEC} bytes")).because(rejection)
    })?;
    // A struct may come as an array, too, for serde; not for us.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::bad_request("the body is a lab's description, a JSON object; {} takes every default"));
    }
    let lab: LabSpec = serde_json::from_slice(&body)
        .map_err(|error| Error::bad_request(format!("the body is not a lab's description in JSON: {error}")))?;
    spec::check(&lab).map_err(Error::bad_request)?;
    let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |Extension(ConnectInfo(peer))| peer.ip());
    let (lab, secret) = state.rooms.create(lab, peer)?;
    let origin = state.hosts.lab_origin(&host).to_string();
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, no_store, Json(Created { lab, secret: secret.reveal(), origin })).into_response())
}

/// `GET /api/labs/{lab}/control`: the control socket of a lab, a WebSocket.
///
/// A lab that does not exist is told in the socket, as a wrong secret is: what is no secret's holder learns nothing.
///
/// # Errors
/// 403 for a stranger's page, 426 or 400 if it is no handshake, 503 if there are too many sockets.
pub async fn control(
    Extract(state): Extract<State>,
    Path(lab): Path<String>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Error> {
    let (upgrade, place) = shake_hands(&state, &headers, upgrade)?;
    let rooms = state.rooms.clone();
    Ok(upgrade.on_upgrade(async move |socket| {
        socket::serve(socket, &rooms, LabId::parse(&lab)).await;
        drop(place);
    }))
}

/// What every socket of the site needs: a page of the course, a handshake, and a place among all sockets, which is held as long as
/// the socket is open.
///
/// # Errors
/// As [`control`].
pub(super) fn shake_hands(
    state: &State,
    headers: &HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<(WebSocketUpgrade, OwnedSemaphorePermit), Error> {
    state.hosts.check_host(headers)?;
    state.hosts.check_origin(headers)?;
    let upgrade = upgrade.map_err(|rejection| {
        Error::new(rejection.status(), "this address speaks WebSocket (RFC 6455) only").because(rejection)
    })?;
    let place = state
        .rooms
        .socket()
        .ok_or_else(|| Error::new(StatusCode::SERVICE_UNAVAILABLE, "too many control sockets; try again later"))?;
    Ok((socket::bounds(upgrade), place))
}

/// `GET /api/labs/{lab}/recording?step=lesson/step`: the run as a file (see [`recording`]), for who has the lab's secret
/// (`Authorization: Bearer`, RFC 6750 §2.1: never in the URL).
///
/// # Errors
/// 400 if the step's name is none, 401 without the secret of a lab that exists, 403 for a stranger's page, 413 if the
/// run is longer than a recording may be.
pub async fn record(lab: Owned, Query(wanted): Query<Wanted>) -> Result<Response, Error> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'/');
    if wanted.step.as_ref().is_some_and(|step| step.len() > MAX_STEP || !step.bytes().all(plain)) {
        return Err(Error::bad_request("step is a lesson's id and a step's, with a slash between them"));
    }
    let saved = lab.ask(|reply| Ask::Save { reply }).await?;
    // Megabytes of JSON take a while.
    let written = spawn_blocking(move || recording::write::write(&saved, wanted.step, SystemTime::now()));
    let text = written.await.map_err(Error::internal)?.map_err(|why| Error::new(StatusCode::PAYLOAD_TOO_LARGE, why))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, text).into_response())
}

/// What [`record`] may be told.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    step: Option<String>,
}

/// The site's pages end where the API begins: what is not there is said in the API's way.
pub async fn nothing() -> Error {
    Error::not_found("the API has no such address")
}
