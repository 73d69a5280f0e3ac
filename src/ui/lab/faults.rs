//! The faults of a step: what each does, whether it is in force, and what a reader may do about it.

use leptos::prelude::*;

use super::rig::Rig;
use crate::{
    diagram::cause::{describe, seconds},
    fault::Fault,
    i18n::{t, tf},
    lesson::manifest::Control,
    wire::control::Command,
};

/// One line for each fault that the lab was made with or that the step offers, and for any other that is in force. One that lasts
/// for a time of its own gets a button, any other a switch.
pub fn banner(rig: Rig) -> impl IntoView {
    let mut faults = rig.spec.with_value(|spec| spec.faults.clone());
    let made = faults.len();
    let may = rig.stage.play.with_value(|play| {
        faults.extend(play.step.offer.iter().cloned());
        play.step.controls.contains(&Control::Faults)
    });
    // Without switches of its own there is nothing to say of a fault that is not in force.
    if !may {
        faults.clear();
    }
    let (alone, of) = (faults.len() == 1 && made == 1, faults.len());
    let own: Vec<u32> = faults.iter().map(|fault| fault.id).collect();
    let others = move || {
        rig.state.with(|state| {
            let others = state.faults.iter().filter(|fault| !own.contains(&fault.id));
            others.map(|fault| view! { <div class="fault" data-on="true"><span class="bolt" aria-hidden="true">"⚡"</span><span>{describe(fault)}</span></div> }).collect_view()
        })
    };
    let lines = faults.into_iter().map(|fault| line(rig, fault, may, alone)).collect_view();
    let active = move || rig.state.with(|state| state.faults.len());
    let summary = move || tf("lab.faults_many", &[("n", &active().to_string()), ("of", &of.to_string())]);
    // A step's few faults lie open; many would leave no room for the picture.
    let few = of <= FEW;
    let keeps = rig.stage.play.with_value(|play| play.step.secret);
    let secret = move || is_secret(rig);
    view! {
        {keeps.then(|| {
            view! {
                <p class="fault" data-on="false" hidden=move || !secret()>
                    {t("lab.secret")}
                </p>
            }
        })}
        <details
            class="faults"
            id="lab-faults"
            hidden=move || secret() || of == 0 && active() == 0
            open=few
            data-on=move || (active() > 0).to_string()
        >
            <summary hidden=few>{summary}</summary>
            {lines}
            {others}
        </details>
    }
}

/// Whether the reader is to find out what is wrong, and has not said it yet.
pub fn is_secret(rig: Rig) -> bool {
    rig.stage.play.with_value(|play| play.step.secret) && rig.stage.memory.with(|memory| memory.reason.is_none())
}

/// So many faults are listed without being asked for.
const FEW: usize = 4;

fn line(rig: Rig, fault: Fault, may: bool, alone: bool) -> impl IntoView {
    let words = describe(&fault);
    let lasts = fault.duration_ms;
    let id = format!("lab-fault-{}", fault.id);
    let fault = StoredValue::new(fault);
    let on = move || fault.with_value(|fault| rig.in_force(fault));
    let turn = move |_| {
        let command = if on() {
            Command::Mend { id: fault.with_value(|fault| fault.id) }
        } else {
            Command::Fault { fault: fault.get_value() }
        };
        rig.command(command);
    };
    let act = move || match (on(), lasts) {
        (true, _) => t("lab.mend"),
        (false, Some(ms)) => tf("lab.fault_for", &[("time", &seconds(ms))]),
        (false, None) if alone => t("lab.break_again"),
        (false, None) => t("lab.break"),
    };
    let said = move || if on() || !alone { words.clone() } else { t("lab.mended") };
    view! {
        <div class="fault" data-on=move || on().to_string()>
            <span class="bolt" aria-hidden="true">
                "⚡"
            </span>
            <span>{said}</span>
            <button class="pill" id=id hidden=!may disabled=move || !rig.usable() on:click=turn>
                {act}
            </button>
        </div>
    }
}
