//! The large sieving primes, which few segments hold a multiple of.
//!
//! They are kept as bits, in residue classes like the numbers that are counted: 203 million of them, all up to 2^32,
//! take 123 MB. Each worker that needs a block of them which nobody has sieved yet does so itself, so that the work
//! of finding them is shared by all workers, is cancelled like all other, and waits for nobody.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use super::Tuning;
use super::buckets::BATCH;
use super::classes::{ClassScratch, Classes};
use crate::machine::Cpu;
use crate::{Pulse, Stopped};

/// The primes of a range below 2^32.
#[derive(Debug)]
pub(super) struct LargePrimes {
    classes: Classes,
    /// The bits of each segment of each class, once somebody has sieved them.
    blocks: Vec<OnceLock<Box<[u64]>>>,
}

impl LargePrimes {
    /// The primes of a range, which has some numbers, by means of the primes up to the square root of its end.
    pub(super) fn new(range: &RangeInclusive<u64>, cpu: Cpu, primes: &[u32]) -> Self {
        let roots = &primes[..primes.partition_point(|&prime| u64::from(prime) <= range.end().isqrt())];
        let classes = Classes::new(range, Tuning::for_listing(range), cpu, roots);
        let blocks = classes.segments() as usize * classes.wheel.classes.len();
        Self { classes, blocks: (0..blocks).map(|_| OnceLock::new()).collect() }
    }

    /// The sum of their reciprocals, about: how many multiples of them there are to a number (Mertens' second theorem).
    pub(super) fn density(&self) -> f64 {
        let log_log = |number: u64| (number as f64).ln().ln();
        log_log(self.classes.stop) - log_log(self.classes.start)
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn scratch(&self) -> ClassScratch {
        self.classes.scratch()
    }

    /// The primes of a block, which is sieved unless somebody has done so.
    pub(super) fn block<P: Pulse>(
        &self,
        block: usize,
        scratch: &mut ClassScratch,
        pulse: &P,
    ) -> Result<Block<'_>, Stopped> {
        let a_segment = self.classes.wheel.classes.len();
        let (segment, class) = ((block / a_segment) as u64, block % a_segment);
        if self.blocks[block].get().is_none() {
            self.classes.sieve(segment, class, scratch, pulse)?;
            let bits = self.classes.clipped(segment, class, &mut scratch.field);
            // If somebody else was faster, theirs are the same.
            let _ = self.blocks[block].set(bits.into());
        }
        let words = self.blocks[block].get().expect("it has just been set, by whomever");
        let modulus = self.classes.wheel.modulus;
        // What lies beyond 2^32 is beyond the range too, and so no prime of it.
        let first = (modulus * self.classes.first_of(segment) as u32).wrapping_add(self.classes.wheel.classes[class]);
        Ok(Block { words: words.iter(), first, modulus })
    }
}

/// Primes as the bits of a class: a bit stands for a number that is larger by `modulus` than that of the bit before.
#[derive(Debug)]
pub(super) struct Block<'a> {
    words: std::slice::Iter<'a, u64>,
    /// The number that the next bit stands for.
    first: u32,
    modulus: u32,
}

impl Block<'_> {
    /// Lists the next primes, as many as surely have room; none only if none are left.
    #[inline(always)]
    pub(super) fn next_into<'b>(&mut self, room: &'b mut [u32; BATCH]) -> &'b [u32] {
        let mut length = 0;
        // Room for a word's, and for the few too many.
        while length <= BATCH - 68 {
            let Some(&word) = self.words.next() else { break };
            let mut left = u64::from_le(word);
            let end = length + left.count_ones() as usize;
            // Four at a time, and too many at the end, which the next ones overwrite: fewer turns to mispredict.
            while length < end {
                for slot in &mut room[length..length + 4] {
                    *slot = self.first.wrapping_add(self.modulus * left.trailing_zeros());
                    left &= left.wrapping_sub(1);
                }
                length += 4;
            }
            length = end;
            self.first = self.first.wrapping_add(64 * self.modulus);
        }
        &room[..length]
    }
}
