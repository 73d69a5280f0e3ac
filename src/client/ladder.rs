//! The ladder of fallbacks, as a state machine: the best way that works, from the top down. No browser, no clock.
//!
//! A way works when something was heard on it: that it could be opened is not enough, since what stands between may keep
//! everything back. What was given up is not tried again until the client is started anew.

use crate::wire::{Ending, Fact, Technique, observation::Missing};

/// How long a way may be silent before it is given up, in milliseconds.
pub const PATIENCE_MS: u32 = 3000;

/// The rungs, from the top. The last needs nothing that any browser is without.
const RUNGS: [Technique; 3] = [Technique::WebSocket, Technique::Sse, Technique::LongPoll];

/// Which way a client goes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    rung: usize,
    works: bool,
}

impl Ladder {
    /// At the top of what this browser has.
    pub fn new(missing: Missing) -> Self {
        let rung = match missing {
            Missing::None => 0,
            Missing::WebSocket => 1,
            Missing::Both => 2,
        };
        Self { rung, works: false }
    }

    /// The way that is gone, or tried.
    pub fn technique(&self) -> Technique {
        RUNGS[self.rung]
    }

    /// The client wrote this down. True if it stepped down.
    pub fn saw(&mut self, fact: &Fact) -> bool {
        match fact {
            // The greeting of a stream; a socket that is open has heard the server's handshake.
            Fact::Message { .. } => self.works = true,
            Fact::Streaming if self.technique() == Technique::WebSocket => self.works = true,
            Fact::Ended { how: Ending::Failed } | Fact::Shut { .. } | Fact::Broken => return self.down(),
            _ => {}
        }
        false
    }

    /// [`PATIENCE_MS`] have gone by since it went this way. True if it stepped down.
    pub fn waited(&mut self) -> bool {
        self.down()
    }

    fn down(&mut self) -> bool {
        if self.works || self.rung + 1 == RUNGS.len() {
            return false;
        }
        self.rung += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::observation::News;

    const HEARD: Fact = Fact::Message {
        bytes: 1,
        news: News { seqs: Vec::new(), version: None, percent: None, empty: false, missed: None },
    };

    #[test]
    fn it_begins_with_the_best_that_the_browser_has() {
        let first = |missing| Ladder::new(missing).technique();
        assert_eq!(first(Missing::None), Technique::WebSocket);
        assert_eq!(first(Missing::WebSocket), Technique::Sse);
        assert_eq!(first(Missing::Both), Technique::LongPoll);
    }

    #[test]
    fn a_handshake_that_fails_is_a_step_down() {
        let mut ladder = Ladder::new(Missing::None);
        assert!(ladder.saw(&Fact::Shut { code: 1006, clean: false }));
        assert_eq!(ladder.technique(), Technique::Sse);
    }

    #[test]
    fn an_open_stream_that_stays_silent_is_a_step_down_and_one_that_greets_is_not() {
        let mut silent = Ladder::new(Missing::WebSocket);
        assert!(!silent.saw(&Fact::Streaming));
        assert!(silent.waited());
        assert_eq!(silent.technique(), Technique::LongPoll);
        let mut heard = Ladder::new(Missing::WebSocket);
        assert!(!heard.saw(&Fact::Streaming) && !heard.saw(&HEARD) && !heard.waited());
        assert_eq!(heard.technique(), Technique::Sse);
    }

    #[test]
    fn what_has_worked_is_left_to_its_own_reconnecting() {
        let mut ladder = Ladder::new(Missing::None);
        assert!(!ladder.saw(&Fact::Streaming));
        assert!(!ladder.saw(&Fact::Shut { code: 1006, clean: false }));
        assert_eq!(ladder.technique(), Technique::WebSocket);
    }

    #[test]
    fn below_the_last_rung_there_is_nothing() {
        let mut ladder = Ladder::new(Missing::Both);
        assert!(!ladder.waited() && !ladder.saw(&Fact::Ended { how: Ending::Failed }));
        assert_eq!(ladder.technique(), Technique::LongPoll);
    }
}
