//! The reader of recordings: a second, small module for the browser. It is loaded by the page of recordings only, since
//! reading every fact from JSON takes more program than the rest of that page. See [`recording`].
//!
//! It is no part of the library: it takes from its folders what it needs, and no more ends up in it.

#![allow(dead_code, unused_imports, reason = "of the vocabulary only the reading is used here")]
#![allow(missing_docs, reason = "the library's own build asks for them")]

mod fault;
mod ledger;
mod notice;
mod recording;
mod wire;

use recording::{Header, Log, MAX_BYTES, Trouble};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wire::{Fact, Technique};

/// A module does nothing until it is asked.
fn main() {}

/// What became of a file.
#[wasm_bindgen(getter_with_clone)]
pub struct Outcome {
    /// In JSON: what the file says of itself ([`About`]), or why it cannot be shown ([`Trouble`]), as a `Result`.
    pub said: String,
    /// The log in the compact form; empty if there is none.
    pub log: Vec<u8>,
}

/// What a file says of itself.
#[derive(Serialize)]
struct About {
    header: Header,
    /// The technique of the first client.
    technique: Option<Technique>,
    /// How many observations of the run are not in the file.
    missing: u64,
}

/// Reads a file of this length in bytes. One that is too long need not be handed over: see [`longest`].
#[wasm_bindgen]
pub fn read(bytes: f64, text: &str) -> Outcome {
    let read = if bytes > longest() {
        // A whole number of bytes, far below where that would matter.
        Err(Trouble::TooLong { bytes: bytes as u64 })
    } else {
        recording::read::read(text)
    };
    let mut log = Vec::new();
    let about = read.map(|opened| {
        let recording::Opened { mut header, records, notices, footer } = opened;
        let technique = records.iter().find_map(|record| match &record.seen.fact {
            Fact::Started { settings } => Some(settings.technique),
            _ => None,
        });
        let ledger = header.ledger.take().unwrap_or_default();
        log = wire::packed::pack(&Log { ledger, records, notices, dropped: footer.dropped });
        About { header, technique, missing: footer.dropped.iter().sum::<u64>() + footer.before }
    });
    Outcome { said: serde_json::to_string(&about).unwrap_or_default(), log }
}

/// The longest file that is read, in bytes.
#[wasm_bindgen]
pub fn longest() -> f64 {
    MAX_BYTES as f64
}
