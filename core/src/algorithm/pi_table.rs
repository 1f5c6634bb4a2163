//! The number of primes up to n, for every n up to a limit, in a few nanoseconds.
//!
//! A bit for each odd number shows whether it is prime, and a count for every 64 bits shows how many bits before them
//! are set. Memory: 16 bytes for every 128 numbers. Time to build: O(n log log n).

use std::ops::Range;

use super::odd_sieve::{Segment, odd_primes_up_to};
use crate::allocation::with_capacity;
use crate::{Pulse, Stopped};

/// Numbers per word.
const NUMBERS: u64 = 128;

/// The number of words that are sieved at a time: 32 KiB.
const WORDS: u64 = 4096;

/// pi(n) for n up to a limit.
#[derive(Debug)]
pub(in crate::algorithm) struct PiTable {
    words: Vec<Word>,
}

/// Bits, and the number of bits set in them and before them. They are side by side, so that a lookup needs one cache
/// line.
#[derive(Clone, Copy, Debug)]
struct Word {
    /// Bit i of word w stands for 128 w + 2 i + 1; bit 0 of word 0 stands for 2.
    bits: u64,
    primes: u64,
}

impl PiTable {
    /// Sieves the numbers up to `limit`, which is at most 10^11, so that the counts fit in 32 bits.
    pub(in crate::algorithm) fn new<P: Pulse>(limit: u64, pulse: &P) -> Result<Self, Stopped> {
        // One number more, since the bits up to an odd number end in the next word if it is the last of its word.
        let count = (limit + 1) / NUMBERS + 1;
        let roots = odd_primes_up_to((count * NUMBERS).isqrt(), pulse)?;
        let mut words = with_capacity("the table of pi", count as usize);
        let (mut segment, mut primes) = (Segment::default(), 0);
        for first in (0..count).step_by(WORDS as usize) {
            segment.sieve(64 * first..64 * count.min(first + WORDS), &roots, pulse)?;
            for &bits in segment.words() {
                primes += u64::from(bits.count_ones());
                words.push(Word { bits, primes });
            }
        }
        Ok(Self { words })
    }

    /// Returns the number of primes up to n, which is not 1: its bit stands for 2.
    ///
    /// # Panics
    /// If n is above the limit and its word is not in the table.
    #[inline(always)]
    pub(in crate::algorithm) fn pi(&self, n: u64) -> u64 {
        debug_assert!(n != 1, "the bit of 1 stands for 2");
        self.pi_of_odd(n.div_ceil(2))
    }

    /// Returns the number of primes among the first `count` odd numbers, with 2 in the place of 1.
    ///
    /// # Panics
    /// As [`pi`](Self::pi).
    #[inline(always)]
    pub(in crate::algorithm) fn pi_of_odd(&self, count: u64) -> u64 {
        let Word { bits, primes } = self.words[(count / 64) as usize];
        primes - u64::from((bits >> (count % 64)).count_ones())
    }

    /// Returns the indices, counted from 1, of the primes p with `bounds.start` < p <= `bounds.end`.
    #[inline(always)]
    pub(in crate::algorithm) fn indices(&self, bounds: Range<u64>) -> Range<usize> {
        self.pi(bounds.start) as usize + 1..self.pi(bounds.end) as usize + 1
    }

    /// Returns the primes up to `limit`, in ascending order.
    pub(in crate::algorithm) fn primes(&self, limit: u64) -> impl Iterator<Item = u64> {
        let words = (0..).step_by(NUMBERS as usize).zip(&self.words);
        let all = words.flat_map(|(first, word)| {
            (0..64).filter(move |bit| word.bits >> bit & 1 == 1).map(move |bit| first + 2 * bit + 1)
        });
        all.map(|number| if number == 1 { 2 } else { number }).take_while(move |&number| number <= limit)
    }
}
