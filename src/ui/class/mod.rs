//! A class in the browser: the [`link`] to it, what its readers see beside a lesson ([`member`], [`bar`], [`join`]), and the
//! instructor's faces.
//!
//! Of all this a lesson's page has the [`member`] only: whether this tab belongs to a class, and a place for what the class
//! says. The rest is a part of the program that comes when it does.

pub mod ask;
pub mod bar;
pub mod join;
#[cfg(feature = "hydrate")]
pub mod link;
pub mod member;
#[cfg(feature = "hydrate")]
mod reach;
pub mod way;
