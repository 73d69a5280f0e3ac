//! Classes: where they live, and how their pages talk to them.
//!
//! In reading order: [`directory`] opens, finds and forgets classes. [`task`] owns one class: it asks the [rules](crate::class::rules),
//! stores what comes of it, and only then says that it is done; [`pages`] are those that it shows views to, [`labs`] what it does to
//! its readers' labs. [`socket`] is one page's socket, [`api`] the addresses on the site's origin, [`rights`] who may do what, [`qr`] how a
//! phone finds the way.

pub mod api;
pub mod directory;
pub mod labs;
pub mod pages;
pub mod qr;
pub mod rights;
pub mod socket;
pub mod task;

pub use directory::{Classes, Limits};
