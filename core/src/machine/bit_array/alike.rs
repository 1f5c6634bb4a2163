//! Crosses off multiples one by one, for primes that have equally many multiples.

use super::MAX_BITS;

/// A stretch of bits, and how many multiples of each prime to leave out and to cross off in it.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// The number of bits from the first one on.
    pub(super) length: usize,
    /// The number of multiples to leave out at first.
    pub(super) skipped: usize,
    /// How many times to cross off eight multiples.
    pub(super) eights: usize,
}

/// Crosses off the multiples of primes that have `skipped + 8 * eights + REST` multiples each in the first `length` bits of
/// the words, and maybe one more. Leaves out the first `skipped`. Any bit of the word that `length` falls in may be
/// cleared too.
///
/// The compiler unrolls the rest, since it knows its length. The end of a loop with few and varying iterations would be
/// mispredicted.
///
/// # Panics
/// If `words` ends before bit `length`, if a next multiple is not below its prime, or if a prime has fewer multiples.
///
/// # Safety
/// `length` is at most [`MAX_BITS`], and `skipped + 8 * eights` is at most `length`. A check here would slow down the
/// loop, because the compiler chooses other instructions for bounded numbers.
#[inline(always)]
pub(super) unsafe fn cross_off_alike<const REST: usize>(
    words: &mut [u64],
    span: Span,
    primes: &[u32],
    nexts: &mut [u32],
) {
    let Span { length, skipped, eights } = span;
    const { assert!(REST <= 32, "a number of multiples that the compiler can unroll") };
    assert!(length / 64 < words.len(), "a word for every bit, and for the one after");
    debug_assert!(length <= MAX_BITS && skipped + 8 * eights <= length, "a bounded number of multiples");
    // At most `MAX_BITS + 32`, so that its product with a prime fits 64 bits.
    let certain = (skipped + 8 * eights + REST) as u64;
    let words = words.as_mut_ptr();
    for (&prime, next) in primes.iter().zip(nexts) {
        assert!(
            *next < prime && certain * u64::from(prime) <= length as u64,
            "a first multiple that is not below its prime, or primes in wrong order"
        );
        let mut bit = *next as usize + skipped * prime as usize;
        let mut cross_off_next = || {
            // SAFETY: this is called `certain - skipped` times. In call k, from `skipped` on, the bit is `next + k *
            // prime`. That is less than `(k + 1) * prime`, which is at most `certain * prime` and so at most `length`,
            // as was just checked. And `words` has a word for bit `length`.
            unsafe {
                let word = words.add(bit / 64);
                *word = without(*word, bit);
            }
            bit += prime as usize;
        };
        for _ in 0..eights {
            for _ in 0..8 {
                cross_off_next();
            }
        }
        for _ in 0..REST {
            cross_off_next();
        }
        // One more multiple, or none. A branch would be mispredicted every other time, so there is none: a multiple
        // beyond the stretch is crossed off in the word of bit `length`. Many primes in a row change that one word, and
        // `without` would be slower here: 0.58 s to 1e10 instead of 0.55 s (Sapphire Rapids).
        //
        // SAFETY: the bit is at most `length`, and `words` has a word for that.
        unsafe { *words.add(bit.min(length) / 64) &= all_but(bit).to_le() };
        // The next multiple lies `bit - length` bits after the stretch, or one prime further if `bit` lies before
        // `length`. In the second case `bit - length` wraps, and so it is the larger of the two.
        let beyond = bit.wrapping_sub(length) as u32;
        *next = beyond.min(beyond.wrapping_add(prime));
    }
}

/// Returns a word of an array with bit `bit` mod 64 cleared.
///
/// The compiler by itself builds a mask and applies it in memory. That takes more instructions than to load the word, to
/// clear the bit in a register, and to store the word. With masks, counting to 1e10 took 18 % longer (Sapphire Rapids).
#[inline(always)]
pub(super) fn without(word: u64, bit: usize) -> u64 {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        let cleared;
        // SAFETY: the instruction takes the bit modulo 64, and changes nothing but this register and the flags.
        unsafe {
            std::arch::asm!(
                "btr {word}, {bit}",
                word = inout(reg) word => cleared,
                bit = in(reg) bit as u64,
                options(pure, nomem, nostack),
            );
        }
        cleared
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    {
        word & all_but(bit).to_le()
    }
}

/// A mask of all bits of a word except bit `bit` mod 64.
#[inline(always)]
pub(super) const fn all_but(bit: usize) -> u64 {
    !(1 << (bit % 64))
}
