//! A set of exchanges of one client, as bits, for the latest few thousand.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::wire::ExchangeNo;

/// The most words of 64 exchanges that are kept: the latest 4,096 exchanges, within one word.
const WORDS: usize = 64;

/// A set of exchanges. What falls out of the window counts as not in the set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bits {
    /// The number of the first word.
    first: u32,
    words: VecDeque<u64>,
}

impl Bits {
    /// Adds an exchange; returns whether it is new and within the window.
    pub fn insert(&mut self, exchange: ExchangeNo) -> bool {
        let (word, bit) = (exchange / 64, 1u64 << (exchange % 64));
        if self.words.is_empty() {
            self.first = word;
        }
        if word < self.first {
            let more = (self.first - word) as usize;
            if self.words.len() + more > WORDS {
                return false;
            }
            for _ in 0..more {
                self.words.push_front(0);
            }
            self.first = word;
        }
        let mut at = (word - self.first) as usize;
        if at >= WORDS {
            let gone = (at + 1 - WORDS).min(self.words.len());
            self.words.drain(..gone);
            self.first = word + 1 - WORDS as u32;
            at = WORDS - 1;
        }
        if self.words.len() <= at {
            self.words.resize(at + 1, 0);
        }
        let place = &mut self.words[at];
        let new = *place & bit == 0;
        *place |= bit;
        new
    }

    /// Whether the exchange is in the set.
    pub fn contains(&self, exchange: ExchangeNo) -> bool {
        let at = (exchange / 64).checked_sub(self.first);
        at.and_then(|at| self.words.get(at as usize)).is_some_and(|word| word & (1 << (exchange % 64)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_the_latest() {
        let mut bits = Bits::default();
        assert!(bits.insert(100) && !bits.insert(100) && bits.insert(3));
        assert!(bits.contains(100) && bits.contains(3) && !bits.contains(4) && !bits.contains(5000));
        assert!(bits.insert(4096 + 10), "one word falls out");
        assert!(!bits.contains(3) && bits.contains(100) && !bits.insert(3));
        assert!(bits.insert(u32::MAX) && bits.contains(u32::MAX) && !bits.contains(100));
        assert!(!bits.insert(0) && bits.words.len() <= WORDS);
        assert!(bits.insert(u32::MAX - 64));
    }
}
