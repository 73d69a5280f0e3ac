//! Whether a run of a step can give a figure at all: a goal that asks for another one could never be met.

use super::manifest::{Control, Step};
use crate::{
    ledger::{Check, Figure},
    wire::{
        Technique,
        observation::{Ask, ClientSettings, Cure},
    },
};

/// Why no run of this step gives the figure, if none does.
pub fn impossible(step: &Step, figure: Figure) -> Option<String> {
    let client = &step.client;
    let has = |control| step.controls.contains(&control);
    let any = |is: &dyn Fn(&ClientSettings) -> bool| step.clients().any(is);
    let asks = |ask: Ask| any(&|client| client.ask == ask) || has(Control::Ask);
    let cures = |cure: Cure| any(&|client| client.cure == cure) || has(Control::Cure);
    let board = asks(Ask::Board) || asks(Ask::BoardIfChanged);
    let several = has(Control::Technique) || has(Control::Beside);
    let uses = |technique| any(&|client| client.technique == technique || climbs(client, technique)) || several;
    let visit = uses(Technique::Request);
    let news = (board || asks(Ask::Updates)) && (client.technique != Technique::Request || several);
    let poll = uses(Technique::ShortPoll);
    let hold = uses(Technique::LongPoll);
    let stream = uses(Technique::Sse);
    let socket = uses(Technique::WebSocket);
    let fits = match figure {
        Figure::NotModified => poll && asks(Ask::BoardIfChanged),
        Figure::JobsDone | Figure::JobResults => poll && asks(Ask::Job) || stream && has(Control::Job),
        Figure::Messages | Figure::Reconnects | Figure::Recovered | Figure::LongestStream => stream || socket,
        Figure::NoticedByPage => socket && (client.beat_ms.is_some() || has(Control::Beat)),
        Figure::NoticedByServer => socket && (client.pong_timeout_ms.is_some() || has(Control::Ping)),
        Figure::Sent => socket && (client.beat_ms.is_some() || has(Control::Beat) || has(Control::Pad)),
        Figure::Held | Figure::Freed | Figure::HoldMean => hold,
        Figure::TurnedBack | Figure::PickedTurnedBack => poll && board,
        Figure::Ignored => poll && board && cures(Cure::Sequence),
        // A held request is given up when the reader pauses.
        Figure::Aborted => hold || poll && cures(Cure::Abort),
        Figure::Skipped => poll && cures(Cure::NoOverlap),
        Figure::Published
        | Figure::Delivered
        | Figure::DeliveredByHand
        | Figure::Lost
        | Figure::Duplicated
        | Figure::HeadPerPayload
        | Figure::DelayMean
        | Figure::DelayMedian
        | Figure::DelayP95
        | Figure::DelayMax
        | Figure::BytesPerUpdate => news,
        Figure::Empty | Figure::EmptyShare | Figure::WastedBytes | Figure::PickedEmpty => poll || hold,
        Figure::LoadTime | Figure::ServerClosed => visit,
        Figure::SaidClose | Figure::PickedSaidClose => visit && (client.closing || has(Control::Closing)),
        Figure::OutOfOrder
        | Figure::Failed
        | Figure::Reused
        | Figure::OpenedNew
        | Figure::Repeated
        | Figure::SaidKeepAlive
        | Figure::PickedReused
        | Figure::Requests
        | Figure::Answers
        | Figure::HeadUp
        | Figure::HeadDown
        | Figure::Payload
        | Figure::Bytes
        | Figure::OutsideRequests
        | Figure::OutsideDelivered
        | Figure::OutsideLost
        | Figure::Connections => true,
        Figure::CrowdConnected
        | Figure::CrowdHeld
        | Figure::CrowdRequests
        | Figure::CrowdRate
        | Figure::CrowdDelivered
        | Figure::CrowdLost
        | Figure::ServerMemoryPerClient
        | Figure::CrowdCpu
        | Figure::ReconnectPeak
        | Figure::ServerMemory
        | Figure::CpuPerUpdate
        | Figure::CrowdDelay => has(Control::Crowd),
    };
    (!fits).then(|| format!("{figure:?} cannot come from this step's client and controls"))
}

/// Whether a client may come to this technique on the ladder of fallbacks.
fn climbs(client: &ClientSettings, technique: Technique) -> bool {
    client.ladder && matches!(technique, Technique::WebSocket | Technique::Sse | Technique::LongPoll)
}

/// Why no run of this step meets the condition, if none does.
pub fn unmeetable(step: &Step, check: &Check) -> Option<String> {
    let client = &step.client;
    let has = |control| step.controls.contains(&control);
    if let Some(why) = impossible(step, check.figure) {
        return Some(why);
    }
    if check.at_least.is_none() && check.at_most.is_none() {
        return Some(format!("{:?} has neither at_least nor at_most", check.figure));
    }
    if let (Some(least), Some(most)) = (check.at_least, check.at_most)
        && least > most
    {
        return Some(format!("{:?} cannot be at least {least} and at most {most}", check.figure));
    }
    if check.figure.is_of_crowd() {
        // Its technique and its way to come back can be chosen wherever there is one.
        return None;
    }
    // One of the clients has to be what it asks about, or to be made so by a control.
    let nobody = |is: &dyn Fn(&ClientSettings) -> bool| !step.clients().any(is);
    let several = has(Control::Technique) || has(Control::Beside);
    if check
        .technique
        .is_some_and(|technique| nobody(&|client| client.technique == technique || climbs(client, technique)))
        && !several
    {
        return Some(format!("{:?} asks for a technique that the step does not offer", check.figure));
    }
    if check.cure.is_some_and(|cure| nobody(&|client| client.cure == cure)) && !has(Control::Cure) {
        return Some(format!("{:?} asks for a cure that the step does not offer", check.figure));
    }
    if check.ask.is_some_and(|ask| nobody(&|client| client.ask == ask)) && !has(Control::Ask) {
        return Some(format!("{:?} asks for a request that the step does not offer", check.figure));
    }
    let outside = check.interval_from_ms.is_some_and(|from| client.interval_ms < from)
        || check.interval_to_ms.is_some_and(|to| client.interval_ms > to);
    if outside && !has(Control::Interval) {
        return Some(format!("{:?} asks for an interval that the step does not offer", check.figure));
    }
    let held = check.hold_from_ms.is_some_and(|from| client.hold_ms < from)
        || check.hold_to_ms.is_some_and(|to| client.hold_ms > to);
    if held && !has(Control::Hold) {
        return Some(format!("{:?} asks for a hold that the step does not offer", check.figure));
    }
    if check.cursor.is_some_and(|cursor| nobody(&|client| client.cursor == cursor)) && !has(Control::Cursor) {
        return Some(format!("{:?} asks for a cursor, or none, which the step does not offer", check.figure));
    }
    if check.batch.is_some_and(|batch| nobody(&|client| client.batch == batch)) && !has(Control::Batch) {
        return Some(format!("{:?} asks for a batch, or none, which the step does not offer", check.figure));
    }
    if check.named.is_some_and(|named| nobody(&|client| client.named == named)) && !has(Control::Named) {
        return Some(format!("{:?} asks for a way to listen that the step does not offer", check.figure));
    }
    if check.reconnect.is_some_and(|reconnect| nobody(&|client| client.reconnect == reconnect))
        && !has(Control::Reconnect)
    {
        return Some(format!("{:?} asks for a way to come back that the step does not offer", check.figure));
    }
    if check.closing.is_some_and(|closing| nobody(&|client| client.closing == closing)) && !has(Control::Closing) {
        return Some(format!(
            "{:?} asks for answers that end their connection, or not, which the step does not offer",
            check.figure
        ));
    }
    None
}
