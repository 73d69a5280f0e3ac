//! A recording, shown without a lab: the picture, the table, the figures and the notices of a run that was.
//!
//! The file is read by a module of its own (`recording.js` beside this file, `src/reader.rs`); what it hands over is shown
//! here. Whatever is wrong with a file, what is shown stays.

use leptos::prelude::*;

use super::{
    lab::{self, parts, rig::Rig},
    notices,
    stage::{Play, Stage},
};
use crate::{
    diagram::{details::Details, moment::Moment, table::Table},
    i18n::t,
    wire::packed::Packed,
};

/// A recording: one that the course has, at `src`, or any that is chosen or dropped.
#[island]
pub fn Replay(
    /// What the figures and the colour are taken from, until a file says more.
    play: Packed<Play>,
    /// The address of the recording that belongs to the page, if one does.
    src: Option<String>,
) -> impl IntoView {
    let rig = Rig::new(Stage::new(play.0));
    let table = RwSignal::new(false);
    let moment = Moment::default();
    let (title, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    // How often a file was opened: each gets a picture of its own, in its own colour.
    let opened = RwSignal::new(0);
    let root = NodeRef::new();
    #[cfg(feature = "hydrate")]
    here::listen(root, rig, moment, title, trouble, opened);
    let shipped = src.is_some();
    let none = move || opened.get() == 0;
    view! {
        <section
            class="lab replay"
            node_ref=root
            aria-label=t("recording.title")
            data-src=src
            data-hydrated=move || rig.stage.ready.get().to_string()
        >
            <div class="bar">
                <label class="pill file">
                    {t("recording.choose")}
                    <input type="file" accept=".jsonl" disabled=move || !rig.stage.ready.get() />
                </label>
                {shipped
                    .then(|| {
                        view! {
                            <button
                                class="pill"
                                data-copy=""
                                disabled=none
                                on:click=move |_| point(moment.here.get_value())
                            >
                                {t("recording.copy")}
                            </button>
                        }
                    })}
                <button
                    class="pill swap"
                    aria-pressed=move || table.get().to_string()
                    disabled=none
                    on:click=move |_| table.update(|table| *table = !*table)
                >
                    {move || if table.get() { t("lab.picture") } else { t("lab.table") }}
                </button>
            </div>
            <div class="around">
                <p class="standing" role="status" data-quiet=move || title.with(String::is_empty).to_string()>{title}</p>
                <p class="standing" role="alert" data-quiet=move || trouble.with(String::is_empty).to_string()>
                    <b>{trouble}</b>
                </p>
            </div>
            <div class="stage" data-details=move || rig.selected.get().is_some().to_string()>
                <div class="view">
                    {move || {
                        (opened.get() > 0 && !table.get()).then(|| lab::picture(rig, false, Some(moment)))
                    }}
                    {move || table.get().then(|| view! { <Table reel=rig.reel selected=rig.selected /> })}
                    <p class="pc-nothing" hidden=move || !none()>{t("recording.drop")}</p>
                </div>
                <Details reel=rig.reel selected=rig.selected />
            </div>
            {notices::list(rig.notices())}
            {parts::strip(rig)}
        </section>
    }
}

/// Puts a moment into the address.
fn point(at: crate::wire::Micros) {
    #[cfg(feature = "hydrate")]
    here::point(at);
    #[cfg(not(feature = "hydrate"))]
    let _ = at;
}

#[cfg(feature = "hydrate")]
mod here {
    use leptos::{html, prelude::*};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use web_sys::MessageEvent;

    use super::{Moment, Rig};
    use crate::{
        client::browser::window,
        diagram::quantity::{bytes, decimal, number},
        i18n::{t, tf},
        ledger::Ledger,
        recording::{Opened, Trouble},
        wire::{Fact, Micros, packed::unpack},
    };

    /// Listens for files, and for links to a moment.
    pub fn listen(
        root: NodeRef<html::Section>,
        rig: Rig,
        moment: Moment,
        title: RwSignal<String>,
        trouble: RwSignal<String>,
        opened: RwSignal<u32>,
    ) {
        let take = move |event: MessageEvent| {
            let pair: js_sys::Array = event.data().unchecked_into();
            let name = pair.get(0).as_string().unwrap_or_default();
            let bytes = pair.get(1).dyn_into::<js_sys::Uint8Array>().map(|bytes| bytes.to_vec());
            let read = bytes.ok().and_then(|bytes| unpack::<Result<Opened, Trouble>>(&bytes).ok());
            match read.unwrap_or(Err(Trouble::Unreachable)) {
                Err(why) => trouble.set(tf("recording.trouble", &[("name", &name), ("why", &sentence(&why))])),
                Ok(file) => {
                    trouble.set(String::new());
                    title.set(heading(&name, &file));
                    show(rig, file);
                    opened.update(|opened| *opened += 1);
                    moment.go.set(Some(named().unwrap_or(0)));
                }
            }
        };
        Effect::new(move |before: Option<()>| {
            let Some(element) = root.get().filter(|_| before.is_none()) else { return };
            // It lives as long as the page.
            let closure = Closure::<dyn FnMut(MessageEvent)>::new(take).into_js_value();
            let _ = element.add_event_listener_with_callback("recording", closure.unchecked_ref());
            rig.stage.ready.set(true);
        });
        let links = window_event_listener(leptos::ev::hashchange, move |_| moment.go.set(named()));
        on_cleanup(move || links.remove());
    }

    fn show(rig: Rig, file: Opened) {
        let Opened { header, records, notices, footer } = file;
        let mut ledger: Ledger = header.ledger.map(|ledger| *ledger).unwrap_or_default();
        records.iter().for_each(|record| ledger.apply(&record.seen));
        let first = records.iter().find_map(|record| match &record.seen.fact {
            Fact::Started { settings } => Some(settings.clone()),
            _ => None,
        });
        rig.stage.play.update_value(|play| {
            if let Some(settings) = first {
                play.step.client = settings;
            }
        });
        rig.selected.set(None);
        rig.state.update(|state| (state.notices, state.dropped) = (notices, footer.dropped));
        rig.stage.ledger.set(ledger);
        rig.reel.clear();
        rig.reel.push(&records);
    }

    /// Which file it is, and what is missing in it.
    fn heading(name: &str, file: &Opened) -> String {
        let gone = file.footer.dropped.iter().sum::<u64>() + file.footer.before;
        let saved = file.header.saved.replace('T', " ").replace('Z', " UTC");
        let mut words = tf("recording.heading", &[("name", name), ("time", &saved)]);
        if gone > 0 {
            words.push(' ');
            words.push_str(&tf("recording.gone", &[("n", &number(gone))]));
        }
        words
    }

    fn sentence(why: &Trouble) -> String {
        match why {
            Trouble::TooLong { bytes: length } => tf("recording.too_long", &[("size", &bytes(*length))]),
            Trouble::TooMany => t("recording.too_many"),
            Trouble::NotOurs => t("recording.not_ours"),
            Trouble::Version { version } => tf("recording.version", &[("n", &number((*version).into()))]),
            Trouble::Line { line, why } => tf("recording.line", &[("n", &number(*line)), ("why", why)]),
            Trouble::CutShort { lines } => tf("recording.cut_short", &[("n", &number(*lines))]),
            Trouble::Unreachable => t("recording.unreachable"),
        }
    }

    /// The moment that the address names: `#t=12.3`, in seconds.
    fn named() -> Option<Micros> {
        let hash = window().location().hash().ok()?;
        let (whole, rest) = hash.strip_prefix("#t=").map(|text| text.split_once('.').unwrap_or((text, "0")))?;
        let tenth: Micros = rest.get(..1)?.parse().ok()?;
        // A day is more than a recording has.
        let whole = whole.parse::<u32>().ok()?.min(86_400);
        Some(Micros::from(whole) * 1_000_000 + tenth * 100_000)
    }

    /// Puts a moment into the address, without a step back in the browser's history.
    pub fn point(at: Micros) {
        let mut hash = String::from("#t=");
        decimal(&mut hash, at / 100_000, 1, false);
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&hash));
        }
    }
}
