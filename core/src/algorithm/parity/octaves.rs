//! How the double loop over d and i is split into tiles of about equal work.
//!
//! The loop over i has floor(root / d) steps. So all d from 2^k up to 2^(k+1) together take about root * ln 2 steps,
//! whatever k is, and no loop among them is more than about twice as long as another. Such a range of d is an *octave*.
//! Its tiles are alike: if its loops are long, each tile is a slice of the loop of one d. If they are short, each tile
//! is the loops of several d. There are at most 64 octaves, so a search among them finds any tile.

use std::ops::RangeInclusive;

use crate::Tiling;

/// The work for one d besides its loop, in divisions: its part of the Moebius sieve, and the division of x.
const WORK_PER_D: u64 = 8;

/// All octaves from d = 1 to the root, in ascending order.
#[derive(Clone, Debug)]
pub(super) struct Octaves {
    octaves: Vec<Octave>,
    tiles: u64,
}

#[derive(Clone, Debug)]
struct Octave {
    first_tile: u64,
    /// Groups of neighbouring d.
    groups: Tiling,
    /// Into how many slices each loop is cut. A group holds a single d if there are several.
    slices: u64,
}

/// One of the equal slices into which a loop is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    index: u64,
    slices: u64,
}

impl Octaves {
    /// Splits the loops of all d up to `root` into tiles of at most about `work` divisions.
    pub(super) fn new(root: u64, work: u64) -> Self {
        let (mut octaves, mut tiles) = (Vec::new(), 0);
        for first in (0..u64::BITS).map(|k| 1 << k).take_while(|&first| first <= root) {
            let longest = root / first;
            let width = (work / (longest + WORK_PER_D)).max(1);
            let groups = Tiling::new(first..=root.min(first + (first - 1)), width);
            let octave = Octave { first_tile: tiles, groups, slices: longest.div_ceil(work) };
            tiles += octave.groups.tiles() * octave.slices;
            octaves.push(octave);
        }
        Self { octaves, tiles }
    }

    pub(super) const fn tiles(&self) -> u64 {
        self.tiles
    }

    /// Returns the values of d in a tile, and the slice of their loops.
    pub(super) fn tile(&self, index: u64) -> (RangeInclusive<u64>, Slice) {
        assert!(index < self.tiles, "tile {index} of {}", self.tiles);
        // The first octave begins at tile 0, so at least one octave is counted.
        let octave = &self.octaves[self.octaves.partition_point(|octave| octave.first_tile <= index) - 1];
        let (index, slices) = (index - octave.first_tile, octave.slices);
        (octave.groups.tile(index / slices), Slice { index: index % slices, slices })
    }
}

impl Slice {
    /// Returns the values of i in the slice of a loop from 1 to `length`. The range is reversed if there are none.
    pub(super) fn of(self, length: u64) -> RangeInclusive<u64> {
        let width = length.div_ceil(self.slices);
        self.index * width + 1..=length.min((self.index + 1) * width)
    }

    /// Returns whether this is the first slice of its loop.
    pub(super) const fn is_first(self) -> bool {
        self.index == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tiles_of(octaves: &Octaves) -> impl Iterator<Item = (RangeInclusive<u64>, Slice)> {
        (0..octaves.tiles()).map(|index| octaves.tile(index))
    }

    proptest! {
        #[test]
        fn the_tiles_hold_each_pair_once(root in 0..2_000_u64, work in 1..500_u64) {
            let octaves = Octaves::new(root, work);
            let pairs: Vec<_> = tiles_of(&octaves)
                .flat_map(|(group, slice)| group.map(move |d| (d, slice)))
                .flat_map(|(d, slice)| slice.of(root / d).map(move |i| (d, i)))
                .collect();
            let expected = (1..=root).flat_map(|d| (1..=root / d).map(move |i| (d, i)));
            prop_assert!(pairs.into_iter().eq(expected));
        }

        #[test]
        fn each_d_has_one_first_slice(root in 0..2_000_u64, work in 1..500_u64) {
            let octaves = Octaves::new(root, work);
            let firsts = tiles_of(&octaves).filter(|(_, slice)| slice.is_first()).flat_map(|(group, _)| group);
            prop_assert!(firsts.eq(1..=root));
        }

        #[test]
        fn no_tile_is_much_too_large_and_few_are_small(root in 1..1_u64 << 48, index: u64) {
            let work = 1 << 20;
            let octaves = Octaves::new(root, work);
            let (group, slice) = octaves.tile(index % octaves.tiles());
            let (first, last) = group.into_inner();
            let steps = |d: u64| (slice.of(root / d).count() as u64 + WORK_PER_D) * (last - first + 1);
            prop_assert!(steps(first) <= work + WORK_PER_D, "{first}..={last}: {}", steps(first));
            // Only the last group of an octave may hold fewer, and an octave may have only one group.
            let is_last_group = (last + 1).is_power_of_two() || last == root;
            prop_assert!(steps(last) >= work / 5 || is_last_group, "{first}..={last}: {}", steps(last));
        }
    }
}
