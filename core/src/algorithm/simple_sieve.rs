//! The readable reference: the simplest sieve of Eratosthenes that works for any part of `u64`.
//!
//! A composite number has a divisor d > 1 that is not larger than its square root. So the multiples of each d are
//! crossed off, from d² on, and the numbers that are left are prime. This module has no table of primes, no bit
//! arithmetic and no state that passes from tile to tile, and it shares no code with the faster kernels. They are
//! tested against it. It takes only one shortcut: d is 2 or odd.
//!
//! A tile of w numbers up to N takes sqrt(N) / 2 divisions and about w (ln(N) / 4 + 3/2) crossings, and one byte of
//! memory per number. At 2^44, a tile takes two million divisions and ten million crossings, which a test can still
//! afford. At the top of `u64`, a tile takes two billion divisions.

use std::iter;
use std::ops::RangeInclusive;

use crate::{Kernel, Pulse, Stopped};

/// The smallest and the largest width of a tile, in numbers. Between them, a tile is as wide as the square root of the
/// range's end, so that the divisions, one for each d, do not outweigh the crossings.
const MIN_WIDTH: u64 = 1 << 16;
const MAX_WIDTH: u64 = 1 << 20;

/// Counts the primes of a range by the simplest sieve. The fast kernels are tested against it.
///
/// A tile beats the pulse once per divisor, so even a tile at the top of `u64` can be stopped at any time.
#[derive(Clone, Debug)]
pub struct SimpleSieve {
    start: u64,
    stop: u64,
    width: u64,
    tiles: u64,
}

impl SimpleSieve {
    /// Creates the kernel for a range, both ends included. An empty range has no tiles.
    #[must_use]
    pub fn new(range: RangeInclusive<u64>) -> Self {
        // Nothing crosses off 0 and 1, which are not prime either.
        let (start, stop) = ((*range.start()).max(2), *range.end());
        let width = stop.isqrt().clamp(MIN_WIDTH, MAX_WIDTH);
        let tiles = if range.is_empty() || start > stop { 0 } else { (stop - start) / width + 1 };
        Self { start, stop, width, tiles }
    }
}

impl Kernel for SimpleSieve {
    /// Whether each number of the tile is composite.
    type Scratch = Vec<bool>;
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "simple sieve"
    }

    fn tiles(&self) -> u64 {
        self.tiles
    }

    fn scratch(&self) -> Vec<bool> {
        Vec::new()
    }

    fn tile<P: Pulse>(&self, index: u64, composite: &mut Vec<bool>, pulse: &P) -> Result<u64, Stopped> {
        let first = self.start + index * self.width;
        let last = self.stop.min(first.saturating_add(self.width - 1));
        composite.clear();
        composite.resize((last - first + 1) as usize, false);
        for divisor in iter::once(2).chain((3..=last.isqrt()).step_by(2)) {
            pulse.beat()?;
            let past = first % divisor;
            let to_multiple = if past == 0 { 0 } else { divisor - past };
            let to_square = (divisor * divisor).saturating_sub(first);
            let offset = to_multiple.max(to_square);
            for number in composite.iter_mut().skip(offset as usize).step_by(divisor as usize) {
                *number = true;
            }
        }
        Ok(composite.iter().filter(|&&composite| !composite).count() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;
    use crate::algorithm::TrialDivision;
    use crate::{Control, fold_tiles};

    fn count(range: RangeInclusive<u64>) -> u64 {
        let kernel = SimpleSieve::new(range);
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
        fn squares_and_their_neighbours_agree(root in 2..65_536_u64, below in 0..3_u64, above in 0..3_u64) {
            let range = root * root - below..=root * root + above;
            prop_assert_eq!(count(range.clone()), count_by_division(range));
        }

        #[test]
        fn tiles_do_not_depend_on_the_tile_before(order in Just([0, 0, 1, 1, 2, 2, 3, 3]).prop_shuffle()) {
            // From 10^9 to the end of the fourth tile.
            let kernel = SimpleSieve::new(1_000_000_000..=1_000_262_143);
            prop_assert_eq!(kernel.tiles(), 4);
            let mut scratch = kernel.scratch();
            let sum: u64 = order.iter().map(|&index| {
                kernel.tile(index, &mut scratch, &Control::new()).unwrap()
            }).sum();
            prop_assert_eq!(sum, 2 * 12_617);
        }
    }

    #[test]
    fn squares_of_primes_are_composite() {
        for prime in [2_u64, 3, 5, 251, 257, 65_521, 65_537, 1_000_003, 4_194_301] {
            assert_eq!(count(prime * prime..=prime * prime), 0, "{prime} squared");
        }
    }

    #[test]
    fn tile_ends_are_exact() {
        // From 0, the second tile begins at 2 + MIN_WIDTH.
        let end = 2 + MIN_WIDTH;
        for (start, stop) in [(0, end - 1), (0, end), (0, end + 1), (end - 1, end + 1), (end, 2 * end), (2, 3 * end)] {
            assert_eq!(count(start..=stop), count_by_division(start..=stop), "{start}..={stop}");
        }
    }

    #[test]
    fn known_counts_are_met() {
        assert_eq!(count(0..=1_000_000), 78_498);
        assert_eq!(count(0..=100_000_000), 5_761_455);
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
    fn ranges_without_numbers_have_no_tiles() {
        let mut iterated = 3..=5;
        iterated.by_ref().for_each(drop);
        for range in [5..=3, u64::MAX..=0, iterated, 0..=1] {
            assert_eq!(SimpleSieve::new(range.clone()).tiles(), 0, "{range:?}");
        }
    }

    #[test]
    fn backends_are_told_its_name() {
        assert_eq!(SimpleSieve::new(0..=100).phase(), "simple sieve");
    }

    /// Stops at the beat after `left` others.
    struct Beats {
        left: Cell<u64>,
    }

    impl Pulse for Beats {
        fn beat(&self) -> Result<(), Stopped> {
            self.left.set(self.left.get().checked_sub(1).ok_or(Stopped)?);
            Ok(())
        }
    }

    #[test]
    fn every_divisor_beats_and_the_top_of_u64_is_legal() {
        // 2 and the odd numbers up to 31, the root of 999.
        for (beats, counted) in [(16, Ok(168)), (15, Err(Stopped))] {
            let pulse = Beats { left: Cell::new(beats) };
            assert_eq!(SimpleSieve::new(0..=999).tile(0, &mut Vec::new(), &pulse), counted);
        }
        let all = SimpleSieve::new(0..=u64::MAX);
        assert_eq!(all.tiles(), 1 << 44);
        let pulse = Beats { left: Cell::new(1_000_000) };
        assert_eq!(all.tile(all.tiles() - 1, &mut Vec::new(), &pulse), Err(Stopped));
    }
}
