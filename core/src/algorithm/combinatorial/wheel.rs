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
}

/// The shortest period. A loop over fewer words at a time takes longer to begin than to run.
const SHORTEST: usize = 256;

impl Pattern {
    pub(super) fn new(primes: &[u64]) -> Self {
        let product = primes.iter().product::<u64>() as usize;
        let mut words = vec![u64::MAX; product * SHORTEST.div_ceil(product)];
        for &prime in primes {
            for multiple in (0..).map(|i| prime * (i / 8 * PER_BYTE + RESIDUES[i as usize % 8])) {
                let Some(word) = words.get_mut((multiple / PER_WORD) as usize) else { break };
                let rank = UP_TO[(multiple % PER_WORD) as usize].count_ones();
                *word &= !(1 << (rank - 1));
            }
        }
        Self { words }
    }

    /// Clears the bits of the multiples. `first` is the index of the first word among all numbers.
    #[inline(always)]
    pub(super) fn cross_off(&self, first: u64, words: &mut [u64]) {
        let mut pattern = &self.words[(first % self.words.len() as u64) as usize..];
        let mut rest = words;
        while !rest.is_empty() {
            let (here, after) = rest.split_at_mut(pattern.len().min(rest.len()));
            for (word, pattern) in here.iter_mut().zip(pattern) {
                *word &= pattern;
            }
            (rest, pattern) = (after, &self.words);
        }
    }
}

/// The patterns of the primes from 7 to 19. Together they leave the numbers coprime to the first eight primes.
pub(super) static SMALL: LazyLock<[Pattern; 2]> =
    LazyLock::new(|| [Pattern::new(&[7, 11, 13]), Pattern::new(&[17, 19])]);
