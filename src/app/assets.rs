//! What the browser downloads besides pages: files that the program carries, compressed when it was built.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use std::{borrow::Cow, sync::LazyLock};

#[derive(rust_embed::RustEmbed)]
#[folder = "target/site/"]
struct Site;

const FAVICON: &str = include_str!("../../style/favicon.svg");

/// The files of this build share a name that changes with their content; without one nothing was built, and pages come
/// without styles and life (as in tests).
pub fn name() -> Option<&'static str> {
    static NAME: LazyLock<Option<String>> = LazyLock::new(|| {
        if let Some(hash) = Site::get("hash.txt") {
            let hash = std::str::from_utf8(&hash.data).ok()?.trim().to_owned();
            return Some(format!("lifeline.{hash}"));
        }
        // A build by cargo-leptos has no hashes.
        Site::get("pkg/lifeline.js").map(|_| "lifeline".to_owned())
    });
    NAME.as_deref()
}

/// A file of `/pkg/`.
pub fn serve(path: &str, headers: &HeaderMap) -> Response<Body> {
    let Some(kind) = kind(path) else { return StatusCode::NOT_FOUND.into_response() };
    let full = format!("pkg/{path}");
    let compressed = accepts_brotli(headers).then(|| Site::get(&format!("{full}.br"))).flatten();
    let is_compressed = compressed.is_some();
    let Some(file) = compressed.or_else(|| Site::get(&full)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // A name with a hash never means anything else; one without may, after the next build.
    let hashed = name().is_some_and(|name| name.contains('.') && path.starts_with(name));
    let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let body = match file.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    answer
}

/// A page compressed on its way out: a quality that costs about a millisecond.
pub fn compress(page: &[u8]) -> Option<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &page[..], &mut packed, &params).ok()?;
    Some(packed)
}

/// The mark in the browser's tab.
pub fn favicon() -> Response<Body> {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, FAVICON).into_response()
}

fn kind(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

/// RFC 9110 §12.5.3, as far as it matters here.
/// Whether the browser takes brotli (RFC 9110 §12.5.3).
pub fn accepts_brotli(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    codings.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let refused = |part: &str| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br")) && !parts.any(refused)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        for (value, expected) in
            [("gzip, deflate, br", true), ("br;q=0.5", true), ("gzip", false), ("br;q=0", false), ("brother", false)]
        {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(accepts_brotli(&headers), expected, "{value}");
        }
    }

    #[test]
    fn only_known_kinds_are_served() {
        for path in ["hash.txt", "lifeline.js.br", "x", "../hash.txt", "nothing.css"] {
            assert_eq!(serve(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
