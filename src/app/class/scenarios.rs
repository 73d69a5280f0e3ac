//! What can be broken with one press: stories first, then whole networks that people know.

use crate::{
    fault::{Death, Fault, Goodbye, Kind, Prey, profile::Profile},
    i18n::t,
    ui::class::setup::Scenario,
};

/// All of them, in the page's language.
pub fn all() -> Vec<Scenario> {
    let stories = stories().into_iter().map(|(name, faults)| Scenario {
        name: t(&format!("classroom.scenario_{name}")),
        text: t(&format!("classroom.scenario_{name}_text")),
        faults,
    });
    let told = [Profile::TrainTunnel];
    let networks = Profile::ALL.into_iter().filter(|profile| !told.contains(profile)).map(|profile| Scenario {
        name: t(&format!("guide.profile_{}", profile.name())),
        text: String::new(),
        faults: profile.faults(),
    });
    stories.chain(networks).collect()
}

/// The stories: the key of the name, and the faults.
fn stories() -> [(&'static str, Vec<Fault>); 5] {
    let lasting = |kind, ms| Fault { duration_ms: Some(ms), ..Fault::new(1, kind) };
    [
        ("tunnel", Profile::TrainTunnel.faults()),
        ("proxy", vec![Fault::new(1, Kind::Buffer { bytes: 4_096, flush_ms: None })]),
        ("restart", vec![lasting(Kind::Restart { how: Goodbye::Kill, drain_ms: 0 }, 3_000)]),
        ("forgetful", vec![Fault::new(1, Kind::IdleKiller { after_ms: 8_000, how: Death::Silent })]),
        ("pongs", vec![Fault::new(1, Kind::Swallow { what: Prey::Pongs })]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::script;

    #[test]
    fn every_scenario_can_be_played() {
        let networks = Profile::ALL.map(Profile::faults);
        for faults in stories().into_iter().map(|(_, faults)| faults).chain(networks) {
            assert_eq!(script::check(&faults), Ok(()));
            // Postcard keeps what a class sends.
            let packed = crate::wire::packed::pack(&faults);
            assert_eq!(crate::wire::packed::unpack(&packed), Ok(faults));
        }
    }
}
