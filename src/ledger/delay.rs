//! Delays, summed: count, sum and maximum exactly, their distribution in buckets.

use serde::{Deserialize, Serialize};

use crate::wire::Micros;

/// Buckets to a doubling. A bucket is at most 1/32 of its delays wide, so a quantile, told as a bucket's middle, is off
/// by at most 1/64 (1.6%) of itself.
const FINE: u64 = 32;

/// What is longer counts as this: some 19 hours.
const LONGEST: u64 = (1 << 36) - 1;

/// The delays of some updates from publication to arrival in the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delays {
    count: u64,
    /// Sum in microseconds.
    sum: u64,
    /// The longest in microseconds.
    max: u64,
    /// Buckets that are not empty, ascending, with their counts; at most 1,024 by construction of [`bucket`].
    buckets: Vec<(u16, u64)>,
}

impl Delays {
    /// Adds one. A negative one, which only the error of the clocks can bring about, counts as 0.
    pub fn add(&mut self, delay: Micros) {
        let delay = u64::try_from(delay).unwrap_or(0).min(LONGEST);
        self.put(bucket(delay), 1);
        self.count += 1;
        self.sum = self.sum.saturating_add(delay);
        self.max = self.max.max(delay);
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Delays) {
        for &(bucket, count) in &other.buckets {
            self.put(bucket, count);
        }
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    fn put(&mut self, bucket: u16, count: u64) {
        match self.buckets.binary_search_by_key(&bucket, |&(bucket, _)| bucket) {
            Ok(at) => self.buckets[at].1 += count,
            Err(at) => self.buckets.insert(at, (bucket, count)),
        }
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean in milliseconds, exactly.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64 / 1000.0)
    }

    /// The longest in milliseconds, exactly.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max as f64 / 1000.0)
    }

    /// The delay in milliseconds that this share of all, in percent, does not exceed; within 1.6%.
    pub fn percentile(&self, percent: u64) -> Option<f64> {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let (found, _) = self.buckets.iter().find(|&&(_, count)| {
            seen += count;
            seen >= rank
        })?;
        Some(middle(*found).min(self.max as f64) / 1000.0)
    }
}

/// Exact below 64 microseconds; from there on each doubling has 32 buckets.
fn bucket(delay: u64) -> u16 {
    let shift = delay.max(FINE).ilog2() - FINE.ilog2();
    // 30 doublings of 32 buckets above the first 64: it fits.
    (u64::from(shift) * FINE + (delay >> shift)) as u16
}

/// The middle of a bucket in microseconds.
fn middle(bucket: u16) -> f64 {
    let bucket = u64::from(bucket);
    if bucket < 2 * FINE {
        return bucket as f64;
    }
    let shift = bucket / FINE - 1;
    let low = (bucket - shift * FINE) << shift;
    low as f64 + ((1u64 << shift) - 1) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn close_to_the_exact_ones(mut delays in prop::collection::vec(0i64..3_000_000, 1..200), cut in 0usize..200) {
            let (mut all, mut one, mut other) = (Delays::default(), Delays::default(), Delays::default());
            for (at, &delay) in delays.iter().enumerate() {
                all.add(delay);
                if at < cut { one.add(delay) } else { other.add(delay) }
            }
            one.merge(&other);
            prop_assert_eq!(&one, &all);
            delays.sort_unstable();
            for percent in [50, 95] {
                let rank = (delays.len() * percent as usize).div_ceil(100).max(1);
                let exact = delays[rank - 1] as f64 / 1000.0;
                let told = all.percentile(percent).expect("there are some");
                prop_assert!((told - exact).abs() <= exact / 64.0 + 1e-9, "{} for {}", told, exact);
            }
            let mean = delays.iter().sum::<i64>() as f64 / delays.len() as f64 / 1000.0;
            prop_assert!((all.mean().expect("there are some") - mean).abs() < 1e-6);
            prop_assert_eq!(all.max(), delays.last().map(|&max| max as f64 / 1000.0));
        }
    }

    #[test]
    fn the_extremes() {
        let mut delays = Delays::default();
        assert_eq!((delays.mean(), delays.max(), delays.percentile(50)), (None, None, None));
        delays.add(-5);
        assert_eq!((delays.percentile(50), delays.max()), (Some(0.0), Some(0.0)));
        delays.add(Micros::MAX);
        assert_eq!(bucket(LONGEST), 1023);
        let told = delays.percentile(95).expect("there are some");
        assert!(told <= LONGEST as f64 / 1000.0 && told > LONGEST as f64 / 1000.0 * 0.98, "{told}");
        // Buckets ascend without a gap.
        assert!((1..100_000).all(|delay| bucket(delay) - bucket(delay - 1) <= 1));
    }
}
