//! The opening handshake of a WebSocket, the server's part (RFC 6455 §4.2).

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::State;
use crate::{error::Error, net::upgrade::Upgrade};

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// The only version there is (RFC 6455 §4.1).
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// A request that asks for a WebSocket, and may have one.
pub struct Handshake {
    upgrade: Upgrade,
    accept: HeaderValue,
}

impl Handshake {
    /// The answer that agrees, and the connection that will be there once it has gone out.
    pub fn agree(self) -> (Response, Upgrade) {
        let head = [
            (header::CONNECTION, HeaderValue::from_static("Upgrade")),
            (header::UPGRADE, WEBSOCKET),
            (header::SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        ((StatusCode::SWITCHING_PROTOCOLS, head).into_response(), self.upgrade)
    }
}

impl FromRequestParts<State> for Handshake {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Response> {
        let headers = &parts.headers;
        if !has(headers, header::UPGRADE, "websocket") || !has(headers, header::CONNECTION, "upgrade") {
            return Err(not_asked());
        }
        if single(headers, header::SEC_WEBSOCKET_VERSION) != Some("13") {
            return Err(required("this server speaks version 13 of WebSocket: Sec-WebSocket-Version: 13"));
        }
        let key = single(headers, header::SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
        let Some(key) = key else {
            let message = "Sec-WebSocket-Key is 16 bytes in base64, and stands there once";
            return Err(Error::bad_request(message).into_response());
        };
        let accept = derive_accept_key(key.as_bytes());
        let accept = HeaderValue::from_str(&accept).map_err(|error| Error::internal(error).into_response())?;
        let upgrade = Upgrade::take(&mut parts.extensions);
        let upgrade = upgrade.ok_or_else(|| required("only HTTP/1.1 can change its protocol"))?;
        Ok(Self { upgrade, accept })
    }
}

/// The answer to a request that does not ask for a WebSocket.
pub fn not_asked() -> Response {
    required("this is a WebSocket: ask with Connection: Upgrade and Upgrade: websocket")
}

/// 426: what would be understood stands in the answer (RFC 9110 §15.5.22, RFC 6455 §4.4).
fn required(message: &'static str) -> Response {
    let mut response = Error::new(StatusCode::UPGRADE_REQUIRED, message).into_response();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, WEBSOCKET);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, VERSION);
    response
}

/// Whether a list has a member, whatever its case.
fn has(headers: &HeaderMap, name: HeaderName, member: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(member))
}

/// The value of a field that may stand there once only.
fn single(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next().filter(|_| values.next().is_none());
    value.and_then(|value| value.to_str().ok()).map(str::trim)
}

/// Whether it is 16 bytes in base64 (RFC 4648 §4): 22 digits and two signs of padding, the last digit with four bits
/// that say nothing.
fn is_key(key: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    match key.as_bytes() {
        [digits @ .., last, b'=', b'='] => {
            digits.len() == 21 && digits.iter().copied().all(digit) && matches!(last, b'A' | b'Q' | b'g' | b'w')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sixteen_bytes() {
        for good in ["dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "+/+/+/+/+/+/+/+/+/+/+w=="] {
            assert!(is_key(good), "{good}");
        }
        for bad in [
            "",
            "==",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZQ=",
            "dGhlIHNhbXBsZSBub25jZR==",
            "dGhlIHNhbXBsZSBub25jZ!==",
        ] {
            assert!(!is_key(bad), "{bad}");
        }
    }

    #[test]
    fn lists_are_searched_and_single_fields_stand_alone() {
        let mut headers = HeaderMap::new();
        headers.append(header::CONNECTION, HeaderValue::from_static("keep-alive, UPGRADE"));
        assert!(has(&headers, header::CONNECTION, "upgrade") && !has(&headers, header::UPGRADE, "websocket"));
        headers.append(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        assert_eq!(single(&headers, header::SEC_WEBSOCKET_VERSION), Some("13"));
        headers.append(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("8"));
        assert_eq!(single(&headers, header::SEC_WEBSOCKET_VERSION), None);
    }
}
