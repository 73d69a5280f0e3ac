//! What every answer of the site obeys: the host is one of ours, and the headers say what a page may do.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What the site knows of its own addresses. The configuration answers.
pub trait Addresses: Send + Sync + 'static {
    /// Whether the course is served at this `Host`, as the request has it: with its port, if it has one.
    fn allows(&self, host: &str) -> bool;

    /// The origin of the lab listener as a page from this (allowed) `Host` reaches it: `http://localhost:3001`.
    fn lab_origin(&self, host: &str) -> String;
}

/// Headers that never change.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// The policy of an answer that is not a page: nothing at all.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");

/// Lets a request through if its `Host` is one of ours, and completes the answer's headers.
pub async fn guard(State(addresses): State<Arc<dyn Addresses>>, request: Request, next: Next) -> Response {
    let mut answer = match host(request.headers()) {
        None => (StatusCode::BAD_REQUEST, "This request names no host.\n").into_response(),
        // RFC 9110 §15.5.20. A page of another site, pointed at this address, must not become a page of this one.
        Some(host) if !addresses.allows(host) => {
            (StatusCode::MISDIRECTED_REQUEST, "This course is not served under that host name.\n").into_response()
        }
        Some(_) => next.run(request).await,
    };
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    answer
}

/// The host that a request names.
pub fn host(headers: &axum::http::HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// The policy of a page: its own files, its one script by its nonce, the site's socket and the lab's two origins.
pub fn policy(nonce: &str, host: &str, lab_origin: &str) -> String {
    let lab_socket = lab_origin.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self' ws://{host} wss://{host} {lab_origin} {lab_socket}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}
