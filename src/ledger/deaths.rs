//! How long it takes until somebody notices that the network has died without a word.

use serde::{Deserialize, Serialize};

use crate::{
    fault::{Death, Fault, FaultId, Kind},
    wire::{Micros, Witness},
};

/// The network's latest silent death, and who noticed it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deaths {
    /// When nothing got through any more.
    died: Option<Micros>,
    /// Whether the page's client knows: the next strike is then another death.
    known: bool,
    /// The faults in force that end connections in silence.
    silent: Vec<FaultId>,
    /// How long it took the page's client to give its socket up, in microseconds: of the latest death that it noticed.
    pub by_page: Option<Micros>,
    /// The same for the server.
    pub by_server: Option<Micros>,
}

impl Deaths {
    /// The lab's faults changed.
    pub fn faults(&mut self, at: Micros, faults: &[Fault]) {
        let dark = faults.iter().any(|fault| fault.kind == Kind::Blackhole);
        self.died = if dark { self.died.or(Some(at)) } else { None };
        self.known = false;
        let silent = |fault: &&Fault| matches!(fault.kind, Kind::IdleKiller { how: Death::Silent, .. });
        self.silent = faults.iter().filter(silent).map(|fault| fault.id).collect();
    }

    /// A fault ended a connection.
    pub fn struck(&mut self, at: Micros, by: FaultId) {
        if self.silent.contains(&by) {
            self.died = self.died.filter(|_| !self.known).or(Some(at));
            self.known = false;
        }
    }

    /// A client's socket was given up.
    pub fn noticed(&mut self, at: Micros, who: Witness) {
        let Some(died) = self.died.filter(|died| *died <= at) else { return };
        match who {
            Witness::Browser => (self.by_page, self.known) = (Some(at - died), true),
            _ => self.by_server = Some(at - died),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_silent_death_is_noticed_late() {
        let hole = [Fault::new(1, Kind::Blackhole)];
        let mut deaths = Deaths::default();
        deaths.noticed(5, Witness::Browser);
        assert_eq!(deaths.by_page, None, "nothing had died");
        deaths.faults(10, &hole);
        // Another fault beside it is no other death.
        deaths.faults(12, &[hole[0].clone(), Fault::new(2, Kind::NoId)]);
        deaths.noticed(30, Witness::Browser);
        deaths.noticed(45, Witness::Server);
        assert_eq!((deaths.by_page, deaths.by_server), (Some(20), Some(35)));
        deaths.faults(50, &[]);
        deaths.noticed(90, Witness::Browser);
        assert_eq!(deaths.by_page, Some(20), "mended, and given up for another reason");
    }

    #[test]
    fn an_intermediary_that_says_nothing_kills_when_it_strikes() {
        let silent = Fault::new(3, Kind::IdleKiller { after_ms: 100, how: Death::Silent });
        let mut deaths = Deaths::default();
        deaths.faults(0, &[silent]);
        deaths.struck(40, 9);
        deaths.noticed(50, Witness::Browser);
        assert_eq!(deaths.by_page, None);
        deaths.struck(60, 3);
        deaths.struck(70, 3);
        deaths.noticed(90, Witness::Browser);
        assert_eq!(deaths.by_page, Some(30), "the first strike is what nobody noticed");
        deaths.noticed(95, Witness::Server);
        assert_eq!(deaths.by_server, Some(35));
        deaths.struck(200, 3);
        deaths.noticed(240, Witness::Browser);
        assert_eq!(deaths.by_page, Some(40), "the connection that took its place died later");
    }
}
