//! The crowd beside the lab: how many, by which technique, how they come back; what they get, and what the server pays.

use leptos::prelude::*;

use super::{
    compare,
    controls::{TECHNIQUES, reconnects, seconds, select},
    rig::Rig,
};
use crate::{
    i18n::{t, tf},
    ledger::Figure,
    lesson::manifest::Control,
    ui::figures,
    wire::{
        Technique,
        control::Command,
        crowd::{BIN_MS, BINS, Crowd, CrowdSpec},
    },
};

/// Sizes that can be chosen.
const SIZES: [u32; 4] = [1, 10, 100, 1000];

/// What is said of a crowd, in this order.
const FIGURES: [Figure; 11] = [
    Figure::CrowdConnected,
    Figure::CrowdHeld,
    Figure::CrowdRate,
    Figure::CrowdRequests,
    Figure::CrowdDelivered,
    Figure::CrowdLost,
    Figure::CrowdDelay,
    Figure::ServerMemory,
    Figure::ServerMemoryPerClient,
    Figure::CrowdCpu,
    Figure::CpuPerUpdate,
];

/// The chart shows at least so much time, in columns: four seconds.
const LEAST: usize = 40;

/// The panel, if the step has one. It lies open, but in the free lab, where there is much else.
pub fn panel(rig: Rig) -> impl IntoView {
    let (has, free) = rig
        .stage
        .play
        .with_value(|play| (play.step.controls.contains(&Control::Crowd), play.step.predict.options.is_empty()));
    has.then(|| content(rig, free))
}

fn content(rig: Rig, free: bool) -> impl IntoView {
    // How its clients work, in the words of the page's own.
    let wanted = RwSignal::new(rig.settings.get_untracked());
    if wanted.with_untracked(|wanted| wanted.technique == Technique::Request) {
        wanted.update(|wanted| wanted.technique = Technique::ShortPoll);
    }
    let size = RwSignal::new("100".to_owned());
    let latest = move |what: fn(&Crowd) -> u32| {
        rig.stage.ledger.with(|ledger| ledger.crowds().latest(None, None).map_or(0, what))
    };
    let here = move || latest(|crowd| crowd.here.into()) > 0;
    let call = move || {
        let spec = wanted.with_untracked(|wanted| CrowdSpec {
            size: size.with_untracked(|size| size.parse().unwrap_or(1)),
            technique: wanted.technique,
            // As often as the page's own polls.
            interval_ms: rig.settings.with_untracked(|settings| settings.interval_ms),
            reconnect: wanted.reconnect,
        });
        rig.command(Command::Crowd { crowd: Some(spec) });
        // A crowd without news would have nothing to tell.
        rig.command(Command::Source { running: true });
    };
    let turn = move |_| {
        if !untrack(here) {
            return call();
        }
        rig.command(Command::Crowd { crowd: None });
        if !rig.running.get_untracked() {
            rig.command(Command::Source { running: false });
        }
    };
    // One that is there is replaced at once.
    let changed = move || {
        if untrack(here) {
            call();
        }
    };
    let sizes = SIZES.iter().map(|size| (size.to_string(), size.to_string())).collect();
    let sizes = select("lab-crowd-size", t("lab.crowd_size"), rig, None, sizes, size.into(), move |chosen| {
        size.set(chosen.to_owned());
        changed();
    });
    let names = TECHNIQUES.iter().map(|(name, _)| ((*name).to_owned(), t(&format!("lab.technique_{name}"))));
    let technique = Signal::derive(move || {
        let technique = wanted.with(|wanted| wanted.technique);
        TECHNIQUES.iter().find(|(_, known)| *known == technique).map_or("short", |(name, _)| name).to_owned()
    });
    let label = t("lab.technique");
    let techniques = select("lab-crowd-technique", label, rig, None, names.collect(), technique, move |chosen| {
        if let Some((_, technique)) = TECHNIQUES.iter().find(|(name, _)| *name == chosen) {
            wanted.update(|wanted| wanted.technique = *technique);
            changed();
        }
    });
    let set = move |reconnect| {
        wanted.update(|wanted| wanted.reconnect = reconnect);
        changed();
    };
    let connected = move || latest(|crowd| crowd.connected).to_string();
    view! {
        <details class="crowd" id="lab-crowd" open=!free>
            <summary>{move || tf("lab.crowd", &[("n", &connected())])}</summary>
            <div class="row">
                {sizes} {techniques} {reconnects("lab-crowd-reconnect", rig, None, wanted, set)}
                <button
                    class="pill"
                    id="lab-crowd-call"
                    aria-pressed=move || here().to_string()
                    disabled=move || !rig.may_run()
                    on:click=turn
                >
                    {move || t(if here() { "lab.crowd_leave" } else { "lab.crowd_call" })}
                </button>
            </div>
            <div class="ledger">
                <div class="rest">{FIGURES.map(|figure| figures::live(rig.stage, figure)).into_iter().collect_view()}</div>
                {herd(rig)} {compare::crowds(rig)} {compare::returns(rig)}
            </div>
        </details>
    }
}

/// When they came back: a column for each tenth of a second since they were cut, and the same in words.
fn herd(rig: Rig) -> impl IntoView {
    /// Of a crowd that was cut: how wide the chart is, its columns, and what it says.
    fn chart(crowd: &Crowd) -> Option<[String; 3]> {
        let connects = &crowd.connects;
        let most = connects.iter().max().copied().unwrap_or(0).max(1);
        let column = |(at, count): (usize, &u32)| format!("M{at} 40v-{}h.8V40z", count * 40 / most);
        let n = connects.iter().sum::<u32>().to_string();
        let time = seconds(crowd.cut_ms?.min(BINS as u32 * BIN_MS) / BIN_MS * BIN_MS);
        let said = tf("lab.crowd_herd", &[("n", &n), ("time", &time), ("peak", &crowd.peak()?.to_string())]);
        let columns = connects.iter().enumerate().map(column).collect();
        Some([connects.len().max(LEAST).to_string(), columns, said])
    }
    let part = move |part: usize| {
        rig.stage.ledger.with(|ledger| {
            let parts = ledger.crowds().latest(None, None).and_then(chart);
            parts.map_or_else(String::new, |parts| parts[part].clone())
        })
    };
    let wide = move || part(0).parse().unwrap_or(LEAST as u32);
    view! {
        <figure class="herd" hidden=move || part(0).is_empty()>
            <svg viewBox=move || format!("0 0 {} 40", wide()) preserveAspectRatio="none" aria-hidden="true">
                <path d=move || part(1) />
            </svg>
            <div class="axis" aria-hidden="true">
                <span>"0"</span>
                <span>{move || seconds(wide() * BIN_MS)}</span>
            </div>
            <figcaption>{move || part(2)}</figcaption>
        </figure>
    }
}
