//! Small things that several faces use: buttons that give orders, a reader's name, bars, tables of sums.

use leptos::prelude::*;

use super::room::Room;
use crate::{
    class::{
        ReaderNo,
        order::{Broken, Order},
        view,
    },
    diagram::cause::describe,
    i18n::{t, tf},
    ui::evidence::TECHNIQUES,
    wire::Technique,
};

/// A button that gives an order, if there is one to give.
pub fn press(room: Room, words: String, order: impl Fn() -> Option<Order> + 'static) -> AnyView {
    view! {
        <button
            type="button"
            class="pill"
            disabled=move || !room.may()
            on:click=move |_| order().into_iter().for_each(|order| room.order(order))
        >
            {words}
        </button>
    }
    .into_any()
}

/// A button that does something only when it is pressed twice within some seconds.
pub fn twice(
    words: String,
    sure: String,
    may: impl Fn() -> bool + Send + Sync + 'static,
    act: impl Fn() + 'static,
) -> AnyView {
    let asked = RwSignal::new(false);
    let click = move |_| {
        if asked.get_untracked() {
            asked.set(false);
            return act();
        }
        asked.set(true);
        gloo_timers::callback::Timeout::new(5000, move || _ = asked.try_set(false)).forget();
    };
    view! {
        <button type="button" class="pill danger" data-asked=move || asked.get().to_string() disabled=move || !may() on:click=click>
            {move || if asked.get() { sure.clone() } else { words.clone() }}
        </button>
    }
    .into_any()
}

/// What a reader is called on the desk and on the wall.
pub fn called(name: Option<&String>, no: ReaderNo) -> String {
    name.cloned().unwrap_or_else(|| tf("class.reader", &[("n", &no.to_string())]))
}

/// What a technique is called.
pub fn technique(technique: Technique) -> String {
    TECHNIQUES
        .iter()
        .find(|(known, _)| *known == technique)
        .map_or_else(|| t("lab.technique_request"), |(_, key)| t(key))
}

/// A technique's name in `data-technique`.
pub fn hue(technique: Technique) -> &'static str {
    match technique {
        Technique::Request => "request",
        Technique::ShortPoll => "short_poll",
        Technique::LongPoll => "long_poll",
        Technique::Sse => "sse",
        Technique::WebSocket => "websocket",
    }
}

/// A number with a space between thousands, so that it can be read from far away.
pub fn large(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A bar, of a share from 0 to 1.
pub fn bar(share: impl Fn() -> f64 + Send + Sync + 'static) -> AnyView {
    view! {
        <svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <rect height="10" width=move || format!("{:.1}", share().clamp(0.0, 1.0) * 100.0)></rect>
        </svg>
    }
    .into_any()
}

/// What is broken, a line each; nothing where nothing is. A scenario may break the same thing twice: it is said once.
pub fn broken(faults: &[Broken]) -> AnyView {
    let line = |broken: &Broken| {
        let whom = whom(broken.whom);
        view! {
            <p class="fault" data-on="true">
                <span class="bolt" aria-hidden="true">"⚡"</span>
                <span>{describe(&broken.fault)} {(!whom.is_empty()).then(|| view! { <small>{whom}</small> })}</span>
            </p>
        }
    };
    let same = |a: &Broken, b: &Broken| a.whom == b.whom && a.fault.kind == b.fault.kind;
    let new = |(nth, broken): &(usize, &Broken)| !faults[..*nth].iter().any(|before| same(before, broken));
    faults.iter().enumerate().filter(new).map(|(_, broken)| line(broken)).collect_view().into_any()
}

fn whom(whom: crate::class::order::Whom) -> String {
    use crate::class::order::Whom;

    match whom {
        Whom::All => String::new(),
        Whom::One { reader } => called(None, reader),
        Whom::Some { count } => tf("class.whom_some_n", &[("n", &count.to_string())]),
        Whom::Share { percent } => tf("class.whom_share_n", &[("n", &percent.to_string())]),
        Whom::Technique { technique: of } => technique(of),
    }
}

/// The sums of the class, a line for all and one for each technique of the experiment. On the wall as on the desk.
pub fn sums(parts: &[view::Part]) -> AnyView {
    let rows = parts.iter().filter(|part| part.readers > 0 || part.technique.is_some()).map(|part| {
        let sums = &part.sums;
        let who = part.technique.map_or_else(|| t("class.everybody"), technique);
        let empty = (sums.requests > 0).then(|| format!("{:.0} %", sums.empty as f64 * 100.0 / sums.requests as f64));
        let delay =
            sums.delay_ms.map(|ms| if ms < 1000.0 { format!("{ms:.0} ms") } else { format!("{:.1} s", ms / 1000.0) });
        let each = (sums.delivered > 0).then(|| large(sums.bytes / sums.delivered));
        let cell = |text: Option<String>| view! { <td>{text.unwrap_or_else(|| "–".to_owned())}</td> };
        view! {
            <tr data-technique=part.technique.map(hue)>
                <th scope="row">{who}</th>
                <td>{part.readers}</td>
                <td>{large(sums.requests)}</td>
                {cell(empty)}
                <td>{large(sums.delivered)}</td>
                <td>{large(sums.lost)}</td>
                {cell(delay)}
                {cell(each)}
                <td>{large(sums.reconnects)}</td>
            </tr>
        }
    });
    let heads = ["readers", "requests", "empty", "delivered", "lost", "delay", "bytes_each", "reconnects"];
    let heads = heads.map(|head| view! { <th scope="col">{t(&format!("class.sum_{head}"))}</th> });
    view! {
        <table class="sums">
            <thead>
                <tr>
                    <td></td>
                    {heads.into_iter().collect_view()}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}
