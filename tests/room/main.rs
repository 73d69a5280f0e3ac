//! The whole server in this process, spoken to in bytes over real sockets: labs, control sockets, polls, bad input.

#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod class_labs;
mod class_members;
mod class_restart;
mod class_rights;
mod class_votes;
mod classroom;
mod control;
#[cfg(target_os = "linux")]
mod crowd;
mod events;
mod fault_api;
#[cfg(target_os = "linux")]
mod files;
mod page;
mod poll;
mod program;
mod recording;
mod server_faults;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "what needs it reads /proc"))]
mod serving;
mod silence;
mod sockets;
mod support;
#[cfg(target_os = "linux")]
mod synthetic;
