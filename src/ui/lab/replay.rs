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

/// Listens for what the script says, a list: a log, if one was opened; the moment that is to be shown, if one is, in
/// microseconds of the run. The moment that is shown is put at its end.
pub fn listen(rig: Rig) {
    let said = window_event_listener_untyped("recording", move |event| {
        let said: js_sys::Array = event.unchecked_into::<MessageEvent>().data().unchecked_into();
        if let Ok(bytes) = said.get(0).dyn_into::<js_sys::Uint8Array>()
            && let Ok(log) = unpack(&bytes.to_vec())
        {
            show(rig, log);
        }
        let Some(moment) = rig.moment else { return };
        if let Some(at) = said.get(1).as_f64() {
            moment.go(at as Micros);
        }
        // The answer, for who asks where the picture is.
        if let Some(here) = moment.here() {
            said.push(&(here as f64).into());
        }
    });
    on_cleanup(move || said.remove());
    // Not at once: what is made just now must be what the server rendered.
    request_animation_frame(move || rig.stage.ready.set(true));
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
