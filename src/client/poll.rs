//! Clients that ask, as state machines: what happened goes in, what to do comes out. No browser, no clock. The one here is
//! the short-polling client; [`Hold`] is the long-polling one, [`Visit`] loads a page once.

use serde::Deserialize;

use super::{hold::Hold, visit::Visit};
use crate::wire::{
    Ending, ExchangeNo, Technique,
    observation::{Ask, ClientSettings, Cure, News},
};

/// How many requests may be under way at once. A tick above it sends nothing: the browser opens six connections to a
/// host, so more would only queue inside it.
pub const UNDER_WAY: usize = 24;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a request with this number.
    Ask {
        /// The number.
        n: ExchangeNo,
        /// What for.
        what: Asking,
    },
    /// Give this request up.
    Abort(ExchangeNo),
    /// This tick sends nothing.
    Skip,
    /// The board shows this version now.
    Show(u64),
    /// The answer is older than what is shown, and the client's rule throws it away.
    Ignore(u64),
    /// There is nothing more to ask: stop the timer.
    Finish,
    /// Tick after a wait.
    Later {
        /// How long, in milliseconds.
        ms: u32,
    },
}

/// A client that asks: what it does next, and what it makes of what comes.
pub trait Asks: Send {
    /// The timer fired; or the client begins, or a wait of [`Action::Later`] is over.
    fn tick(&mut self) -> Vec<Action>;
    /// An answer is whole. Says what it brought, and what to do.
    fn answered(&mut self, n: ExchangeNo, status: u16, answer: &Answer) -> (News, Vec<Action>);
    /// A request ended without an answer.
    fn ended(&mut self, n: ExchangeNo, how: Ending) -> Vec<Action>;
}

/// The client for these settings, and the interval of its timer in milliseconds, if it has one. `known` is the number of
/// the last update that the page has already, 0 if it has none.
pub fn asker(settings: &ClientSettings, known: u64) -> (Box<dyn Asks>, Option<u32>) {
    match settings.technique {
        Technique::Request => (Box::new(Visit::new(settings.clone())), None),
        Technique::LongPoll => (Box::new(Hold::new(settings.clone(), known)), None),
        _ => (Box::new(Poll::new(settings.clone())), Some(settings.interval_ms)),
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// The updates after this cursor.
    Updates {
        /// The number of the last update known; nothing yet at first.
        cursor: Option<u64>,
    },
    /// The whole list.
    Board,
    /// The whole list, if it changed.
    BoardIfChanged,
    /// Begin a job.
    StartJob,
    /// The state of this job.
    Job(u32),
    /// The updates after this cursor, or those from now on, as soon as there are any.
    Hold {
        /// The number of the last update known, if the client tells.
        cursor: Option<u64>,
        /// For how long at most, in milliseconds.
        wait_ms: u32,
        /// One update rather than all.
        one: bool,
    },
    /// The document of a page, or one of the resources that it names.
    Page {
        /// The number of the resource; 0 is the document.
        part: u8,
        /// Whether the answer is to end its connection.
        closing: bool,
    },
}

impl Asking {
    /// Method, and target below the lab's path, ready for further parameters.
    pub fn request(self) -> (&'static str, String) {
        let cursor = |cursor: Option<u64>| cursor.map_or_else(String::new, |cursor| format!("cursor={cursor}&"));
        match self {
            Asking::Updates { cursor: known } => ("GET", format!("/poll?{}", cursor(known))),
            Asking::Board => ("GET", "/board?".to_owned()),
            Asking::BoardIfChanged => ("GET", "/board/cached?".to_owned()),
            Asking::StartJob => ("POST", "/job?".to_owned()),
            Asking::Job(job) => ("GET", format!("/job?job={job}&")),
            Asking::Hold { cursor: known, wait_ms, one } => {
                ("GET", format!("/hold?{}wait={wait_ms}&{}", cursor(known), if one { "one=1&" } else { "" }))
            }
            Asking::Page { part, closing } => {
                let part = if part > 0 { format!("/{part}") } else { String::new() };
                ("GET", format!("/page{part}?{}", if closing { "close=1&" } else { "" }))
            }
        }
    }
}

/// The body of an answer, of any of the endpoints: each sends some of these fields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The cursor to ask with next.
    pub cursor: Option<u64>,
    /// The updates after the cursor that was asked with.
    pub updates: Vec<Alert>,
    /// The version of a list asked whole.
    pub version: Option<u64>,
    /// The list itself.
    pub alerts: Vec<Alert>,
    /// The number of a job.
    pub job: Option<u32>,
    /// Share of a job done, 0 to 100.
    pub percent: Option<u8>,
    /// The resources that a document names, by number.
    #[serde(skip)]
    pub resources: Vec<u8>,
}

impl Answer {
    /// Reads a body: JSON, or the document of a page. What is neither says nothing.
    pub fn read(body: &str) -> Self {
        // Each resource stands in quotes, as an address relative to the document's.
        let named = |rest: &str| rest.split_once('"')?.0.parse().ok();
        let resources = body.split("\"page/").skip(1).filter_map(named).collect();
        Self { resources, ..serde_json::from_str(body).unwrap_or_default() }
    }
}

/// An epidemic alert: an update of the feed, or an entry of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Alert {
    /// The number of the update that brought it.
    pub seq: u64,
    /// The district, 1 to 12.
    pub district: u8,
    /// How grave, 1 to 4.
    pub level: u8,
    /// Known cases.
    pub cases: u32,
}

/// A short-polling client.
#[derive(Debug)]
pub struct Poll {
    settings: ClientSettings,
    asked: ExchangeNo,
    under_way: Vec<ExchangeNo>,
    cursor: Option<u64>,
    /// Version of the last answer taken to the board.
    shown: Option<u64>,
    job: Option<u32>,
    /// A job was asked for, and its number has not come yet.
    starting: bool,
    finished: bool,
}

impl Poll {
    /// A client that has asked nothing yet.
    pub fn new(settings: ClientSettings) -> Self {
        Self {
            settings,
            asked: 0,
            under_way: Vec::new(),
            cursor: None,
            shown: None,
            job: None,
            starting: false,
            finished: false,
        }
    }

    /// The requests under way.
    pub fn under_way(&self) -> &[ExchangeNo] {
        &self.under_way
    }
}

impl Asks for Poll {
    fn tick(&mut self) -> Vec<Action> {
        if self.finished {
            return Vec::new();
        }
        let may_not = self.settings.cure == Cure::NoOverlap && !self.under_way.is_empty();
        if self.starting || may_not || self.under_way.len() >= UNDER_WAY {
            return vec![Action::Skip];
        }
        let mut actions = Vec::new();
        if self.settings.cure == Cure::Abort {
            actions.extend(self.under_way.drain(..).map(Action::Abort));
        }
        self.asked += 1;
        self.under_way.push(self.asked);
        let what = match (self.settings.ask, self.job) {
            (Ask::Updates, _) => Asking::Updates { cursor: self.cursor },
            (Ask::Board, _) => Asking::Board,
            (Ask::BoardIfChanged, _) => Asking::BoardIfChanged,
            (Ask::Job, None) => Asking::StartJob,
            (Ask::Job, Some(job)) => Asking::Job(job),
        };
        self.starting = what == Asking::StartJob;
        actions.push(Action::Ask { n: self.asked, what });
        actions
    }

    fn answered(&mut self, n: ExchangeNo, status: u16, answer: &Answer) -> (News, Vec<Action>) {
        self.under_way.retain(|&under_way| under_way != n);
        // Answered or refused, a job is not being started any more: a refusal is tried again at the next tick.
        self.starting = false;
        let mut news = News {
            seqs: answer.updates.iter().map(|update| update.seq).collect(),
            version: answer.version,
            percent: answer.percent,
            empty: true,
            missed: None,
        };
        let mut actions = Vec::new();
        if !(200..300).contains(&status) {
            return (news, actions);
        }
        if let Some(cursor) = answer.cursor {
            news.empty = news.seqs.iter().all(|seq| self.cursor.is_some_and(|known| *seq <= known));
            let newest = news.seqs.iter().copied().max();
            self.cursor = Some(self.cursor.map_or(cursor, |known| known.max(cursor)));
            if let (Some(newest), false) = (newest, news.empty) {
                actions.push(Action::Show(newest));
            }
        }
        if let Some(version) = answer.version {
            news.empty = version == self.shown.unwrap_or(0);
            match self.shown {
                Some(shown) if version < shown && self.settings.cure == Cure::Sequence => {
                    actions.push(Action::Ignore(version));
                }
                _ if news.empty => {}
                // Without a rule whatever comes last wins, older or not: that is the bug the lesson is about.
                _ => {
                    self.shown = Some(version);
                    actions.push(Action::Show(version));
                }
            }
        }
        if let Some(job) = answer.job {
            self.job.get_or_insert(job);
            news.empty = answer.percent.is_some_and(|percent| percent < 100);
        }
        if answer.percent == Some(100) {
            self.finished = true;
            actions.extend(self.under_way.drain(..).map(Action::Abort));
            actions.push(Action::Finish);
        }
        (news, actions)
    }

    fn ended(&mut self, n: ExchangeNo, _: Ending) -> Vec<Action> {
        self.under_way.retain(|&under_way| under_way != n);
        self.starting = false;
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(ask: Ask, cure: Cure) -> Poll {
        Poll::new(ClientSettings { ask, cure, ..ClientSettings::new(Technique::ShortPoll) })
    }

    fn board(version: u64) -> Answer {
        Answer { version: Some(version), ..Answer::default() }
    }

    fn asked(actions: &[Action]) -> Vec<ExchangeNo> {
        actions.iter().filter_map(|action| if let Action::Ask { n, .. } = action { Some(*n) } else { None }).collect()
    }

    #[test]
    fn without_a_cure_the_last_answer_wins_however_old() {
        let mut poll = client(Ask::Board, Cure::None);
        assert_eq!(asked(&poll.tick()), [1]);
        assert_eq!(asked(&poll.tick()), [2], "requests overlap");
        assert_eq!(poll.answered(2, 200, &board(4)).1, [Action::Show(4)]);
        assert_eq!(poll.answered(1, 200, &board(3)).1, [Action::Show(3)], "the board goes back");
    }

    #[test]
    fn the_sequence_check_throws_old_answers_away() {
        let mut poll = client(Ask::Board, Cure::Sequence);
        poll.tick();
        poll.tick();
        poll.answered(2, 200, &board(4));
        assert_eq!(poll.answered(1, 200, &board(3)).1, [Action::Ignore(3)]);
    }

    #[test]
    fn a_new_request_aborts_the_older_one() {
        let mut poll = client(Ask::Board, Cure::Abort);
        poll.tick();
        let actions = poll.tick();
        assert_eq!(actions[0], Action::Abort(1));
        assert_eq!((asked(&actions), poll.under_way()), (vec![2], &[2][..]));
    }

    #[test]
    fn never_overlapping_skips_ticks() {
        let mut poll = client(Ask::Board, Cure::NoOverlap);
        poll.tick();
        assert_eq!(poll.tick(), [Action::Skip]);
        poll.answered(1, 200, &board(1));
        assert_eq!(asked(&poll.tick()), [2]);
    }

    #[test]
    fn the_cursor_moves_with_the_answers_and_never_back() {
        let mut poll = client(Ask::Updates, Cure::None);
        poll.tick();
        poll.tick();
        let news = |cursor, seqs: &[u64]| Answer {
            cursor: Some(cursor),
            updates: seqs.iter().map(|&seq| Alert { seq, ..Alert::default() }).collect(),
            ..Answer::default()
        };
        let (second, _) = poll.answered(2, 200, &news(5, &[4, 5]));
        assert_eq!((second.seqs, second.empty), (vec![4, 5], false));
        let (first, _) = poll.answered(1, 200, &news(4, &[4]));
        assert!(first.empty, "an overlapping answer repeats what is known");
        assert_eq!(
            poll.tick(),
            [Action::Ask { n: 3, what: Asking::Updates { cursor: Some(5) } }],
            "the older answer does not turn the cursor back"
        );
        assert!(poll.answered(3, 200, &news(5, &[])).0.empty);
    }

    #[test]
    fn a_job_is_begun_once_asked_for_and_left_when_done() {
        let mut poll = client(Ask::Job, Cure::None);
        assert_eq!(poll.tick(), [Action::Ask { n: 1, what: Asking::StartJob }]);
        assert_eq!(poll.tick(), [Action::Skip], "there is no job to ask about yet");
        poll.answered(1, 202, &Answer { job: Some(7), ..Answer::default() });
        assert_eq!(poll.tick(), [Action::Ask { n: 2, what: Asking::Job(7) }]);
        let (news, actions) = poll.answered(2, 200, &Answer { job: Some(7), percent: Some(40), ..Answer::default() });
        assert!(news.empty && actions.is_empty());
        poll.tick();
        poll.tick();
        let (news, actions) = poll.answered(3, 200, &Answer { job: Some(7), percent: Some(100), ..Answer::default() });
        assert!(!news.empty);
        assert_eq!(actions, [Action::Abort(4), Action::Finish], "so that the result arrives once");
        assert!(poll.tick().is_empty());
    }

    #[test]
    fn what_is_under_way_is_bounded() {
        let mut poll = client(Ask::Board, Cure::None);
        for _ in 0..UNDER_WAY {
            poll.tick();
        }
        assert_eq!(poll.tick(), [Action::Skip]);
    }
}
