//! Sockets: the lab's accept loop, the tap on every connection, and how they end. Only this folder names hyper.
//!
//! In reading order: [`accept`] takes connections and hands them to hyper, each through a [`tap`] that observes and
//! delays; [`line`] is what the tap knows of a lab, and [`common`] what a lab's connections have in common: who came, the [`narrow`] lines
//! that they share, and what a cache has [`kept`]; [`upgrade`] gives a connection away that changes its protocol;
//! [`census`] counts, [`crowd`] sums up; [`shutdown`] ends.

pub mod accept;
pub mod census;
pub mod clock;
mod common;
pub mod crowd;
mod kept;
pub mod line;
mod listener;
mod narrow;
mod plain;
pub mod shutdown;
pub mod tap;
pub mod upgrade;
