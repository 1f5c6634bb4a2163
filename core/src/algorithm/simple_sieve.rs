//! The segmented sieve of Eratosthenes, simple and readable: the reference for every faster one, and the source of
//! their sieving primes.
//!
//! Odd numbers only, one bit each: bit i stands for 2i + 1, except that bit 0, which would stand for 1, stands for
//! the one even prime 2. The range is cut into segments that fit in the first-level cache, up to about 6e13; in
//! each, the odd multiples of every prime p with p² inside or below the segment are crossed off, from p² on.
//!
//! Time O(n log log n) for a range of n numbers, and O(sqrt(N)) to set up for a range that ends at N; memory for the
//! sieving primes, 4 bytes each, and as much again for each worker. At the top of u64 there are 203 million.
//!
//! Source: C. Bays and R. H. Hudson, "The segmented sieve of Eratosthenes and primes in arithmetic progressions to
//! 10^12", BIT 17 (1977).

mod segment;

use std::ops::RangeInclusive;

pub(super) use segment::Segment;

use crate::{Kernel, Pulse, Stopped, Tiling};

/// Odd numbers in a segment at the least: 32 KiB of bits, the size of most first-level data caches.
const MIN_SEGMENT: u64 = 32 * 1024 * 8;

/// A segment has one bit for so much of the square root of the range's end, where that makes it longer. Every sieving
/// prime is looked at once a segment, which costs more than leaving the cache: at 1e18 a window of 3e8 took 1.7 s in
/// segments of 4 MiB and 25 s in segments of 32 KiB, set-up aside.
const ROOT_PER_BIT: u64 = 32;

/// Neighbouring tiles to a claim at the least. The first tile of a claim finds the first multiple of each prime by
/// division, the others carry on where the last one ended; eight make the division a small part.
const GRAIN: u64 = 8;

/// Counts the primes of a range by the sieve of Eratosthenes.
#[derive(Clone, Debug)]
pub struct SimpleSieve {
    /// Over the indices of bits.
    tiling: Tiling,
    /// The odd primes up to the square root of `stop`, ascending.
    primes: Vec<u32>,
}

impl SimpleSieve {
    /// The work for a range, both ends counted. Finds the sieving primes, up to the square root of the range's end,
    /// beating the pulse at every segment of them.
    ///
    /// # Errors
    /// [`Stopped`] if the pulse said so.
    pub fn new<P: Pulse>(range: RangeInclusive<u64>, pulse: &P) -> Result<Self, Stopped> {
        let (start, stop) = range.into_inner();
        let primes = if start > stop { Vec::new() } else { odd_primes_up_to(stop.isqrt(), pulse)? };
        let width = MIN_SEGMENT.max(stop.isqrt() / ROOT_PER_BIT);
        Ok(Self { tiling: Tiling::new(bits_of(start, stop), width), primes })
    }
}

/// The bits that stand for the candidates in `start..=stop`; reversed where there are none.
#[expect(clippy::reversed_empty_ranges, reason = "a reversed range is an empty one everywhere here")]
pub(super) fn bits_of(start: u64, stop: u64) -> RangeInclusive<u64> {
    match (start, stop) {
        (_, 0 | 1) => 1..=0,
        (0..=2, _) => 0..=(stop - 1) / 2,
        _ => start / 2..=(stop - 1) / 2,
    }
}

/// What a worker keeps from one segment to the next.
#[derive(Clone, Debug)]
pub struct SimpleSieveScratch {
    segment: Segment,
    /// The index of the tile that `segment` can go on with.
    next_tile: Option<u64>,
}

impl Kernel for SimpleSieve {
    type Scratch = SimpleSieveScratch;
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "simple sieve"
    }

    fn tiles(&self) -> u64 {
        self.tiling.tiles()
    }

    fn grain(&self) -> u64 {
        GRAIN
    }

    fn scratch(&self) -> SimpleSieveScratch {
        SimpleSieveScratch { segment: Segment::default(), next_tile: None }
    }

    fn tile<P: Pulse>(&self, index: u64, scratch: &mut SimpleSieveScratch, pulse: &P) -> Result<u64, Stopped> {
        let (first, last) = self.tiling.tile(index).into_inner();
        let neighbour = scratch.next_tile.take() == Some(index);
        if !neighbour {
            scratch.segment.restart();
        }
        scratch.segment.sieve(first..last + 1, &self.primes, pulse)?;
        scratch.next_tile = Some(index + 1);
        Ok(scratch.segment.count())
    }
}

/// The odd primes up to `limit`, which is below 2^32.
pub(super) fn odd_primes_up_to<P: Pulse>(limit: u64, pulse: &P) -> Result<Vec<u32>, Stopped> {
    if limit < 3 {
        return Ok(Vec::new());
    }
    let roots = odd_primes_up_to(limit.isqrt(), pulse)?;
    let tiling = Tiling::new(1..=(limit - 1) / 2, MIN_SEGMENT);
    let mut segment = Segment::default();
    let mut primes = Vec::with_capacity(prime_count_bound(limit));
    for index in 0..tiling.tiles() {
        let (first, last) = tiling.tile(index).into_inner();
        segment.sieve(first..last + 1, &roots, pulse)?;
        primes.extend(segment.left().map(|bit| (2 * bit + 1) as u32));
    }
    Ok(primes)
}

/// At least pi(x): 1.25506 x / ln x for x > 1 (J. B. Rosser and L. Schoenfeld, 1962, formula 3.6).
fn prime_count_bound(x: u64) -> usize {
    (1.25506 * x as f64 / (x as f64).ln()).ceil() as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::algorithm::TrialDivision;
    use crate::{Control, fold_tiles};

    fn count(range: RangeInclusive<u64>) -> u64 {
        let kernel = SimpleSieve::new(range, &Control::new()).unwrap();
        fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
    }

    fn count_by_division(range: RangeInclusive<u64>) -> u64 {
        let kernel = TrialDivision::new(range);
        fold_tiles(&kernel, 0..kernel.tiles(), &mut (), &Control::new()).unwrap()
    }

    #[test]
    fn all_small_ranges_are_exact() {
        for start in 0..30 {
            for stop in 0..60 {
                assert_eq!(count(start..=stop), count_by_division(start..=stop), "{start}..={stop}");
            }
        }
    }

    proptest! {
        #[test]
        fn windows_agree_with_trial_division(start in 0..1_u64 << 34, length in 0..3000_u64) {
            prop_assert_eq!(count(start..=start + length), count_by_division(start..=start + length));
        }

        #[test]
        fn squares_of_primes_and_their_neighbours_agree(index in 0..6541_usize, below in 0..3_u64, above in 0..3_u64) {
            let prime = u64::from(odd_primes_up_to(65_536, &Control::new()).unwrap()[index]);
            let range = prime * prime - below..=prime * prime + above;
            prop_assert_eq!(count(range.clone()), count_by_division(range));
        }

        #[test]
        fn tiles_do_not_depend_on_the_tile_before(order in Just([0, 0, 1, 1, 2, 2, 3, 3]).prop_shuffle()) {
            let kernel = SimpleSieve::new(1_000_000_000..=1_001_999_999, &Control::new()).unwrap();
            prop_assert_eq!(kernel.tiles(), 4);
            let mut scratch = kernel.scratch();
            let sum: u64 = order.iter().map(|&index| {
                kernel.tile(index, &mut scratch, &Control::new()).unwrap()
            }).sum();
            prop_assert_eq!(sum, 2 * count(1_000_000_000..=1_001_999_999));
        }
    }

    #[test]
    fn segment_seams_are_exact() {
        // Bit MIN_SEGMENT is the first of the second segment.
        let seam = 2 * MIN_SEGMENT;
        for (start, stop) in [(0, seam - 1), (0, seam), (0, seam + 1), (seam - 1, seam + 1), (seam, 2 * seam)] {
            assert_eq!(count(start..=stop), count_by_division(start..=stop), "{start}..={stop}");
        }
    }

    #[test]
    fn known_counts_are_met() {
        assert_eq!(count(0..=1_000_000), 78_498);
        assert_eq!(count(0..=100_000_000), 5_761_455);
    }

    #[test]
    fn the_sieving_primes_are_the_odd_primes_up_to_the_limit() {
        for limit in 0..200 {
            let by_division = (3..=limit).filter(|&n| count_by_division(n..=n) == 1);
            let primes = odd_primes_up_to(limit, &Control::new()).unwrap().into_iter().map(u64::from);
            assert!(primes.eq(by_division), "up to {limit}");
        }
    }

    #[test]
    fn the_sieving_primes_fit_their_bound_and_nearly_fill_it() {
        for limit in [3, 4, 5, 10, 113, 127, 30_000, 1 << 20] {
            let primes = odd_primes_up_to(limit, &Control::new()).unwrap().len();
            assert!((primes..=2 * primes + 2).contains(&prime_count_bound(limit)), "up to {limit}");
        }
    }

    #[test]
    fn backends_are_told_its_name_and_to_keep_neighbours_together() {
        let sieve = SimpleSieve::new(0..=100, &Control::new()).unwrap();
        assert_eq!(sieve.phase(), "simple sieve");
        assert!(sieve.grain() > 1);
    }

    #[test]
    fn set_up_can_be_stopped() {
        let stop = std::sync::atomic::AtomicBool::new(true);
        let stopped = SimpleSieve::new(0..=u64::MAX, &Control::new().cancel(&stop));
        assert_eq!(stopped.err(), Some(Stopped));
    }

    /// The work does not overflow where bits, offsets and squares are largest.
    #[test]
    fn the_tiling_reaches_the_top() {
        assert_eq!(bits_of(u64::MAX, u64::MAX), (u64::MAX / 2)..=(u64::MAX - 1) / 2);
        assert!(Tiling::new(bits_of(u64::MAX - 1, u64::MAX - 1), 1).tiles() == 0, "an even number has no bit");
    }
}
