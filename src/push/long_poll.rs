//! Long polling: a request that finds nothing new is held until there is something, or until its time is up.
//!
//! Every hold ends (RFC 6202 §5.5): whatever stands between client and server has a timeout of its own, and an empty
//! answer in time is no error, while a connection that somebody else cut is one.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::time::timeout;

use super::{
    State,
    asked::Asked,
    feed::Updates,
    outlet::{Outlet, Who},
    short_poll::NO_STORE,
};
use crate::{
    error::Error,
    net::clock,
    wire::{
        Fact, HoldEnd, Micros,
        observation::{LONGEST_HOLD_MS, News},
    },
};

/// For how long a request is held that does not say, in milliseconds.
const HOLD_MS: u64 = 20_000;

/// How many requests one lab holds at once.
pub const HELD: u32 = 1200;

/// The routes of long polling.
pub fn routes() -> Router<State> {
    Router::new().route("/l/{lab}/hold", get(hold))
}

/// The updates after a cursor, as soon as there are any; without a cursor, what is published from now on.
async fn hold(asked: Asked) -> Result<Response, Error> {
    let outlet = &asked.outlet;
    let cursor = asked.number("cursor")?;
    let one = asked.number("one")? == Some(1);
    let wait = asked.number("wait")?.unwrap_or(HOLD_MS);
    if wait > LONGEST_HOLD_MS.into() {
        return Err(Error::bad_request(format!("wait is a number of milliseconds up to {LONGEST_HOLD_MS}")));
    }
    let mut feed = outlet.feed.clone();
    let (era, from) = {
        let now = feed.borrow_and_update();
        (now.era(), cursor.unwrap_or(now.last()))
    };
    let mut updates = outlet.after(asked.who, Some(from))?;
    if updates.updates.is_empty() {
        let held = Held::begin(outlet, asked.who, wait)?;
        // Another run's feed begins at zero: whoever is held then is told so by an answer without updates.
        let mut chain = outlet.line.changes();
        let news = feed.wait_for(|feed| feed.last() > from || feed.era() != era);
        let ended = tokio::select! {
            ended = timeout(Duration::from_millis(wait), news) => ended,
            _ = outlet.leave(asked.who, held.since, &mut chain) => return Err(restarts()),
        };
        match ended {
            Ok(Ok(now)) if now.era() != era && now.run() == era.0 => {
                return Err(restarts());
            }
            Ok(Ok(now)) => {
                updates = now.after(Some(from)).unwrap_or_else(|last| Updates { cursor: last, ..Updates::default() });
                drop(now);
                held.end(HoldEnd::News);
            }
            Ok(Err(_)) => return Err(Error::not_found("the lab has just ended")),
            Err(_) => held.end(HoldEnd::Expired),
        }
    }
    if one {
        updates.updates.truncate(1);
        updates.cursor = updates.updates.first().map_or(updates.cursor, |only| only.seq);
    }
    let seqs: Vec<u64> = updates.updates.iter().map(|alert| alert.seq).collect();
    let empty = seqs.is_empty();
    outlet.answer(asked.who, News { seqs, empty, ..News::default() }).await?;
    Ok(([(axum::http::header::CACHE_CONTROL, NO_STORE)], Json(updates)).into_response())
}

fn restarts() -> Error {
    Error::new(StatusCode::SERVICE_UNAVAILABLE, "the server restarts")
}

/// A request that is being held. If it is dropped before it ends, its client has gone away.
struct Held<'a> {
    outlet: &'a Outlet,
    who: Who,
    since: Micros,
    ended: bool,
}

impl<'a> Held<'a> {
    fn begin(outlet: &'a Outlet, who: Who, at_most_ms: u64) -> Result<Self, Error> {
        if outlet.held.fetch_add(1, Ordering::Relaxed) >= HELD {
            outlet.held.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::new(StatusCode::SERVICE_UNAVAILABLE, format!("{HELD} requests are held already")));
        }
        let since = clock::now();
        // The number was checked against a bound that fits.
        outlet.saw(who, Fact::Holding { at_most_ms: at_most_ms as u32 });
        Ok(Self { outlet, who, since, ended: false })
    }

    fn end(mut self, how: HoldEnd) {
        self.tell(how);
        self.ended = true;
    }

    fn tell(&self, how: HoldEnd) {
        self.outlet.saw(self.who, Fact::HoldEnded { how, micros: clock::now() - self.since });
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.outlet.held.fetch_sub(1, Ordering::Relaxed);
        if !self.ended {
            self.tell(HoldEnd::Freed);
        }
    }
}
