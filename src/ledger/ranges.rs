//! Sets of update numbers, kept as ranges: what is delivered is nearly always one.

use serde::{Deserialize, Serialize};

/// The most ranges that are kept. Beyond it the lowest is settled: only its size is remembered.
const MOST: usize = 256;

/// A set of numbers from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranges {
    /// First and last of each, ascending, neither overlapping nor touching; at most [`MOST`].
    ranges: Vec<(u64, u64)>,
    /// The last number of the settled ranges. Whatever is asked about a number up to here, it counts as in the set.
    #[serde(default)]
    settled: u64,
    /// How many numbers the settled ranges had.
    #[serde(default)]
    settled_count: u64,
}

fn size((first, last): (u64, u64)) -> u64 {
    // Numbers begin at 1, so that this cannot overflow.
    last - first + 1
}

/// What two ranges share.
fn common(a: (u64, u64), b: (u64, u64)) -> u64 {
    let both = (a.0.max(b.0), a.1.min(b.1));
    if both.0 <= both.1 { size(both) } else { 0 }
}

impl Ranges {
    /// Adds the numbers from `first` to `last` and returns those ranges of them that are new, ascending.
    pub fn insert(&mut self, first: u64, last: u64) -> Vec<(u64, u64)> {
        let first = first.max(self.settled + 1).max(1);
        if first > last {
            return Vec::new();
        }
        // The kept ranges that overlap or touch the new one.
        let from = self.ranges.partition_point(|range| range.1 < first - 1);
        let to = self.ranges.partition_point(|range| range.0 <= last.saturating_add(1));
        let mut new = Vec::new();
        let mut next = first;
        let mut whole = (first, last);
        for range in &self.ranges[from..to] {
            if next < range.0 {
                new.push((next, (range.0 - 1).min(last)));
            }
            next = next.max(range.1.saturating_add(1));
            whole = (whole.0.min(range.0), whole.1.max(range.1));
        }
        let reaches_the_end = self.ranges[from..to].last().is_some_and(|range| range.1 >= last);
        if !reaches_the_end {
            new.push((next, last));
        }
        self.ranges.splice(from..to, [whole]);
        if self.ranges.len() > MOST {
            let lowest = self.ranges.remove(0);
            self.settled = lowest.1;
            self.settled_count = self.settled_count.saturating_add(size(lowest));
        }
        new
    }

    /// Adds everything that another set holds.
    pub fn merge(&mut self, other: &Ranges) {
        if other.settled > self.settled {
            // The better known of the two settled parts stands for both.
            let ours: u64 = self.ranges.iter().map(|&range| common(range, (1, other.settled))).sum();
            self.settled_count = (self.settled_count + ours).max(other.settled_count);
            self.settled = other.settled;
            self.ranges.retain_mut(|range| {
                range.0 = range.0.max(other.settled + 1);
                range.0 <= range.1
            });
        }
        for &(first, last) in &other.ranges {
            self.insert(first, last);
        }
    }

    /// How many numbers are in the set.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|&range| size(range)).fold(self.settled_count, u64::saturating_add)
    }

    /// The highest number in the set; 0 if it is empty.
    pub fn highest(&self) -> u64 {
        self.ranges.last().map_or(self.settled, |range| range.1)
    }

    /// How many numbers from `first` to `last` are not in the set.
    pub fn missing(&self, first: u64, last: u64) -> u64 {
        let first = first.max(self.settled + 1);
        if first > last {
            return 0;
        }
        let there: u64 = self.ranges.iter().map(|&range| common(range, (first, last))).sum();
        size((first, last)) - there
    }

    /// How many numbers are in both sets.
    pub fn shared(&self, other: &Ranges) -> u64 {
        let mut shared = self.settled_count.min(other.settled_count);
        for &ours in &self.ranges {
            shared += other.ranges.iter().map(|&theirs| common(ours, theirs)).sum::<u64>();
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn like_a_plain_set(ranges in prop::collection::vec((1u64..60, 0u64..9), 0..30), first in 1u64..70, len in 0u64..70) {
            let (mut set, mut plain, mut halves) = (Ranges::default(), BTreeSet::new(), [Ranges::default(), Ranges::default()]);
            for (at, &(from, more)) in ranges.iter().enumerate() {
                let new: Vec<u64> = set.insert(from, from + more).into_iter().flat_map(|(a, b)| a..=b).collect();
                let expected: Vec<u64> = (from..=from + more).filter(|&n| plain.insert(n)).collect();
                prop_assert_eq!(new, expected);
                halves[at % 2].insert(from, from + more);
            }
            prop_assert_eq!(set.count(), plain.len() as u64);
            prop_assert_eq!(set.highest(), plain.last().copied().unwrap_or(0));
            let missing = (first..=first + len).filter(|n| !plain.contains(n)).count() as u64;
            prop_assert_eq!(set.missing(first, first + len), missing);
            let (a, b) = (halves[0].clone(), halves[1].clone());
            prop_assert_eq!(a.shared(&b), a.count() + b.count() - set.count());
            let [mut merged, other] = halves;
            merged.merge(&other);
            prop_assert_eq!(merged, set);
        }
    }

    #[test]
    fn the_extremes() {
        let mut set = Ranges::default();
        assert_eq!(set.insert(u64::MAX, u64::MAX), [(u64::MAX, u64::MAX)]);
        assert_eq!(set.insert(0, u64::MAX), [(1, u64::MAX - 1)]);
        assert_eq!(set.count(), u64::MAX);
        assert_eq!(set.insert(3, 2), []);
    }

    #[test]
    fn what_is_settled_counts_as_delivered() {
        let mut set = Ranges::default();
        for n in 1..=MOST as u64 + 10 {
            set.insert(2 * n, 2 * n);
        }
        assert_eq!((set.count(), set.ranges.len()), (MOST as u64 + 10, MOST));
        assert_eq!(set.insert(1, 20), [], "too old to tell");
        assert_eq!(set.missing(1, 24), 2, "21 and 23");
        let mut other = Ranges::default();
        other.insert(1, 30);
        other.merge(&set);
        assert_eq!((other.settled, other.settled_count, other.insert(31, 31)), (20, 20, vec![(31, 31)]));
    }
}
