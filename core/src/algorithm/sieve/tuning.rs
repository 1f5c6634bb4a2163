//! How a range is split, and which loop crosses off the multiples of which primes.

mod cost;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::buckets;
use super::wheel::Wheel;
use crate::Error;
use crate::algorithm::cost::primes_to;
use crate::crew::{Crew, Memory, largest_that};
use crate::machine::{Caches, default_memory};

/// Primes from this value on push their multiples into buckets, or from a smaller value on if that is 12 times the number of
/// bytes of a segment. Where a class has about two multiples in three segments, it costs as much to find out whether it
/// has one as to use a bucket. Measured on Sapphire Rapids, with one thread: 4.0 s for 1e10 numbers from 1e18 on, 4.2 s with
/// buckets from 24e6 on. For 1e10 numbers from 1e15 on, 2.03 s with 12 times the number of bytes, 2.05 s with 8 times and
/// 2.07 s with 16 times; for 1e9 numbers from 1e14 on, 175, 189 and 179 ms.
const BUCKETS_FROM: u32 = 12_000_000;

/// With buckets, a lack of memory makes no segment smaller than this many bytes. Each segment goes through all large primes,
/// which would take nearly all the time of a smaller one.
const LEAST_BUCKETED_SEGMENT: u32 = 1 << 14;

/// For listing, a segment has this many bytes per sieving prime, if it may be as large as that. Measured on Zen 3, on 1e9
/// numbers from 1e12 on: 0.49 s with 0.1 bytes, 0.46 s with 0.4, 0.34 s with 1, 0.33 s with 2.
const LISTED_BYTES_PER_PRIME: f64 = 2.0;

/// How the sieve is fitted to a range and to the caches of a machine. Every tuning gives the same counts; it affects
/// only time and memory.
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
    /// The wheel's modulus: 30, 210, 2310 or 30030. Only residue classes coprime to it are sieved, one at a time.
    pub wheel: u32,
    /// The size of a chunk in bytes. The smaller primes are crossed off in one chunk of a class at a time, which should
    /// about fit in the first-level cache. It is a multiple of 64, and at most `segment`.
    pub chunk: u32,
    /// The size of a segment in bytes. One segment of a class is sieved at a time, and should fill a good part of the
    /// second-level cache. It is a multiple of 64, and at most 2^21.
    pub segment: u32,
    /// Primes up to this value are crossed off in groups of eight multiples. It is at most 2^20.
    pub groups_to: u32,
    /// Primes up to this value are crossed off chunk by chunk, and larger primes segment by segment.
    pub chunks_to: u32,
    /// Primes from this value on push their multiples into buckets, one per class. It is between 2^16 and 2^31.
    pub buckets_from: u32,
}

impl Tuning {
    /// The smallest value of `buckets_from`.
    const LEAST_BUCKETED: u32 = 1 << 16;

    /// Checks the values against their bounds.
    ///
    /// # Errors
    /// [`Error::BadTuning`] with the first value that is out of bounds.
    pub fn check(&self) -> Result<(), Error> {
        let fault = |reason| Err(Error::BadTuning { reason });
        let is_cut = |bytes: u32| bytes > 0 && bytes.is_multiple_of(64);
        if Wheel::index(self.wheel).is_none() {
            return fault(format!("the wheel is {}, not 30, 210, 2310 or 30030", self.wheel));
        }
        if !is_cut(self.chunk) || self.chunk > self.segment {
            return fault(format!("the chunk is {} bytes, not a multiple of 64 from 64 up to the segment", self.chunk));
        }
        if !is_cut(self.segment) || self.segment > 1 << 21 {
            return fault(format!("the segment is {} bytes, not a multiple of 64 from 64 up to 2^21", self.segment));
        }
        if self.groups_to > 1 << 20 {
            return fault(format!("groups_to is {}, above the maximum of 2^20", self.groups_to));
        }
        if !(Self::LEAST_BUCKETED..=1 << 31).contains(&self.buckets_from) {
            return fault(format!("buckets_from is {}, not between 2^16 and 2^31", self.buckets_from));
        }
        Ok(())
    }

    /// Returns the tuning for a range and this many workers on this machine. It takes at most
    /// [a sixteenth of the memory](default_memory) if that is possible.
    #[must_use]
    pub fn for_range(range: &RangeInclusive<u64>, workers: NonZeroUsize) -> Self {
        Self::within(default_memory(), range, workers.into(), Caches::detect())
    }

    /// Returns the tuning for a range and this many workers on a machine with these caches and any amount of memory.
    #[must_use]
    pub fn with_caches(range: &RangeInclusive<u64>, workers: NonZeroUsize, caches: Caches) -> Self {
        Self::within(u64::MAX, range, workers.into(), caches)
    }

    /// Returns the tuning for a range and a crew that takes at most `memory` bytes, or as little as possible.
    pub(in crate::algorithm) fn within(memory: u64, range: &RangeInclusive<u64>, crew: Crew, caches: Caches) -> Self {
        let root = range.end().isqrt();
        let width = range.end().saturating_sub(*range.start());
        let caches = Self::caches_for_segments(caches);
        // In a larger segment, crossing off is slower. In smaller ones, each large prime is looked at more often.
        let [quarter, half] = [caches.l2 / 4, caches.l2 / 2];
        let bucketed =
            [3 * half, caches.l2, 3 * quarter].map(|most| Self::with_buckets(memory, range, crew, most, caches));
        let on_wheel = |wheel| Self::on(wheel, parts(bytes(width, wheel), half), caches);
        let wheels = if root < u64::from(BUCKETS_FROM) { &Wheel::MODULI[..] } else { &[] };
        let candidates = bucketed.into_iter().chain(wheels.iter().copied().map(on_wheel));
        let cost = |tuning: &Self| {
            let needed = tuning.memory(range).of(crew);
            // Among those that do not fit, the leanest comes first.
            (needed.saturating_sub(memory), tuning.cost(range, caches))
        };
        let compare =
            |(excess, ns): (u64, f64), (other, more): (u64, f64)| excess.cmp(&other).then(ns.total_cmp(&more));
        candidates.min_by(|one, other| compare(cost(one), cost(other))).expect("some have buckets")
    }

    /// Returns the tuning with buckets, if the range reaches their primes, and segments of at most this many bytes.
    fn with_buckets(memory: u64, range: &RangeInclusive<u64>, crew: Crew, most: u32, caches: Caches) -> Self {
        let bytes = bytes(range.end().saturating_sub(*range.start()), buckets::MODULUS);
        // Each tile goes through all large primes. So there are few tiles, but every worker gets the same number.
        let shares = bytes.div_ceil(crew.workers().get() as u64);
        let on_segments_of = |segment| Self::bucketed(parts(shares, segment), caches);
        let fits = |lines: u64| on_segments_of(64 * lines as u32).memory(range).of(crew) <= memory;
        let lines = [LEAST_BUCKETED_SEGMENT, most].map(|segment| u64::from(segment / 64));
        on_segments_of(64 * largest_that(fits, lines[0]..=lines[1]) as u32)
    }

    /// Returns the tuning with buckets for a segment size.
    fn bucketed(segment: u32, caches: Caches) -> Self {
        let buckets_from = (12 * segment).clamp(Self::LEAST_BUCKETED, BUCKETS_FROM);
        Self { buckets_from, ..Self::on(buckets::MODULUS, segment, caches) }
    }

    /// Returns the tuning for listing the primes of a range below 2^32.
    pub(super) fn for_listing(range: &RangeInclusive<u64>) -> Self {
        let caches = Caches::USUAL;
        Self::on(buckets::MODULUS, parts(bytes(range.end() - range.start(), buckets::MODULUS), caches.l2 / 2), caches)
    }

    /// Returns the tuning for finding the primes of a range in order, with segments of these sizes in bytes per class, or
    /// smaller ones if the range is narrow.
    pub(in crate::algorithm) fn for_primes(range: &RangeInclusive<u64>, segments: RangeInclusive<u32>) -> Self {
        let (least, most) = segments.into_inner();
        let wanted = LISTED_BYTES_PER_PRIME * primes_to(range.end().isqrt() as f64);
        let segment = wanted.clamp(least.into(), most.into()) as u32;
        let bytes = bytes(range.end() - range.start(), buckets::MODULUS);
        Self::bucketed(parts(bytes, segment), Self::caches_for_segments(Caches::detect()))
    }

    /// Returns the tuning for segments whose classes are put together to all numbers coprime to 30.
    pub(in crate::algorithm) fn for_windows(segment: u32) -> Self {
        Self::on(30, segment, Caches::USUAL)
    }

    /// Returns the tuning for a wheel and a segment size.
    fn on(wheel: u32, segment: u32, caches: Caches) -> Self {
        // Leave an eighth of the cache for the tables of the primes that are crossed off in groups.
        let chunk = parts(segment.into(), caches.l1 / 8 * 7);
        // In larger groups, the twelve multiples too many take longer than the groups save.
        let groups_to = chunk / 6;
        let mut tuning = Self { wheel, chunk, segment, groups_to, chunks_to: groups_to, buckets_from: BUCKETS_FROM };
        tuning.chunks_to = tuning.best_chunks_to(caches).max(groups_to);
        tuning
    }

    /// Returns the approximate memory that the sieve of a range takes.
    pub(in crate::algorithm) fn memory(&self, range: &RangeInclusive<u64>) -> Memory {
        let (root, from) = (range.end().isqrt() as f64, f64::from(self.buckets_from));
        let sieving = primes_to(root.min(from));
        let chunked = primes_to(root.min(from).min(self.chunks().into()));
        let width = range.end().saturating_sub(*range.start());
        let segment = (bytes(width, self.wheel) as f64).min(self.segment.into());
        // The primes are listed twice: as they were found, and sorted with their steps.
        let plain = Memory { kernel: 12.0 * sieving, scratch: segment + 4.0 * (sieving + chunked) + 4096.0 };
        if root < from {
            return plain;
        }
        let per_class = multiples_per_number(from, root) * 8.0 * segment;
        let buckets = 4.0 * Wheel::totient(buckets::MODULUS) as f64 * buckets::capacity(per_class) as f64;
        // The large primes are a bit for each number coprime to 210.
        Memory { kernel: plain.kernel + (root - from) / 35.0, scratch: plain.scratch + buckets }
    }

    /// Returns the largest prime that is crossed off chunk by chunk, in groups or one by one.
    fn chunks(&self) -> u32 {
        self.chunks_to.max(self.groups_to)
    }

    /// Returns the caches, as far as they matter. A segment that is larger than these allow is no faster, and its buckets take
    /// more memory.
    fn caches_for_segments(caches: Caches) -> Caches {
        let Caches { l1, l2 } = caches.clamped();
        Caches { l1, l2: l2.min(1 << 20) }
    }
}

/// Returns the approximate sum of the reciprocals of the primes between two bounds (Mertens' second theorem). It is the
/// number of their multiples per number.
pub(super) fn multiples_per_number(from: f64, to: f64) -> f64 {
    to.ln().ln() - from.ln().ln()
}

/// Returns the number of bytes of a class, for any range of this width on a wheel.
fn bytes(width: u64, wheel: u32) -> u64 {
    // The range may begin and end within a period of the wheel, so it may touch two periods more than it fills.
    (width / u64::from(wheel) + 2).div_ceil(8)
}

/// Returns the size of a part in bytes, a multiple of 64, if `bytes` are split into equal parts of at most `most`
/// bytes.
fn parts(bytes: u64, most: u32) -> u32 {
    let count = bytes.div_ceil(u64::from(most & !63));
    bytes.div_ceil(count).next_multiple_of(64) as u32
}

impl fmt::Display for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wheel, chunk, segment, groups_to, buckets_from, .. } = self;
        let chunks_to = self.chunks();
        writeln!(f, "wheel     {wheel}: {} residue classes", Wheel::totient(*wheel))?;
        writeln!(f, "chunk     {chunk} bytes of a class in the first-level cache, primes up to {chunks_to}")?;
        writeln!(f, "segment   {segment} bytes of a class at a time, larger primes")?;
        writeln!(f, "groups    of eight multiples, primes up to {groups_to}")?;
        write!(f, "buckets   one per class, primes from {buckets_from} on")
    }
}

#[cfg(test)]
mod tests;
