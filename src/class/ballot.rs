//! Votes: what readers predict, and what the wall shows of it when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ReaderNo;

/// The longest name of a ballot or an option, in bytes.
pub const MAX_NAME: usize = 120;

/// The most ballots of a class.
pub const BALLOTS: usize = 256;

/// The most options of a ballot.
pub const OPTIONS: usize = 12;

/// What of a vote everybody may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reveal {
    /// How many voted.
    #[default]
    Hidden,
    /// Who voted how often for what.
    Votes,
    /// And what the wire did: the figure that was predicted, as the class's labs measured it.
    Wire,
    /// And which option is right, and why.
    Reason,
}

/// A vote. Its name says what about: `predict/LESSON/STEP` is the prediction of a step, `before/QUESTION` and
/// `after/QUESTION` are a question of the quiz, named `LESSON/QUESTION`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ballot {
    /// What each reader said. The first vote holds.
    pub votes: BTreeMap<ReaderNo, String>,
    /// The show of hands.
    pub hands: BTreeMap<String, u32>,
    /// What everybody may see.
    pub reveal: Reveal,
}

impl Ballot {
    /// Votes and hands for each option, by its name.
    pub fn counts(&self) -> BTreeMap<String, u32> {
        let mut counts = self.hands.clone();
        for option in self.votes.values() {
            *counts.entry(option.clone()).or_default() += 1;
        }
        counts
    }

    /// How many voted, hands included.
    pub fn total(&self) -> u32 {
        self.counts().values().sum()
    }
}

/// The name of the ballot on a step's prediction.
pub fn of_step(step: &str) -> String {
    format!("predict/{step}")
}

/// Whether a text can be the name of a ballot or an option.
pub fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'/' | b'_');
    !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(plain)
}
