//! What the log tells of one kind of thing beside another: techniques, crowds, ways to come back. Each at what price.

use leptos::prelude::*;

use super::{controls::RECONNECTS, rig::Rig};
use crate::{
    i18n::t,
    ledger::{Check, Figure},
    lesson::manifest::Control,
    ui::{evidence::TECHNIQUES, figures},
    wire::{Technique, observation::Reconnect},
};

/// A row: whom it is about, and its name.
type Row = (Option<Technique>, Option<Reconnect>, String);

/// A table with a row for each technique that the page's clients used in the run.
pub fn table(rig: Rig) -> impl IntoView {
    const FIGURES: [Figure; 4] = [Figure::Requests, Figure::Delivered, Figure::DelayMedian, Figure::BytesPerUpdate];
    // What is drawn is no update.
    const PAD: [Figure; 4] = [Figure::Requests, Figure::Sent, Figure::Payload, Figure::Bytes];
    let pad = rig.stage.play.with_value(|play| play.step.controls.contains(&Control::Pad));
    rows(rig, "lab.technique", techniques(), if pad { &PAD } else { &FIGURES }, 1)
}

/// The same for crowds, from the second technique on.
pub fn crowds(rig: Rig) -> impl IntoView {
    const FIGURES: [Figure; 5] = [
        Figure::CrowdRequests,
        Figure::CrowdDelivered,
        Figure::ServerMemoryPerClient,
        Figure::CrowdCpu,
        Figure::CpuPerUpdate,
    ];
    rows(rig, "lab.technique", techniques(), &FIGURES, 2)
}

/// The ways in which crowds came back, from the second on.
pub fn returns(rig: Rig) -> impl IntoView {
    const FIGURES: [Figure; 2] = [Figure::ReconnectPeak, Figure::CrowdRequests];
    let ways = RECONNECTS.map(|(name, way)| (None, Some(way), t(&format!("lab.reconnect_{name}"))));
    rows(rig, "lab.reconnect", ways.to_vec(), &FIGURES, 2)
}

fn techniques() -> Vec<Row> {
    TECHNIQUES.map(|(technique, name)| (Some(technique), None, t(name))).to_vec()
}

/// A table of those rows that the first figure is about, if there are at least so many.
fn rows(rig: Rig, title: &str, all: Vec<Row>, columns: &'static [Figure], least: usize) -> impl IntoView {
    let value = move |(technique, reconnect), figure| {
        let check = Check { technique, reconnect, ..Check::about(figure) };
        rig.stage.ledger.with(|ledger| ledger.figure_of(&check))
    };
    let used = move |whom| value(whom, columns[0]) > Some(0.0);
    let whom: Vec<_> = all.iter().map(|row| (row.0, row.1)).collect();
    let line = move |(technique, reconnect, name): Row| {
        let whom = (technique, reconnect);
        let cell = move |figure| {
            let (number, unit) = figures::number(figure, value(whom, figure));
            format!("{number}\u{a0}{unit}")
        };
        let cells = columns.iter().map(|figure| view! { <td>{move || cell(*figure)}</td> }).collect_view();
        view! {
            <tr hidden=move || !used(whom)>
                <th scope="row">{name}</th>
                {cells}
            </tr>
        }
    };
    let heads = columns.iter().map(|figure| view! { <th scope="col">{t(&figures::key(*figure))}</th> }).collect_view();
    view! {
        <table class="compare" hidden=move || whom.iter().filter(|whom| used(**whom)).count() < least>
            <thead>
                <tr>
                    <th scope="col">{t(title)}</th>
                    {heads}
                </tr>
            </thead>
            <tbody>{all.into_iter().map(line).collect_view()}</tbody>
        </table>
    }
}
