//! How often somebody may do something: a bucket that fills at a steady rate.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::Instant,
};

/// A bucket of permits: full at first, refilled at a steady rate.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    permits: f64,
    since: Instant,
}

/// How much a bucket holds, and how fast it fills.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The most permits at once.
    pub burst: f64,
    /// Permits that come in a second.
    pub per_second: f64,
}

impl Bucket {
    /// A full one.
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { permits: rate.burst, since: now }
    }

    /// Takes a permit, if there is one.
    pub fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.fill(rate, now);
        let taken = self.permits >= 1.0;
        if taken {
            self.permits -= 1.0;
        }
        taken
    }

    fn fill(&mut self, rate: Rate, now: Instant) {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        self.permits = (self.permits + passed * rate.per_second).min(rate.burst);
        self.since = now;
    }
}

/// How many addresses are told apart; beyond that, newcomers share a bucket.
const ADDRESSES: usize = 4096;

/// A bucket for each address.
#[derive(Debug)]
pub struct ByAddress {
    rate: Rate,
    buckets: HashMap<IpAddr, Bucket>,
}

impl ByAddress {
    /// All addresses may do it at this rate, each for itself.
    pub fn new(rate: Rate) -> Self {
        Self { rate, buckets: HashMap::new() }
    }

    /// Whether this address has a permit left, without taking it.
    pub fn has(&mut self, address: IpAddr, now: Instant) -> bool {
        let rate = self.rate;
        self.buckets.get_mut(&network(address)).is_none_or(|bucket| {
            bucket.fill(rate, now);
            bucket.permits >= 1.0
        })
    }

    /// Takes a permit of this address, if it has one.
    pub fn take(&mut self, address: IpAddr, now: Instant) -> bool {
        let mut key = network(address);
        if self.buckets.len() >= ADDRESSES && !self.buckets.contains_key(&key) {
            let rate = self.rate;
            self.buckets.retain(|_, bucket| {
                bucket.fill(rate, now);
                bucket.permits < rate.burst
            });
            if self.buckets.len() >= ADDRESSES {
                key = Ipv6Addr::UNSPECIFIED.into();
            }
        }
        self.buckets.entry(key).or_insert_with(|| Bucket::new(self.rate, now)).take(self.rate, now)
    }
}

/// Whoever has one IPv6 address has a whole /64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() >> 64 << 64).into(),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const RATE: Rate = Rate { burst: 3.0, per_second: 2.0 };

    #[test]
    fn a_bucket_is_emptied_and_fills_again() {
        let now = Instant::now();
        let mut bucket = Bucket::new(RATE, now);
        let mut takes = |now| (0..9).filter(|_| bucket.take(RATE, now)).count();
        assert_eq!((takes(now), takes(now + Duration::from_secs(1)), takes(now + Duration::from_secs(60))), (3, 2, 3));
    }

    #[test]
    fn addresses_do_not_share_and_are_not_remembered_without_end() {
        let now = Instant::now();
        let mut all = ByAddress::new(RATE);
        let mut takes = |address: &str| (0..9).filter(|_| all.take(address.parse().unwrap(), now)).count();
        assert_eq!((takes("10.0.0.1"), takes("10.0.0.2"), takes("10.0.0.1")), (3, 3, 0));
        assert_eq!((takes("2001:db8::1"), takes("2001:db8::2"), takes("2001:db8:0:1::1")), (3, 0, 3));
        for number in 0..10_000u32 {
            all.take(IpAddr::V4((0x0b00_0000 + number).into()), now);
        }
        assert!(all.buckets.len() <= ADDRESSES + 1);
        assert!(!all.take("12.0.0.1".parse().unwrap(), now), "newcomers share one bucket, which is empty");
    }
}
