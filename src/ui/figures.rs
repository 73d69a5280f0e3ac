//! Figures as a reader sees them: a name, a number, a unit.

use leptos::prelude::*;

use super::stage::Stage;
use crate::{i18n::t, ledger::Figure};

/// The number with its unit; a dash where there is none yet.
pub fn number(figure: Figure, value: Option<f64>) -> (String, &'static str) {
    use Figure::*;
    let Some(value) = value else { return ("–".to_owned(), "") };
    match figure {
        EmptyShare => (format!("{value:.0}"), "%"),
        LoadTime | LongestStream | NoticedByPage | NoticedByServer | HoldMean | DelayMean | DelayMedian | DelayP95
        | DelayMax | CrowdCpu | CrowdDelay
            if value < 1000.0 =>
        {
            (format!("{value:.0}"), "ms")
        }
        LoadTime | LongestStream | NoticedByPage | NoticedByServer | HoldMean | DelayMean | DelayMedian | DelayP95
        | DelayMax | CrowdCpu | CrowdDelay => (format!("{:.2}", value / 1000.0), "s"),
        HeadUp | HeadDown | Payload | WastedBytes | Bytes | BytesPerUpdate | ServerMemoryPerClient
            if value < 10_000.0 =>
        {
            (format!("{value:.0}"), "B")
        }
        HeadUp | HeadDown | Payload | WastedBytes | Bytes | BytesPerUpdate | ServerMemoryPerClient => {
            (format!("{:.1}", value / 1000.0), "kB")
        }
        HeadPerPayload => (format!("{value:.1}"), "×"),
        ServerMemory => (format!("{:.1}", value / 1e6), "MB"),
        CpuPerUpdate => (format!("{value:.0}"), "µs"),
        CrowdRate | ReconnectPeak => (format!("{value:.0}"), "/s"),
        _ => (format!("{value:.0}"), ""),
    }
}

/// The key of a figure's name: the name it has in the lesson files.
pub fn key(figure: Figure) -> String {
    let name = serde_json::to_string(&figure).unwrap_or_default();
    format!("figure.{}", name.trim_matches('"'))
}

/// One figure of the run, live.
pub fn live(stage: Stage, figure: Figure) -> impl IntoView {
    let shown = move || stage.ledger.with(|ledger| number(figure, ledger.figure(figure)));
    view! {
        <div class="figure" data-figure=key(figure)>
            <span>{t(&key(figure))}</span>
            <strong>{move || shown().0}</strong>
            <em>{move || shown().1}</em>
        </div>
    }
}

/// The figures of the fold-out, in the order in which they are read.
pub const ALL: [Figure; 61] = [
    Figure::Published,
    Figure::Delivered,
    Figure::DeliveredByHand,
    Figure::Lost,
    Figure::Duplicated,
    Figure::OutOfOrder,
    Figure::TurnedBack,
    Figure::Ignored,
    Figure::Skipped,
    Figure::Requests,
    Figure::Answers,
    Figure::Empty,
    Figure::EmptyShare,
    Figure::NotModified,
    Figure::Aborted,
    Figure::Messages,
    Figure::Sent,
    Figure::Reconnects,
    Figure::Recovered,
    Figure::Failed,
    Figure::LongestStream,
    Figure::NoticedByPage,
    Figure::NoticedByServer,
    Figure::Held,
    Figure::HoldMean,
    Figure::Freed,
    Figure::JobsDone,
    Figure::JobResults,
    Figure::Connections,
    Figure::Bytes,
    Figure::BytesPerUpdate,
    Figure::HeadUp,
    Figure::HeadDown,
    Figure::Payload,
    Figure::WastedBytes,
    Figure::DelayMean,
    Figure::DelayMedian,
    Figure::DelayP95,
    Figure::DelayMax,
    Figure::OpenedNew,
    Figure::Reused,
    Figure::ServerClosed,
    Figure::Repeated,
    Figure::SaidClose,
    Figure::SaidKeepAlive,
    Figure::LoadTime,
    Figure::OutsideRequests,
    Figure::OutsideDelivered,
    Figure::OutsideLost,
    Figure::CrowdConnected,
    Figure::CrowdHeld,
    Figure::CrowdRequests,
    Figure::CrowdRate,
    Figure::CrowdDelivered,
    Figure::CrowdLost,
    Figure::ServerMemoryPerClient,
    Figure::CrowdCpu,
    Figure::ReconnectPeak,
    Figure::ServerMemory,
    Figure::CpuPerUpdate,
    Figure::CrowdDelay,
];
