//! A lab without a server: its log comes from a file. Files are opened by the page's own script (`src/ui/recording.js`),
//! which hands the log over in an event.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::MessageEvent;

use super::rig::Rig;
use crate::{
    recording::Log,
    wire::{Micros, packed::unpack},
};

/// Listens for what the script says: a log, if one was opened, and the moment to be shown, in microseconds of the run.
pub fn listen(rig: Rig) {
    let said = window_event_listener_untyped("recording", move |event| {
        let said: js_sys::Array = event.unchecked_into::<MessageEvent>().data().unchecked_into();
        if let Ok(bytes) = said.get(0).dyn_into::<js_sys::Uint8Array>()
            && let Ok(log) = unpack(&bytes.to_vec())
        {
            show(rig, log);
        }
        if let Some(moment) = rig.moment {
            moment.go.set(said.get(1).as_f64().map(|at| at as Micros));
        }
    });
    on_cleanup(move || said.remove());
    Effect::new(move |_| rig.stage.ready.set(true));
}

fn show(rig: Rig, log: Log) {
    let Log { mut ledger, records, notices, dropped } = log;
    records.iter().for_each(|record| ledger.apply(&record.seen));
    rig.selected.set(None);
    rig.state.update(|state| (state.notices, state.dropped) = (notices, dropped));
    rig.stage.ledger.set(*ledger);
    rig.reel.clear();
    rig.reel.push(&records);
}
