//! The run as a table: the same facts for those who would rather read than look.

use leptos::prelude::*;

use super::{
    fold::{ExchangeKey, Scene},
    mark::Outcome,
    quantity::{bytes, moment, number, span},
    reel::Reel,
    told::Told,
    words::outcome,
};
use crate::{
    i18n::{t, tf},
    wire::Micros,
};

/// Rows of one page.
pub const ROWS: usize = 50;

/// The exchanges of a run, in pages, the last of which is shown until the reader turns. Picking a row picks the exchange.
#[component]
pub fn Table(
    /// The run.
    reel: Reel,
    /// The exchange that the reader picked.
    selected: RwSignal<Option<ExchangeKey>>,
) -> impl IntoView {
    let turned = RwSignal::new(None::<usize>);
    let pages = Memo::new(move |_| {
        reel.track();
        reel.with(|scene| scene.story().list.len().div_ceil(ROWS).max(1))
    });
    let page = Memo::new(move |_| turned.get().unwrap_or(usize::MAX).min(pages.get() - 1));
    let rows = Memo::new(move |_| {
        reel.track();
        let first = page.get() * ROWS;
        reel.with(|scene| {
            scene.story().list.iter().skip(first).take(ROWS).map(|told| Row::of(scene, told)).collect::<Vec<_>>()
        })
    });
    let turn = move |by: isize| {
        let to = page.get_untracked().saturating_add_signed(by);
        turned.set((to + 1 < pages.get_untracked()).then_some(to));
    };
    let heads: Vec<_> = COLUMNS.iter().map(|key| view! { <th scope="col">{t(key)}</th> }).collect();
    view! {
        <div class="pc-table">
            <div class="pc-table-scroll" tabindex="0" role="region" aria-label=t("picture.table")>
                <table>
                    <caption>{t("picture.table")}</caption>
                    <thead>
                        <tr>{heads}</tr>
                    </thead>
                    <tbody>
                        <For each=move || rows.get() key=Row::clone children=move |row| row.view(selected) />
                    </tbody>
                </table>
            </div>
            <div class="pc-pages" hidden=move || pages.get() < 2>
                <button disabled=move || page.get() == 0 on:click=move |_| turn(-1)>
                    {t("picture.previous")}
                </button>
                <span>
                    {move || {
                        let (page, pages) = (number(page.get() as u64 + 1), number(pages.get() as u64));
                        tf("picture.page_of", &[("page", &page), ("pages", &pages)])
                    }}
                </span>
                <button disabled=move || page.get() + 1 >= pages.get() on:click=move |_| turn(1)>
                    {t("picture.next")}
                </button>
            </div>
        </div>
    }
}

const COLUMNS: [&str; 10] = [
    "picture.col_number",
    "picture.col_client",
    "picture.col_sent",
    "picture.col_back",
    "picture.col_took",
    "picture.col_status",
    "picture.col_what",
    "picture.col_up",
    "picture.col_down",
    "picture.col_conn",
];

/// One exchange, as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    key: ExchangeKey,
    bad: bool,
    cells: [String; 10],
}

impl Row {
    /// The row of an exchange.
    pub fn of(scene: &Scene, told: &Told) -> Self {
        let at = |at: Option<Micros>| at.map(|at| moment(at - scene.start())).unwrap_or_default();
        let client = match told.key {
            ExchangeKey::Client { client, .. } => number(u64::from(client)),
            ExchangeKey::Loose { .. } => t("picture.outside_short"),
        };
        let conns: Vec<String> = told.tries.iter().map(|t| number(u64::from(t.conn))).collect();
        // Requests of these techniques have no body: what else goes up are the frames of a client.
        let up = told.bytes.head_up + told.bytes.up;
        let down = told.bytes.total() - up;
        Self {
            key: told.key,
            bad: told.turned_back().is_some() || told.status.is_some_and(|status| status >= 400),
            cells: [
                number(u64::from(told.key.number())),
                client,
                at(Some(told.start())),
                at(told.answered),
                told.took().map(span).unwrap_or_default(),
                told.status.map(|status| number(u64::from(status))).unwrap_or_default(),
                outcome(tf, &Outcome::of(told)),
                bytes(up),
                bytes(down),
                conns.join(", "),
            ],
        }
    }

    fn view(self, selected: RwSignal<Option<ExchangeKey>>) -> impl IntoView {
        let key = self.key;
        let mut cells = self.cells.into_iter();
        let no = cells.next().unwrap_or_default();
        let rest: Vec<_> = cells.map(|cell| view! { <td>{cell}</td> }).collect();
        view! {
            <tr class:pc-bad=self.bad class:pc-on=move || selected.get() == Some(key)>
                <th scope="row">
                    <button class="pc-row" on:click=move |_| selected.set(Some(key))>
                        {no}
                    </button>
                </th>
                {rest}
            </tr>
        }
    }
}
