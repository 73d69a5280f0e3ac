//! The shared pad: what one page draws goes to all others of the lab, and is kept by nobody.
//!
//! Over a WebSocket a stroke is a binary message, both ways. An event stream has only one way, and is text: there a stroke
//! goes up as the body of a `POST`, and comes down as the data of an event, in Base64 (RFC 4648 §4).

use axum::{Router, body::Bytes, extract::DefaultBodyLimit, http::StatusCode, routing::post};
use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::{sync::broadcast, task};

use super::{
    State,
    asked::Asked,
    socket::{LONGEST, STROKES},
};
use crate::{
    error::Error,
    wire::{ClientNo, STROKE, observation::News},
};

/// Whose hand drew a stroke, so that it does not come back to who drew it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// The socket that this task serves.
    Socket(task::Id),
    /// This client, by a request; or nobody knows who.
    Client(Option<ClientNo>),
}

/// The strokes of a lab. Who reads too slowly misses some, and is told how many.
pub type Pad = broadcast::Sender<(Hand, Bytes)>;

/// An empty pad.
pub fn pad() -> Pad {
    broadcast::channel(STROKES).0
}

/// The route of strokes that come without a socket.
pub fn routes() -> Router<State> {
    Router::new().route("/l/{lab}/stroke", post(stroke)).layer(DefaultBodyLimit::max(LONGEST))
}

async fn stroke(asked: Asked, body: Bytes) -> Result<StatusCode, Error> {
    if body.first() != Some(&STROKE) {
        return Err(Error::bad_request("a stroke of the pad is bytes of which the first is 2"));
    }
    let outlet = &asked.outlet;
    outlet.answer(asked.who, News::default()).await?;
    // Nobody else there is no failure.
    let _ = outlet.pad.send((Hand::Client(asked.who.client), body));
    Ok(StatusCode::NO_CONTENT)
}

/// A stroke as the data of an event.
pub fn text(stroke: &[u8]) -> String {
    BASE64_STANDARD.encode(stroke)
}
