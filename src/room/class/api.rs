//! The addresses of classes on the site's origin.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        ConnectInfo, DefaultBodyLimit, FromRequest, FromRequestParts, Path, Request, State as Extract,
        WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection,
    },
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use tokio::{sync::oneshot, time::timeout};

use super::{
    directory::Entry,
    qr, rights,
    socket::{self, Caller},
    task::Ask,
};
use crate::{
    class::Code,
    config::Authority,
    error::Error,
    i18n::Locale,
    room::{State, api::shake_hands, secret::Secret},
};

/// The longest body, in bytes: a name of ten thousand characters is cut, not refused.
const MAX_BODY: usize = 64 * 1024;

/// The body must be here within this.
const BODY: Duration = Duration::from_secs(10);

const NO_STORE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// The addresses.
pub fn routes() -> Router<State> {
    Router::new()
        .route("/api/classes", post(open))
        .route("/api/classes/{code}", get(public).delete(forget))
        .route("/api/classes/{code}/readers", post(join))
        .route("/api/classes/{code}/socket", get(connect))
        .route("/api/classes/{code}/handover", post(hand_over))
        .route("/api/classes/{code}/handover/take", post(take_over))
        .route("/api/classes/{code}/report.csv", get(report))
        .route("/api/classes/{code}/qr.svg", get(join_qr))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// What [`open`] is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    #[serde(default)]
    locale: Option<String>,
    #[serde(default)]
    key: Option<String>,
}

/// `POST /api/classes`: opens a class. The answer brings its code, its address for readers, and the instructor's cookie.
///
/// # Errors
/// 400 for another language, 403 for a stranger's page or without the instructor's key, 429 if one address asks too often, 503 if there
/// are too many classes.
async fn open(Extract(state): Extract<State>, Peer(peer): Peer, request: Request) -> Result<Response, Error> {
    let host = state.hosts.check_host(request.headers())?;
    state.hosts.check_origin(request.headers())?;
    let Opening { locale, key } = body(request).await?;
    let locale = language(locale.as_deref())?;
    let (entry, secret) = state.classes.open(locale, key.as_deref(), peer).await?;
    let code = &entry.code;
    let join = join_address(&state, &host, code);
    let cookie = (header::SET_COOKIE, rights::cookie(code, &secret.reveal(), state.classes.limits().keep));
    Ok((StatusCode::CREATED, [NO_STORE, cookie], Json(json!({ "code": code, "join": join }))).into_response())
}

/// `GET /api/classes/{code}`: what everybody may know: whether readers may join, what is being done, and the address for them.
///
/// # Errors
/// 404 if there is no such class, 429 if one address asks for too many that there are not.
async fn public(
    Extract(state): Extract<State>,
    Peer(peer): Peer,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let host = state.hosts.check_host(&headers)?;
    let entry = state.classes.look_up(&code, peer)?;
    let public = ask(&entry, |reply| Ask::Public { reply }).await?;
    let known = json!({
        "code": entry.code,
        "open": public.open,
        "phase": public.phase,
        "locale": public.locale,
        "join": join_address(&state, &host, &entry.code),
    });
    Ok(([NO_STORE], Json(known)).into_response())
}

/// `DELETE /api/classes/{code}`: forgets the class and all that is known of its readers, at once. For the instructor.
///
/// # Errors
/// 401 without the instructor's right, 403 for a stranger's page, 500 if it could not be forgotten.
async fn forget(desk: Desk) -> Result<Response, Error> {
    ask(&desk.entry, |reply| Ask::Forget { reply }).await??;
    let gone = (header::SET_COOKIE, rights::cookie(&desk.entry.code, "", Duration::ZERO));
    Ok((StatusCode::NO_CONTENT, [NO_STORE, gone]).into_response())
}

/// What [`join`] is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Joining {
    #[serde(default)]
    nickname: Option<String>,
}

/// `POST /api/classes/{code}/readers`: joins. The answer brings the reader's number and token.
///
/// # Errors
/// 403 for a stranger's page or if the class is closed, 404 if there is none, 429 if too many have joined from one address, 503
/// if the class is full.
async fn join(
    Extract(state): Extract<State>,
    Peer(peer): Peer,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    state.hosts.check_host(request.headers())?;
    state.hosts.check_origin(request.headers())?;
    let Joining { nickname } = body(request).await?;
    let entry = state.classes.look_up(&code, peer)?;
    state.classes.check_joining(peer)?;
    let (reader, token) = ask(&entry, |reply| Ask::Join { name: nickname, reply }).await??;
    let joined = json!({ "reader": reader, "token": token.reveal() });
    Ok((StatusCode::CREATED, [NO_STORE], Json(joined)).into_response())
}

/// `GET /api/classes/{code}/socket`: a page's socket, a WebSocket.
///
/// A class that there is not is told in the socket, as a wrong token is.
///
/// # Errors
/// 403 for a stranger's page, 426 or 400 if it is no handshake, 503 if there are too many sockets.
async fn connect(
    Extract(state): Extract<State>,
    Peer(address): Peer,
    Path(code): Path<String>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Error> {
    let (upgrade, place) = shake_hands(&state, &headers, upgrade)?;
    let entry = Code::parse(&code).and_then(|code| state.classes.find(&code));
    let said = entry.as_ref().and_then(|entry| rights::said(&entry.code, &headers));
    let instructor = entry.as_ref().zip(said).is_some_and(|(entry, said)| entry.is_instructors(said));
    let closing = state.rooms.closing();
    Ok(upgrade.on_upgrade(async move |socket| {
        socket::serve(socket, &state.classes, closing, Caller { entry, instructor, address }).await;
        drop(place);
    }))
}

/// What [`hand_over`] may be told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Handing {
    #[serde(default)]
    locale: Option<String>,
}

/// `POST /api/classes/{code}/handover`: a link that hands the instructor's right to another device: good once, for five minutes. It
/// is shown on demand, on the desk only. What matters in it is its fragment, which no browser sends anywhere.
///
/// # Errors
/// 401 without the instructor's right, 403 for a stranger's page.
async fn hand_over(desk: Desk, Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let host = state.hosts.check_host(request.headers())?;
    let Handing { locale } = body(request).await?;
    let locale = language(locale.as_deref())?;
    let token = desk.entry.handovers().give(desk.secret.clone(), Instant::now()).map_err(Error::internal)?;
    let path = format!("/{}/class/{}/remote#{}", locale.prefix(), desk.entry.code, token.reveal());
    let url = format!("{}{path}", state.hosts.reachable(&host));
    let link = json!({ "path": path, "qr": qr::svg(&url), "url": url, "seconds": rights::HANDOVER.as_secs() });
    Ok(([NO_STORE], Json(link)).into_response())
}

/// What [`take_over`] is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taking {
    token: String,
}

/// `POST /api/classes/{code}/handover/take`: takes the right that a link hands over, as a cookie.
///
/// # Errors
/// 403 for a stranger's page, or if the link was used or is too old, 404 if there is no such class, 429 if one address tries too often.
async fn take_over(
    Extract(state): Extract<State>,
    Peer(peer): Peer,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    state.hosts.check_host(request.headers())?;
    state.hosts.check_origin(request.headers())?;
    let Taking { token } = body(request).await?;
    let entry = state.classes.look_up(&code, peer)?;
    let secret = entry.handovers().take(&token, Instant::now()).ok_or_else(|| {
        state.classes.note_guess(peer);
        Error::new(
            StatusCode::FORBIDDEN,
            "this link was used already, or is older than five minutes; ask for a new one",
        )
    })?;
    let cookie = (header::SET_COOKIE, rights::cookie(&entry.code, &secret.reveal(), state.classes.limits().keep));
    Ok(([NO_STORE, cookie], Json(json!({ "code": entry.code }))).into_response())
}

/// `GET /api/classes/{code}/report.csv`: the report. For the instructor.
///
/// # Errors
/// 401 without the instructor's right, 403 for a stranger's page.
async fn report(desk: Desk) -> Result<Response, Error> {
    let csv = ask(&desk.entry, |reply| Ask::Report { reply }).await?;
    let name = format!("attachment; filename=\"class-{}.csv\"", desk.entry.code);
    let headers = [
        NO_STORE,
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(Error::internal)?),
    ];
    // Spreadsheets take a file without this mark for one in the system's own encoding.
    Ok((headers, format!("\u{feff}{csv}")).into_response())
}

/// `GET /api/classes/{code}/qr.svg`: the readers' address as a QR code.
///
/// # Errors
/// As [`public`].
async fn join_qr(
    Extract(state): Extract<State>,
    Peer(peer): Peer,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let host = state.hosts.check_host(&headers)?;
    let entry = state.classes.look_up(&code, peer)?;
    let svg = qr::svg(&join_address(&state, &host, &entry.code));
    let svg = svg.ok_or_else(|| Error::internal("the address is too long for a QR code"))?;
    Ok(([NO_STORE, (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"))], svg).into_response())
}

/// Where readers join, as other machines reach it.
fn join_address(state: &State, host: &Authority, code: &Code) -> String {
    format!("{}/join/{code}", state.hosts.reachable(host))
}

/// A language of the course; English if none is said.
fn language(prefix: Option<&str>) -> Result<Locale, Error> {
    let Some(prefix) = prefix else { return Ok(Locale::En) };
    Locale::from_prefix(prefix).ok_or_else(|| {
        let all = Locale::ALL.map(Locale::prefix).join(" or ");
        Error::bad_request(format!("locale is {all}"))
    })
}

/// Asks a class's task.
async fn ask<T>(entry: &Arc<Entry>, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, Error> {
    let (reply, answer) = oneshot::channel();
    let gone = || Error::not_found("the class has just ended");
    entry.asks.send(ask(reply)).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())
}

/// The body as JSON; an empty one is an empty object.
async fn body<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    let body = timeout(BODY, Bytes::from_request(request, &()))
        .await
        .map_err(|_| Error::new(StatusCode::REQUEST_TIMEOUT, "the body did not come within ten seconds"))?;
    let body = body.map_err(|rejection| {
        Error::new(rejection.status(), format!("the body has at most {MAX_BODY} bytes")).because(rejection)
    })?;
    let text = match body.trim_ascii() {
        [] => b"{}",
        // A struct may come as an array, too, for serde; not for us.
        text if text.first() != Some(&b'{') => return Err(Error::bad_request("the body is a JSON object")),
        text => text,
    };
    // What was said is not repeated: it may be a secret.
    serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::bad_request(format!("the body is not what this address takes: see line {line}, column {column}"))
    })
}

/// The address that a request comes from.
struct Peer(IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())))
    }
}

/// A class whose instructor's right the request has.
struct Desk {
    entry: Arc<Entry>,
    secret: Secret,
}

impl FromRequestParts<State> for Desk {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let headers = &parts.headers;
        state.hosts.check_host(headers)?;
        state.hosts.check_origin(headers)?;
        check_site(headers)?;
        let path = parts.uri.path().strip_prefix("/api/classes/").unwrap_or_default();
        let code = Code::parse(path.split('/').next().unwrap_or_default());
        let entry = code.and_then(|code| state.classes.find(&code));
        if let Some(entry) = entry
            && let Some(said) = rights::said(&entry.code, headers)
            && entry.is_instructors(said)
        {
            let secret = Secret::of(said);
            return Ok(Self { entry, secret });
        }
        let Ok(Peer(peer)) = Peer::from_request_parts(parts, state).await;
        state.classes.check_guesses(peer)?;
        state.classes.note_guess(peer);
        // What does not exist answers as what may not be asked.
        Err(Error::new(StatusCode::UNAUTHORIZED, "this is for the instructor of the class"))
    }
}

/// Cookies do not look at ports: a page of another program on this machine must not have its requests taken for ours (Fetch
/// Metadata; a script cannot forge it).
fn check_site(headers: &HeaderMap) -> Result<(), Error> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Error::new(StatusCode::FORBIDDEN, "only pages of the course may ask this from a browser")),
    }
}
