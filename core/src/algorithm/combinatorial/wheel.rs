//! Bits for the numbers coprime to 30, in ascending order: 8 bits for every 30 numbers, 64 for every 240.

use std::sync::LazyLock;

/// Numbers per byte and per word.
pub(super) const PER_BYTE: u64 = 30;
pub(super) const PER_WORD: u64 = 240;

/// The residues of the bits of a byte.
pub(super) const RESIDUES: [u64; 8] = [1, 7, 11, 13, 17, 19, 23, 29];

/// For each number below 240, the bits of a word that stand for it and for smaller numbers.
pub(super) static UP_TO: [u64; PER_WORD as usize] = up_to();

const fn up_to() -> [u64; PER_WORD as usize] {
    let (mut masks, mut mask, mut bit, mut number) = ([0; PER_WORD as usize], 0, 0, 0);
    while number < PER_WORD as usize {
        if bit < 64 && RESIDUES[bit % 8] + PER_BYTE * (bit as u64 / 8) == number as u64 {
            mask |= 1 << bit;
            bit += 1;
        }
        masks[number] = mask;
        number += 1;
    }
    masks
}

/// The bits that the multiples of some primes leave. They repeat after as many words as the product of the primes.
#[derive(Debug)]
pub(super) struct Pattern {
    words: Vec<u64>,
    period: usize,
}

/// Words in a block. Sums within so many words hardly cost more than the counts themselves.
pub(super) const BLOCK: usize = 32;

impl Pattern {
    pub(super) fn new(primes: &[u64]) -> Self {
        let product = primes.iter().product::<u64>() as usize;
        let period = product * BLOCK.div_ceil(product);
        // The words of a block can be read from any place in the period.
        let mut words = vec![u64::MAX; period + BLOCK];
        for &prime in primes {
            // All multiples coprime to 30, in the words before the end.
            for multiple in (0..).map(|i| prime * (i / 8 * PER_BYTE + RESIDUES[i as usize % 8])) {
                let Some(word) = words.get_mut((multiple / PER_WORD) as usize) else { break };
                let rank = UP_TO[(multiple % PER_WORD) as usize].count_ones();
                *word &= !(1 << (rank - 1));
            }
        }
        Self { words, period }
    }

    /// Returns the blocks of the pattern from the word with this index on, without end.
    #[inline(always)]
    pub(super) fn blocks(&self, word: u64) -> Blocks<'_> {
        Blocks { pattern: self, place: (word % self.period as u64) as usize }
    }
}

/// The blocks of a pattern.
#[derive(Debug)]
pub(super) struct Blocks<'a> {
    pattern: &'a Pattern,
    place: usize,
}

impl<'a> Iterator for Blocks<'a> {
    type Item = &'a [u64; BLOCK];

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let block = self.pattern.words.get(self.place..)?.first_chunk();
        self.place += BLOCK;
        if self.place >= self.pattern.period {
            self.place -= self.pattern.period;
        }
        block
    }
}

/// The patterns of the primes from 7 to 19. Together they leave the numbers coprime to the first eight primes.
pub(super) static SMALL: LazyLock<[Pattern; 2]> =
    LazyLock::new(|| [Pattern::new(&[7, 11, 13]), Pattern::new(&[17, 19])]);
