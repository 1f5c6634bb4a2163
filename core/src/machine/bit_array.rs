//! A bit array, and the loops that cross off multiples in it without a bounds check per multiple.
//!
//! Each loop checks once per prime that all of its multiples lie in the memory of the array. So the loops are safe to
//! call with anything: input that breaks a stated precondition causes a panic or wrong bits, but no access to other
//! memory.
//!
//! Bit i is bit i mod 8 of byte i / 8, on machines of either byte order.

mod alike;

use alike::{Span, cross_off_alike, without};

use crate::allocation::zeroed;

/// The largest size of an array's memory, in bytes and in bits. Within it, positions of bytes and bits fit in 31 bits,
/// and the product of a prime and a number of multiples fits in 64 bits.
const MAX_BYTES: usize = 1 << 28;
const MAX_BITS: usize = 8 * MAX_BYTES;

/// The number of words in a cache line.
const LINE_WORDS: usize = 8;

/// An array of bits in whole words, with a margin on either side. Loops that cross off eight multiples at a time may
/// write into the margins, whose bits mean nothing.
///
/// The array begins at the start of a cache line. It is not `Clone`, since the memory of a copy could begin elsewhere in
/// a cache line. Such a copy would be correct, but slower.
#[derive(Debug)]
pub(crate) struct BitArray {
    words: Vec<u64>,
    /// The word in which the array begins, after the first margin.
    origin: usize,
    /// The length of the array in words, without the margins.
    length: usize,
}

impl BitArray {
    /// Creates an array of `bytes` bytes, rounded up to cache lines. Its margins suffice for
    /// [`cross_off_groups`](Self::cross_off_groups) with primes up to `largest`. All bits are clear.
    ///
    /// # Panics
    /// If `bytes` is more than 2^27, or `largest` more than 2^24.
    pub(crate) fn new(bytes: usize, largest: u32) -> Self {
        // Neither product wraps: it is about an eighth of the number.
        let length = bytes.div_ceil(64) * LINE_WORDS;
        // A group may begin up to one prime's number of bytes too early, and end up to three times that too late.
        let margin = (largest as usize).div_ceil(64) * LINE_WORDS;
        assert!(length <= MAX_BYTES / 16 && margin <= MAX_BYTES / 128, "{bytes} bytes for primes up to {largest}");
        // One cache line more than that, to begin at the start of one, and for the word after the end.
        let words = zeroed::<u64>("a segment", margin + LINE_WORDS + length + 4 * margin);
        let origin = margin + words[margin..].as_ptr().align_offset(64).min(LINE_WORDS - 1);
        Self { words, origin, length }
    }

    /// Returns the size of the array's memory, in bytes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 8
    }

    /// Returns the words of the array, in little-endian byte order.
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words[self.origin..self.origin + self.length]
    }

    /// Crosses off the multiples of `primes` in the `length` bytes from byte `first` on, eight multiples at a time.
    /// Bits before and after these bytes may be cleared too, including bits in the margins.
    ///
    /// Eight multiples in a row form a group. A group of the prime p spans p bytes, and its multiples lie at the same
    /// bits in every group of p. For each prime p, `starts` holds the byte, counted from `first`, at which a group
    /// begins. No multiple in the stretch may lie before that group, and the group may begin at most p bytes before
    /// `first`. The loop updates `starts` for the bytes that follow the stretch. It leaves out the first `skip` groups of
    /// each prime, as far as there are that many.
    ///
    /// The loop crosses off the right bits if all primes are congruent to `RESIDUE` modulo 8, in ascending order, and
    /// at most the `largest` of [`new`](Self::new), and if the starts are as described.
    ///
    /// # Panics
    /// If there is not one start per prime, if the stretch is not within the array, if a prime has another residue, or
    /// if a group reaches beyond the margins.
    #[inline(always)]
    pub(crate) fn cross_off_groups<const RESIDUE: usize>(
        &mut self,
        first: usize,
        length: usize,
        primes: &[u32],
        starts: &mut [i32],
        skip: usize,
    ) {
        const { assert!(RESIDUE < 8 && RESIDUE % 2 == 1, "the residue of an odd number modulo 8") };
        assert_eq!(primes.len(), starts.len(), "one start per prime");
        let size = 8 * self.length;
        assert!(first <= size && length <= size - first, "a stretch outside of the bit array");
        let memory = (8 * self.words.len()) as u64;
        let origin = (8 * self.origin + first) as u64;
        // The number of groups that the first prime needs for any start. It shrinks as the primes grow, so that the
        // branch predictor can predict the end of the loop.
        let mut groups = primes.first().map_or(0, |&prime| length.div_ceil(prime as usize) as u64 + 1);
        for (&prime, start) in primes.iter().zip(starts) {
            while groups > 1 && (groups - 2) * u64::from(prime) >= length as u64 {
                groups -= 1;
            }
            // The product cannot wrap: `groups` is at most `length + 1`, which is at most `MAX_BYTES + 1`. If a sum
            // wraps, `end` is less than `begin`, or both are larger than the memory.
            let span = groups * u64::from(prime);
            let begin = origin.wrapping_add_signed(i64::from(*start));
            let end = begin.wrapping_add(span);
            assert!(
                begin <= end && end <= memory && prime as usize % 8 == RESIDUE,
                "a group outside of the bit array, or of another residue"
            );
            let (prime, eighth) = (prime as usize, prime as usize / 8);
            let skipped = groups.min(skip as u64);
            // SAFETY: `begin..end` lies in the memory of `words`, as was just checked, and `groups * prime` bytes are
            // in it. So group k, which begins at byte `begin + k * prime`, has `prime` bytes in it, and the pointer
            // after the last group is at most one past the end. `skipped` is at most `groups`. `prime` equals
            // `8 * eighth + RESIDUE`; it is odd and so not 0. Any bytes are valid words.
            unsafe {
                let mut group = self.words.as_mut_ptr().cast::<u8>().add(begin as usize + skipped as usize * prime);
                for _ in skipped..groups {
                    cross_off_group::<RESIDUE>(group, eighth);
                    group = group.add(prime);
                }
            }
            // All of these fit in 31 bits, since the groups lie in the memory.
            let beyond = *start + span as i32 - length as i32;
            let last = beyond - prime as i32;
            *start = if last > 0 { last - prime as i32 } else { last };
        }
    }

    /// Crosses off the multiples of `primes` in the `length` bits from bit `first` on, one by one. Any bit of the word
    /// that follows these bits may be cleared too.
    ///
    /// For each prime, `nexts` holds the bit, counted from `first`, of its first multiple. The loop updates `nexts` for
    /// the bits that follow the stretch. It leaves out the first `skip` multiples of each prime, but at most `length /
    /// prime`.
    ///
    /// The loop crosses off the right bits if the primes are in ascending order and below 2^31.
    ///
    /// # Panics
    /// If there is not one next multiple per prime, if the stretch does not consist of whole words of the array, if a
    /// next multiple is not below its prime, or if primes in the wrong order would reach beyond the stretch.
    #[inline(always)]
    pub(crate) fn cross_off_singles(
        &mut self,
        first: usize,
        length: usize,
        primes: &[u32],
        nexts: &mut [u32],
        skip: usize,
    ) {
        assert_eq!(primes.len(), nexts.len(), "one next multiple per prime");
        assert!(first.is_multiple_of(64) && length.is_multiple_of(64), "a stretch of whole words");
        assert!(
            first / 64 <= self.length && length / 64 <= self.length - first / 64,
            "a stretch outside of the bit array"
        );
        // The stretch and the word after it, which the array has room for.
        let words = &mut self.words[self.origin + first / 64..][..=length / 64];
        let (mut primes, mut nexts) = (primes, nexts);
        while let Some(&least) = primes.first() {
            // Each prime has `certain` multiples in the stretch, and maybe one more. All primes up to `length /
            // certain` have the same number. The first prime always counts as one of them, so that the loop ends for
            // any order of the primes.
            let certain = length / least as usize;
            let alike = length
                .checked_div(certain)
                .map_or(primes.len(), |most| primes.partition_point(|&prime| prime as usize <= most).max(1));
            let (here, larger) = primes.split_at(alike);
            let (nexts_here, nexts_of_larger) = nexts.split_at_mut(alike);
            (primes, nexts) = (larger, nexts_of_larger);
            let skipped = certain.min(skip);
            let left = certain - skipped;
            let span = |eights| Span { length, skipped, eights };
            macro_rules! unrolled {
                ($($few:literal)*; $($rest:literal)*) => {
                    match (left, left % 8) {
                        $(($few, _) => cross_off_alike::<$few>(words, span(0), here, nexts_here),)*
                        $((_, $rest) => cross_off_alike::<$rest>(words, span(left / 8), here, nexts_here),)*
                        _ => unreachable!("a remainder of a division by 8"),
                    }
                };
            }
            // SAFETY: the stretch lies in the array, of at most `MAX_BITS` bits, and `words` has one word more than the
            // stretch. `skipped`, plus 8 times the eights, plus the rest, is `certain`, which is at most `length`, since
            // `least` is not 0.
            unsafe {
                unrolled!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32; 0 1 2 3 4 5 6 7);
            }
        }
    }

    /// Crosses off the listed bits.
    ///
    /// # Panics
    /// If a bit is not in the array.
    #[inline(always)]
    pub(crate) fn cross_off_listed(&mut self, bits: &[u32]) {
        let words = self.words_mut();
        for &bit in bits {
            let word = &mut words[bit as usize / 64];
            *word = without(*word, bit as usize);
        }
    }
}

/// Crosses off eight multiples of the prime `8 * eighth + RESIDUE`, from bit 0 of the byte on.
///
/// # Safety
/// The prime is not 0, and that many bytes from `group` on may be read and written.
#[inline(always)]
unsafe fn cross_off_group<const RESIDUE: usize>(group: *mut u8, eighth: usize) {
    for multiple in 0..8 {
        let bit = multiple * RESIDUE;
        // SAFETY: the byte is `multiple * prime / 8` rounded down, which is less than the prime, since `multiple` is
        // less than 8 and the prime is not 0.
        unsafe { *group.add(multiple * eighth + bit / 8) &= !(1 << (bit % 8)) };
    }
}

#[cfg(test)]
mod tests;
