//! The long-polling client as a state machine: one request is under way at a time, and an answer is the sign to ask again.

use super::poll::{Action, Answer, Asking, Asks};
use crate::wire::{
    Ending, ExchangeNo,
    observation::{ClientSettings, News},
};

/// The first wait after a failure, in milliseconds; each further one is twice as long.
const FIRST_WAIT_MS: u32 = 1000;

/// The longest wait after a failure, in milliseconds.
const LONGEST_WAIT_MS: u32 = 30_000;

/// A long-polling client.
#[derive(Debug)]
pub struct Hold {
    settings: ClientSettings,
    asked: ExchangeNo,
    under_way: Option<ExchangeNo>,
    /// The cursor of the last answer. A client without a cursor has it, too, but does not tell the server.
    cursor: u64,
    /// The highest update seen.
    newest: u64,
    /// How many requests in a row failed.
    failures: u32,
}

impl Hold {
    /// A client that has asked nothing yet, on a page that has the updates up to `known`.
    pub fn new(settings: ClientSettings, known: u64) -> Self {
        Self { settings, asked: 0, under_way: None, cursor: known, newest: known, failures: 0 }
    }

    fn again_later(&mut self) -> Vec<Action> {
        // Five doublings reach the longest wait.
        let ms = (FIRST_WAIT_MS << self.failures.min(5)).min(LONGEST_WAIT_MS);
        self.failures += 1;
        vec![Action::Later { ms }]
    }
}

impl Asks for Hold {
    /// The first request, or the next one after a wait.
    fn tick(&mut self) -> Vec<Action> {
        if self.under_way.is_some() {
            return Vec::new();
        }
        self.asked += 1;
        self.under_way = Some(self.asked);
        let ClientSettings { cursor, hold_ms, batch, .. } = self.settings;
        let cursor = cursor.then_some(self.cursor);
        vec![Action::Ask { n: self.asked, what: Asking::Hold { cursor, wait_ms: hold_ms, one: !batch } }]
    }

    fn answered(&mut self, n: ExchangeNo, status: u16, answer: &Answer) -> (News, Vec<Action>) {
        if self.under_way == Some(n) {
            self.under_way = None;
        }
        let seqs: Vec<u64> = answer.updates.iter().map(|update| update.seq).collect();
        let newest = seqs.iter().copied().max().filter(|newest| *newest > self.newest);
        let news = News { seqs, empty: newest.is_none(), ..News::default() };
        if status != 200 {
            return (news, self.again_later());
        }
        self.failures = 0;
        self.cursor = answer.cursor.unwrap_or(self.cursor);
        let mut actions = Vec::new();
        if let Some(newest) = newest {
            self.newest = newest;
            actions.push(Action::Show(newest));
        }
        actions.extend(self.tick());
        (news, actions)
    }

    fn ended(&mut self, n: ExchangeNo, how: Ending) -> Vec<Action> {
        if self.under_way == Some(n) {
            self.under_way = None;
        }
        if how == Ending::Aborted { Vec::new() } else { self.again_later() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{client::poll::Alert, wire::Technique};

    fn client(cursor: bool, batch: bool) -> Hold {
        Hold::new(ClientSettings { cursor, batch, hold_ms: 5000, ..ClientSettings::new(Technique::LongPoll) }, 0)
    }

    fn ask(n: ExchangeNo, cursor: Option<u64>, one: bool) -> Action {
        Action::Ask { n, what: Asking::Hold { cursor, wait_ms: 5000, one } }
    }

    fn brings(cursor: u64, seqs: &[u64]) -> Answer {
        let updates = seqs.iter().map(|&seq| Alert { seq, ..Alert::default() }).collect();
        Answer { cursor: Some(cursor), updates, ..Answer::default() }
    }

    #[test]
    fn an_answer_is_the_sign_to_ask_again() {
        let mut hold = client(true, true);
        assert_eq!(hold.tick(), [ask(1, Some(0), false)]);
        assert!(hold.tick().is_empty(), "one request at a time");
        let (news, actions) = hold.answered(1, 200, &brings(2, &[1, 2]));
        assert_eq!((news.seqs, news.empty), (vec![1, 2], false));
        assert_eq!(actions, [Action::Show(2), ask(2, Some(2), false)]);
        let (news, actions) = hold.answered(2, 200, &brings(2, &[]));
        assert!(news.empty, "the hold expired");
        assert_eq!(actions, [ask(3, Some(2), false)]);
    }

    #[test]
    fn without_a_cursor_it_does_not_say_what_it_has() {
        let mut hold = client(false, false);
        assert_eq!(hold.tick(), [ask(1, None, true)]);
        assert_eq!(hold.answered(1, 200, &brings(4, &[4])).1, [Action::Show(4), ask(2, None, true)]);
    }

    #[test]
    fn failures_make_it_wait_longer_and_longer() {
        let mut hold = client(true, true);
        hold.tick();
        let mut waits = Vec::new();
        for n in 1..=7 {
            let failed =
                if n % 2 == 0 { hold.answered(n, 503, &Answer::default()).1 } else { hold.ended(n, Ending::Failed) };
            let [Action::Later { ms }] = failed[..] else { panic!("{failed:?}") };
            waits.push(ms);
            hold.tick();
        }
        assert_eq!(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        hold.answered(8, 200, &brings(1, &[1]));
        assert_eq!(hold.ended(9, Ending::Failed), [Action::Later { ms: 1000 }]);
        assert!(hold.ended(10, Ending::Aborted).is_empty(), "whoever gave it up asks again when he wants to");
    }
}
