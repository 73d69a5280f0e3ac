//! Crowds: synthetic clients in a process of their own, so that what they cost is not counted as the server's.
//!
//! In reading order: [`order`] is what the server and that process say to each other. [`house`] is the server's side: it
//! starts a process for each crowd, within a limit for all labs together, and ends it. [`child`] is the process, with
//! [`client`] as one of its clients, [`conn`] and [`frames`] as what these speak, and [`tally`] as what they count. [`cost`] is what the server pays.
//!
//! A crowd asks as anybody could: over sockets to the lab's listener, by the addresses that the lessons teach. The one
//! thing that tells it from others is its [mark](crate::wire::address::CROWD).

pub mod child;
mod client;
mod conn;
pub mod cost;
mod frames;
pub mod house;
pub mod order;
mod tally;

pub use house::{Crowd, Crowds};

/// Lets this process open as many files as it may: a crowd needs a socket for each client, at both ends, and the ordinary
/// limit of many systems is 1,024.
pub fn more_files() {
    // Where that cannot be changed, connecting and accepting say when it is reached.
    #[cfg(unix)]
    drop(rlimit::increase_nofile_limit(u64::MAX));
}
