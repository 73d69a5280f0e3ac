//! What the reader's own runs showed of each technique: kept in this browser when a run ends, and shown where the course
//! argues from it.

use leptos::prelude::*;

use super::figures;
use crate::{i18n::t, ledger::Figure, wire::Technique};

/// The techniques with the keys of their names.
pub const TECHNIQUES: [(Technique, &str); 4] = [
    (Technique::ShortPoll, "lab.technique_short"),
    (Technique::LongPoll, "lab.technique_long"),
    (Technique::Sse, "lab.technique_sse"),
    (Technique::WebSocket, "lab.technique_socket"),
];

/// What is kept of each.
const FIGURES: [Figure; 4] = [Figure::Delivered, Figure::Requests, Figure::DelayMedian, Figure::BytesPerUpdate];

/// The fewest updates of a run from which anything can be argued.
#[cfg(feature = "hydrate")]
const ENOUGH: f64 = 3.0;

/// Where this browser keeps it.
#[cfg(feature = "hydrate")]
fn place(key: &str) -> String {
    format!("lifeline/evidence/{key}")
}

/// Keeps what a run shows of each technique that brought enough.
#[cfg(feature = "hydrate")]
pub fn keep(ledger: &crate::ledger::Ledger) {
    use crate::ledger::Check;

    for (technique, key) in TECHNIQUES {
        let of = |figure| ledger.figure_of(&Check { technique: Some(technique), ..Check::about(figure) });
        if of(Figure::Delivered) >= Some(ENOUGH) {
            let values = FIGURES.map(|figure| of(figure).map_or_else(|| "-".to_owned(), |value| format!("{value:.0}")));
            crate::client::browser::keep(&place(key), &values.join(" "));
        }
    }
}

/// The table. Empty until the page is alive: only the browser knows what was kept.
#[island]
pub fn Evidence() -> impl IntoView {
    let kept = RwSignal::new(Vec::<(&'static str, Vec<Option<f64>>)>::new());
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let read = TECHNIQUES.iter().filter_map(|(_, key)| {
            let text = crate::client::browser::recall(&place(key))?;
            Some((*key, text.split(' ').map(|value| value.parse::<u32>().ok().map(f64::from)).collect()))
        });
        kept.set(read.collect());
    });
    let heads = FIGURES.map(|figure| view! { <th scope="col">{t(&figures::key(figure))}</th> });
    let rows = move || {
        let row = |(key, values): (&'static str, Vec<Option<f64>>)| {
            let cells = FIGURES.iter().zip(values).map(|(figure, value)| {
                let (number, unit) = figures::number(*figure, value);
                view! { <td>{format!("{number}\u{a0}{unit}")}</td> }
            });
            view! {
                <tr>
                    <th scope="row">{t(key)}</th>
                    {cells.collect_view()}
                </tr>
            }
        };
        kept.get().into_iter().map(row).collect_view()
    };
    view! {
        <p hidden=move || !kept.with(Vec::is_empty)>{t("lab.evidence_none")}</p>
        <table class="compare" hidden=move || kept.with(Vec::is_empty)>
            <thead>
                <tr>
                    <th scope="col">{t("lab.technique")}</th>
                    {heads.into_iter().collect_view()}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}
