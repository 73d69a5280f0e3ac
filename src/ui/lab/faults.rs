//! The faults of a step: what each does, whether it is in force, and what a reader may do about it.

use leptos::prelude::*;

use super::rig::Rig;
use crate::{
    fault::{Death, Fault, Kind, Prey},
    i18n::{t, tf},
    lesson::manifest::Control,
    wire::{Close, control::Command},
};

/// One line for each fault that the lab was made with or that the step offers. One that lasts for a time of its own gets
/// a button, any other a switch.
pub fn banner(rig: Rig) -> impl IntoView {
    let mut faults = rig.spec.with_value(|spec| spec.faults.clone());
    let made = faults.len();
    let may = rig.stage.play.with_value(|play| {
        faults.extend(play.step.offer.iter().cloned());
        play.step.controls.contains(&Control::Faults)
    });
    let (alone, of) = (faults.len() == 1 && made == 1, faults.len());
    let lines = faults.into_iter().map(|fault| line(rig, fault, may, alone)).collect_view();
    let active = move || rig.state.with(|state| state.faults.len());
    let summary = move || tf("lab.faults_many", &[("n", &active().to_string()), ("of", &of.to_string())]);
    // A step's few faults lie open; the many of the free lab would leave no room for the picture.
    let few = of <= FEW;
    view! {
        <details class="faults" id="lab-faults" hidden=of == 0 open=few data-on=move || (active() > 0).to_string()>
            <summary hidden=few>{summary}</summary>
            {lines}
        </details>
    }
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

/// A fault in a reader's words.
fn describe(fault: &Fault) -> String {
    let share = format!("{:.0}", fault.probability * 100.0);
    let close = |how| t(if how == Close::Fin { "lab.how_fin" } else { "lab.how_rst" });
    match fault.kind {
        Kind::SlowAnswers { max_ms, .. } => {
            tf("lab.fault_slow_answers", &[("share", &share), ("max", &seconds(max_ms))])
        }
        Kind::Latency { base_ms, jitter_ms } => {
            tf("lab.fault_latency", &[("base", &seconds(base_ms)), ("jitter", &seconds(jitter_ms))])
        }
        Kind::Stall => t("lab.fault_stall"),
        Kind::Blackhole => t("lab.fault_blackhole"),
        Kind::Cut { how, .. } => tf("lab.fault_cut", &[("how", &close(how))]),
        Kind::IdleKiller { after_ms, how } => {
            let how = match how {
                Death::Fin => close(Close::Fin),
                Death::Rst => close(Close::Rst),
                Death::Silent => t("lab.how_silent"),
            };
            tf("lab.fault_idle_killer", &[("time", &seconds(after_ms)), ("how", &how)])
        }
        Kind::Buffer { bytes, .. } => {
            let bytes = format!("{:.1}\u{a0}kB", f64::from(bytes) / 1000.0);
            tf("lab.fault_buffer", &[("bytes", &bytes)])
        }
        Kind::Swallow { what } => {
            let what = match what {
                Prey::Pings => "lab.what_pings",
                Prey::Pongs => "lab.what_pongs",
                Prey::Beats => "lab.what_beats",
                Prey::Comments => "lab.what_comments",
            };
            tf("lab.fault_swallow", &[("what", &t(what))])
        }
        Kind::Status { code } => tf("lab.fault_status", &[("code", &code.to_string())]),
        Kind::ShortHistory { keep } => tf("lab.fault_short_history", &[("keep", &keep.to_string())]),
        Kind::NoId => t("lab.fault_no_id"),
        Kind::Retry { ms } => tf("lab.fault_retry", &[("time", &seconds(ms))]),
        Kind::NoComments => t("lab.fault_no_comments"),
        Kind::WrongType => t("lab.fault_wrong_type"),
        Kind::Restart => t("lab.fault_restart"),
        Kind::StripUpgrade => t("lab.fault_strip_upgrade"),
    }
}

/// Number and unit stay on one line.
fn seconds(ms: u32) -> String {
    format!("{}\u{a0}s", f64::from(ms) / 1000.0)
}
