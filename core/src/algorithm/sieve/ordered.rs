//! A sieved segment of all classes, put in order strip by strip: its bits by ascending number.
//!
//! The wheel of 210 has 48 classes. Their bits for 64 turns of the wheel are a matrix of 48 by 64 bits. Transposed, it has a
//! row for each turn, and the bits of a row stand for the numbers coprime to 210. Only one strip of turns is in order at a
//! time, and stays in the first-level cache.
//!
//! The transposition is the recursive one of H. S. Warren, "Hacker's Delight", second edition (2013), section 7-3.

use super::wheel::Wheel;
use crate::allocation::zeroed;
use crate::machine::{Cpu, Work};

const CLASSES: usize = 48;

/// The number of bits in a word, and of turns whose bits are transposed at a time.
const TURNS: usize = 64;

/// The number of words of each class in a strip.
const STRIP: usize = 16;

/// The number of words in a strip in order, one for each turn of the wheel.
pub(in crate::algorithm) const WORDS: usize = TURNS * STRIP;

/// The bits of a sieved segment.
#[derive(Debug)]
pub(in crate::algorithm) struct Ordered {
    /// One class after the other.
    words: Vec<u64>,
    /// The number of words that each class has room for, in whole strips.
    room: usize,
    /// The number of strips of the segment. The last segment can have fewer than the others.
    strips: usize,
}

impl Ordered {
    /// The only modulus whose classes can be put in order.
    pub(in crate::algorithm) const MODULUS: u8 = 210;

    /// Creates room for segments of at most `bits` bits per class.
    pub(super) fn new(bits: u64) -> Self {
        let room = (bits.div_ceil(64) as usize).next_multiple_of(STRIP);
        Self { words: zeroed("the classes of a segment", CLASSES * room), room, strips: 0 }
    }

    /// Puts the bits of a class in their place.
    pub(super) fn put(&mut self, class: usize, bits: &[u64]) {
        self.strips = bits.len().div_ceil(STRIP);
        let class = &mut self.words[class * self.room..][..self.strips * STRIP];
        class[..bits.len()].copy_from_slice(bits);
        class[bits.len()..].fill(0);
    }

    /// Returns the number of strips.
    pub(in crate::algorithm) const fn strips(&self) -> usize {
        self.strips
    }

    /// Puts a strip in order. Each word holds the 210 numbers that follow those of the word before.
    pub(in crate::algorithm) fn strip(&self, strip: usize, words: &mut [u64; WORDS], cpu: Cpu) {
        cpu.run(Sort { ordered: self, strip, words });
    }

    /// Returns the number of each bit of a word, counted from the first of the word.
    pub(in crate::algorithm) fn offsets() -> impl Iterator<Item = u8> {
        let wheel = Wheel::of(Self::MODULUS.into()).expect("210 is one of the known moduli");
        wheel.classes.iter().map(|&class| class as u8)
    }
}

struct Sort<'a> {
    ordered: &'a Ordered,
    strip: usize,
    words: &'a mut [u64; WORDS],
}

impl Work for Sort<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { ordered: Ordered { words: classes, room, .. }, strip, words } = self;
        for (index, matrix) in words.as_chunks_mut::<TURNS>().0.iter_mut().enumerate() {
            let of_class = |class: usize| u64::from_le(classes[class * room + strip * STRIP + index]);
            *matrix = std::array::from_fn(|class| if class < CLASSES { of_class(class) } else { 0 });
            transpose(matrix);
        }
    }
}

/// Transposes a matrix of bits: bit i of row k becomes bit k of row i.
#[inline(always)]
fn transpose(matrix: &mut [u64; TURNS]) {
    swap::<32>(matrix, 0x0000_0000_FFFF_FFFF);
    swap::<16>(matrix, 0x0000_FFFF_0000_FFFF);
    swap::<8>(matrix, 0x00FF_00FF_00FF_00FF);
    swap::<4>(matrix, 0x0F0F_0F0F_0F0F_0F0F);
    swap::<2>(matrix, 0x3333_3333_3333_3333);
    swap::<1>(matrix, 0x5555_5555_5555_5555);
}

/// In each square of twice `SIZE` rows, swaps the bits to the upper right with those to the lower left. `mask` has the
/// lower half of the columns of each square.
#[inline(always)]
fn swap<const SIZE: usize>(matrix: &mut [u64; TURNS], mask: u64) {
    for square in matrix.chunks_exact_mut(2 * SIZE) {
        let (upper, lower) = square.split_at_mut(SIZE);
        for (upper, lower) in upper.iter_mut().zip(lower) {
            let differ = ((*upper >> SIZE) ^ *lower) & mask;
            *lower ^= differ;
            *upper ^= differ << SIZE;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_become_columns(seeds: [u64; 4]) {
            let matrix: [u64; TURNS] =
                std::array::from_fn(|row| seeds[row % 4].rotate_left(row as u32).wrapping_mul(2 * row as u64 + 1));
            let mut transposed = matrix;
            transpose(&mut transposed);
            for (row, column) in (0..TURNS).flat_map(|row| (0..TURNS).map(move |column| (row, column))) {
                prop_assert_eq!(transposed[row] >> column & 1, matrix[column] >> row & 1);
            }
        }
    }

    #[test]
    fn a_shorter_segment_leaves_nothing_of_the_one_before() {
        let mut ordered = Ordered::new(64 * 40);
        let read = |ordered: &Ordered| {
            let mut all = Vec::new();
            for strip in 0..ordered.strips() {
                let mut words = [0; WORDS];
                ordered.strip(strip, &mut words, Cpu::best());
                all.extend_from_slice(&words);
            }
            all
        };
        for class in 0..CLASSES {
            ordered.put(class, &[u64::MAX; 40]);
        }
        let full = read(&ordered);
        assert_eq!((full.len(), full.iter().filter(|&&word| word == (1 << CLASSES) - 1).count()), (3 * WORDS, 40 * 64));
        for class in 0..CLASSES {
            ordered.put(class, &[(class as u64 % 2).to_le(); 1]);
        }
        let short = read(&ordered);
        assert_eq!((short.len(), short[0]), (WORDS, 0xAAAA_AAAA_AAAA));
        assert!(short[1..].iter().all(|&word| word == 0));
    }
}
