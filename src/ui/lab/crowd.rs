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
    let wanted = RwSignal::new(rig.settings.with_untracked(|settings| CrowdSpec {
        size: 100,
        technique: match settings.technique {
            Technique::Request => Technique::ShortPoll,
            technique => technique,
        },
        interval_ms: settings.interval_ms,
        reconnect: settings.reconnect,
    }));
    let latest = move |what: fn(&Crowd) -> u32| {
        rig.stage.ledger.with(|ledger| ledger.crowds().latest(None, None).map_or(0, what))
    };
    let here = Memo::new(move |_| latest(|crowd| crowd.here.into()) > 0);
    let call = move || {
        // As often as the page's own polls.
        wanted.update(|wanted| wanted.interval_ms = rig.settings.with_untracked(|settings| settings.interval_ms));
        rig.command(Command::Crowd { crowd: Some(wanted.get_untracked()) });
        // A crowd without news would have nothing to tell.
        rig.command(Command::Source { running: true });
    };
    let turn = move |_| {
        if !here.get_untracked() {
            return call();
        }
        rig.command(Command::Crowd { crowd: None });
        if !rig.running.get_untracked() {
            rig.command(Command::Source { running: false });
        }
    };
    // One that is there is replaced at once.
    let change = move |change: &dyn Fn(&mut CrowdSpec)| {
        wanted.update(change);
        if here.get_untracked() {
            call();
        }
    };
    let sizes = SIZES.iter().map(|size| (size.to_string(), size.to_string())).collect();
    let size = Signal::derive(move || wanted.with(|wanted| wanted.size.to_string()));
    let size = select("lab-crowd-size", t("lab.crowd_size"), rig, None, sizes, size, move |chosen| {
        if let Ok(size) = chosen.parse() {
            change(&|wanted| wanted.size = size);
        }
    });
    let names = TECHNIQUES.iter().map(|(name, _)| ((*name).to_owned(), t(&format!("lab.technique_{name}"))));
    let technique = Signal::derive(move || {
        let technique = wanted.with(|wanted| wanted.technique);
        TECHNIQUES.iter().find(|(_, known)| *known == technique).map_or("short", |(name, _)| name).to_owned()
    });
    let label = t("lab.technique");
    let technique = select("lab-crowd-technique", label, rig, None, names.collect(), technique, move |chosen| {
        if let Some((_, technique)) = TECHNIQUES.iter().find(|(name, _)| *name == chosen) {
            change(&|wanted| wanted.technique = *technique);
        }
    });
    let reconnect = Signal::derive(move || wanted.with(|wanted| wanted.reconnect));
    let set = move |reconnect| change(&|wanted| wanted.reconnect = reconnect);
    let connected = move || latest(|crowd| crowd.connected).to_string();
    view! {
        <details class="crowd" id="lab-crowd" open=!free>
            <summary>{move || tf("lab.crowd", &[("n", &connected())])}</summary>
            <div class="row">
                {size} {technique} {reconnects("lab-crowd-reconnect", rig, None, reconnect, set)}
                <button
                    class="pill"
                    id="lab-crowd-call"
                    aria-pressed=move || here.get().to_string()
                    disabled=move || !rig.may_run()
                    on:click=turn
                >
                    {move || t(if here.get() { "lab.crowd_leave" } else { "lab.crowd_call" })}
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
    let cut = Memo::new(move |_| {
        rig.stage.ledger.with(|ledger| {
            let crowd = ledger.crowds().latest(None, None)?;
            Some((crowd.cut_ms?, crowd.peak()?, crowd.connects.clone()))
        })
    });
    let said = move || {
        cut.with(|cut| {
            let (ms, peak, connects) = cut.as_ref()?;
            let n = connects.iter().sum::<u32>().to_string();
            let shown = (*ms).min(BINS as u32 * BIN_MS) / BIN_MS * BIN_MS;
            Some(tf("lab.crowd_herd", &[("n", &n), ("time", &seconds(shown)), ("peak", &peak.to_string())]))
        })
    };
    let wide = move || cut.with(|cut| cut.as_ref().map_or(0, |cut| cut.2.len()).max(LEAST));
    let columns = move || {
        cut.with(|cut| {
            let connects = cut.as_ref().map_or(&[][..], |cut| &cut.2);
            let most = connects.iter().max().copied().unwrap_or(0).max(1);
            let column = |(at, count): (usize, &u32)| format!("M{at} 40v-{}h.8V40z", count * 40 / most);
            connects.iter().enumerate().map(column).collect::<String>()
        })
    };
    view! {
        <figure class="herd" hidden=move || cut.with(Option::is_none)>
            <svg viewBox=move || format!("0 0 {} 40", wide()) preserveAspectRatio="none" aria-hidden="true">
                <path d=columns />
            </svg>
            <div class="axis" aria-hidden="true">
                <span>"0"</span>
                <span>{move || seconds(wide() as u32 * BIN_MS)}</span>
            </div>
            <figcaption>{said}</figcaption>
        </figure>
    }
}
