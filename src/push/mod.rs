//! The techniques, one file each, and the feed they bring to the browser.
//!
//! In reading order: [`feed`] is what there is to know, [`source`] is when it comes to be, [`job`] is the work in the
//! background that people poll for. [`outlet`] is what a lab offers to a technique, and [`conduct`] the one hook through
//! which a fault may change how the server conducts itself. The techniques are [`short_poll`], [`long_poll`], [`sse`] and
//! [`socket`], with its handshake and what is said over it in files of their own; [`pad`] is what they draw on together, and [`page`] plain requests. [`router`] puts
//! them on the lab's listener, behind the [`gate`].
//!
//! No technique knows that faults exist.

mod asked;
pub mod conduct;
pub mod etag;
pub mod feed;
pub mod gate;
mod handshake;
pub mod job;
pub mod long_poll;
pub mod outlet;
pub mod pad;
pub mod page;
mod pings;
pub mod short_poll;
pub mod socket;
pub mod source;
mod spoken;
pub mod sse;

use std::sync::Arc;

use axum::{Router, http::StatusCode, middleware, routing::get};

pub use feed::FeedState;
pub use outlet::{Outlet, Outlets};

use crate::{error::Error, hosts::Hosts};

/// What the handlers on the lab's listener share.
#[derive(Clone)]
pub struct State {
    /// Where the labs are found.
    pub outlets: Arc<dyn Outlets>,
    /// Under which names we may be reached, and by which pages.
    pub hosts: Arc<Hosts>,
}

/// Everything that the lab's listener answers.
pub fn router(state: State) -> Router {
    short_poll::routes()
        .merge(long_poll::routes())
        .merge(sse::routes())
        .merge(page::routes())
        .merge(socket::routes())
        .merge(pad::routes())
        .route("/", get(short_poll::door))
        .fallback(async || Error::not_found("there is nothing here; GET /l/{lab}/ says what a lab offers"))
        .method_not_allowed_fallback(async || {
            Error::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this cannot be done with that method; the Allow header says how",
            )
        })
        .layer(middleware::from_fn_with_state(state.clone(), gate::guard))
        .with_state(state)
}
