//! Labs that belong to no lesson: the free one, where everything can be set, and the small one of the home page. Both ask
//! nothing and have no goal.

pub use super::manifest::OUTSIDE;
use super::manifest::{Choice, Control, REPLAY, Step};
use crate::{
    fault::{Death, Fault, Kind},
    ledger::Figure,
    wire::{
        Close, Technique,
        control::{LabSpec, Source},
        observation::ClientSettings,
    },
};

/// The free lab: slow answers are there to be broken and mended, and every control.
pub fn free() -> Step {
    let slow = Kind::SlowAnswers { min_ms: 0, max_ms: 1500 };
    Step {
        lab: LabSpec {
            source: Source::Random { mean_ms: 3000, seed: None },
            faults: vec![Fault { probability: 0.5, seed: 1, ..Fault::new(1, slow) }],
            ..LabSpec::default()
        },
        offer: offer(),
        controls: vec![
            Control::Technique,
            Control::Beside,
            Control::Interval,
            Control::Hold,
            Control::Cursor,
            Control::Named,
            Control::Beat,
            Control::Reconnect,
            Control::Distance,
            Control::Ask,
            Control::Cure,
            Control::Publish,
            Control::Job,
            Control::Faults,
            Control::Closing,
            Control::KeepAlive,
            Control::Crowd,
        ],
        figures: vec![Figure::Requests, Figure::EmptyShare, Figure::DelayMean, Figure::Bytes],
        ..bare("free")
    }
}

/// What can be broken in the free lab besides.
fn offer() -> Vec<Fault> {
    let silent = Kind::IdleKiller { after_ms: 3000, how: Death::Silent };
    let lasting = [
        (2, Kind::Latency { base_ms: 100, jitter_ms: 900 }),
        (3, Kind::Stall),
        (4, Kind::Blackhole),
        (6, silent),
        (7, Kind::Buffer { bytes: 4096, flush_ms: Some(5000) }),
        (8, Kind::NoId),
        (9, Kind::ShortHistory { keep: 2 }),
        (10, Kind::Status { code: 503 }),
        (11, Kind::StripUpgrade),
    ];
    let cut = Kind::Cut { how: Close::Rst, after_ms: 0 };
    let lasting = lasting.into_iter().map(|(id, kind)| Fault::new(id, kind));
    let brief = [(5, cut), (12, Kind::Restart)];
    let brief = brief.map(|(id, kind)| Fault { duration_ms: Some(3000), ..Fault::new(id, kind) });
    lasting.chain(brief).collect()
}

/// The home page's: an update now and then, nothing to set.
pub fn glance() -> Step {
    Step {
        lab: LabSpec { source: Source::Random { mean_ms: 4000, seed: None }, ..LabSpec::default() },
        ..bare("glance")
    }
}

/// What a recording is shown with: nothing to set and nothing to reach; the figures are those of its step, if it has one.
pub fn replay(step: Option<&Step>) -> Step {
    let bare = bare(REPLAY);
    match step {
        None => bare,
        Some(step) => Step { client: step.client.clone(), figures: step.figures.clone(), ..bare },
    }
}

fn bare(id: &str) -> Step {
    let nothing = Choice { options: Vec::new(), right: String::new(), measured: None };
    Step {
        id: id.to_owned(),
        minutes: 0,
        core: false,
        notes: Vec::new(),
        needs: Vec::new(),
        misconceptions: Vec::new(),
        claims: Vec::new(),
        lab: LabSpec::default(),
        offer: Vec::new(),
        client: ClientSettings::new(Technique::ShortPoll),
        beside: Vec::new(),
        controls: Vec::new(),
        figures: Vec::new(),
        predict: nothing.clone(),
        reason: nothing,
        goal: Vec::new(),
        hints: 0,
        code: Vec::new(),
    }
}
