//! Labs that belong to no lesson: the free one, where everything can be set, and the small one of the home page. Both ask
//! nothing and have no goal.

use super::manifest::{Choice, Control, Step};
use crate::{
    fault::{Fault, Kind},
    ledger::Figure,
    wire::{
        Technique,
        control::{LabSpec, Source},
        observation::ClientSettings,
    },
};

/// The lesson's name under which they run.
pub const OUTSIDE: &str = "lab";

/// The free lab: slow answers are there to be broken and mended, and every control.
pub fn free() -> Step {
    let slow = Kind::SlowAnswers { min_ms: 0, max_ms: 1500 };
    Step {
        lab: LabSpec {
            source: Source::Random { mean_ms: 3000, seed: None },
            faults: vec![Fault { id: 1, kind: slow, direction: None, probability: 0.5, seed: 1 }],
            ..LabSpec::default()
        },
        controls: vec![
            Control::Technique,
            Control::Interval,
            Control::Hold,
            Control::Beat,
            Control::Reconnect,
            Control::Distance,
            Control::Ask,
            Control::Cure,
            Control::Publish,
            Control::Job,
            Control::Faults,
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
        client: ClientSettings::new(Technique::ShortPoll),
        controls: Vec::new(),
        figures: Vec::new(),
        predict: nothing.clone(),
        reason: nothing,
        goal: Vec::new(),
        hints: 0,
        code: Vec::new(),
    }
}
