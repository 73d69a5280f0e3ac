//! Rooms: where labs live, and how a page talks to its lab.
//!
//! In reading order: [`rooms`] finds, makes and forgets labs. [`lab`] is the task that owns one lab, with its [`log`],
//! its [`intake`] of what browsers saw and its [`subscriber`]s. [`socket`] is one page's control socket, [`api`] the
//! addresses on the site's origin, with those of the [`faults`] in a file of their own. [`spec`] says what may be asked for, [`secret`] who may ask.
//! [`class`] is what an instructor and a room of readers share.
//!
//! Only a lab's own task changes that lab; everybody else sends it messages over bounded channels.

pub mod api;
pub mod class;
pub mod faults;
pub mod intake;
pub mod lab;
pub mod log;
pub mod rate;
pub mod rooms;
pub mod secret;
pub mod socket;
pub mod spec;
pub mod subscriber;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, routing};
pub use rooms::{Limits, Rooms};

use crate::hosts::Hosts;

/// What the handlers of the site's API share.
#[derive(Clone)]
pub struct State {
    /// The labs.
    pub rooms: Arc<Rooms>,
    /// The classes.
    pub classes: Arc<class::Classes>,
    /// Under which names we may be reached, and by which pages.
    pub hosts: Arc<Hosts>,
}

/// The site's API: making labs, and their control sockets.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/api/labs", routing::post(api::create))
        .route("/api/labs/{lab}/control", routing::get(api::control))
        .route("/api/labs/{lab}/recording", routing::get(api::record))
        .merge(faults::routes().layer(DefaultBodyLimit::max(faults::MAX_LIST)))
        .merge(class::api::routes())
        .route("/api/{*rest}", routing::any(api::nothing))
        .layer(DefaultBodyLimit::max(api::MAX_SPEC))
        .with_state(state)
}
