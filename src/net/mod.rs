//! Sockets: the lab's accept loop, the tap on every connection, and how they end. Only this folder names hyper.
//!
//! In reading order: [`accept`] takes connections and hands them to hyper, each through a [`tap`] that observes and
//! delays; [`line`] is what the tap knows of a lab; [`upgrade`] gives a connection away that changes its protocol;
//! [`census`] counts, [`crowd`] sums up; [`shutdown`] ends.

pub mod accept;
pub mod census;
pub mod clock;
pub mod crowd;
pub mod line;
mod listener;
mod plain;
pub mod shutdown;
pub mod tap;
pub mod upgrade;
