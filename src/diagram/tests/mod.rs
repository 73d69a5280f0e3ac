//! Tests of the picture on logs that are made up here, fact by fact, as the witnesses would write them.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing has failed")]

mod bands;
mod countdown;
mod fold;
mod log;
mod network;
mod paper;
mod seats;
mod sheet;
mod sockets;
mod streams;
mod unnoticed;
