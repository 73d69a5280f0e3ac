//! The faults of a step: what each does, whether it is in force, and what a reader may do about it.

use leptos::prelude::*;

use super::rig::Rig;
use crate::{
    fault::{Death, Fault, Goodbye, Kind, Overflow, Prey, Stripped},
    i18n::{t, tf},
    lesson::manifest::Control,
    wire::{Close, control::Command},
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
    let secret = move || {
        rig.stage.play.with_value(|play| play.step.secret) && rig.stage.memory.with(|memory| memory.reason.is_none())
    };
    view! {
        <p class="fault" data-on="false" hidden=move || !secret()>
            {t("lab.secret")}
        </p>
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
    let value = |word: &str| t(&format!("fault.value_{word}"));
    let share = format!("{:.0}", fault.probability * 100.0);
    let close = |how| value(if how == Close::Fin { "fin" } else { "rst" });
    let params: Vec<(&str, String)> = match fault.kind {
        Kind::SlowAnswers { max_ms, .. } => vec![("share", share), ("max", seconds(max_ms))],
        Kind::Latency { base_ms, jitter_ms, .. } => vec![("base", seconds(base_ms)), ("jitter", seconds(jitter_ms))],
        Kind::Cut { how, .. } => vec![("how", close(how))],
        Kind::IdleKiller { after_ms, how } => {
            let how = match how {
                Death::Fin => close(Close::Fin),
                Death::Rst => close(Close::Rst),
                Death::Silent => value("silent"),
            };
            vec![("time", seconds(after_ms)), ("how", how)]
        }
        Kind::Buffer { bytes, .. } | Kind::Slice { bytes, .. } => vec![("bytes", size(bytes))],
        Kind::Swallow { what } => {
            let what = match what {
                Prey::Pings => "pings",
                Prey::Pongs => "pongs",
                Prey::Beats => "beats",
                Prey::Comments => "comments",
            };
            vec![("what", value(what))]
        }
        Kind::Status { code, .. } => vec![("code", code.to_string())],
        Kind::ShortHistory { keep } => vec![("keep", keep.to_string())],
        Kind::Retry { ms } | Kind::SlowClose { ms } => vec![("time", seconds(ms))],
        Kind::Restart { how, .. } => {
            let how = match how {
                Goodbye::Drain => "drain",
                Goodbye::Kill => "kill",
                Goodbye::Rotate => "rotate",
            };
            vec![("how", value(how))]
        }
        Kind::StripUpgrade { answer } => {
            let answer = match answer {
                Stripped::UpgradeRequired => "upgrade_required",
                Stripped::BadRequest => "bad_request",
                Stripped::Ok => "ok",
                Stripped::Hang => "hang",
            };
            vec![("what", value(answer))]
        }
        Kind::Tail { times } => vec![("share", share), ("times", times.to_string())],
        Kind::Bandwidth { bytes_per_s, .. } => vec![("rate", size(bytes_per_s))],
        Kind::Loss { .. } | Kind::NeverAnswer => vec![("share", share)],
        Kind::SlowConnect { wait_ms: ms } | Kind::MaxRequest { after_ms: ms } | Kind::StaleCache { ttl_ms: ms } => {
            vec![("time", seconds(ms))]
        }
        Kind::Reorder { window } => vec![("window", window.to_string())],
        Kind::Overload { at_once, pause_ms } => vec![("n", at_once.to_string()), ("time", seconds(pause_ms))],
        Kind::CloseCode { code } => {
            let how =
                code.map_or_else(|| value("no_frame"), |code| tf("fault.value_code", &[("code", &code.to_string())]));
            vec![("code", how)]
        }
        Kind::SlowReader { bytes_per_s, policy } => {
            let policy = if policy == Overflow::Disconnect { "disconnect" } else { "drop_oldest" };
            vec![("rate", size(bytes_per_s)), ("what", value(policy))]
        }
        Kind::ClockDrift { ahead_ms, ppm } => {
            vec![("ahead", format!("{}\u{a0}s", f64::from(ahead_ms) / 1000.0)), ("ppm", ppm.to_string())]
        }
        Kind::Stall
        | Kind::Blackhole
        | Kind::NoId
        | Kind::NoComments
        | Kind::WrongType
        | Kind::Refuse
        | Kind::Duplicate { .. }
        | Kind::Hidden
        | Kind::Frozen
        | Kind::Offline
        | Kind::Asleep => Vec::new(),
    };
    let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    tf(&format!("fault.{}", fault.kind.name()), &params)
}

/// Bytes as kilobytes.
fn size(bytes: u32) -> String {
    format!("{:.1}\u{a0}kB", f64::from(bytes) / 1000.0)
}

/// Number and unit stay on one line.
fn seconds(ms: u32) -> String {
    format!("{}\u{a0}s", f64::from(ms) / 1000.0)
}
