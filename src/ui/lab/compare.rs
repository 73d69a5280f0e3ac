//! The techniques of one run side by side: what each of them brought, how late, and at what price.

use leptos::prelude::*;

use super::rig::Rig;
use crate::{
    i18n::t,
    ledger::{Check, Figure},
    lesson::manifest::Control,
    ui::{evidence::TECHNIQUES, figures},
    wire::Technique,
};

/// What the pad's clients are compared by: what is drawn is no update.
const PAD: [Figure; 4] = [Figure::Requests, Figure::Sent, Figure::Payload, Figure::Bytes];

/// The columns.
const FIGURES: [Figure; 4] = [Figure::Requests, Figure::Delivered, Figure::DelayMedian, Figure::BytesPerUpdate];

/// A table with a row for each technique that was used in the run.
pub fn table(rig: Rig) -> impl IntoView {
    let all = TECHNIQUES;
    let pad = rig.stage.play.with_value(|play| play.step.controls.contains(&Control::Pad));
    let columns = if pad { PAD } else { FIGURES };
    let used = move |technique| {
        let check = Check { technique: Some(technique), ..Check::about(Figure::Requests) };
        rig.stage.ledger.with(|ledger| ledger.figure_of(&check)) > Some(0.0)
    };
    let cell = move |technique, figure| {
        let check = Check { technique: Some(technique), ..Check::about(figure) };
        let (number, unit) = figures::number(figure, rig.stage.ledger.with(|ledger| ledger.figure_of(&check)));
        format!("{number}\u{a0}{unit}")
    };
    let row = move |(technique, name): (Technique, &'static str)| {
        let cells = columns.map(|figure| view! { <td>{move || cell(technique, figure)}</td> });
        view! {
            <tr hidden=move || !used(technique)>
                <th scope="row">{t(name)}</th>
                {cells.into_iter().collect_view()}
            </tr>
        }
    };
    let heads = columns.map(|figure| view! { <th scope="col">{t(&figures::key(figure))}</th> });
    view! {
        <table class="compare" hidden=move || !all.iter().any(|(technique, _)| used(*technique))>
            <thead>
                <tr>
                    <th scope="col">{t("lab.technique")}</th>
                    {heads.into_iter().collect_view()}
                </tr>
            </thead>
            <tbody>{all.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
