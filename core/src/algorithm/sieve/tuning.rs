//! How a range is cut and which loop crosses off which primes.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::buckets;
use super::wheel::Wheel;
use crate::Error;
use crate::machine::Caches;

/// Primes from here on throw their multiples into buckets. With so large a prime, looking whether a segment of a class
/// has a multiple costs as much. At 1e18 + 1e10, one thread: 5.5 s from 8e6, 5.0 s from 12e6, 5.1 s from 20e6 on.
pub(in crate::algorithm) const BUCKETS_FROM: u32 = 12_000_000;

/// The least prime that is crossed off, and not pre-sieved, about.
const LEAST_SIEVED: f64 = 160.0;

/// Nanoseconds to cross off a multiple, to begin with a prime, and to begin with a class, about (Zen 4). Only their
/// proportions matter.
const CROSSING: f64 = 0.3;
const VISIT: f64 = 1.5;
const A_CLASS: f64 = 1500.0;

/// From so many chunks to a segment on, a prime is worth the visit to each longer.
const MANY_CHUNKS: u32 = 4;

/// How the sieve is cut to a range and to a machine's caches. Any tuning gives the same counts; this is about time and
/// memory alone.
///
/// ```
/// use std::num::NonZeroUsize;
/// use primelanes_core::algorithm::Tuning;
///
/// let mut tuning = Tuning::for_range(&(0..=1_000_000_000), NonZeroUsize::MIN);
/// tuning.buckets_from = 1 << 24;
/// assert_eq!(tuning.check(), Ok(()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tuning {
    /// The wheel's modulus: 30, 210, 2310 or 30030. Only residue classes coprime to it are sieved, one by one.
    pub wheel: u32,
    /// Bytes of a class that the smaller primes are crossed off in at a time, a multiple of 64: what the first-level
    /// cache holds.
    pub chunk: u32,
    /// Bytes of a class that are sieved at a time, a multiple of 64: a good part of the second-level cache.
    pub segment: u32,
    /// Primes up to here are crossed off in groups of eight multiples.
    pub groups_to: u32,
    /// Primes up to here are crossed off chunk by chunk, larger ones segment by segment.
    pub chunks_to: u32,
    /// Primes from here on throw their multiples into buckets, one a class.
    pub buckets_from: u32,
}

impl Tuning {
    /// The least prime that buckets are for.
    const LEAST_BUCKETED: u32 = 1 << 16;

    /// Checks that the values can be sieved with.
    ///
    /// # Errors
    /// [`Error::BadTuning`] with the first value that cannot, and its bounds.
    pub fn check(&self) -> Result<(), Error> {
        let fault = |reason| Err(Error::BadTuning { reason });
        let lines = |bytes: u32| bytes > 0 && bytes.is_multiple_of(64);
        if Wheel::index(self.wheel).is_none() {
            return fault(format!("a wheel of {} is none of 30, 210, 2310 and 30030", self.wheel));
        }
        if !lines(self.chunk) || self.chunk > self.segment {
            return fault(format!("a chunk of {} bytes is no multiple of 64 up to the segment", self.chunk));
        }
        if !lines(self.segment) || self.segment > 1 << 21 {
            return fault(format!("a segment of {} bytes is no multiple of 64 up to 2^21", self.segment));
        }
        if self.groups_to > 1 << 20 {
            return fault(format!("groups for primes up to {} go beyond 2^20", self.groups_to));
        }
        if !(Self::LEAST_BUCKETED..=1 << 31).contains(&self.buckets_from) {
            return fault(format!("buckets for primes from {} on are not within 2^16 and 2^31", self.buckets_from));
        }
        Ok(())
    }

    /// The tuning for a range and so many workers on this machine.
    #[must_use]
    pub fn for_range(range: &RangeInclusive<u64>, workers: NonZeroUsize) -> Self {
        Self::with_caches(range, workers, Caches::detect())
    }

    /// The tuning for a range and so many workers on a machine with these caches.
    #[must_use]
    pub fn with_caches(range: &RangeInclusive<u64>, workers: NonZeroUsize, caches: Caches) -> Self {
        let root = range.end().isqrt();
        let width = range.end().saturating_sub(*range.start());
        // More would be no faster, and memory for buckets grows with it.
        let caches = Caches { l2: caches.l2.min(1 << 20), ..caches };
        if root >= u64::from(BUCKETS_FROM) {
            let bytes = bytes(width, buckets::MODULUS);
            // Each tile goes through all large primes: few, but as many for each worker.
            let shares = bytes.div_ceil(workers.get() as u64);
            return Self::on(buckets::MODULUS, parts(shares, caches.l2 / 2 * 3), caches);
        }
        let on_wheel = |wheel| Self::on(wheel, parts(bytes(width, wheel), caches.l2 / 2), caches);
        let candidates = Wheel::MODULI.map(on_wheel);
        let cost = |tuning: &Self| tuning.cost(width, root as f64);
        candidates
            .into_iter()
            .reduce(|best, next| if cost(&next) < cost(&best) { next } else { best })
            .unwrap_or(candidates[0])
    }

    /// The tuning for listing the primes of a range below 2^32.
    pub(super) fn for_listing(range: &RangeInclusive<u64>) -> Self {
        let caches = Caches::USUAL;
        Self::on(buckets::MODULUS, parts(bytes(range.end() - range.start(), buckets::MODULUS), caches.l2 / 2), caches)
    }

    /// The tuning for a wheel and bytes of a class that are sieved at a time.
    fn on(wheel: u32, segment: u32, caches: Caches) -> Self {
        // An eighth is left to the tables that the small primes come from.
        let chunk = parts(segment.into(), caches.l1 / 8 * 7);
        let chunks_to = if segment / chunk < MANY_CHUNKS { chunk / 4 * 5 } else { chunk / 2 * 5 };
        Self { wheel, chunk, segment, groups_to: chunk / 4, chunks_to, buckets_from: BUCKETS_FROM }
    }

    /// About how many nanoseconds a range takes, by its width and the root of its end, where there are no buckets.
    fn cost(&self, width: u64, root: f64) -> f64 {
        let primes_to = |limit: f64| if limit < 3.0 { 1.0 } else { limit / limit.ln() };
        let bytes = bytes(width, self.wheel) as f64;
        let chunks = (bytes / f64::from(self.chunk)).ceil();
        let segments = (bytes / f64::from(self.segment)).ceil();
        // Multiples of a prime p are a p-th of the numbers, and the sum of 1 / p up to x is ln ln x and a constant.
        let crossings = 8.0 * bytes * (root.max(LEAST_SIEVED).ln().ln() - LEAST_SIEVED.ln().ln());
        let visits = primes_to(root.min(self.chunks_to.into())) * chunks + primes_to(root) * segments;
        Wheel::totient(self.wheel) as f64 * (crossings * CROSSING + visits * VISIT + A_CLASS)
    }
}

/// Bytes of a class that a range of so many numbers has on a wheel.
fn bytes(width: u64, wheel: u32) -> u64 {
    width / u64::from(wheel) / 8 + 1
}

/// So many bytes cut into equal parts of at most `most`: the bytes of a part, a multiple of 64.
fn parts(bytes: u64, most: u32) -> u32 {
    let count = bytes.div_ceil(u64::from(most & !63));
    bytes.div_ceil(count).next_multiple_of(64) as u32
}

impl fmt::Display for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wheel, chunk, segment, groups_to, chunks_to, buckets_from } = self;
        writeln!(f, "wheel     {wheel}: {} residue classes", Wheel::totient(*wheel))?;
        writeln!(f, "chunk     {chunk} bytes of a class in the first-level cache, primes up to {chunks_to}")?;
        writeln!(f, "segment   {segment} bytes of a class at a time, larger primes")?;
        writeln!(f, "groups    of eight multiples, primes up to {groups_to}")?;
        write!(f, "buckets   one a class, primes from {buckets_from} on")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
            #[test]
            fn what_is_chosen_can_be_sieved_with(
                workers in 1..100_usize,
    start: u64, width: u64, l1 in 8 << 10..256_u32 << 10, l2 in 64 << 10..16_u32 << 20) {
                for range in [start..=start.saturating_add(width), 0..=width, start..=start.saturating_add(width >> 32)] {
                    let tuning = Tuning::with_caches(&range, NonZeroUsize::new(workers).unwrap(), Caches { l1, l2: l2.max(l1) });
                    prop_assert_eq!(tuning.check(), Ok(()), "{:?}", tuning);
                }
            }
        }

    #[test]
    fn what_cannot_be_sieved_with_is_named() {
        let sound = Tuning::with_caches(&(0..=1_000_000), NonZeroUsize::MIN, Caches::USUAL);
        for (tuning, fault) in [
            (Tuning { wheel: 42, ..sound }, "a wheel of 42 is none of 30, 210, 2310 and 30030"),
            (Tuning { chunk: 0, ..sound }, "a chunk of 0 bytes is no multiple of 64 up to the segment"),
            (
                Tuning { chunk: 128, segment: 64, ..sound },
                "a chunk of 128 bytes is no multiple of 64 up to the segment",
            ),
            (Tuning { chunk: 64, segment: 100, ..sound }, "a segment of 100 bytes is no multiple of 64 up to 2^21"),
            (Tuning { segment: 1 << 22, ..sound }, "a segment of 4194304 bytes is no multiple of 64 up to 2^21"),
            (Tuning { groups_to: 1 << 21, ..sound }, "groups for primes up to 2097152 go beyond 2^20"),
            (Tuning { buckets_from: 100, ..sound }, "buckets for primes from 100 on are not within 2^16 and 2^31"),
        ] {
            assert_eq!(tuning.check().unwrap_err().to_string(), format!("bad tuning: {fault}"));
        }
    }

    #[test]
    fn wider_ranges_have_larger_wheels_and_high_ones_buckets() {
        let wheel = |limit: f64| Tuning::with_caches(&(0..=limit as u64), NonZeroUsize::MIN, Caches::USUAL).wheel;
        assert_eq!([1e6, 1e8, 1e9, 1e10, 1e11].map(wheel), [30, 210, 2310, 30030, 30030]);
        assert_eq!(wheel(1e18), buckets::MODULUS);
    }

    #[test]
    fn workers_have_equal_shares_of_the_segments_with_buckets() {
        let range = 10_u64.pow(18)..=10_u64.pow(18) + 10_u64.pow(10);
        for workers in 1..=16 {
            let tuning = Tuning::with_caches(&range, NonZeroUsize::new(workers).unwrap(), Caches::USUAL);
            let segments = bytes(10_u64.pow(10), tuning.wheel).div_ceil(tuning.segment.into());
            assert_eq!(segments % workers as u64, 0, "{segments} segments for {workers} workers");
        }
    }
}
