//! The bar of controls: what a reader can do. Publishing, running and resetting are always there, the rest as the step
//! says. Everything is disabled until it works.

use std::sync::Arc;

use leptos::prelude::*;

use super::rig::Rig;
use crate::{
    i18n::{t, tf},
    lesson::manifest::Control,
    wire::{
        Technique,
        control::Command,
        observation::{Ask, ClientSettings, Cure, Missing, Reconnect},
    },
};

/// Intervals that can be chosen, in milliseconds.
const INTERVALS: [u32; 7] = [250, 500, 1000, 2000, 3000, 5000, 10_000];

/// Times for which a request can be held, in milliseconds.
const HOLDS: [u32; 5] = [2000, 5000, 10_000, 20_000, 50_000];

/// Intervals of beats that can be chosen, in milliseconds; 0 stands for none.
const BEATS: [u32; 4] = [0, 1000, 2000, 5000];

/// Distances that can be chosen, in milliseconds.
const DISTANCES: [u32; 6] = [0, 20, 80, 200, 500, 1000];

/// Keep-alive times that can be chosen, in milliseconds.
const KEEP_ALIVES: [u32; 5] = [1000, 2000, 5000, 15_000, 60_000];

/// The techniques that bring news, by the ends of their words' keys.
pub(super) const TECHNIQUES: [(&str, Technique); 4] = [
    ("short", Technique::ShortPoll),
    ("long", Technique::LongPoll),
    ("sse", Technique::Sse),
    ("socket", Technique::WebSocket),
];

/// The ways to come back, the same.
pub(super) const RECONNECTS: [(&str, Reconnect); 5] = [
    ("never", Reconnect::Never),
    ("immediately", Reconnect::Immediately),
    ("fixed", Reconnect::Fixed),
    ("exponential", Reconnect::Exponential),
    ("jitter", Reconnect::ExponentialJitter),
];

/// How long a pong may take, in milliseconds.
const PONG_MS: u32 = 1000;

/// The bar.
pub fn bar(rig: Rig, table: RwSignal<bool>) -> impl IntoView {
    let shown = rig.stage.play.with_value(|play| play.step.controls.clone());
    let has = |control| shown.contains(&control);
    // Of what is replayed there is nothing to set.
    let live = rig.moment.is_none();
    view! {
        <div class="bar" role="toolbar" aria-label=t("lab.controls")>
            {live.then(|| run(rig))}
            {live.then(|| publish(rig))}
            {has(Control::Technique).then(|| technique(rig))}
            {has(Control::Beside).then(|| beside(rig))}
            {has(Control::Leave).then(|| leave(rig))}
            {has(Control::OldBrowser).then(|| old_browser(rig))}
            {has(Control::Binary).then(|| binary(rig))}
            {has(Control::Interval).then(|| interval(rig))}
            {has(Control::Hold).then(|| hold(rig))}
            {has(Control::Cursor).then(|| cursor(rig))}
            {has(Control::Batch).then(|| batch(rig))}
            {has(Control::Named).then(|| named(rig))}
            {has(Control::Job).then(|| job(rig))}
            {has(Control::Beat).then(|| beat(rig))}
            {has(Control::Ping).then(|| ping(rig))}
            {has(Control::Reconnect).then(|| reconnect(rig))}
            {has(Control::Ask).then(|| ask(rig))}
            {has(Control::Cure).then(|| cure(rig))}
            {has(Control::Distance).then(|| distance(rig))}
            {has(Control::Closing).then(|| closing(rig))}
            {has(Control::KeepAlive).then(|| keep_alive(rig))}
            {live.then(|| reset(rig))}
            {live.then(|| save(rig))}
            <button
                class="pill swap"
                aria-pressed=move || table.get().to_string()
                disabled=move || !rig.stage.ready.get()
                on:click=move |_| table.update(|table| *table = !*table)
            >
                {move || if table.get() { t("lab.picture") } else { t("lab.table") }}
            </button>
        </div>
    }
}

fn run(rig: Rig) -> impl IntoView {
    let job = rig.stage.play.with_value(|play| play.step.client.ask == Ask::Job);
    let label = move || match (rig.running.get(), job) {
        (true, _) => t("lab.pause"),
        (false, true) => t("lab.start_job"),
        (false, false) => rig.settings.with(|settings| match (settings.technique, settings.resources) {
            (Technique::Request, 0) => t("lab.ask_once"),
            (Technique::Request, _) => t("lab.load_page"),
            _ => t("lab.run"),
        }),
    };
    view! {
        <button
            class="run"
            id=if job { "lab-job" } else { "lab-run" }
            aria-pressed=move || rig.running.get().to_string()
            disabled=move || !rig.may_press()
            on:click=move |_| if rig.running.get_untracked() { rig.stop() } else { rig.press() }
        >
            <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                <path
                    fill="currentColor"
                    d=move || if rig.running.get() { "M2 1h3v10H2zM7 1h3v10H7z" } else { "M2 .5 11 6l-9 5.5z" }
                />
            </svg>
            {label}
        </button>
    }
}

fn publish(rig: Rig) -> impl IntoView {
    let needless = rig.stage.play.with_value(|play| play.step.is_without_news());
    view! {
        <button
            class="pill"
            id="lab-publish"
            hidden=needless
            disabled=move || !rig.usable() || !rig.running.get()
            on:click=move |_| rig.command(Command::Publish)
        >
            {t("lab.publish")}
            <kbd>"P"</kbd>
        </button>
    }
}

fn reset(rig: Rig) -> impl IntoView {
    view! {
        <button class="pill" id="lab-reset" disabled=move || !rig.usable() on:click=move |_| rig.reset()>
            {t("lab.reset")}
        </button>
    }
}

fn save(rig: Rig) -> impl IntoView {
    view! {
        <button class="pill" id="lab-save" disabled=move || !rig.usable() on:click=move |_| rig.save()>
            {t("lab.save")}
        </button>
    }
}

/// A list to choose from, by name and words. It is shown while the technique is `only` that, if one is given.
pub(super) fn select(
    id: &'static str,
    label: String,
    rig: Rig,
    only: Option<Technique>,
    options: Vec<(String, String)>,
    current: Signal<String>,
    choose: impl Fn(&str) + 'static + Send + Sync,
) -> impl IntoView {
    list(id, label, rig, only, options, current, Arc::new(choose))
}

/// The same for every list: a view is compiled once for each type of function that it holds.
fn list(
    id: &'static str,
    label: String,
    rig: Rig,
    only: Option<Technique>,
    options: Vec<(String, String)>,
    current: Signal<String>,
    choose: Arc<dyn Fn(&str) + Send + Sync>,
) -> impl IntoView {
    let other = move || only.is_some_and(|only| !rig.uses(only));
    let rows = options
        .into_iter()
        .map(|(name, words)| {
            let value = name.clone();
            let selected = move || current.get() == name;
            view! { <option value=value prop:selected=selected>{words}</option> }
        })
        .collect_view();
    view! {
        <label class="control" id=id hidden=other>
            <span>{label}</span>
            <select disabled=move || !rig.usable() on:change=move |event| choose(&event_target_value(&event))>
                {rows}
            </select>
        </label>
    }
}

fn interval(rig: Rig) -> impl IntoView {
    let options = INTERVALS.iter().map(|ms| (ms.to_string(), seconds(*ms))).collect();
    let current = Signal::derive(move || rig.settings.with(|settings| settings.interval_ms.to_string()));
    select("lab-interval", t("lab.interval"), rig, Some(Technique::ShortPoll), options, current, move |chosen| {
        if let Ok(ms) = chosen.parse() {
            rig.change(|settings| settings.interval_ms = ms);
        }
    })
}

fn hold(rig: Rig) -> impl IntoView {
    let options = HOLDS.iter().map(|ms| (ms.to_string(), seconds(*ms))).collect();
    let current = Signal::derive(move || rig.settings.with(|settings| settings.hold_ms.to_string()));
    select("lab-hold", t("lab.hold"), rig, Some(Technique::LongPoll), options, current, move |chosen| {
        if let Ok(ms) = chosen.parse() {
            rig.change(|settings| settings.hold_ms = ms);
        }
    })
}

/// A list of two for clients of one technique: the words for yes, the words for no.
fn either(
    id: &'static str,
    [label, yes, no]: [&str; 3],
    rig: Rig,
    only: Option<Technique>,
    get: fn(&ClientSettings) -> bool,
    set: fn(&mut ClientSettings, bool),
) -> impl IntoView {
    let options = vec![("yes".to_owned(), t(yes)), ("no".to_owned(), t(no))];
    let current = Signal::derive(move || if rig.settings.with(get) { "yes" } else { "no" }.to_owned());
    select(id, t(label), rig, only, options, current, move |chosen| {
        rig.change(|settings| set(settings, chosen == "yes"))
    })
}

fn cursor(rig: Rig) -> impl IntoView {
    let words = ["lab.cursor", "lab.cursor_with", "lab.cursor_without"];
    // Both long polls and streams may say what they have; short polls always do.
    let only = rig.settings.with_untracked(|settings| settings.technique);
    either("lab-cursor", words, rig, Some(only), |settings| settings.cursor, |settings, with| settings.cursor = with)
}

fn batch(rig: Rig) -> impl IntoView {
    let words = ["lab.batch", "lab.batch_all", "lab.batch_one"];
    let only = Some(Technique::LongPoll);
    either("lab-batch", words, rig, only, |settings| settings.batch, |settings, all| settings.batch = all)
}

fn named(rig: Rig) -> impl IntoView {
    let words = ["lab.named", "lab.named_by_name", "lab.named_onmessage"];
    let only = Some(Technique::Sse);
    either("lab-named", words, rig, only, |settings| settings.named, |settings, named| settings.named = named)
}

fn job(rig: Rig) -> impl IntoView {
    view! {
        <button
            class="pill"
            id="lab-job"
            disabled=move || !rig.usable() || !rig.running.get()
            on:click=move |_| rig.command(Command::Job)
        >
            {t("lab.start_job")}
        </button>
    }
}

fn closing(rig: Rig) -> impl IntoView {
    let words = ["lab.closing", "lab.closing_yes", "lab.closing_no"];
    let set = |settings: &mut ClientSettings, closing| settings.closing = closing;
    either("lab-closing", words, rig, Some(Technique::Request), |settings| settings.closing, set)
}

fn keep_alive(rig: Rig) -> impl IntoView {
    let options = KEEP_ALIVES.iter().map(|ms| (ms.to_string(), seconds(*ms))).collect();
    let current = Signal::derive(move || rig.state.with(|state| state.keep_alive_ms.to_string()));
    let only = Some(Technique::Request);
    select("lab-keep_alive", t("lab.keep_alive"), rig, only, options, current, move |chosen| {
        if let Ok(ms) = chosen.parse() {
            rig.command(Command::KeepAlive { ms });
        }
    })
}

fn beat(rig: Rig) -> impl IntoView {
    let words = |ms: u32| if ms == 0 { t("lab.beat_off") } else { seconds(ms) };
    let options = BEATS.iter().map(|ms| (ms.to_string(), words(*ms))).collect();
    let current = Signal::derive(move || rig.settings.with(|settings| settings.beat_ms.unwrap_or(0).to_string()));
    select("lab-beat", t("lab.beat"), rig, Some(Technique::WebSocket), options, current, move |chosen| {
        if let Ok(ms) = chosen.parse() {
            rig.change(|settings| settings.beat_ms = Some(ms).filter(|ms| *ms > 0));
        }
    })
}

fn ping(rig: Rig) -> impl IntoView {
    let words = |ms: u32| if ms == 0 { t("lab.beat_off") } else { seconds(ms) };
    let options = BEATS.iter().map(|ms| (ms.to_string(), words(*ms))).collect();
    let current = Signal::derive(move || rig.settings.with(|settings| settings.ping_ms.unwrap_or(0).to_string()));
    select("lab-ping", t("lab.ping"), rig, Some(Technique::WebSocket), options, current, move |chosen| {
        if let Ok(ms) = chosen.parse() {
            let on = Some(ms).filter(|ms| *ms > 0);
            rig.change(|settings| (settings.ping_ms, settings.pong_timeout_ms) = (on, on.map(|_| PONG_MS)));
        }
    })
}

fn reconnect(rig: Rig) -> impl IntoView {
    let set = move |reconnect| rig.change(|settings| settings.reconnect = reconnect);
    reconnects("lab-reconnect", rig, Some(Technique::WebSocket), rig.settings, set)
}

/// A list of the ways to come back, which one of these settings says.
pub(super) fn reconnects(
    id: &'static str,
    rig: Rig,
    only: Option<Technique>,
    settings: RwSignal<ClientSettings>,
    set: impl Fn(Reconnect) + 'static + Send + Sync,
) -> impl IntoView {
    let options = RECONNECTS.iter().map(|(name, _)| ((*name).to_owned(), t(&format!("lab.reconnect_{name}"))));
    let name = Signal::derive(move || {
        let current = settings.with(|settings| settings.reconnect);
        RECONNECTS.iter().find(|(_, known)| *known == current).map_or("jitter", |(name, _)| name).to_owned()
    });
    select(id, t("lab.reconnect"), rig, only, options.collect(), name, move |chosen| {
        if let Some((_, reconnect)) = RECONNECTS.iter().find(|(name, _)| *name == chosen) {
            set(*reconnect);
        }
    })
}

fn technique(rig: Rig) -> impl IntoView {
    let all = [
        ("short", Technique::ShortPoll),
        ("long", Technique::LongPoll),
        ("sse", Technique::Sse),
        ("request", Technique::Request),
        ("socket", Technique::WebSocket),
    ];
    // A step compares what brings news; plain requests are for the free lab.
    let free = rig.stage.play.with_value(|play| play.step.predict.options.is_empty());
    let offered = all.iter().filter(|(_, technique)| free || *technique != Technique::Request);
    let options = offered.map(|(name, _)| ((*name).to_owned(), t(&format!("lab.technique_{name}")))).collect();
    let current = Signal::derive(move || {
        let technique = rig.settings.with(|settings| settings.technique);
        all.iter().find(|(_, known)| *known == technique).map_or("short", |(name, _)| name).to_owned()
    });
    select("lab-technique", t("lab.technique"), rig, None, options, current, move |chosen| {
        if let Some((_, technique)) = all.iter().find(|(name, _)| *name == chosen) {
            rig.change(|settings| settings.technique = *technique);
        }
    })
}

/// All techniques side by side, or one alone.
fn beside(rig: Rig) -> impl IntoView {
    view! {
        <button
            class="pill"
            id="lab-beside"
            aria-pressed=move || rig.is_shared().to_string()
            disabled=move || !rig.usable()
            on:click=move |_| rig.share(!rig.is_shared())
        >
            {t("lab.beside")}
        </button>
    }
}

/// What the browser is taken to be without.
fn old_browser(rig: Rig) -> impl IntoView {
    let all = [("none", Missing::None), ("socket", Missing::WebSocket), ("both", Missing::Both)];
    let options = all.iter().map(|(name, _)| ((*name).to_owned(), t(&format!("lab.missing_{name}")))).collect();
    let current = Signal::derive(move || {
        let missing = rig.settings.with(|settings| settings.missing);
        all.iter().find(|(_, known)| *known == missing).map_or("none", |(name, _)| name).to_owned()
    });
    select("lab-old_browser", t("lab.old_browser"), rig, None, options, current, move |chosen| {
        if let Some((_, missing)) = all.iter().find(|(name, _)| *name == chosen) {
            rig.change(|settings| settings.missing = *missing);
        }
    })
}

/// How updates come over a WebSocket.
fn binary(rig: Rig) -> impl IntoView {
    let options = ["text", "binary"].map(|name| (name.to_owned(), t(&format!("lab.messages_{name}")))).into();
    let current = Signal::derive(move || {
        if rig.settings.with(|settings| settings.binary) { "binary" } else { "text" }.to_owned()
    });
    select("lab-binary", t("lab.messages"), rig, Some(Technique::WebSocket), options, current, move |chosen| {
        rig.change(|settings| settings.binary = chosen == "binary");
    })
}

/// The first of several clients leaves.
fn leave(rig: Rig) -> impl IntoView {
    view! {
        <button
            class="pill"
            id="lab-leave"
            disabled=move || !rig.usable() || !rig.running.get()
            on:click=move |_| rig.leave()
        >
            {t("lab.leave")}
        </button>
    }
}

fn distance(rig: Rig) -> impl IntoView {
    let options = DISTANCES.iter().map(|ms| (ms.to_string(), format!("{ms} ms"))).collect();
    let current = Signal::derive(move || rig.state.with(|state| state.distance_ms.to_string()));
    select("lab-distance", t("lab.distance"), rig, None, options, current, move |chosen| {
        if let Ok(ms) = chosen.parse() {
            rig.command(Command::Distance { ms });
        }
    })
}

fn cure(rig: Rig) -> impl IntoView {
    let all =
        [("none", Cure::None), ("sequence", Cure::Sequence), ("abort", Cure::Abort), ("no_overlap", Cure::NoOverlap)];
    let options = all.iter().map(|(name, _)| ((*name).to_owned(), t(&format!("lab.cure_{name}")))).collect();
    let current = Signal::derive(move || {
        let cure = rig.settings.with(|settings| settings.cure);
        all.iter().find(|(_, known)| *known == cure).map_or("none", |(name, _)| name).to_owned()
    });
    select("lab-cure", t("lab.cure"), rig, Some(Technique::ShortPoll), options, current, move |chosen| {
        if let Some((_, cure)) = all.iter().find(|(name, _)| *name == chosen) {
            rig.change(|settings| settings.cure = *cure);
        }
    })
}

fn ask(rig: Rig) -> impl IntoView {
    let all = [
        ("updates", Ask::Updates),
        ("board", Ask::Board),
        ("board_if_changed", Ask::BoardIfChanged),
        ("job", Ask::Job),
    ];
    // The free lab offers all; a step that compares lists offers those.
    let start = rig.settings.with_untracked(|settings| settings.ask);
    let free = rig.stage.play.with_value(|play| play.step.predict.options.is_empty());
    let offered = all.into_iter().filter(move |(_, ask)| {
        let list = |ask: &Ask| matches!(ask, Ask::Board | Ask::BoardIfChanged);
        free || if list(&start) { list(ask) } else { *ask != Ask::Job }
    });
    let options = offered.map(|(name, _)| (name.to_owned(), t(&format!("lab.ask_{name}")))).collect();
    let current = Signal::derive(move || {
        let ask = rig.settings.with(|settings| settings.ask);
        all.iter().find(|(_, known)| *known == ask).map_or("updates", |(name, _)| name).to_owned()
    });
    select("lab-ask", t("lab.ask"), rig, Some(Technique::ShortPoll), options, current, move |chosen| {
        if let Some((_, ask)) = all.iter().find(|(name, _)| *name == chosen) {
            rig.change(|settings| settings.ask = *ask);
        }
    })
}

pub(super) fn seconds(ms: u32) -> String {
    let seconds = f64::from(ms) / 1000.0;
    tf("lab.seconds", &[("n", &seconds.to_string())])
}
