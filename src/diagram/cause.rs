//! A fault in a reader's words: what is in force, and what was the cause of something.

use crate::{
    fault::{Death, Fault, Goodbye, Kind, Overflow, Prey, Stripped},
    i18n::{t, tf},
    wire::Close,
};

/// What it does, in one line.
pub fn describe(fault: &Fault) -> String {
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
pub fn seconds(ms: u32) -> String {
    format!("{}\u{a0}s", f64::from(ms) / 1000.0)
}
