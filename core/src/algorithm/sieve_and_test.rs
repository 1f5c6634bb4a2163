//! Counts narrow ranges of large numbers. They are sieved by small primes only, and each number that is left is tested.
//!
//! A full sieve must go through all primes up to the square root of the range's end, however narrow the range is. This
//! kernel crosses off only multiples of primes up to 2^16, in tiles of 2^16 numbers. Half of the numbers that are left
//! at 10^18 are prime. [A test](super::primality) that is proven up to 3317044064679887385961980 decides each of them.
//!
//! Positions in a tile are relative to the range's start if the range ends above 2^64, so that they fit in 64 bits.
//!
//! Time: O(n log N / log log N) for a range of n numbers that ends at N. Memory: 4 KiB for the bits of a tile.

use std::ops::RangeInclusive;

use super::odd_sieve::{Segment, bits_of, odd_primes_up_to};
use super::primality::{LAST_PROVEN, passes_strong_tests, passes_strong_tests_u128};
use crate::tiling::ends;
use crate::{Algorithm, Control, Error, JobSpec, Kernel, Pulse, Stopped, Tiling};

/// The number of odd numbers in a tile: two milliseconds of work at 10^18, and ten at 10^20.
const TILE: u64 = 1 << 15;

/// Multiples of primes up to this limit are crossed off. A tile has as many numbers, so that most of these primes have a
/// multiple in it.
const LIMIT: u64 = 1 << 16;

/// The number of tests between two beats: a tenth of a millisecond. A test of a longer number is a beat of its own.
const TESTS_PER_BEAT: usize = 128;

/// Counts the primes of a range by sieving with small primes and testing what is left. The time hardly depends on where
/// the range lies, but it is about five times as long above 2^64.
#[derive(Clone, Debug)]
pub struct SieveAndTest {
    start: u128,
    stop: u128,
    /// The even number before bit 0.
    origin: u128,
    /// The tiles, as ranges of the indices of odd numbers after the origin.
    tiling: Tiling,
    /// The odd primes up to the limit.
    primes: Vec<u32>,
}

impl SieveAndTest {
    /// Creates the kernel for a range, both ends included. An empty range has no tiles.
    #[must_use]
    pub fn new(range: RangeInclusive<u64>) -> Self {
        let (start, stop) = ends(&range);
        Self::with(start.into(), stop.into(), 0, bits_of(&range))
    }

    /// Creates the kernel for a range that may lie beyond 64 bits, both ends included. An empty range has no tiles.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if the range ends above 3317044064679887385961980, where the test is not proven any further,
    /// or if it ends above 2^64 - 1 and holds more than 2^64 numbers.
    pub fn new_u128(range: RangeInclusive<u128>) -> Result<Self, Error> {
        Self::check(&range)?;
        let (start, stop) = ends(&range);
        if let (Ok(start), Ok(stop)) = (start.try_into(), stop.try_into()) {
            return Ok(Self::new(start..=stop));
        }
        // The only even prime has a bit only if the origin is 0.
        let origin = if start <= 2 { 0 } else { start & !1 };
        let last = (stop - origin).checked_sub(1).map(|last| (last / 2) as u64);
        #[expect(clippy::reversed_empty_ranges, reason = "an empty range of bits is written as a reversed one")]
        Ok(Self::with(start, stop, origin, last.map_or(1..=0, |last| 0..=last)))
    }

    fn with(start: u128, stop: u128, origin: u128, bits: RangeInclusive<u64>) -> Self {
        let root = u64::try_from(stop).map_or(u64::MAX, u64::isqrt);
        let Ok(primes) = odd_primes_up_to(LIMIT.min(root), &Control::new()) else {
            unreachable!("this pulse never stops anything")
        };
        Self { start, stop, origin, tiling: Tiling::new(bits, TILE), primes }
    }

    /// Checks that the range is in reach.
    pub(super) fn check(range: &RangeInclusive<u128>) -> Result<(), Error> {
        let (start, end) = ends(range);
        let max = LAST_PROVEN.min(start.saturating_add(u64::MAX.into()));
        if end > max {
            return Err(Error::OutOfRange { algorithm: Algorithm::Sieve.name().into(), max, end });
        }
        Ok(())
    }

    /// Returns the first odd number of a tile of a range that fits 64 bits.
    pub(super) fn first_of(&self, index: u64) -> u64 {
        2 * self.tiling.tile(index).start() + 1
    }

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
        if segment.number(last) < u128::from(LIMIT * LIMIT) {
            return Ok(segment);
        }
        let mut tests = 0_usize;
        segment.retain(|number| {
            let narrow = u64::try_from(number);
            if tests.is_multiple_of(TESTS_PER_BEAT) || narrow.is_err() {
                pulse.beat()?;
            }
            tests += 1;
            Ok(match narrow {
                Ok(number) => number < LIMIT * LIMIT || passes_strong_tests(number),
                Err(_) => passes_strong_tests_u128(number),
            })
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
        SieveAndTestScratch(Segment::after(self.origin))
    }

    fn tile<P: Pulse>(&self, index: u64, scratch: &mut SieveAndTestScratch, pulse: &P) -> Result<u64, Stopped> {
        self.find(index, scratch, pulse).map(Segment::count)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;
    use crate::algorithm::primality::windows;
    use crate::algorithm::{SimpleSieve, is_prime_u128};
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

    #[test]
    fn windows_above_64_bits_hold_the_primes_that_another_program_counts() {
        for window in windows() {
            let kernel = SieveAndTest::new_u128(window.range.clone()).unwrap();
            assert_eq!(count(&kernel), window.primes, "{:?}", window.range);
        }
    }

    /// Each range is split at each of the first numbers, so that it starts and ends on odd, even and prime numbers.
    #[test]
    fn both_ends_of_a_window_above_64_bits_are_exact() {
        let count = |range| count(&SieveAndTest::new_u128(range).unwrap());
        let around = |middle: u128| middle - 40..=middle + 40;
        for range in [around(1 << 64), around((1 << 64) + 13), around(10_u128.pow(24))] {
            let (start, stop) = range.clone().into_inner();
            let all = count(range.clone());
            for middle in start..stop {
                assert_eq!(count(start..=middle) + count(middle + 1..=stop), all, "{range:?} at {middle}");
            }
            let alone = range.filter(|&n| count(n..=n) == 1).map(is_prime_u128);
            assert!(alone.eq(vec![Ok(true); all as usize]), "from {start}");
        }
    }

    /// The widest ranges that end above 64 bits, and their first and last tiles.
    #[test]
    fn a_wide_range_that_starts_low_is_exact() {
        let top = 1_u128 << 64;
        for (start, stop) in [(1, top), (2, top + 1), (3, top + 2), (4, top + 3), (1 << 33, top + (1 << 33) - 1)] {
            let kernel = SieveAndTest::new_u128(start..=stop).unwrap();
            let mut scratch = kernel.scratch();
            let mut tile = |index| kernel.tile(index, &mut scratch, &Control::new()).unwrap();
            let width = |first: u128| u128::from(2 * TILE) - first % 2;
            // A range from 1 or 2 has the same bits as one from 0.
            let first = if start <= 2 { 0 } else { start };
            let end = (first + width(first) - 1) as u64;
            assert_eq!(tile(0), count_simply(start as u64..=end), "from {start}");
            let next = end + 1..=end + 2 * TILE;
            assert_eq!(tile(1), count_simply(next), "after {start}");
            let origin = first & !1;
            let last_start = origin + u128::from(kernel.tiles() - 1) * u128::from(2 * TILE);
            let expected = (last_start..=stop).filter(|&n| is_prime_u128(n).unwrap()).count() as u64;
            assert_eq!(tile(kernel.tiles() - 1), expected, "up to {stop}");
        }
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
    fn empty_windows_hold_nothing_and_windows_out_of_reach_are_refused() {
        let even = 1 << 64..=1 << 64;
        for empty in [u128::MAX..=0, u128::MAX..=1 << 64, (1 << 70) + 1..=1 << 70, even] {
            assert_eq!(count(&SieveAndTest::new_u128(empty).unwrap()), 0);
        }
        let refused = |max, end| Err(Error::OutOfRange { algorithm: "sieve".into(), max, end });
        let top = u128::from(u64::MAX);
        for (range, max) in [
            (0..=top + 1, top),
            (5..=top + 6, top + 5),
            (1 << 70..=(1 << 70) + top + 1, (1 << 70) + top),
            (LAST_PROVEN..=LAST_PROVEN + 1, LAST_PROVEN),
            (LAST_PROVEN + 1..=LAST_PROVEN + 1, LAST_PROVEN),
            (u128::MAX..=u128::MAX, LAST_PROVEN),
        ] {
            let end = *range.end();
            assert_eq!(SieveAndTest::new_u128(range).map(drop), refused(max, end));
        }
        let last = SieveAndTest::new_u128(LAST_PROVEN - top..=LAST_PROVEN).unwrap();
        assert_eq!(last.tiles(), (1 << 63) / TILE);
    }

    #[test]
    fn every_test_of_a_long_number_is_a_beat() {
        struct Beats(Cell<u64>);
        impl Pulse for Beats {
            fn beat(&self) -> Result<(), Stopped> {
                self.0.set(self.0.get() + 1);
                Ok(())
            }
        }
        for (start, least, most) in [(10_u128.pow(24), 3_000, 4_000), (10_u128.pow(18), 20, 50)] {
            let kernel = SieveAndTest::new_u128(start..=start + 65_535).unwrap();
            let (all, crossing) = (Beats(Cell::new(0)), Beats(Cell::new(0)));
            kernel.tile(0, &mut kernel.scratch(), &all).unwrap();
            Segment::after(start).sieve(0..TILE, &kernel.primes, &crossing).unwrap();
            let tests = all.0.get() - crossing.0.get();
            assert!((least..most).contains(&tests), "{tests} beats at {start}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn both_constructors_agree(start: u64, length in 0..20_000_u64) {
            let range = start..=start.saturating_add(length);
            let wide = SieveAndTest::new_u128(u128::from(start)..=u128::from(*range.end())).unwrap();
            prop_assert_eq!(count(&wide), count(&SieveAndTest::new(range)));
        }

        #[test]
        fn windows_agree_with_the_simple_sieve(start in 0..1_u64 << 40, length in 0..200_000_u64) {
            prop_assert_eq!(count(&SieveAndTest::new(start..=start + length)), count_simply(start..=start + length));
        }
    }
}
