//! Counts narrow ranges of large numbers. They are sieved by small primes only, and each number that is left is tested.
//!
//! A full sieve must go through all primes up to the square root of the range's end, however narrow the range is. This
//! kernel crosses off only multiples of primes up to 2^16, in tiles of 2^16 numbers. Half of the numbers that are left
//! at 10^18 are prime. [A test](super::primality) that is proven for all of `u64` decides each of them.
//!
//! Time: O(n log N / log log N) for a range of n numbers that ends at N. Memory: 4 KiB for the bits of a tile.

use std::ops::RangeInclusive;

use super::odd_sieve::{Segment, bits_of, odd_primes_up_to};
use super::primality::passes_strong_tests;
use crate::tiling::ends;
use crate::{Control, JobSpec, Kernel, Pulse, Stopped, Tiling};

/// The number of odd numbers in a tile: two milliseconds of work at 10^18.
const TILE: u64 = 1 << 15;

/// Multiples of primes up to this limit are crossed off. A tile has as many numbers, so that most of these primes have a
/// multiple in it.
const LIMIT: u64 = 1 << 16;

/// The number of tests between two beats: a tenth of a millisecond.
const TESTS_PER_BEAT: usize = 128;

/// Counts the primes of a range by sieving with small primes and testing what is left. The time hardly depends on where
/// the range lies.
#[derive(Clone, Debug)]
pub struct SieveAndTest {
    start: u64,
    stop: u64,
    /// The tiles, as ranges of the indices of odd numbers.
    tiling: Tiling,
    /// The odd primes up to the limit.
    primes: Vec<u32>,
}

impl SieveAndTest {
    /// Creates the kernel for a range, both ends included. An empty range has no tiles.
    #[must_use]
    pub fn new(range: RangeInclusive<u64>) -> Self {
        let (start, stop) = ends(&range);
        let Ok(primes) = odd_primes_up_to(LIMIT.min(stop.isqrt()), &Control::new()) else {
            unreachable!("this pulse never stops anything")
        };
        Self { start, stop, tiling: Tiling::new(bits_of(&range), TILE), primes }
    }
}

impl SieveAndTest {
    /// Finds the primes of a tile. Their bits are left.
    pub(super) fn find<'a, P: Pulse>(
        &self,
        index: u64,
        scratch: &'a mut SieveAndTestScratch,
        pulse: &P,
    ) -> Result<&'a Segment, Stopped> {
        let SieveAndTestScratch(segment) = scratch;
        let (first, last) = self.tiling.tile(index).into_inner();
        segment.restart();
        segment.sieve(first..last + 1, &self.primes, pulse)?;
        if 2 * last < LIMIT * LIMIT {
            return Ok(segment);
        }
        let mut tests = 0_usize;
        segment.retain(|bit| {
            if tests.is_multiple_of(TESTS_PER_BEAT) {
                pulse.beat()?;
            }
            tests += 1;
            let number = 2 * bit + 1;
            Ok(number < LIMIT * LIMIT || passes_strong_tests(number))
        })?;
        Ok(segment)
    }
}

/// The bits of a tile. Their memory is reused from tile to tile.
#[derive(Clone, Debug)]
pub struct SieveAndTestScratch(Segment);

impl Kernel for SieveAndTest {
    type Scratch = SieveAndTestScratch;
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "sieve and test"
    }

    fn tiles(&self) -> u64 {
        self.tiling.tiles()
    }

    fn spec(&self) -> Option<JobSpec> {
        Some(JobSpec::SieveAndTest { start: self.start, stop: self.stop })
    }

    fn scratch(&self) -> SieveAndTestScratch {
        SieveAndTestScratch(Segment::default())
    }

    fn tile<P: Pulse>(&self, index: u64, scratch: &mut SieveAndTestScratch, pulse: &P) -> Result<u64, Stopped> {
        self.find(index, scratch, pulse).map(Segment::count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::algorithm::SimpleSieve;
    use crate::fold_tiles;

    fn count<K: Kernel<Partial = u64>>(kernel: &K) -> u64 {
        fold_tiles(kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
    }

    fn count_simply(range: RangeInclusive<u64>) -> u64 {
        count(&SimpleSieve::new(range))
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
    fn the_low_end_is_exact() {
        for stop in 0..200 {
            assert_eq!(count(&SieveAndTest::new(0..=stop)), count_simply(0..=stop), "up to {stop}");
        }
        assert_eq!(count(&SieveAndTest::new(5..=3)), 0);
    }

    #[test]
    fn the_limit_and_its_square_are_exact() {
        for seam in [LIMIT, LIMIT * LIMIT, 65_521 * 65_521, 65_537 * 65_537, 3 * LIMIT * LIMIT] {
            let range = seam - 3_000..=seam + 3_000;
            assert_eq!(count(&SieveAndTest::new(range.clone())), count_simply(range), "around {seam}");
        }
    }

    #[test]
    fn the_top_of_u64_is_in_reach() {
        assert_eq!(count(&SieveAndTest::new(u64::MAX - 363..=u64::MAX)), 10);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn windows_agree_with_the_simple_sieve(start in 0..1_u64 << 40, length in 0..200_000_u64) {
            prop_assert_eq!(count(&SieveAndTest::new(start..=start + length)), count_simply(start..=start + length));
        }
    }
}
