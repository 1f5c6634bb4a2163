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

/// How many words follow the period, so that this many can be read from any place.
pub(super) const OVERLAP: usize = 8;

impl Pattern {
    pub(super) fn new(primes: &[u64]) -> Self {
        let period = primes.iter().product::<u64>() as usize;
        let number = |word: usize, bit: usize| word as u64 * PER_WORD + bit as u64 / 8 * PER_BYTE + RESIDUES[bit % 8];
        let coprime = |number: u64| primes.iter().all(|&prime| !number.is_multiple_of(prime));
        let word =
            |word| (0..64).filter(|&bit| coprime(number(word % period, bit))).fold(0, |word, bit| word | 1 << bit);
        Self { words: (0..period + OVERLAP).map(word).collect(), period }
    }

    /// Returns where in the pattern the word with this index lies.
    pub(super) fn place(&self, word: u64) -> usize {
        (word % self.period as u64) as usize
    }

    /// Calls `each` with all blocks of `OVERLAP` words and the words of the pattern that they meet, if the first word of
    /// the blocks has this place.
    #[inline(always)]
    pub(super) fn for_each_block(
        &self,
        place: usize,
        words: &mut [u64],
        mut each: impl FnMut(&mut [u64; OVERLAP], &[u64; OVERLAP]),
    ) {
        let mut place = place;
        for block in words.as_chunks_mut::<OVERLAP>().0 {
            if let Some(pattern) = self.words[place..].first_chunk() {
                each(block, pattern);
            }
            place += OVERLAP;
            while place >= self.period {
                place -= self.period;
            }
        }
    }
}

/// The patterns of the primes from 7 to 19. Together they leave the numbers coprime to the first eight primes.
pub(super) static SMALL: LazyLock<[Pattern; 2]> =
    LazyLock::new(|| [Pattern::new(&[7, 11, 13]), Pattern::new(&[17, 19])]);
