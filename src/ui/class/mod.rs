//! A class in the browser: the [`link`] to it, what its readers see beside a lesson ([`member`], [`bar`], [`join`]), and the
//! instructor's faces.
//!
//! Of all this a lesson's page has the [`member`] only: whether this tab belongs to a class, and a place for what the class
//! says. The rest is a part of the program that comes when it does.

#[cfg(feature = "hydrate")]
mod api;
pub mod ask;
pub mod bar;
#[cfg(feature = "hydrate")]
mod desk;
pub mod face;
pub mod join;
#[cfg(feature = "hydrate")]
pub mod link;
pub mod member;
#[cfg(feature = "hydrate")]
mod open;
#[cfg(feature = "hydrate")]
mod part;
#[cfg(feature = "hydrate")]
mod parts;
#[cfg(feature = "hydrate")]
mod reach;
#[cfg(feature = "hydrate")]
mod remote;
#[cfg(feature = "hydrate")]
mod report;
#[cfg(feature = "hydrate")]
mod room;
#[cfg(feature = "hydrate")]
mod roster;
pub mod setup;
#[cfg(feature = "hydrate")]
mod steer;
#[cfg(feature = "hydrate")]
mod vote;
#[cfg(feature = "hydrate")]
mod wall;
#[cfg(feature = "hydrate")]
mod watch;
pub mod way;
