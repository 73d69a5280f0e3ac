//! Chance without a generator: a draw is a hash of what it is about, so that the same seed and the same traffic are
//! struck the same way, however often and in whatever order somebody asks.

use super::Fault;

/// A draw for one fault and one occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// The draw of a fault for an occasion, named by two numbers.
    pub fn new(fault: &Fault, key: (u64, u64)) -> Self {
        let mut state = mix(fault.seed ^ 0x9e37_79b9_7f4a_7c15);
        for part in [u64::from(fault.id), key.0, key.1] {
            state = mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ part);
        }
        Self(state)
    }

    /// Whether something of this probability (0 to 1) happens.
    pub fn strikes(self, probability: f64) -> bool {
        self.share(0) < probability
    }

    /// A whole number between the two, both included, uniformly. Independent of [`Draw::strikes`].
    pub fn between(self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low) as f64 + 1.0;
        // Spans here are at most 10^7, far below 2^53, so the product is exact enough and truncation stays below `span`.
        low + (self.share(1) * span) as u64
    }

    /// A draw that follows from this one, for the part of the occasion with this number.
    pub fn part(self, number: u64) -> Self {
        Self(mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ number))
    }

    /// A number in [0, 1); each `which` has its own. 0 is that of [`Draw::strikes`], 1 that of [`Draw::between`].
    pub fn share(self, which: u64) -> f64 {
        // The upper 53 bits, which is what an f64 holds exactly.
        (mix(self.0 ^ which.wrapping_mul(0xd1b5_4a32_d192_ed03)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The finaliser of SplitMix64: every bit of the input changes about half of the output's.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
