//! Splits ranges of numbers into tiles.

use std::ops::RangeInclusive;

/// An inclusive range of numbers, split into tiles of equal width. The last tile may be narrower.
///
/// ```
/// use primelanes_core::Tiling;
/// let tiling = Tiling::new(10..=29, 8);
/// assert_eq!(tiling.tiles(), 3);
/// assert_eq!(tiling.tile(2), 26..=29);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiling {
    start: u64,
    stop: u64,
    width: u64,
}

impl Tiling {
    /// Splits `range` into tiles of `width` numbers. An empty range has no tiles: a reversed range, or one that has
    /// been iterated to its end.
    ///
    /// # Panics
    /// If `width` is 0, or if there would be 2^64 tiles: the whole of `u64` in tiles of one number.
    #[must_use]
    pub fn new(range: RangeInclusive<u64>, width: u64) -> Self {
        let (start, stop) = ends(&range);
        assert!(width > 0, "a tile holds at least one number");
        assert!(width > 1 || start > 0 || stop < u64::MAX, "2^64 tiles cannot be counted");
        Self { start, stop, width }
    }

    /// Returns the number of tiles.
    #[must_use]
    pub fn tiles(&self) -> u64 {
        if self.start > self.stop { 0 } else { (self.stop - self.start) / self.width + 1 }
    }

    /// Returns the numbers of one tile.
    ///
    /// # Panics
    /// If `index` is not less than [`tiles`](Tiling::tiles).
    #[must_use]
    pub fn tile(&self, index: u64) -> RangeInclusive<u64> {
        assert!(index < self.tiles(), "tile {index} of {}", self.tiles());
        let first = self.start + index * self.width;
        first..=first.saturating_add(self.width - 1).min(self.stop)
    }
}

/// Returns the first and the last number of a range; 1 and 0 if it is empty.
///
/// The fields of a range that has been iterated to its end do not show that it is empty. The ends that this function
/// returns do.
pub(crate) fn ends<N: Copy + PartialOrd + From<bool>>(range: &RangeInclusive<N>) -> (N, N) {
    if range.is_empty() { (true.into(), false.into()) } else { (*range.start(), *range.end()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tiles_lie_side_by_side_and_cover_the_range(start: u64, length in 0..5000_u64, width in 1..700_u64) {
            let stop = start.saturating_add(length);
            let tiling = Tiling::new(start..=stop, width);
            let mut next = Some(start);
            for index in 0..tiling.tiles() {
                let tile = tiling.tile(index);
                prop_assert_eq!(Some(*tile.start()), next);
                prop_assert!(tile.end() - tile.start() < width);
                next = tile.end().checked_add(1);
            }
            prop_assert_eq!(next, stop.checked_add(1));
        }
    }

    #[test]
    fn the_ends_of_u64_are_in_reach() {
        let all = Tiling::new(0..=u64::MAX, 2);
        assert_eq!(all.tiles(), 1 << 63);
        assert_eq!(all.tile(all.tiles() - 1), u64::MAX - 1..=u64::MAX);
        let ones = Tiling::new(1..=u64::MAX, 1);
        assert_eq!(ones.tile(ones.tiles() - 1), u64::MAX..=u64::MAX);
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
    fn a_range_without_numbers_has_no_tiles() {
        let mut iterated = 3..=5;
        iterated.by_ref().for_each(drop);
        for range in [3..=2, u64::MAX..=0, iterated] {
            assert_eq!(Tiling::new(range.clone(), 9).tiles(), 0, "{range:?}");
        }
    }
}
