//! The whole server in this process, spoken to in bytes over real sockets: labs, control sockets, polls, bad input.

#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod control;
mod poll;
mod program;
mod support;
