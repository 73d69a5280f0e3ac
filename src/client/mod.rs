//! The browser's side: the techniques over the browser's own APIs, and the control socket. Only this folder names
//! web-sys' network types.
//!
//! What can be decided without a browser is: [`aligner`], [`backoff`], [`outbox`], [`poll`], [`hold`], [`visit`], [`ladder`] and [`life`] are pure and
//! tested natively; the other files do what those say, and write down what they saw.

pub mod aligner;
pub mod backoff;
pub mod hold;
pub mod ladder;
pub mod life;
pub mod outbox;
pub mod poll;
pub mod visit;

#[cfg(feature = "hydrate")]
pub mod asker;
#[cfg(feature = "hydrate")]
pub mod body;
#[cfg(feature = "hydrate")]
pub mod browser;
#[cfg(feature = "hydrate")]
pub mod control;
#[cfg(feature = "hydrate")]
pub mod session;
#[cfg(feature = "hydrate")]
pub mod socket;
#[cfg(feature = "hydrate")]
pub mod stream;
