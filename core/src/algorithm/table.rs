//! Counts small ranges by two lookups in a table, in nanoseconds.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::pi_table::PiTable;
use crate::Control;

/// The largest number in the table, which has 2048 words. It takes 0.1 ms to build, at its first use.
pub(super) const TABLE_MAX: u64 = (1 << 18) - 2;

static TABLE: LazyLock<PiTable> = LazyLock::new(|| {
    let Ok(table) = PiTable::new(TABLE_MAX, &Control::new()) else { unreachable!("this pulse never stops anything") };
    table
});

/// Returns the number of primes in a range, which must not be empty, and end in the table.
pub(super) fn count(range: &RangeInclusive<u64>) -> u64 {
    let pi = |n| if n < 2 { 0 } else { TABLE.pi(n) };
    pi(*range.end()) - range.start().checked_sub(1).map_or(0, pi)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::SimpleSieve;
    use crate::{Kernel, fold_tiles};

    fn count_simply(range: RangeInclusive<u64>) -> u64 {
        let kernel = SimpleSieve::new(range);
        fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
    }

    #[test]
    fn every_limit_is_exact() {
        let mut expected = 0;
        for limit in 0..=TABLE_MAX {
            if limit % 4096 == 0 {
                assert_eq!(count_simply(0..=limit), count(&(0..=limit)), "up to {limit}");
            }
            expected += count(&(limit..=limit));
            assert_eq!(count(&(0..=limit)), expected, "up to {limit}");
        }
        assert_eq!(count_simply(0..=TABLE_MAX), expected);
    }

    #[test]
    fn both_ends_are_counted() {
        for (range, primes) in
            [(0..=0, 0), (0..=1, 0), (1..=2, 1), (2..=2, 1), (3..=3, 1), (4..=4, 0), (2..=3, 2), (127..=131, 2)]
        {
            assert_eq!(count(&range), primes, "{range:?}");
        }
    }
}
