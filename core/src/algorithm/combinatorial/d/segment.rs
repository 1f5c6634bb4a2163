//! A segment of numbers that are sieved prime by prime, and the counts of what is left.
//!
//! The counts exist in three forms, from the dearest to keep up to the dearest to look up:
//!
//! - before each word of 240 numbers: a lookup counts the bits of one word.
//! - before each block of 32 words: a lookup counts the bits of up to 32 words.
//! - in each block of 64 words, kept up to date as bits are cleared. A lookup counts the bits of up to 64 words, after
//!   the blocks' counts have been added up for a prime.

use crate::algorithm::combinatorial::wheel::{PER_BYTE, Pattern, RESIDUES, SMALL, UP_TO};
use crate::allocation::zeroed;

/// Words per small and per large block.
pub(super) const BLOCK: usize = 32;
const LARGE_BLOCK: usize = 64;

/// The form of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    Words,
    Blocks,
    LargeBlocks,
}

#[derive(Debug)]
pub(super) struct Segment {
    words: Vec<u64>,
    counts: Counts,
    /// The counts before each word or block. For large blocks, only after [`add_up`](Self::add_up).
    before: Vec<u32>,
    /// The counts in each large block, if that is the form of the counts.
    inside: Vec<u32>,
    total: u32,
}

impl Segment {
    /// Creates a segment of up to this many words, a multiple of the large blocks' size.
    pub(super) fn new(words: usize) -> Self {
        Self {
            words: zeroed("a segment", words),
            counts: Counts::Words,
            before: zeroed("the counts of a segment", words),
            inside: vec![0; words.div_ceil(LARGE_BLOCK)],
            total: 0,
        }
    }

    /// Moves to other numbers, and crosses off the multiples of the first eight primes. `first` is the index of the
    /// first word among all numbers.
    #[inline(always)]
    pub(super) fn restart(&mut self, first: u64, words: usize, counts: Counts) {
        self.words.clear();
        self.words.resize(words, u64::MAX);
        self.before.resize(words, 0);
        self.inside.resize(words.div_ceil(LARGE_BLOCK), 0);
        for pattern in &*SMALL {
            pattern.cross_off(first, &mut self.words);
        }
        self.recount(counts);
    }

    /// Returns how many numbers are left.
    pub(super) const fn total(&self) -> u32 {
        self.total
    }

    /// Crosses off the multiples of a prime by its pattern, and counts anew.
    #[inline(always)]
    pub(super) fn cross_off_pattern(&mut self, pattern: &Pattern, first: u64, counts: Counts) {
        pattern.cross_off(first, &mut self.words);
        self.recount(counts);
    }

    /// Crosses off the multiples of a prime one by one, and counts anew if the form is not that of large blocks, or if
    /// it changes. `phase` is the index of the segment's first byte modulo the prime.
    #[inline(always)]
    pub(super) fn cross_off(&mut self, prime: usize, phase: usize, counts: Counts) {
        if counts == Counts::LargeBlocks && self.counts == counts {
            return self.cross_off_counted(prime, phase);
        }
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.words);
        for residue in RESIDUES {
            let (mut byte, mask) = first_multiple(prime, phase, residue);
            while let Some(bits) = bytes.get_mut(in_memory(byte)) {
                *bits &= !mask;
                byte += prime;
            }
        }
        self.recount(counts);
    }

    #[inline(always)]
    fn cross_off_counted(&mut self, prime: usize, phase: usize) {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.words);
        for residue in RESIDUES {
            let (mut byte, mask) = first_multiple(prime, phase, residue);
            while let Some(bits) = bytes.get_mut(in_memory(byte)) {
                let cleared = u32::from(*bits & mask != 0);
                *bits &= !mask;
                self.total -= cleared;
                self.inside[byte / (8 * LARGE_BLOCK)] -= cleared;
                byte += prime;
            }
        }
    }

    #[inline(always)]
    fn recount(&mut self, counts: Counts) {
        self.counts = counts;
        let mut total = 0;
        match counts {
            Counts::Words => {
                for (before, word) in self.before.iter_mut().zip(&self.words) {
                    *before = total;
                    total += word.count_ones();
                }
            }
            Counts::Blocks => {
                for (before, block) in self.before.iter_mut().zip(self.words.as_chunks::<BLOCK>().0) {
                    *before = total;
                    total += ones(block);
                }
            }
            Counts::LargeBlocks => {
                for (inside, block) in self.inside.iter_mut().zip(self.words.chunks(LARGE_BLOCK)) {
                    *inside = ones(block);
                    total += *inside;
                }
            }
        }
        self.total = total;
    }

    /// Makes the counts ready for lookups.
    #[inline(always)]
    pub(super) fn add_up(&mut self) {
        if self.counts == Counts::LargeBlocks {
            let mut total = 0;
            for (before, inside) in self.before.iter_mut().zip(&self.inside) {
                *before = total;
                total += inside;
            }
        }
    }

    /// Returns the sum of the counts up to the given places, each a word and a number in it, with their weights.
    #[inline(always)]
    pub(super) fn weighted_sum(&self, places: &[(u32, u32)], weight: impl Fn(usize) -> i64) -> i64 {
        match self.counts {
            Counts::Words => self.sum_up_to::<1>(places, weight),
            Counts::Blocks => self.sum_up_to::<BLOCK>(places, weight),
            Counts::LargeBlocks => self.sum_up_to::<LARGE_BLOCK>(places, weight),
        }
    }

    #[inline(always)]
    fn sum_up_to<const SIZE: usize>(&self, places: &[(u32, u32)], weight: impl Fn(usize) -> i64) -> i64 {
        let mut sum = 0;
        let (words, before) = (&self.words[..], &self.before[..]);
        for (i, &(word, number)) in places.iter().enumerate() {
            let word = word as usize;
            let block = word / SIZE;
            let inside = ones(&words[block * SIZE..word]);
            let last = (words[word] & UP_TO[number as usize]).count_ones();
            sum += weight(i) * i64::from(before[block] + inside + last);
        }
        sum
    }
}

#[inline(always)]
fn ones(words: &[u64]) -> u32 {
    words.iter().map(|word| u64::from(word.count_ones())).sum::<u64>() as u32
}

/// Returns the byte of the first multiple of the prime by a cofactor with this residue modulo 30, and its bit.
#[inline(always)]
fn first_multiple(prime: usize, phase: usize, residue: u64) -> (usize, u8) {
    let multiple = prime * residue as usize;
    let (byte, number) = (multiple / PER_BYTE as usize, multiple % PER_BYTE as usize);
    // The cofactors of a residue are 30 apart, so their multiples are `prime` bytes apart.
    let byte = if byte < phase { byte + prime - phase } else { byte - phase };
    (byte, 1 << BITS[number])
}

/// Returns where a byte of the words lies in memory: the least significant byte of a word counts as its first.
#[inline(always)]
const fn in_memory(byte: usize) -> usize {
    if cfg!(target_endian = "big") { byte ^ 7 } else { byte }
}

/// The bit in its byte of each number below 30 that is coprime to 30.
const BITS: [u8; PER_BYTE as usize] = {
    let (mut bits, mut bit) = ([0; PER_BYTE as usize], 0);
    while bit < 8 {
        bits[RESIDUES[bit] as usize] = bit as u8;
        bit += 1;
    }
    bits
};
