//! Bits of a window of numbers, in ascending order, with the number of bits before each word.

use super::wheel::{PER_WORD, UP_TO};

/// Bits of neighbouring numbers coprime to 30, and their counts.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) words: Vec<u64>,
    before: Vec<u32>,
}

impl Window {
    /// Counts the bits before each word. Returns the number of all bits.
    #[inline(always)]
    pub(super) fn count(&mut self) -> u32 {
        self.before.resize(self.words.len(), 0);
        let mut total = 0;
        for (before, &word) in self.before.iter_mut().zip(&self.words) {
            *before = total;
            total += word.count_ones();
        }
        total
    }

    /// Returns the number of bits up to a number, which is counted from the first of the window.
    ///
    /// # Panics
    /// If the number lies beyond the window.
    #[inline(always)]
    pub(super) fn up_to(&self, number: u64) -> u64 {
        let word = (number / PER_WORD) as usize;
        let bits = self.words[word] & UP_TO[(number % PER_WORD) as usize];
        u64::from(self.before[word] + bits.count_ones())
    }
}
