//! The claims of the lessons, asserted on real traffic. Where a claim needs many samples, time is shrunk: intervals,
//! delays and gaps alike, so that their ratios, which the claims are about, stay as in the lesson.

mod connections;
#[cfg(target_os = "linux")]
mod crowd;
mod heartbeats;
mod long_polling;
mod network;
mod server_sent_events;
mod short_polling;
mod side_by_side;
#[path = "../support/mod.rs"]
mod support;
mod websocket;

use lifeline::{
    ledger::{Figure, Ledger},
    wire::control::Source,
};

fn random(mean_ms: u32, seed: u64) -> Source {
    Source::Random { mean_ms, seed: Some(seed) }
}

fn value(ledger: &Ledger, figure: Figure) -> f64 {
    ledger.figure(figure).unwrap_or_else(|| panic!("{figure:?} is not defined yet"))
}
