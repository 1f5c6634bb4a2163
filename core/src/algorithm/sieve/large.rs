//! The large sieving primes, which have multiples in few segments.
//!
//! The primes are stored as bits, in residue classes like the numbers that are counted. The 203 million primes up to
//! 2^32 take 123 MB. A worker that needs a block sieves it, unless another worker already has. So all workers share the
//! work of finding these primes, this work can be cancelled like all other work, and no worker waits.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use super::Tuning;
use super::buckets::{BATCH, Buckets};
use super::classes::{ClassScratch, Classes};
use super::tuning::multiples_per_number;
use crate::allocation::boxed;
use crate::machine::{Cpu, Work};
use crate::{Pulse, Stopped};

/// The primes of a range below 2^32.
#[derive(Debug)]
pub(super) struct LargePrimes {
    classes: Classes,
    /// The bits of each segment of each class, once a worker has sieved them.
    blocks: Vec<OnceLock<Box<[u64]>>>,
}

/// The memory with which a worker fills its buckets with the multiples of large primes.
#[derive(Debug)]
pub(super) struct LargeScratch {
    pub(super) buckets: Buckets,
    /// The memory for sieving blocks.
    class: ClassScratch,
    batch: Box<[u32; BATCH]>,
}

impl LargePrimes {
    /// Creates the primes of a range, which must not be empty. `primes` are the primes up to the square root of its
    /// end, in ascending order. Larger primes may follow.
    pub(super) fn new(range: &RangeInclusive<u64>, cpu: Cpu, primes: &[u32]) -> Self {
        let roots = &primes[..primes.partition_point(|&prime| u64::from(prime) <= range.end().isqrt())];
        let classes = Classes::new(range, Tuning::for_listing(range), cpu, roots);
        let blocks = classes.segments() as usize * classes.wheel.classes.len();
        Self { classes, blocks: (0..blocks).map(|_| OnceLock::new()).collect() }
    }

    /// Creates empty buckets for segments of `bits` bits per class.
    pub(super) fn scratch(&self, bits: u64) -> LargeScratch {
        let density = multiples_per_number(self.classes.start as f64, self.classes.stop as f64);
        LargeScratch {
            buckets: Buckets::new(density * bits as f64),
            class: self.classes.scratch(),
            batch: Box::new([0; BATCH]),
        }
    }

    /// Fills the buckets with the multiples in a segment of `sieved`.
    pub(super) fn fill_buckets<P: Pulse>(
        &self,
        sieved: &Classes,
        segment: u64,
        scratch: &mut LargeScratch,
        pulse: &P,
    ) -> Result<(), Stopped> {
        let (start, length) = sieved.numbers_of(segment);
        scratch.buckets.clear();
        let blocks = self.blocks.len();
        let first = first_block(segment, blocks);
        for index in (first..blocks).chain(0..first) {
            let mut block = self.block(index, &mut scratch.class, pulse)?;
            scratch.buckets.turn_for(block.class);
            while sieved.cpu.run(PushBatch { start, length, block: &mut block, scratch }) {
                pulse.beat()?;
            }
        }
        Ok(())
    }

    /// Returns the primes of a block. The block is sieved first if no worker has done that yet.
    fn block<P: Pulse>(&self, block: usize, scratch: &mut ClassScratch, pulse: &P) -> Result<Block<'_>, Stopped> {
        let classes = self.classes.wheel.classes.len();
        let (segment, class) = ((block / classes) as u64, block % classes);
        if self.blocks[block].get().is_none() {
            self.classes.sieve(segment, class, scratch, pulse)?;
            let bits = self.classes.clipped(segment, class, &mut scratch.bits);
            // If another worker was faster, its bits are the same.
            let _ = self.blocks[block].set(boxed("a block of large primes", bits));
        }
        let words = self.blocks[block].get().expect("this worker or another has set it");
        let modulus = self.classes.wheel.modulus;
        // Bits for numbers beyond 2^32 lie beyond the range too, and are not set.
        let class = self.classes.wheel.classes[class];
        let first = (modulus * self.classes.first_of(segment) as u32).wrapping_add(class);
        Ok(Block { words: words.iter(), class, first, modulus })
    }
}

/// Returns the block to begin with in a segment. The first segments begin far apart, so that their workers sieve different
/// blocks: at the halves, then at the quarters, then at the eighths.
fn first_block(segment: u64, blocks: usize) -> usize {
    ((u128::from(segment.reverse_bits()) * blocks as u128) >> 64) as usize
}

/// Pushes the multiples of the next primes of a block. Returns whether there were any.
struct PushBatch<'a, 'b> {
    start: u64,
    length: u32,
    block: &'a mut Block<'b>,
    scratch: &'a mut LargeScratch,
}

impl Work for PushBatch<'_, '_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let primes = self.block.next_into(&mut self.scratch.batch);
        self.scratch.buckets.push_multiples(self.start, self.length, primes);
        !primes.is_empty()
    }
}

/// Primes as the bits of a class. Each bit stands for a number that is `modulus` larger than the number of the bit
/// before.
#[derive(Debug)]
struct Block<'a> {
    words: std::slice::Iter<'a, u64>,
    /// The residue of all primes modulo `modulus`.
    class: u32,
    /// The number that the next bit stands for.
    first: u32,
    modulus: u32,
}

impl Block<'_> {
    /// Lists the next primes, as many as are sure to fit. The list is empty only if no primes are left.
    #[inline(always)]
    fn next_into<'b>(&mut self, list: &'b mut [u32; BATCH]) -> &'b [u32] {
        let mut length = 0;
        // There must be room for the bits of a word, and for up to three more that are overwritten.
        while length <= BATCH - 67 {
            let Some(&word) = self.words.next() else { break };
            let mut left = u64::from_le(word);
            let end = length + left.count_ones() as usize;
            // Four at a time, so that fewer branches are mispredicted. The primes of the next word overwrite what this
            // writes beyond the end.
            while length < end {
                for prime in &mut list[length..length + 4] {
                    *prime = self.first.wrapping_add(self.modulus * left.trailing_zeros());
                    left &= left.wrapping_sub(1);
                }
                length += 4;
            }
            length = end;
            self.first = self.first.wrapping_add(64 * self.modulus);
        }
        &list[..length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segments_begin_at_blocks_far_apart() {
        let blocks = 480;
        for segments in 2..=64 {
            let mut firsts: Vec<_> = (0..segments).map(|segment| first_block(segment, blocks)).collect();
            firsts.sort_unstable();
            let around = firsts[0] + blocks - firsts[firsts.len() - 1];
            let least = firsts.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap().min(around);
            assert!(
                least >= blocks / (segments as usize).next_power_of_two(),
                "{segments} segments begin at {firsts:?}"
            );
        }
        assert_eq!([0, 1, u64::MAX].map(|segment| first_block(segment, 1)), [0; 3]);
    }
}
