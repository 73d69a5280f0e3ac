//! The report on a page that can be printed. It is made from the file that a spreadsheet gets, so that both say the same.

use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{ask, class_path, field},
    parts::{called, twice},
    room::Room,
};
use crate::{
    class::table::{Table, read},
    i18n::{t, tf},
};

/// The report.
pub fn view(room: Room) -> AnyView {
    let tables = RwSignal::new(None::<Vec<Table>>);
    let said = RwSignal::new(t("class.coming"));
    let code = StoredValue::new(room.code());
    spawn_local(async move {
        let answer = ask("GET", &class_path(&code.get_value(), "/report.csv"), None).await;
        match answer {
            Some((200, text)) => {
                said.set(String::new());
                tables.set(Some(read(&text)));
            }
            Some((401 | 403, _)) => said.set(t("class.no_right")),
            Some((404, _)) => said.set(t("class.no_class")),
            Some((_, why)) => said.set(field(&why, "error").unwrap_or(why)),
            None => said.set(t("class.unreachable")),
        }
    });
    let delete = move || {
        spawn_local(async move {
            match ask("DELETE", &class_path(&code.get_value(), ""), None).await {
                Some((200..=299, _)) => {
                    tables.set(None);
                    said.set(t("class.deleted"));
                }
                Some((_, why)) => said.set(field(&why, "error").unwrap_or(why)),
                None => said.set(t("class.unreachable")),
            }
        });
    };
    let content = move || {
        tables.get().map(|tables| {
            let sections = tables.into_iter().map(|table| section(room, table)).collect_view();
            view! {
                {sections}
                <p class="tools remove">
                    {twice(t("class.delete"), t("class.delete_sure"), || true, delete)}
                    <span>{t("class.delete_text")}</span>
                </p>
            }
        })
    };
    view! {
        <p role="status" hidden=move || said.with(String::is_empty)>{move || said.get()}</p>
        {content}
    }
    .into_any()
}

fn section(room: Room, table: Table) -> AnyView {
    let kind = table.head.first().cloned().unwrap_or_default();
    let title = match kind.as_str() {
        "reader" => t("class.report_readers"),
        "vote" => t("class.report_votes"),
        "reached" => t("class.report_reached"),
        other => other.to_owned(),
    };
    let (count, empty) = (table.lines.len(), table.lines.is_empty());
    let heads = table
        .head
        .iter()
        .map(|name| view! { <th scope="col">{t(&["class.head_", name].concat())}</th> })
        .collect_view();
    let head = table.head.clone();
    let rows = table.lines.into_iter().map(|line| {
        let number = line.first().and_then(|no| no.parse().ok()).unwrap_or(0);
        let cells = line.into_iter().zip(&head).enumerate().map(|(nth, (text, name))| {
            let words = match name.as_str() {
                "name" if text.is_empty() => called(None, number),
                "step" | "reached" => step(room, &text),
                "vote" => ballot(room, &text),
                "joined" => time(&text),
                "left" => t(if text == "yes" { "class.yes" } else { "class.no" }),
                _ => text,
            };
            if nth == 0 {
                view! { <th scope="row">{words}</th> }.into_any()
            } else {
                view! { <td>{words}</td> }.into_any()
            }
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        <section>
            <h2>{title} " " <small>{tf("class.lines", &[("n", &count.to_string())])}</small></h2>
            <p hidden=!empty>{t("class.nothing_yet")}</p>
            <div class="scrolls" tabindex="0" role="group" aria-label=kind hidden=empty>
                <table class="sums">
                    <thead>
                        <tr>{heads}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn step(room: Room, name: &str) -> String {
    room.line(name, |line| line.title.clone()).unwrap_or_else(|| name.to_owned())
}

/// `predict/LESSON/STEP`, `before/LESSON/QUESTION`, in words.
fn ballot(room: Room, name: &str) -> String {
    let (kind, of) = name.split_once('/').unwrap_or_default();
    let question = || room.setup.with_value(|setup| setup.asked(of));
    match kind {
        "predict" => step(room, of),
        "before" => tf("class.ballot_before", &[("question", &question())]),
        "after" => tf("class.ballot_after", &[("question", &question())]),
        _ => name.to_owned(),
    }
}

/// Milliseconds since 1970 as the time of day where the page is read.
fn time(text: &str) -> String {
    let Ok(ms) = text.parse::<f64>() else { return text.to_owned() };
    let date = js_sys::Date::new(&ms.into());
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}
