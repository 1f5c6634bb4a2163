//! Turns bits into the numbers that they stand for.

use super::Direction;
use crate::machine::{Cpu, Work};

/// The number of numbers in a batch. A batch of 8 KiB stays in the first-level cache.
pub(super) const BATCH: usize = 1024;

/// The number of words whose bits are sure to fit in a batch.
pub(super) const FITTING: usize = BATCH / 64;

/// The number of bits of a word that are read without a look at how many there are. Most words above 10^9 have no more, so
/// the processor rarely mispredicts the loop that reads the rest.
const AT_ONCE: usize = 12;

/// Which numbers the bits of a word stand for.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The distance between the first numbers of two words.
    pub(super) numbers_per_word: u64,
    /// The number of each bit, counted from the first of its word. A word without bits reads the last entry.
    offsets: [u8; 65],
}

impl Layout {
    pub(super) fn new(numbers_per_word: u64, offsets: impl Iterator<Item = u8>) -> Self {
        let mut layout = Self { numbers_per_word, offsets: [0; 65] };
        for (slot, offset) in layout.offsets.iter_mut().zip(offsets) {
            *slot = offset;
        }
        layout
    }
}

/// A list of numbers that is filled again and again. It takes no memory before it is first filled.
#[derive(Debug, Default)]
pub(super) struct Batch {
    numbers: Option<Box<[u64; BATCH]>>,
    length: usize,
}

impl Batch {
    pub(super) fn numbers(&self) -> &[u64] {
        self.numbers.as_ref().map_or(&[], |numbers| &numbers[..self.length])
    }

    /// Returns one of the numbers. The remainder spares the check of the bound.
    #[inline]
    pub(super) fn number(&self, index: usize) -> Option<u64> {
        self.numbers.as_ref().map(|numbers| numbers[index % BATCH])
    }

    fn room(&mut self) -> &mut [u64; BATCH] {
        self.numbers.get_or_insert_with(|| Box::new([0; BATCH]))
    }

    /// Copies the first numbers, or the last ones, as many as fit. Returns how many that are.
    pub(super) fn copy(&mut self, numbers: &[u64], direction: Direction) -> usize {
        let length = numbers.len().min(BATCH);
        let copied = match direction {
            Direction::Ascending => &numbers[..length],
            Direction::Descending => &numbers[numbers.len() - length..],
        };
        self.room()[..length].copy_from_slice(copied);
        self.length = length;
        length
    }

    /// Lists the numbers of the set bits of words, as many words as are sure to fit. Returns how many that are. `first` is
    /// the first number of the first word.
    pub(super) fn list(&mut self, words: &[u64], first: u64, layout: &Layout, cpu: Cpu) -> usize {
        let (length, taken) = cpu.run(List { numbers: self.room(), words, first, layout });
        self.length = length;
        taken
    }
}

struct List<'a> {
    numbers: &'a mut [u64; BATCH],
    words: &'a [u64],
    first: u64,
    layout: &'a Layout,
}

impl Work for List<'_> {
    /// How many numbers were listed, and how many words that took.
    type Output = (usize, usize);

    #[inline(always)]
    fn run(self) -> (usize, usize) {
        let Self { numbers, words, mut first, layout } = self;
        let mut length = 0;
        for (index, &word) in words.iter().enumerate() {
            if length > BATCH - 64 {
                return (length, index);
            }
            let mut left = word;
            let mut write = |slots: &mut [u64]| {
                for slot in slots {
                    // What is written beyond the last number is overwritten by the numbers of the next word.
                    *slot = first.wrapping_add(layout.offsets[left.trailing_zeros() as usize].into());
                    left &= left.wrapping_sub(1);
                }
            };
            let end = length + word.count_ones() as usize;
            write(&mut numbers[length..length + AT_ONCE]);
            for more in (length + AT_ONCE..end).step_by(4) {
                write(&mut numbers[more..more + 4]);
            }
            length = end;
            first = first.wrapping_add(layout.numbers_per_word);
        }
        (length, words.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_set_bit_is_listed_in_order(words in prop::collection::vec(any::<u64>(), 0..60), first: u64, sparse: bool) {
            let words: Vec<u64> = words.iter().map(|word| if sparse { word & word >> 7 & word >> 13 } else { *word }).collect();
            let layout = Layout::new(130, (0..64).map(|bit| 2 * bit + 3));
            let bits = words.iter().enumerate().flat_map(|(index, word)| {
                let first = first.wrapping_add(130 * index as u64);
                (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first.wrapping_add(2 * bit + 3))
            });
            for cpu in Cpu::available() {
                let (mut batch, mut listed, mut at) = (Batch::default(), Vec::new(), 0);
                while at < words.len() {
                    let from = first.wrapping_add(130 * at as u64);
                    let taken = batch.list(&words[at..], from, &layout, cpu);
                    prop_assert!(taken >= FITTING.min(words.len() - at));
                    listed.extend_from_slice(batch.numbers());
                    at += taken;
                }
                prop_assert!(listed.iter().copied().eq(bits.clone()));
            }
        }
    }
}
