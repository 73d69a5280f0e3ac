//! A lab in a class: it tells the class that it is there and whether it runs, and does what the class says to all labs.

use leptos::prelude::*;

use super::rig::{Rig, Standing};
use crate::{
    class::order::{Steering, Wish},
    ui::class::member::Member,
};

/// Listens to the class of this tab, if there is one.
pub fn listen(rig: Rig) {
    let member = Member::here();
    let own = member.own.clone();
    let belongs = {
        let own = own.clone();
        Memo::new(move |_| own.with(Option::is_some))
    };
    let steered = {
        let own = own.clone();
        Memo::new(move |_| own.with(|own| own.as_ref().map(|own| own.common.steering)))
    };
    let technique = Memo::new(move |_| own.with(|own| own.as_ref().and_then(|own| own.technique)));

    // Each lab that is connected, once: a new one takes the place of one that the server has forgotten.
    let teller = member.clone();
    Effect::new(move |told: Option<Option<String>>| {
        let told = told.flatten();
        let live = rig.standing.get() == Standing::Live && belongs.get();
        let Some(session) = rig.session().filter(|_| live) else { return told };
        let lab = session.created().lab.clone();
        if told.as_deref() != Some(lab.as_str()) {
            teller.wish(Wish::Lab { lab: lab.clone(), secret: session.created().secret.clone() });
        }
        Some(lab.to_string())
    });
    Effect::new(move |_| {
        if belongs.get() {
            member.wish(Wish::Runs { runs: rig.running.get() });
        }
    });
    Effect::new(move |_| {
        let settings = rig.settings.get_untracked();
        if let Some(technique) = technique.get().filter(|technique| *technique != settings.technique) {
            rig.change(move |settings| settings.technique = technique);
        }
    });
    Effect::new(move |before: Option<Option<u32>>| {
        let before = before.flatten();
        let Some((times, steering)) = steered.get() else { return before };
        if before != Some(times) {
            steer(rig, steering, before.is_none());
        }
        Some(times)
    });
}

/// Does what was said to all labs. Who comes late does what still holds, and repeats nothing.
fn steer(rig: Rig, steering: Steering, late: bool) {
    match steering {
        Steering::Start if !rig.running.get_untracked() => {
            // It runs as soon as the lab is open and the prediction is locked.
            if rig.standing.get_untracked() == Standing::Live && untrack(|| rig.may_run()) {
                rig.start();
            } else {
                rig.stage.pressed.set(true);
            }
        }
        Steering::Pause | Steering::Eyes => {
            rig.stage.pressed.set(false);
            rig.stop();
        }
        Steering::Reset if !late => rig.reset(),
        Steering::Start | Steering::Reset | Steering::Free => {}
    }
}
