//! Trial division in its simplest form: the workload of the experiments, and the simplest oracle.
//!
//! Each candidate n is divided by 2, 3, 4, .. up to the integer square root of n, until a divisor divides it. There is
//! no wheel and no table of primes, and no divisor is left out. Counting to N takes about (2/3) N^(3/2) / ln N
//! divisions, nearly all of them for candidates that turn out to be prime, and no memory.

use std::ops::RangeInclusive;

use crate::tiling::ends;
use crate::{JobSpec, Kernel, Pulse, Stopped, Tiling};

/// The approximate number of divisions in a tile: half a millisecond of work.
const DIVISIONS_PER_TILE: u64 = 1 << 18;

/// The largest number of numbers in a tile. Without this limit, the cheap numbers at the low end would all fall into
/// one tile.
const MAX_TILE_WIDTH: u64 = 1 << 14;

/// The number of divisions of one candidate between two beats: a tenth of a millisecond.
const DIVISORS_PER_BEAT: u64 = 1 << 16;

/// Counts the primes of a range by trial division.
#[derive(Clone, Debug)]
pub struct TrialDivision {
    start: u64,
    stop: u64,
    tiling: Tiling,
}

impl TrialDivision {
    /// Creates the kernel for a range, both ends included. An empty range has no tiles.
    #[must_use]
    pub fn new(range: RangeInclusive<u64>) -> Self {
        let (start, stop) = ends(&range);
        let width = tile_width(stop);
        // 0 and 1 are not candidates.
        Self { start, stop, tiling: Tiling::new(start.max(2)..=stop, width) }
    }
}

impl Kernel for TrialDivision {
    type Scratch = ();
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "trial division"
    }

    fn tiles(&self) -> u64 {
        self.tiling.tiles()
    }

    fn spec(&self) -> Option<JobSpec> {
        Some(JobSpec::TrialDivision { start: self.start, stop: self.stop })
    }

    fn scratch(&self) {}

    fn tile<P: Pulse>(&self, index: u64, (): &mut (), pulse: &P) -> Result<u64, Stopped> {
        let mut primes = 0;
        for candidate in self.tiling.tile(index) {
            pulse.beat()?;
            primes += u64::from(is_prime(candidate, pulse)?);
        }
        Ok(primes)
    }
}

/// Returns the width at which the last tile of the range has about [`DIVISIONS_PER_TILE`] divisions. A prime candidate
/// n costs sqrt(n) divisions. One candidate in ln n is prime; one in eight is close enough from 10^3 on.
fn tile_width(stop: u64) -> u64 {
    (8 * DIVISIONS_PER_TILE / (stop.isqrt() + 1)).clamp(1, MAX_TILE_WIDTH)
}

/// Returns whether no number from 2 to the square root of `n` divides `n`. `n` must be at least 2.
fn is_prime<P: Pulse>(n: u64, pulse: &P) -> Result<bool, Stopped> {
    let end = n.isqrt() + 1;
    if let Ok(n) = u32::try_from(n) {
        return Ok(!(2..end as u32).any(|divisor| n.is_multiple_of(divisor)));
    }
    let mut first = 2;
    while first < end {
        let next = end.min(first + DIVISORS_PER_BEAT);
        if (first..next).any(|divisor| n.is_multiple_of(divisor)) {
            return Ok(false);
        }
        pulse.beat()?;
        first = next;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{Control, fold_tiles};

    fn count(range: RangeInclusive<u64>) -> u64 {
        let kernel = TrialDivision::new(range);
        fold_tiles(&kernel, 0..kernel.tiles(), &mut (), &Control::new()).unwrap()
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
    fn the_low_end_is_exact() {
        let counts: Vec<u64> = (0..12).map(|limit| count(0..=limit)).collect();
        assert_eq!(counts, [0, 0, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5]);
        assert_eq!(count(5..=3), 0);
        assert_eq!(count(u64::MAX..=0), 0);
    }

    #[test]
    fn squares_of_primes_are_not_prime_and_their_root_is_tried() {
        // 65521² and 65537² lie on either side of 2^32, above which a division takes 64 bits. The last square is above
        // 2^48.
        for prime in [2_u64, 3, 251, 257, 65_521, 65_537, 16_777_259] {
            assert_eq!(count(prime * prime..=prime * prime), 0, "{prime} squared");
        }
        assert_eq!(count(65_521 * 65_537..=65_521 * 65_537), 0);
        assert_eq!(count(4_294_967_291..=4_294_967_311), 2, "the primes on either side of 2^32");
    }

    #[test]
    fn tiles_shrink_to_one_number_and_the_top_is_legal() {
        assert_eq!(TrialDivision::new(0..=100).tiles(), 1);
        let all = TrialDivision::new(0..=u64::MAX);
        assert_eq!(all.tiles(), u64::MAX - 1);
        // 2^64 - 2 is even, which makes it the cheapest candidate near the top.
        assert_eq!(all.tile(u64::MAX - 4, &mut (), &Control::new()), Ok(0));
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
    fn a_huge_candidate_is_interrupted_within() {
        let prime = 18_446_744_073_709_551_557; // 2^64 - 59, the largest in u64
        let pulse = Beats { left: Cell::new(5) };
        assert_eq!(is_prime(prime, &pulse), Err(Stopped));
    }

    #[test]
    fn backends_are_told_its_name() {
        assert_eq!(TrialDivision::new(0..=100).phase(), "trial division");
    }

    #[test]
    fn every_candidate_beats() {
        let kernel = TrialDivision::new(100..=199);
        let enough = Beats { left: Cell::new(100) };
        assert_eq!(kernel.tile(0, &mut (), &enough), Ok(21));
        let short = Beats { left: Cell::new(99) };
        assert_eq!(kernel.tile(0, &mut (), &short), Err(Stopped));
    }
}
