//! The gate of the lab's listener: who may come in, and what every answer carries for the browser's sake.
//!
//! The course's pages have another origin than the lab, so the browser asks for permission (CORS, WHATWG Fetch §3.2).
//! It is given to the course's own pages and to nobody else; what is no browser's script needs none.

use axum::{
    extract::{Request, State as Extract},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::State;

/// Lets scripts see the timing of an answer, and so whether a connection was reused (Resource Timing §3.5.2).
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// What a page may send without its being refused at the preflight.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static("accept, content-type, cache-control, if-none-match");

/// The methods of all routes together.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");

/// For how many seconds a browser may remember a permission.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Checks `Host` and `Origin`, answers preflights, and marks the answer.
pub async fn guard(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let allowed = match check(&state, &request) {
        Ok(allowed) => allowed,
        Err(error) => return finish(error.into_response(), None),
    };
    if request.method() == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        if allowed.is_some() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        } else {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST, OPTIONS"));
        }
        return finish(response, allowed);
    }
    finish(next.run(request).await, allowed)
}

/// The origin to give permission to, if the request comes from a page.
fn check(state: &State, request: &Request) -> Result<Option<HeaderValue>, crate::error::Error> {
    state.hosts.check_host(request.headers())?;
    let origin = state.hosts.check_origin(request.headers())?;
    Ok(origin.and(request.headers().get(header::ORIGIN)).cloned())
}

fn finish(mut response: Response, allowed: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
        headers.insert(TIMING_ALLOW_ORIGIN, origin);
    }
    response
}
