//! The passes over a segment of a class. Each is compiled for every instruction set.

use std::ops::Range;

use super::{ClassScratch, Classes};
use crate::algorithm::sieve::primes::group_starts;
use crate::machine::Work;
use crate::machine::bit_array::BitArray;

/// A segment of a class.
#[derive(Clone, Copy)]
pub(super) struct Position<'a> {
    pub(super) classes: &'a Classes,
    pub(super) segment: u64,
    pub(super) class: usize,
    /// Whether the class before was sieved just now, so that its first multiples are known.
    pub(super) follows: bool,
}

impl Position<'_> {
    /// Finds the first multiples of some primes.
    #[inline(always)]
    fn find_firsts(self, which: Range<usize>, firsts: &mut [u32]) {
        let Self { classes: Classes { wheel, primes, .. }, segment, class, follows } = self;
        let residue = wheel.classes[class];
        if follows {
            primes.advance((residue - wheel.classes[class - 1]) / 2, which, firsts);
        } else {
            primes.find_first(residue, self.classes.first_of(segment), which, firsts);
        }
    }
}

/// Prepares for the chunks of a segment.
pub(super) struct Begin<'a> {
    pub(super) position: Position<'a>,
    pub(super) scratch: &'a mut ClassScratch,
}

impl Work for Begin<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { position, scratch } = self;
        let Position { classes, segment, class, .. } = position;
        let Classes { wheel, presieve, primes, .. } = classes;
        let chunked = 0..primes.chunks.end;
        position.find_firsts(chunked.clone(), &mut scratch.firsts);
        presieve.find_positions(wheel.classes[class], classes.first_of(segment), &mut scratch.positions);
        let (grouped, single) = scratch.firsts[chunked].split_at(scratch.groups.len());
        group_starts(&primes.primes[..grouped.len()], grouped, &mut scratch.groups);
        scratch.nexts[..single.len()].copy_from_slice(single);
    }
}

/// Crosses off the multiples of the smaller primes in a chunk.
pub(super) struct SieveChunk<'a> {
    pub(super) position: Position<'a>,
    pub(super) first: usize,
    pub(super) length: usize,
    pub(super) scratch: &'a mut ClassScratch,
}

impl Work for SieveChunk<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { position: Position { classes, segment, .. }, first, length, scratch } = self;
        let Classes { presieve, primes: sieving, .. } = classes;
        let ClassScratch { bits, groups, nexts, positions, .. } = scratch;
        presieve.fill(bytemuck::cast_slice_mut(&mut bits.words_mut()[first / 8..][..length / 8]), positions);
        let stretch = classes.stretch(segment, first, length);
        macro_rules! cross_off_groups {
            ($($residue:literal)*) => {
                for (residue, which) in [$($residue),*].into_iter().zip(sieving.groups.clone()) {
                    let (primes, starts) = (&sieving.primes[which.clone()], &mut groups[which]);
                    for (run, skip) in stretch.runs(primes, 8) {
                        let (primes, starts) = (&primes[run.clone()], &mut starts[run]);
                        match residue {
                            $($residue => bits.cross_off_groups::<$residue>(first, length, primes, starts, skip),)*
                            _ => unreachable!("a residue of the list"),
                        }
                    }
                }
            };
        }
        cross_off_groups!(1 3 5 7);
        let primes = &sieving.primes[sieving.chunks.clone()];
        for (run, skip) in stretch.runs(primes, 1) {
            bits.cross_off_singles(first * 8, length * 8, &primes[run.clone()], &mut nexts[run], skip);
        }
    }
}

/// Crosses off the multiples of some of the larger primes in a whole segment.
pub(super) struct SieveSegment<'a> {
    pub(super) position: Position<'a>,
    pub(super) bytes: usize,
    pub(super) which: Range<usize>,
    pub(super) scratch: &'a mut ClassScratch,
}

impl Work for SieveSegment<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { position, bytes, which, scratch } = self;
        let ClassScratch { bits, firsts, nexts, .. } = scratch;
        position.find_firsts(which.clone(), firsts);
        let nexts = &mut nexts[..which.len()];
        nexts.copy_from_slice(&firsts[which.clone()]);
        let primes = &position.classes.primes.primes[which];
        for (run, skip) in position.classes.stretch(position.segment, 0, bytes).runs(primes, 1) {
            bits.cross_off_singles(0, bytes * 8, &primes[run.clone()], &mut nexts[run], skip);
        }
    }
}

/// Crosses off the bits of a bucket, and counts.
pub(super) struct Count<'a> {
    pub(super) classes: &'a Classes,
    pub(super) segment: u64,
    pub(super) class: usize,
    pub(super) bits: &'a [u32],
    pub(super) array: &'a mut BitArray,
}

impl Work for Count<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        self.array.cross_off_listed(self.bits);
        let words = self.classes.clipped(self.segment, self.class, self.array);
        words.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}
