//! Labs that belong to no lesson: the free one, where everything can be set, and the small one of the home page. Both ask
//! nothing and have no goal.

pub use super::manifest::OUTSIDE;
use super::manifest::{Choice, Control, REPLAY, Step};
use crate::{
    ledger::Figure,
    wire::{
        Technique,
        control::{LabSpec, Source},
        observation::ClientSettings,
    },
};

/// The free lab: every control, and a clean network. Its faults are in a panel of their own.
pub fn free() -> Step {
    Step {
        lab: LabSpec { source: Source::Random { mean_ms: 3000, seed: None }, ..LabSpec::default() },
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
            Control::Closing,
            Control::KeepAlive,
            Control::Crowd,
        ],
        figures: vec![Figure::Requests, Figure::EmptyShare, Figure::DelayMean, Figure::Bytes],
        ..bare("free")
    }
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
        secret: false,
    }
}
