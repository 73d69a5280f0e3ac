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

use recording::{MAX_BYTES, Opened, Trouble};
use wasm_bindgen::prelude::wasm_bindgen;

/// A module does nothing until it is asked.
fn main() {}

/// A file of this length in bytes becomes a recording, or a reason why it is none: `Result<Opened, Trouble>` in the
/// compact form. One that is too long need not be read at all: see [`longest`].
#[wasm_bindgen]
pub fn read(bytes: f64, text: &str) -> Vec<u8> {
    let whole = if bytes > longest() {
        // A whole number of bytes, far below where that would matter.
        Err(Trouble::TooLong { bytes: bytes as u64 })
    } else {
        recording::read::read(text)
    };
    let whole: Result<Opened, Trouble> = whole;
    wire::packed::pack(&whole)
}

/// The longest file that is read, in bytes.
#[wasm_bindgen]
pub fn longest() -> f64 {
    MAX_BYTES as f64
}
