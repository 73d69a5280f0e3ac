//! Server-Sent Events: one answer that never ends, and every update a block of lines in it (WHATWG HTML §9.2).
//!
//! The browser's own `EventSource` keeps the number of the last block that had an `id`, and sends it back in
//! `Last-Event-ID` when it connects again: so the stream goes on where it broke off.

use std::{collections::VecDeque, fmt::Write, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::stream;
use tokio::{sync::watch, time::timeout};

use super::{State, asked::Asked, feed::FeedState, short_poll::NO_STORE};
use crate::{error::Error, wire::observation::News};

/// How long a browser is asked to wait before it connects again, in milliseconds.
const RETRY_MS: u32 = 1000;

/// A comment is sent when nothing was for so long: whatever stands on the way takes silence for death.
const COMMENT: Duration = Duration::from_secs(15);

/// The routes of event streams.
pub fn routes() -> Router<State> {
    Router::new().route("/l/{lab}/events", get(events))
}

/// The stream. `Last-Event-ID` says what the client has, or else `?cursor=`; without either, it begins with what is next.
async fn events(asked: Asked) -> Result<Response, Error> {
    let outlet = &asked.outlet;
    let known = match &asked.last_event_id {
        Some(id) => Some(id.parse().map_err(|_| Error::bad_request("Last-Event-ID is the number of an update"))?),
        None => asked.number("cursor")?,
    };
    let mut feed = outlet.feed.clone();
    let (run, last) = {
        let now = feed.borrow_and_update();
        (now.run(), now.last())
    };
    // An id of another run, or a made-up one: there is nothing after it, and never will be.
    let from = known.unwrap_or(last);
    if from > last {
        return Err(Error::bad_request(format!("the feed's last update is number {last}")));
    }
    outlet.answer(asked.who, News::default()).await;
    let stream = Stream { feed, run, from, ready: VecDeque::from([format!("retry: {RETRY_MS}\n\n")]) };
    let body = Body::from_stream(stream::unfold(stream, |mut stream| async move {
        let block = stream.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(block)), stream))
    }));
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, NO_STORE),
        // nginx and its like would else collect the stream and pass it on in lumps.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((head, body).into_response())
}

/// What a stream has still to say. It holds the updates of one look at the feed, which has bounds of its own: a slow
/// reader is told how many it missed, and costs no more than a quick one.
struct Stream {
    feed: watch::Receiver<Arc<FeedState>>,
    run: u64,
    from: u64,
    ready: VecDeque<String>,
}

impl Stream {
    /// The next block; none when the run or the lab is over.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(block) = self.ready.pop_front() {
                return Some(block);
            }
            let (from, run) = (self.from, self.run);
            let news = self.feed.wait_for(|feed| feed.last() > from || feed.run() != run);
            let now = match timeout(COMMENT, news).await {
                Ok(Ok(now)) => Arc::clone(&now),
                Ok(Err(_)) => return None,
                Err(_) => return Some(": nothing new, and still here\n\n".to_owned()),
            };
            if now.run() != run {
                return None;
            }
            // The run is the same and its feed has more: the cursor is not ahead of it.
            let updates = now.after(Some(from)).ok()?;
            self.from = updates.cursor;
            if updates.missed > 0 {
                // Without an id: it is no update, and must not move the place to resume from.
                self.ready.push_back(format!("event: missed\ndata: {{\"missed\":{}}}\n\n", updates.missed));
            }
            for alert in &updates.updates {
                let mut block = format!("id: {}\nevent: alert\ndata: ", alert.seq);
                // A number and four small fields: this is JSON without line ends, and writing to a string does not fail.
                let _ = write!(block, "{}\n\n", serde_json::to_string(alert).unwrap_or_default());
                self.ready.push_back(block);
            }
        }
    }
}
