//! What the instructor does to everybody's lab: run, rest, break; and the experiment of halves.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{
    api::ask,
    parts::{broken, press, sums, technique},
    room::Room,
};
use crate::{
    class::{
        ReaderNo,
        order::{Broken, Order, Steering, Whom},
    },
    client::browser,
    fault::Fault,
    i18n::{t, tf},
    ui::{evidence::TECHNIQUES, lab::panel},
    wire::{Technique, packed::Packed},
};

/// The buttons that steer all labs.
pub fn labs(room: Room) -> AnyView {
    let steering = room.share(|common| common.steering.1);
    let button = move |wanted: Steering, key: &'static str| {
        let now = move || (steering.get() == wanted).to_string();
        // Pressed again, what lasts is taken back.
        let order = move |_| {
            let again = steering.get_untracked() == wanted && wanted != Steering::Reset;
            room.order(Order::Steer { steering: if again { Steering::Free } else { wanted } });
        };
        let lasts = wanted != Steering::Reset;
        view! {
            <button
                type="button"
                class="pill"
                data-steer=key
                aria-pressed=move || lasts.then(now)
                disabled=move || !room.may()
                on:click=order
            >
                {t(&["class.steer_", key].concat())}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="tools labs" role="group" aria-label=t("class.labs")>
            {button(Steering::Start, "start")} {button(Steering::Pause, "pause")} {button(Steering::Reset, "reset")}
            {button(Steering::Eyes, "eyes")}
        </div>
    }
    .into_any()
}

/// What is broken, and the button that mends it all.
pub fn banner(room: Room) -> AnyView {
    let faults = room.of(|desk| desk.faults.clone());
    let clean = move || faults.with(Vec::is_empty);
    view! {
        <div class="faults" data-on=move || (!clean()).to_string()>
            {move || faults.with(|faults| broken(faults))}
            <p class="none" hidden=move || !clean()>{t("class.clean")}</p>
            <p class="tools" hidden=clean>{press(room, t("class.mend_all"), || Some(Order::Break { faults: Vec::new() }))}</p>
        </div>
    }
    .into_any()
}

/// The scenarios: each takes the place of what was broken before; pressed again, it is mended.
pub fn scenarios(room: Room, whom: Signal<Whom>, stories_only: bool) -> AnyView {
    let faults = room.of(|desk| desk.faults.clone());
    let all = room.setup.with_value(|setup| setup.scenarios.clone());
    let buttons = all.into_iter().filter(|scenario| !stories_only || !scenario.text.is_empty()).map(|scenario| {
        let list = scenario.faults;
        let same = {
            let list = list.clone();
            Memo::new(move |_| {
                faults.with(|faults| {
                    faults.len() == list.len() && faults.iter().zip(&list).all(|(broken, fault)| broken.fault == *fault)
                })
            })
        };
        let order = move |_| {
            let whom = whom.get_untracked();
            let faults = if same.get_untracked() {
                Vec::new()
            } else {
                list.iter().map(|fault| Broken { fault: fault.clone(), whom }).collect()
            };
            room.order(Order::Break { faults });
        };
        let story = !scenario.text.is_empty();
        view! {
            <button
                type="button"
                class="pill"
                class:story=story
                aria-pressed=move || same.get().to_string()
                disabled=move || !room.may()
                on:click=order
            >
                <b>{scenario.name}</b>
                {story.then(|| view! { <small>{scenario.text}</small> })}
            </button>
        }
    });
    view! {
        <div class="scenarios" role="group" aria-label=t("class.scenarios")>
            {buttons.collect_view()}
        </div>
    }
    .into_any()
}

/// Whom the next fault is for.
pub fn scope(room: Room, picked: RwSignal<Option<ReaderNo>>, whom: RwSignal<Whom>) -> AnyView {
    let (kind, number) = (RwSignal::new("all".to_owned()), RwSignal::new(5u32));
    Effect::new(move |_| {
        let number = number.get();
        whom.set(match kind.get().as_str() {
            "one" => picked.get().map_or(Whom::All, |reader| Whom::One { reader }),
            "some" => Whom::Some { count: number.clamp(1, 1000) },
            "share" => Whom::Share { percent: number.clamp(1, 100) },
            key => TECHNIQUES
                .iter()
                .find(|(_, known)| *known == key)
                .map_or(Whom::All, |(technique, _)| Whom::Technique { technique: *technique }),
        });
    });
    let choose = move |event| {
        let chosen = event_target_value(&event);
        number.set(if chosen == "share" { 50 } else { 5 });
        kind.set(chosen);
    };
    let numbered = move || kind.with(|kind| matches!(kind.as_str(), "some" | "share"));
    let ways = TECHNIQUES.map(|(technique_, key)| view! { <option value=key>{technique(technique_)}</option> });
    let one = move || {
        picked.get().map_or_else(|| t("class.whom_one_none"), |no| tf("class.whom_one", &[("n", &no.to_string())]))
    };
    _ = room;
    view! {
        <p class="tools whom">
            <label class="control">
                <span>{t("class.whom")}</span>
                <select on:change=choose>
                    <option value="all">{t("class.whom_all")}</option>
                    <option value="one" disabled=move || picked.get().is_none()>{one}</option>
                    <option value="some">{t("class.whom_some")}</option>
                    <option value="share">{t("class.whom_share")}</option>
                    {ways.into_iter().collect_view()}
                </select>
            </label>
            <label class="control" hidden=move || !numbered()>
                <span class="hidden">{t("class.whom_number")}</span>
                <input
                    type="number"
                    min="1"
                    max="1000"
                    prop:value=move || number.get().to_string()
                    on:input=move |event| number.set(event_target_value(&event).parse().unwrap_or(1))
                />
            </label>
        </p>
    }
    .into_any()
}

/// The forms of all kinds, which the server rendered: they are moved here, and listened to.
pub fn kinds(room: Room, whom: Signal<Whom>) -> AnyView {
    let place = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        let (Some(place), Some(kinds)) =
            (place.get(), browser::document().and_then(|page| page.get_element_by_id("class-kinds")))
        else {
            return;
        };
        _ = kinds.remove_attribute("hidden");
        _ = place.append_child(&kinds);
    });
    let faults = room.of(|desk| desk.faults.clone());
    Effect::new(move |_| {
        let (Some(place), may) = (place.get(), room.may()) else { return };
        let on: Vec<&'static str> =
            faults.with(|faults| faults.iter().map(|broken| broken.fault.kind.name()).collect());
        for form in forms(&place) {
            let is_on = form.get_attribute("data-kind").is_some_and(|kind| on.contains(&kind.as_str()));
            let state = if is_on { "true" } else { "false" };
            _ = form.set_attribute("data-on", state);
            if let Ok(Some(button)) = form.query_selector("button") {
                _ = button.set_attribute("aria-pressed", state);
                _ = button.toggle_attribute_with_force("disabled", !may);
            }
        }
    });
    let click = move |event: leptos::ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let button = target.and_then(|target| target.closest("[data-do=switch]").ok().flatten());
        if let Some(form) = button.and_then(|button| button.closest("form").ok().flatten()) {
            switch(room, form, whom.get_untracked(), false);
        }
    };
    // A parameter of what is broken was changed.
    let change = move |event: leptos::ev::Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(form) = target.and_then(|target| target.closest("form[data-on=true]").ok().flatten()) {
            switch(room, form, whom.get_untracked(), true);
        }
    };
    view! {
        <details class="kinds">
            <summary>{t("class.kinds")}</summary>
            <div node_ref=place on:click=click on:change=change on:submit=move |event| event.prevent_default()></div>
        </details>
    }
    .into_any()
}

fn forms(place: &HtmlElement) -> Vec<Element> {
    let found = place.query_selector_all("form[data-kind]").ok();
    let all = found.iter().flat_map(|forms| (0..forms.length()).filter_map(|nth| forms.get(nth)));
    all.filter_map(|form| form.dyn_into().ok()).collect()
}

/// Breaks what a form says, or mends it; or only changes what is broken.
fn switch(room: Room, form: Element, whom: Whom, only_change: bool) {
    let kind = form.get_attribute("data-kind").unwrap_or_default();
    let mut faults = room.desk.with_untracked(|desk| desk.faults.clone());
    let before = faults.iter().position(|broken| broken.fault.kind.name() == kind);
    if let (Some(_), false) = (before, only_change) {
        faults.retain(|broken| broken.fault.kind.name() != kind);
        return room.order(Order::Break { faults });
    }
    let Some(json) = panel::json(&form) else { return };
    let query = js_sys::encode_uri_component(&json).as_string().unwrap_or_default();
    let locale = room.setup.with_value(|setup| setup.locale.prefix());
    let url = ["/", locale, "/class/part/fault?fault=", &query].concat();
    spawn_local(async move {
        match ask("GET", &url, None).await {
            Some((200, text)) => {
                let Ok(Packed(fault)) = serde_json::from_str::<Packed<Fault>>(&text) else { return };
                room.order(Order::Break { faults: with(faults, fault, whom, before) });
            }
            Some((_, why)) => room.refused.set(tf("class.refused", &[("why", &why)])),
            None => room.refused.set(t("class.unreachable")),
        }
    });
}

/// The faults with one more, or with one changed. Its number and its seed are new, so that chance draws anew.
fn with(mut faults: Vec<Broken>, fault: Fault, whom: Whom, before: Option<usize>) -> Vec<Broken> {
    match before.and_then(|at| faults.get_mut(at)) {
        Some(broken) => {
            let id = broken.fault.id;
            broken.fault = Fault { id, seed: broken.fault.seed, ..fault };
        }
        None => {
            let id = faults.iter().map(|broken| broken.fault.id).max().unwrap_or(0) + 1;
            let seed = (browser::random() * 1e9) as u64;
            faults.push(Broken { fault: Fault { id, seed, ..fault }, whom });
        }
    }
    faults
}

/// What can be compared by one press: nothing, two, all.
const HALVES: [&[Technique]; 6] = [
    &[],
    &[Technique::ShortPoll, Technique::Sse],
    &[Technique::ShortPoll, Technique::LongPoll],
    &[Technique::LongPoll, Technique::Sse],
    &[Technique::Sse, Technique::WebSocket],
    &[Technique::ShortPoll, Technique::LongPoll, Technique::Sse, Technique::WebSocket],
];

/// The experiment: who uses what, and what came of it.
pub fn halves(room: Room) -> AnyView {
    let now = room.of(|desk| desk.halves.clone());
    let options = HALVES.iter().enumerate().map(|(nth, halves)| {
        let words = match halves {
            [] => t("class.halves_none"),
            [_, _] => halves.iter().map(|of| technique(*of)).collect::<Vec<_>>().join(" · "),
            _ => t("class.halves_all"),
        };
        view! { <option value=nth.to_string() selected=move || now.with(|now| now.as_slice() == *halves)>{words}</option> }
    });
    let choose = move |event| {
        let nth = event_target_value(&event).parse::<usize>().ok();
        if let Some(halves) = nth.and_then(|nth| HALVES.get(nth)) {
            room.order(Order::Halves { techniques: halves.to_vec() });
        }
    };
    let parts = room.of(|desk| desk.parts.clone());
    view! {
        <section class="halves" aria-labelledby="halves-title">
            <h3 id="halves-title">{t("class.ledger")}</h3>
            <label class="control">
                <span>{t("class.halves")}</span>
                <select disabled=move || !room.may() on:change=choose>
                    {options.collect_view()}
                </select>
            </label>
            <div class="scrolls" tabindex="0" role="group" aria-labelledby="halves-title">{move || parts.with(|parts| sums(parts))}</div>
        </section>
    }
    .into_any()
}
