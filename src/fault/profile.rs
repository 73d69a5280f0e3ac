//! Profiles: whole networks that people know, each a list of faults.

use super::{Fault, Kind, Shape};

/// A network that people know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A modem of the nineties: 5 kB a second, and a long way.
    DialUp,
    /// A telephone of 2003, or one at the edge of a cell today.
    Edge,
    /// A telephone of 2008.
    ThreeG,
    /// A geostationary satellite: 36,000 km up and as many down.
    Satellite,
    /// Many guests on one line: it comes and goes.
    HotelWifi,
    /// A company's proxy: it collects answers, knows no upgrades, and has a limit for a request.
    OfficeProxy,
    /// A train: two tunnels, in which everything is lost.
    TrainTunnel,
    /// A lift: for a while nothing gets through, then all of it.
    Lift,
    /// A laptop that is closed for a while.
    SleepingLaptop,
}

/// What a part of a network does, the share it strikes, and, in milliseconds, when it begins and how long it lasts.
type Part = (Kind, f64, Option<(u32, u32)>);

impl Profile {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Profile; 9] = [
        Profile::DialUp,
        Profile::Edge,
        Profile::ThreeG,
        Profile::Satellite,
        Profile::HotelWifi,
        Profile::OfficeProxy,
        Profile::TrainTunnel,
        Profile::Lift,
        Profile::SleepingLaptop,
    ];

    /// Its name, as it is written in the API.
    pub fn name(self) -> &'static str {
        match self {
            Profile::DialUp => "dial_up",
            Profile::Edge => "edge",
            Profile::ThreeG => "three_g",
            Profile::Satellite => "satellite",
            Profile::HotelWifi => "hotel_wifi",
            Profile::OfficeProxy => "office_proxy",
            Profile::TrainTunnel => "train_tunnel",
            Profile::Lift => "lift",
            Profile::SleepingLaptop => "sleeping_laptop",
        }
    }

    /// The profile of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Its faults, numbered from 1; those that begin later make it a script.
    pub fn faults(self) -> Vec<Fault> {
        let line = |bytes_per_s| (Kind::Bandwidth { bytes_per_s, burst: 1_500 }, 1.0, None);
        let way = |base_ms, jitter_ms, shape| (Kind::Latency { base_ms, jitter_ms, shape }, 1.0, None);
        let loss = |share, streak| (Kind::Loss { streak }, share, None);
        let kinds: Vec<Part> = match self {
            Profile::DialUp => vec![line(5_000), way(90, 30, Shape::Uniform)],
            Profile::Edge => vec![line(25_000), way(200, 100, Shape::Normal), loss(0.01, 30)],
            Profile::ThreeG => vec![line(200_000), way(70, 60, Shape::Normal)],
            Profile::Satellite => vec![line(1_000_000), way(270, 10, Shape::Uniform), loss(0.005, 0)],
            Profile::HotelWifi => vec![line(100_000), way(20, 120, Shape::Pareto), loss(0.03, 60)],
            Profile::OfficeProxy => vec![
                (Kind::Buffer { bytes: 4_096, flush_ms: None }, 1.0, None),
                (Kind::strip_upgrade(), 1.0, None),
                (Kind::MaxRequest { after_ms: 10_000 }, 1.0, None),
            ],
            Profile::TrainTunnel => vec![
                way(60, 60, Shape::Normal),
                (Kind::Blackhole, 1.0, Some((4_000, 6_000))),
                (Kind::Blackhole, 1.0, Some((16_000, 3_000))),
            ],
            Profile::Lift => vec![(Kind::Stall, 1.0, Some((3_000, 7_000)))],
            Profile::SleepingLaptop => vec![(Kind::Asleep, 1.0, Some((3_000, 10_000)))],
        };
        let numbered = kinds.into_iter().zip(1..);
        let fault = |((kind, probability, times), id): (Part, u32)| Fault {
            probability,
            start_ms: times.map(|times| times.0),
            duration_ms: times.map(|times| times.1),
            seed: id.into(),
            ..Fault::new(id, kind)
        };
        numbered.map(fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::script;

    #[test]
    fn each_is_a_list_that_stands() {
        for profile in Profile::ALL {
            assert_eq!(Profile::find(profile.name()), Some(profile));
            assert_eq!(script::check(&profile.faults()), Ok(()), "{profile:?}");
            assert!(!profile.faults().is_empty());
        }
        assert_eq!(Profile::find("5g"), None);
    }
}
