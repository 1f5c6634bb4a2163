//! The cost model: about how long a range takes with a tuning.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Tuning, bytes, multiples_per_number};
use crate::algorithm::sieve::cofactors::PUSHED;
use crate::algorithm::sieve::wheel::Wheel;
use crate::machine::Caches;

/// The approximate smallest prime that is crossed off after pre-sieving.
pub(super) const LEAST_SIEVED: f64 = 160.0;

/// The approximate time in nanoseconds to cross off a multiple: in a group of eight, alone in a chunk, and alone in a
/// segment that is small. In a segment as large as the second-level cache, or as 1 MiB of it, it takes three times as
/// long. These figures, and those below without another origin, were fitted to the times of the parts of a count on
/// Sapphire Rapids (November 2026). `cargo bench --bench tuning` compares what they estimate with what is measured. Only
/// the proportions matter.
pub(super) const GROUPED_NS: f64 = 0.28;
pub(super) const CHUNKED_NS: f64 = 0.335;
pub(super) const SINGLE_NS: f64 = 0.335;

/// The approximate time to begin with a prime in a chunk or in a segment. With groups, it is that of the twelve multiples
/// by which the first and the last group exceed a chunk on average.
pub(super) const PRIME_NS: f64 = 0.9;
pub(super) const GROUPED_PRIME_NS: f64 = 3.4;

/// The approximate time to begin with a segment of a class, and to find the first multiple of a prime in it.
pub(super) const CLASS_NS: f64 = 2200.0;
pub(super) const FIRST_NS: f64 = 0.33;

/// The approximate time to find a sieving prime and prepare it, to prepare buckets, to look for the multiples of a large
/// prime in a segment, and to put a multiple into a bucket.
pub(super) const SET_UP_NS: f64 = 20.0;
pub(super) const BUCKETS_NS: f64 = 4.5e5;
pub(super) const LARGE_PRIME_NS: f64 = 3.4;
pub(super) const BUCKET_NS: f64 = 2.45;

impl Tuning {
    /// Returns the approximate time that a range takes on one worker. The figures of one machine are used everywhere, so
    /// only the proportions between tunings matter.
    ///
    /// # Panics
    /// If the wheel is 0.
    #[must_use]
    pub fn estimate(&self, range: &RangeInclusive<u64>) -> Duration {
        Duration::from_nanos(self.nanoseconds(range) as u64)
    }

    /// Returns the [estimate](Self::estimate) in nanoseconds.
    pub(in crate::algorithm) fn nanoseconds(&self, range: &RangeInclusive<u64>) -> f64 {
        self.cost(range, Self::caches_for_segments(Caches::detect()))
    }

    /// Returns the nanoseconds of the estimate that it takes to find and prepare the sieving primes below the buckets, given
    /// the square root of the range's end.
    pub(in crate::algorithm) fn set_up_ns(&self, root: f64) -> f64 {
        SET_UP_NS * primes_to(root.min(self.buckets_from.into()))
    }

    /// Returns the largest prime for which it pays to begin with each chunk of a segment, and not with the segment at once. A
    /// multiple takes less time in a chunk, but a larger prime has too few of them.
    pub(super) fn best_chunks_to(&self, caches: Caches) -> u32 {
        let more_chunks = f64::from(self.segment.div_ceil(self.chunk) - 1);
        let saved = 8.0 * f64::from(self.segment) * (self.single_ns(caches) - CHUNKED_NS);
        // With one chunk, there is nothing to choose.
        if more_chunks > 0.0 { (saved / (more_chunks * PRIME_NS)) as u32 } else { 0 }
    }

    /// Returns the approximate time in nanoseconds to cross off a multiple alone in a segment.
    fn single_ns(&self, caches: Caches) -> f64 {
        SINGLE_NS * (1.0 + 2.0 * f64::from(self.segment) / f64::from(caches.l2))
    }

    /// Returns the approximate number of nanoseconds that a range takes on one worker.
    pub(super) fn cost(&self, range: &RangeInclusive<u64>, caches: Caches) -> f64 {
        let (start, stop) = range.clone().into_inner();
        let root = stop.isqrt() as f64;
        let bytes = bytes(stop.saturating_sub(start), self.wheel) as f64;
        let chunks = (bytes / f64::from(self.chunk)).ceil();
        let segments = (bytes / f64::from(self.segment)).ceil();
        // The primes from each of these to the next are crossed off in the same way.
        let small = root.min(self.buckets_from.into());
        let [grouped, chunked] = [self.groups_to, self.chunks()].map(|limit| f64::from(limit).min(small));
        // The multiples of the primes between two bounds, without those that are left out, which are whole units.
        let multiples = |from: f64, to: f64, unit: f64| {
            let [from, to] = [from, to].map(|limit| limit.max(LEAST_SIEVED));
            let all = 8.0 * bytes * multiples_per_number(from, to);
            let first = from.max((start as f64).sqrt()).min(to);
            let prime = first.midpoint(to);
            let below_square = (prime - start as f64 / prime) / f64::from(self.wheel);
            all - (primes_to(to) - primes_to(first)) * (below_square - unit / 2.0).max(0.0)
        };
        let single_ns = self.single_ns(caches);
        let pushed = 8.0 * bytes * multiples_per_number(small.max(LEAST_SIEVED), root.max(LEAST_SIEVED)) * PUSHED;
        let crossings = multiples(0.0, grouped, 8.0) * GROUPED_NS
            + multiples(grouped, chunked, 1.0) * CHUNKED_NS
            + multiples(chunked, small, 1.0) * single_ns
            + pushed * (BUCKET_NS + single_ns);
        let [grouped, chunked, small] = [grouped, chunked, small].map(primes_to);
        let begun = grouped * chunks * GROUPED_PRIME_NS
            + ((chunked - grouped) * chunks + (small - chunked) * segments) * PRIME_NS
            + (CLASS_NS + small * FIRST_NS) * segments;
        let classes = Wheel::totient(self.wheel) as f64;
        let plain = self.set_up_ns(root) + classes * (crossings + begun);
        let large = primes_to(root) - small;
        if large > 0.0 { plain + BUCKETS_NS + large * segments * LARGE_PRIME_NS } else { plain }
    }
}

/// Returns the approximate number of primes up to a limit.
fn primes_to(limit: f64) -> f64 {
    if limit < 3.0 { 1.0 } else { limit / limit.ln() }
}
