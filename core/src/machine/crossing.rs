//! The loops that cross off, without a bounds check at each crossing: one check a prime stands for all of its own.
//!
//! Bit i of a class is bit i mod 8 of byte i / 8, on machines of either byte order.

/// Whole words, of which the part between two margins is sieved. Groups of eight crossings off may reach into the
/// margins, where nobody looks.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    words: Vec<u64>,
    /// Where the part between the margins begins, in words; at the beginning of a cache line.
    origin: usize,
    /// The length of that part, in words.
    length: usize,
}

/// In a cache line.
const LINE: usize = 8;

impl Field {
    /// A field of `bytes`, rounded up to cache lines, for groups of primes up to `largest`.
    pub(crate) fn new(bytes: usize, largest: u32) -> Self {
        let length = bytes.div_ceil(64) * LINE;
        // A group may begin a prime's number of bytes too early and end three times that too late.
        let margin = (largest as usize).div_ceil(64) * LINE;
        let words = vec![0; margin + LINE + length + 4 * margin];
        let origin = margin + words[margin..].as_ptr().align_offset(64).min(LINE - 1);
        Self { words, origin, length }
    }

    /// The memory that it takes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 8
    }

    /// The part between the margins.
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words[self.origin..self.origin + self.length]
    }

    /// Crosses off the multiples of `primes`, all congruent to `RESIDUE` modulo 8, in the `length` bytes from byte
    /// `first` on.
    ///
    /// Eight multiples in a row span as many bytes as the prime has ones, and lie at the same bits in every such
    /// group. `starts` says for each prime at which byte, from `first` on, a group begins: one that no multiple in
    /// reach lies before, and more than the prime's number of bytes before `first` never. It is told the same of what
    /// follows on these bytes. Bytes around these are crossed off too.
    ///
    /// # Panics
    /// If a start is out of reach of the margins.
    #[inline(always)]
    pub(crate) fn cross_off_groups<const RESIDUE: usize>(
        &mut self,
        first: usize,
        length: usize,
        primes: &[u32],
        starts: &mut [i32],
    ) {
        let room = self.words.len() * 8;
        let origin = self.origin * 8 + first;
        // A prime and its number of groups: as many as any start may need, so that the loop's end is foreseen.
        let mut groups = primes.first().map_or(0, |&prime| length.div_ceil(prime as usize) + 1);
        for (&prime, start) in primes.iter().zip(starts) {
            let prime = prime as usize;
            while groups > 1 && (groups - 2) * prime >= length {
                groups -= 1;
            }
            let begin = origin.wrapping_add_signed(*start as isize);
            let end = begin.wrapping_add(groups * prime);
            assert!(begin <= end && end <= room && prime % 8 == RESIDUE, "a group out of the field");
            let eighth = prime / 8;
            // SAFETY: each group crosses off in `prime` bytes from its beginning on, and all of them in
            // `begin..end`, which lies within the words, as was just checked; any byte of a word may be written.
            unsafe {
                let mut group = self.words.as_mut_ptr().cast::<u8>().add(begin);
                for _ in 0..groups {
                    cross_off_group::<RESIDUE>(group, eighth);
                    group = group.add(prime);
                }
            }
            let behind = *start + (groups * prime) as i32 - length as i32;
            let again = behind - prime as i32;
            *start = if again > 0 { again - prime as i32 } else { again };
        }
    }

    /// Crosses off the multiples of `primes` in the `length` bits from bit `first` on, of which both are whole words'.
    ///
    /// `nexts` says for each prime at which bit, from `first` on, its first multiple lies: less than the prime. It is
    /// told the same of what follows on these bits.
    ///
    /// # Panics
    /// If a next multiple is not below its prime, or the bits are not within the margins.
    #[inline(always)]
    pub(crate) fn cross_off_singles(&mut self, first: usize, length: usize, primes: &[u32], nexts: &mut [u32]) {
        // One word more, for the crossings off that are none.
        let words = &mut self.words[self.origin + first / 64..][..=length / 64];
        let (mut primes, mut nexts) = (primes, nexts);
        while let Some(&first) = primes.first() {
            // Multiples that surely are within: as many for all primes up to the same part of the length.
            let sure = length / first as usize;
            let alike = length
                .checked_div(sure)
                .map_or(primes.len(), |most| primes.partition_point(|&prime| prime as usize <= most));
            let (here, there) = primes.split_at(alike);
            let (alike_nexts, other_nexts) = nexts.split_at_mut(alike);
            (primes, nexts) = (there, other_nexts);
            macro_rules! unrolled {
                ($($few:literal)*; $($rest:literal)*) => {
                    match (sure, sure % 8) {
                        $(($few, _) => cross_off_alike::<$few>(words, length, 0, here, alike_nexts),)*
                        $((_, $rest) => cross_off_alike::<$rest>(words, length, sure / 8, here, alike_nexts),)*
                        _ => unreachable!("a rest of eights"),
                    }
                };
            }
            unrolled!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32; 0 1 2 3 4 5 6 7);
        }
    }

    /// Crosses off these bits.
    ///
    /// # Panics
    /// If one is not between the margins.
    #[inline(always)]
    pub(crate) fn cross_off_each(&mut self, bits: &[u32]) {
        let words = self.words_mut();
        for &bit in bits {
            words[bit as usize / 64] &= mask(bit as usize).to_le();
        }
    }
}

/// Crosses off the multiples of primes of which `8 * eights + REST` each, and maybe one more, are in the first
/// `length` bits.
///
/// The rest, which the compiler knows, is straight code: a loop of few turns that differ would end mispredicted.
#[inline(always)]
fn cross_off_alike<const REST: usize>(
    words: &mut [u64],
    length: usize,
    eights: usize,
    primes: &[u32],
    nexts: &mut [u32],
) {
    assert!(words.len() * 64 > length, "a word behind the bits");
    let sure = 8 * eights + REST;
    let words = words.as_mut_ptr();
    for (&prime, next) in primes.iter().zip(nexts) {
        let mut bit = *next as usize;
        assert!(*next < prime && sure * prime as usize <= length, "the first multiple is below the prime");
        let mut mask = mask(bit);
        let mut cross_off = |most| {
            // SAFETY: the bit is at most `length`, for which there is a word: the sure ones are below
            // `prime + (sure - 1) * prime`, at most `length`, and `most` is the bound of the last.
            unsafe { *words.add(bit.min(most) / 64) &= mask.to_le() };
            bit += prime as usize;
            mask = mask.rotate_left(prime % 64);
            bit
        };
        for _ in 0..eights {
            for _ in 0..8 {
                cross_off(usize::MAX);
            }
        }
        for _ in 0..REST {
            cross_off(usize::MAX);
        }
        // Without a branch, which would be mispredicted every other time: one that is not within goes to the word
        // behind the bits.
        let behind = (cross_off(length) - prime as usize).wrapping_sub(length) as u32;
        *next = behind.min(behind.wrapping_add(prime));
    }
}

#[inline(always)]
const fn mask(bit: usize) -> u64 {
    !(1 << (bit % 64))
}

/// Crosses off eight multiples of a prime, `8 * eighth + RESIDUE`, from bit 0 of the byte on.
///
/// # Safety
/// As many bytes as the prime has ones may be written from there on.
#[inline(always)]
unsafe fn cross_off_group<const RESIDUE: usize>(group: *mut u8, eighth: usize) {
    for multiple in 0..8 {
        let bit = multiple * RESIDUE;
        // SAFETY: the byte is `multiple * prime / 8`, less than the prime.
        unsafe { *group.add(multiple * eighth + bit / 8) &= !(1 << (bit % 8)) };
    }
}

/// Fetches the cache line of an element that is to be written soon.
#[inline(always)]
pub(crate) fn prefetch(elements: &[u32], index: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which any address may be given to.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(elements.as_ptr().wrapping_add(index).cast());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The bits of a field that are left after every `prime`-th from `next` on is crossed off, one by one.
    fn one_by_one(bits: usize, multiples: impl IntoIterator<Item = (u32, usize)>) -> Vec<bool> {
        let mut left = vec![true; bits];
        for (prime, next) in multiples {
            left[next.min(bits)..].iter_mut().step_by(prime as usize).for_each(|bit| *bit = false);
        }
        left
    }

    fn full(bytes: usize, largest: u32) -> Field {
        let mut field = Field::new(bytes, largest);
        field.words_mut().fill(u64::MAX);
        field
    }

    fn left(field: &mut Field, bits: usize) -> Vec<bool> {
        (0..bits).map(|bit| u64::from_le(field.words_mut()[bit / 64]) >> (bit % 64) & 1 == 1).collect()
    }

    proptest! {
        /// Two stretches, the second from where the first left off.
        #[test]
        fn singles_are_crossed_off(first in 1..40_usize, second in 1..10_usize, strides in
            prop::collection::vec((3..6_000_u32, any::<prop::sample::Index>()), 1..20)
        ) {
            let mut primes: Vec<u32> = strides.iter().map(|stride| stride.0).collect();
            primes.sort_unstable();
            let starts: Vec<usize> = primes.iter().zip(&strides).map(|(&p, s)| s.1.index(p as usize)).collect();
            let (first, second) = (first * 512, second * 512);
            let mut field = full((first + second) / 8, 0);
            let mut nexts: Vec<u32> = starts.iter().map(|&start| start as u32).collect();
            field.cross_off_singles(0, first, &primes, &mut nexts);
            // The bit behind a stretch serves as a bin until it is filled.
            field.words_mut()[first / 64..].fill(u64::MAX);
            field.cross_off_singles(first, second, &primes, &mut nexts);
            let expected = one_by_one(first + second, primes.iter().copied().zip(starts));
            prop_assert_eq!(left(&mut field, first + second), expected);
        }

        #[test]
        fn groups_are_crossed_off(first in 1..40_usize, second in 1..10_usize, eighths in
            prop::collection::vec((1..300_u32, any::<prop::sample::Index>()), 1..20)
        ) {
            let mut primes: Vec<u32> = eighths.iter().map(|eighth| 8 * eighth.0 + 3).collect();
            primes.sort_unstable();
            let starts: Vec<usize> = primes.iter().zip(&eighths).map(|(&p, e)| e.1.index(p as usize)).collect();
            let (first, second) = (first * 64, second * 64);
            let mut field = full(first + second, primes[primes.len() - 1]);
            // As many before as bring the start to bit 0 of a byte.
            let mut groups: Vec<i32> = primes.iter().zip(&starts).map(|(&prime, &start)| {
                let back = (0..8).find(|back| (start as i64 - back * i64::from(prime)) % 8 == 0).unwrap();
                ((start as i64 - back * i64::from(prime)) / 8) as i32
            }).collect();
            field.cross_off_groups::<3>(0, first, &primes, &mut groups);
            field.words_mut()[first / 8..].fill(u64::MAX);
            field.cross_off_groups::<3>(first, second, &primes, &mut groups);
            let expected = one_by_one((first + second) * 8, primes.iter().copied().zip(starts));
            prop_assert_eq!(left(&mut field, (first + second) * 8), expected);
        }

        #[test]
        fn listed_bits_are_crossed_off(bits in prop::collection::vec(0..4096_u32, 0..50)) {
            let mut field = full(512, 0);
            field.cross_off_each(&bits);
            let expected = one_by_one(4096, bits.iter().map(|&bit| (4096, bit as usize)));
            prop_assert_eq!(left(&mut field, 4096), expected);
        }
    }

    #[test]
    #[should_panic(expected = "the first multiple is below the prime")]
    fn a_multiple_out_of_place_is_refused() {
        full(64, 0).cross_off_singles(0, 512, &[5, 7], &mut [4, 7]);
    }

    #[test]
    #[should_panic(expected = "a group out of the field")]
    fn a_group_before_the_field_is_refused() {
        full(64, 11).cross_off_groups::<3>(0, 64, &[11], &mut [-1000]);
    }

    #[test]
    #[should_panic(expected = "a group out of the field")]
    fn a_prime_that_the_margins_do_not_suit_is_refused() {
        full(64, 11).cross_off_groups::<3>(0, 64, &[10_003], &mut [0]);
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn a_stretch_beyond_the_field_is_refused() {
        full(64, 0).cross_off_singles(64 * 64, 512 * 512, &[5], &mut [4]);
    }

    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn a_listed_bit_beyond_the_field_is_refused() {
        full(64, 0).cross_off_each(&[512]);
    }
}
