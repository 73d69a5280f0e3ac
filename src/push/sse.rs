//! Server-Sent Events: one answer that never ends, and every update a block of lines in it (WHATWG HTML §9.2).
//!
//! The browser's own `EventSource` keeps the number of the last block that had an `id`, and sends it back in
//! `Last-Event-ID` when it connects again: so the stream goes on where it broke off.

use std::{collections::VecDeque, fmt::Write, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::stream;
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::sleep,
};

use super::{
    State,
    asked::Asked,
    feed::FeedState,
    job::{Jobs, Progress},
    outlet::{Outlet, Who},
    pad::{self, Hand},
    short_poll::NO_STORE,
};
use crate::{
    error::Error,
    fault::chain::Chain,
    net::clock,
    wire::{Micros, observation::News},
};

/// How long a browser is asked to wait before it connects again, in milliseconds.
const RETRY_MS: u32 = 1000;

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
    let (era, last) = {
        let now = feed.borrow_and_update();
        (now.era(), now.last())
    };
    // An id of another run, or a made-up one: there is nothing after it, and never will be.
    let from = known.unwrap_or(last);
    if from > last {
        return Err(Error::bad_request(format!("the feed's last update is number {last}")));
    }
    outlet.answer(asked.who, News::default()).await?;
    let conduct = outlet.conduct(asked.who);
    let media_type = if conduct.typed { "text/event-stream" } else { "text/plain" };
    let stream = Stream::new(Arc::clone(outlet), asked.who, (feed, era), from, conduct.retry_ms.unwrap_or(RETRY_MS));
    let body = Body::from_stream(stream::unfold(stream, |mut stream| async move {
        let block = stream.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(block)), stream))
    }));
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, NO_STORE),
        // nginx and its like would else collect the stream and pass it on in lumps.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((head, body).into_response())
}

/// What a stream has still to say. It holds the updates of one look at the feed, which has bounds of its own: a slow
/// reader is told how many it missed, and costs no more than a quick one.
struct Stream {
    outlet: Arc<Outlet>,
    who: Who,
    feed: watch::Receiver<Arc<FeedState>>,
    era: (u64, u32),
    from: u64,
    /// What the client asks for from before it came; afterwards it is there to hear everything.
    resumes: bool,
    jobs: watch::Receiver<Arc<Jobs>>,
    /// How far each job was that the client was told of: as many as a lab remembers.
    told: Vec<Progress>,
    streams: watch::Receiver<u32>,
    pad: broadcast::Receiver<(Hand, Bytes)>,
    ready: VecDeque<String>,
    since: Micros,
    chain: watch::Receiver<Arc<Chain>>,
}

/// What ended a stream's waiting.
enum Heard {
    Feed,
    Jobs,
    Streams,
    Stroke(Bytes),
    StrokesMissed(u64),
    Nothing,
}

impl Stream {
    fn new(
        outlet: Arc<Outlet>,
        who: Who,
        (feed, era): (watch::Receiver<Arc<FeedState>>, (u64, u32)),
        from: u64,
        retry_ms: u32,
    ) -> Self {
        let (mut jobs, mut streams) = (outlet.jobs.clone(), outlet.streams.subscribe());
        let told = jobs.borrow_and_update().all().collect();
        if who.crowd.is_some() {
            // A thousand that come would be a million messages about each other.
            outlet.line.crowd().enter();
        } else {
            outlet.streams.send_modify(|open| *open = open.saturating_add(1));
            // Its own coming is news to the others; to itself, too.
            streams.mark_changed();
        }
        let ready = VecDeque::from([format!("retry: {retry_ms}\n\n")]);
        let (pad, chain) = (outlet.pad.subscribe(), outlet.line.changes());
        let since = clock::now();
        Self { outlet, who, feed, era, from, resumes: true, jobs, told, streams, pad, ready, since, chain }
    }

    /// The next block; none when the run or the lab is over.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(block) = self.ready.pop_front() {
                return Some(block);
            }
            let (from, era, crowd) = (self.from, self.era, self.who.crowd.is_some());
            let heard = tokio::select! {
                biased;
                news = self.feed.wait_for(|feed| feed.last() > from || feed.era() != era) => news.map(|_| Heard::Feed),
                changed = self.jobs.changed(), if !crowd => changed.map(|()| Heard::Jobs),
                changed = self.streams.changed(), if !crowd => changed.map(|()| Heard::Streams),
                stroke = self.pad.recv(), if !crowd => match stroke {
                    Ok((Hand::Client(Some(client)), _)) if self.who.client == Some(client) => continue,
                    Ok((_, stroke)) => Ok(Heard::Stroke(stroke)),
                    Err(RecvError::Lagged(missed)) => Ok(Heard::StrokesMissed(missed)),
                    Err(RecvError::Closed) => return None,
                },
                _ = self.outlet.leave(self.who, self.since, &mut self.chain) => return None,
                () = sleep(self.outlet.comment) => Ok(Heard::Nothing),
            };
            match heard.ok()? {
                Heard::Feed => {
                    let now = self.feed.borrow().clone();
                    if now.era() != era {
                        return None;
                    }
                    if !self.updates(&now) {
                        return None;
                    }
                }
                Heard::Jobs => {
                    let now: Vec<Progress> = self.jobs.borrow_and_update().all().collect();
                    let new = now.iter().filter(|job| !self.told.contains(job));
                    self.ready.extend(new.map(|job| block(None, Some("job"), &[&json(job)])));
                    self.told = now;
                }
                Heard::Streams => {
                    let open = *self.streams.borrow_and_update();
                    let lab = self.outlet.line.lab();
                    self.ready.push_back(block(
                        None,
                        None,
                        &[&format!("open streams: {open}"), &format!("lab: {lab}")],
                    ));
                }
                Heard::Stroke(stroke) => self.ready.push_back(block(None, Some("stroke"), &[&pad::text(&stroke)])),
                Heard::StrokesMissed(n) => {
                    self.ready.push_back(block(None, None, &[&format!("{{\"strokes_missed\":{n}}}")]));
                }
                Heard::Nothing if self.outlet.conduct(self.who).comments => {
                    return Some(": nothing new, and still here\n\n".to_owned());
                }
                Heard::Nothing => {}
            }
        }
    }

    /// Puts into words what is new in the feed. False: the reader is too slow, and has to go.
    fn updates(&mut self, feed: &FeedState) -> bool {
        // The run is the same and its feed has more: the cursor is not ahead of it.
        let Ok(mut updates) = feed.after(Some(self.from)) else { return true };
        let conduct = self.outlet.conduct(self.who);
        if !self.resumes && !self.outlet.keeps_up(self.who, &conduct, &mut updates) {
            return false;
        }
        if let Some(keep) = conduct.keep.filter(|_| self.resumes) {
            updates.forget(keep as usize);
        }
        self.resumes = false;
        self.from = updates.cursor;
        if updates.missed > 0 {
            // Without an id: it is no update, and must not move the place to resume from.
            let missed = format!("{{\"missed\":{}}}", updates.missed);
            self.ready.push_back(block(None, Some("missed"), &[&missed]));
        }
        for alert in &updates.updates {
            let id = conduct.ids.then_some(alert.seq);
            self.ready.push_back(block(id, Some("alert"), &[&json(alert)]));
        }
        true
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.who.crowd.is_some() {
            return self.outlet.line.crowd().leave();
        }
        self.outlet.streams.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// A block of lines (WHATWG HTML §9.2.5).
fn block(id: Option<u64>, event: Option<&str>, data: &[&str]) -> String {
    let mut block = String::new();
    // Writing to a string does not fail.
    if let Some(id) = id {
        let _ = writeln!(block, "id: {id}");
    }
    if let Some(event) = event {
        let _ = writeln!(block, "event: {event}");
    }
    for line in data {
        let _ = writeln!(block, "data: {line}");
    }
    block.push('\n');
    block
}

/// A number and a few small fields: this is JSON without line ends.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
