//! The feed: numbered updates with a bounded history. It is the ground truth that every technique is measured against.
//!
//! An update is an alert about an epidemic in one of twelve districts. Who asks for updates gets those after a cursor;
//! who asks for the board gets the latest alert of each district.

use std::collections::VecDeque;

use serde::Serialize;

/// How many districts there are.
pub const DISTRICTS: u8 = 12;

/// One update: an alert about a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Its number in the run, from 1.
    pub seq: u64,
    /// The district, 1 to [`DISTRICTS`].
    pub district: u8,
    /// How bad it is, 1 to 4.
    pub level: u8,
    /// Cases counted in the district.
    pub cases: u32,
}

/// What a feed publishes to those who answer from it: a handler reads it without asking anybody.
#[derive(Clone, Debug)]
pub struct FeedState {
    run: u64,
    restarts: u32,
    keep: usize,
    history: VecDeque<Alert>,
    last: u64,
    board: [Option<Alert>; DISTRICTS as usize],
}

/// The updates after a cursor.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Updates {
    /// The number of the feed's last update: the cursor to ask with next time.
    pub cursor: u64,
    /// How many updates after the asked cursor are no longer in the history.
    #[serde(skip_serializing_if = "none_missed")]
    pub missed: u64,
    /// The updates, oldest first.
    pub updates: Vec<Alert>,
}

impl Updates {
    /// Keeps the newest few, and counts the others as missed.
    pub fn forget(&mut self, keep: usize) {
        let gone = self.updates.len().saturating_sub(keep);
        self.updates.drain(..gone);
        self.missed += gone as u64;
    }
}

fn none_missed(missed: &u64) -> bool {
    *missed == 0
}

/// The list of the latest alert of each district.
#[derive(Debug, Serialize)]
pub struct Board {
    /// The highest `seq` in the list, or 0 if it is empty.
    pub version: u64,
    /// The alerts, by district.
    pub alerts: Vec<Alert>,
}

impl FeedState {
    /// A feed at zero that keeps the last `keep` updates. `run` tells its versions from those of another run.
    pub fn new(run: u64, keep: u32) -> Self {
        Self {
            run,
            restarts: 0,
            keep: keep.max(1) as usize,
            history: VecDeque::new(),
            last: 0,
            board: [None; DISTRICTS as usize],
        }
    }

    /// The number of the last update, 0 before the first.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// What tells this run's versions from another's.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// What was opened in one era ends with it: by another run, or by a restart of the server.
    pub fn era(&self) -> (u64, u32) {
        (self.run, self.restarts)
    }

    /// The server goes down: whatever is open ends.
    pub fn restart(&mut self) {
        self.restarts = self.restarts.wrapping_add(1);
    }

    /// Publishes one more update, drawn from `draws`, and gives its number.
    pub fn publish(&mut self, draws: &mut fastrand::Rng) -> u64 {
        self.last += 1;
        let district = draws.u8(1..=DISTRICTS);
        let place = &mut self.board[usize::from(district) - 1];
        // Case numbers go on from the district's last, so that a board that goes back in time can be seen to.
        let before = place.map_or(0, |before| before.cases);
        let cases = before.saturating_add(draws.u32(1..=25));
        let alert = Alert { seq: self.last, district, level: draws.u8(1..=4), cases };
        *place = Some(alert);
        if self.history.len() == self.keep {
            self.history.pop_front();
        }
        self.history.push_back(alert);
        self.last
    }

    /// The updates after `cursor`, or all that are kept.
    ///
    /// # Errors
    /// The number of the last update, if the cursor is ahead of it.
    pub fn after(&self, cursor: Option<u64>) -> Result<Updates, u64> {
        let oldest = self.last - self.history.len() as u64;
        let cursor = cursor.unwrap_or(oldest);
        if cursor > self.last {
            return Err(self.last);
        }
        let missed = oldest.saturating_sub(cursor);
        // What is skipped is at most the length of the history, which is a usize already.
        let updates = self.history.iter().skip(cursor.saturating_sub(oldest) as usize).copied().collect();
        Ok(Updates { cursor: self.last, missed, updates })
    }

    /// The whole list.
    pub fn board(&self) -> Board {
        Board { version: self.last, alerts: self.board.iter().flatten().copied().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(keep: u32, published: usize) -> FeedState {
        let mut feed = FeedState::new(9, keep);
        let mut draws = fastrand::Rng::with_seed(7);
        for _ in 0..published {
            feed.publish(&mut draws);
        }
        feed
    }

    fn seqs(updates: &Updates) -> Vec<u64> {
        updates.updates.iter().map(|alert| alert.seq).collect()
    }

    #[test]
    fn a_cursor_brings_what_follows_it() {
        let feed = feed(100, 5);
        let updates = feed.after(Some(3)).unwrap();
        assert_eq!((seqs(&updates), updates.cursor, updates.missed), (vec![4, 5], 5, 0));
        assert_eq!(seqs(&feed.after(Some(5)).unwrap()), Vec::<u64>::new());
        assert_eq!(seqs(&feed.after(None).unwrap()), [1, 2, 3, 4, 5]);
        assert_eq!(feed.after(Some(6)).unwrap_err(), 5);
    }

    #[test]
    fn what_fell_out_of_the_history_is_counted() {
        let feed = feed(3, 10);
        let updates = feed.after(Some(2)).unwrap();
        assert_eq!((seqs(&updates), updates.missed), (vec![8, 9, 10], 5));
        assert_eq!(feed.after(Some(7)).unwrap().missed, 0);
        assert_eq!((feed.after(None).unwrap().missed, feed.history.len()), (0, 3));
    }

    #[test]
    fn the_board_holds_the_latest_alert_of_each_district() {
        let feed = feed(2, 200);
        let board = feed.board();
        assert_eq!((board.version, board.alerts.len()), (200, usize::from(DISTRICTS)));
        assert!(board.alerts.windows(2).all(|pair| pair[0].district < pair[1].district));
        assert_eq!(board.alerts.iter().map(|alert| alert.seq).max(), Some(200));
        assert!(board.alerts.iter().all(|alert| (1..=4).contains(&alert.level)));
    }

    #[test]
    fn the_same_seed_gives_the_same_alerts() {
        assert_eq!(feed(9, 9).after(None).unwrap(), feed(9, 9).after(None).unwrap());
    }
}
