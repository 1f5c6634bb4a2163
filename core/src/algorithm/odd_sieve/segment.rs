//! One segment of the sieve: a bit for each odd number, and the position of each prime's next multiple.

use std::ops::Range;

use crate::{Pulse, Stopped};

/// The largest number of primes between two beats: a tenth of a millisecond if they have no multiples in the segment.
const PRIMES_PER_BEAT: usize = 1 << 14;

/// The largest number of multiples that are crossed off between two beats: a tenth of a millisecond.
const CROSSINGS_PER_BEAT: u64 = 1 << 16;

/// The bits of neighbouring odd numbers, bit i for `origin` + 2 i + 1. The bits of composites are cleared.
///
/// A segment can move on to the bits that follow. It then reuses its memory, and continues with the multiples of each
/// prime from where it left off.
#[derive(Clone, Debug, Default)]
pub(in crate::algorithm) struct Segment {
    /// An even number; 0 by default. It can be far beyond 64 bits, but no position in the segment is.
    origin: u128,
    first: u64,
    words: Vec<u64>,
    /// For each prime in use, how many bits beyond the segment its next multiple lies: less than the prime.
    beyond: Vec<u32>,
}

impl Segment {
    /// Creates a segment for the odd numbers after `origin`, which is even.
    pub(in crate::algorithm) fn after(origin: u128) -> Self {
        Self { origin, ..Self::default() }
    }

    /// Returns the number of a bit.
    pub(in crate::algorithm) const fn number(&self, bit: u64) -> u128 {
        self.origin + 2 * bit as u128 + 1
    }

    /// Forgets the positions of the multiples, so that the next bits can lie anywhere.
    pub(in crate::algorithm) fn restart(&mut self) {
        self.beyond.clear();
    }

    /// Crosses off the composites among `bits`, which must not be empty. They must follow the bits of the last call,
    /// unless the segment is new or was restarted.
    ///
    /// `primes` are the odd primes up to the square root of the last number, in ascending order. Larger primes may
    /// follow.
    pub(in crate::algorithm) fn sieve<P: Pulse>(
        &mut self,
        bits: Range<u64>,
        primes: &[u32],
        pulse: &P,
    ) -> Result<(), Stopped> {
        let length = bits.end - bits.start;
        let (here, last) = (self.number(bits.start), self.number(bits.end - 1));
        self.first = bits.start;
        self.fill(length);
        let in_use = primes.partition_point(|&prime| u128::from(u64::from(prime).pow(2)) <= last);
        for (batch, primes) in primes[..in_use].chunks(PRIMES_PER_BEAT).enumerate() {
            pulse.beat()?;
            for (k, &prime) in (batch * PRIMES_PER_BEAT..).zip(primes) {
                if k == self.beyond.len() {
                    self.beyond.push(first_multiple(here, prime));
                }
                self.beyond[k] = self.cross_off(u64::from(self.beyond[k]), u64::from(prime), length, pulse)?;
            }
        }
        Ok(())
    }

    /// Returns the number of set bits.
    pub(in crate::algorithm) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Returns the even number before the first bit's number.
    pub(in crate::algorithm) const fn first_even(&self) -> u64 {
        2 * self.first
    }

    /// Returns the bits, 64 in a word. The bits after the last are clear.
    pub(in crate::algorithm) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Returns the indices of the set bits, in ascending order.
    pub(in crate::algorithm) fn ones(&self) -> impl Iterator<Item = u64> {
        (self.first..).step_by(64).zip(&self.words).flat_map(|(base, &word)| {
            let drop_lowest = |rest: &u64| Some(rest & (rest - 1)).filter(|&rest| rest != 0);
            std::iter::successors(Some(word).filter(|&word| word != 0), drop_lowest)
                .map(move |rest| base + u64::from(rest.trailing_zeros()))
        })
    }

    /// Clears the bits that `keep` returns false for. It is called with the number of each set bit, in ascending order.
    pub(in crate::algorithm) fn retain(
        &mut self,
        mut keep: impl FnMut(u128) -> Result<bool, Stopped>,
    ) -> Result<(), Stopped> {
        let first = self.number(self.first);
        for (first, word) in (first..).step_by(128).zip(&mut self.words) {
            let mut rest = *word;
            while rest != 0 {
                if !keep(first + 2 * u128::from(rest.trailing_zeros()))? {
                    *word ^= rest & rest.wrapping_neg();
                }
                rest &= rest - 1;
            }
        }
        Ok(())
    }

    /// Sets `length` bits, and clears the rest of the last word.
    fn fill(&mut self, length: u64) {
        self.words.clear();
        self.words.resize((length / 64) as usize, u64::MAX);
        if !length.is_multiple_of(64) {
            self.words.push((1 << (length % 64)) - 1);
        }
    }

    /// Clears every `prime`-th bit from bit `first` on. Returns how far beyond the end the next one lies.
    fn cross_off<P: Pulse>(&mut self, first: u64, prime: u64, length: u64, pulse: &P) -> Result<u32, Stopped> {
        let mut bit = first;
        while bit < length {
            pulse.beat()?;
            let end = length.min(bit + CROSSINGS_PER_BEAT * prime);
            while bit < end {
                self.words[(bit / 64) as usize] &= !(1 << (bit % 64));
                bit += prime;
            }
        }
        Ok((bit - length) as u32)
    }
}

/// Returns the first odd multiple of `prime` that is at least its square and not before the odd number `here`, counted in
/// bits from `here`.
///
/// The result fits in 32 bits: it is less than `prime`, or it is the position of the square itself, which then lies in
/// the segment.
fn first_multiple(here: u128, prime: u32) -> u32 {
    let prime = u64::from(prime);
    let square = u128::from(prime * prime);
    if square >= here {
        return ((square - here) / 2) as u32;
    }
    // A division of 64 bits is several times as fast.
    let past = u64::try_from(here).map_or_else(|_| (here % u128::from(prime)) as u64, |here| here % prime);
    let to_multiple = if past == 0 { 0 } else { prime - past };
    let to_odd_multiple = if to_multiple.is_multiple_of(2) { to_multiple } else { to_multiple + prime };
    (to_odd_multiple / 2) as u32
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Beats(Cell<u64>);

    impl Pulse for Beats {
        fn beat(&self) -> Result<(), Stopped> {
            self.0.set(self.0.get() + 1);
            Ok(())
        }
    }

    #[test]
    fn a_long_segment_beats_all_the_way() {
        let length = 1 << 24;
        let beats = Beats(Cell::new(0));
        Segment::default().sieve(0..length, &[3], &beats).unwrap();
        let full_stretches = length / 3 / CROSSINGS_PER_BEAT;
        assert!((full_stretches + 1..=full_stretches + 2).contains(&beats.0.get()), "{} beats", beats.0.get());
    }

    #[test]
    fn primes_without_a_multiple_in_the_segment_beat_too() {
        // 2^40 + 1 to 2^40 + 7, and many copies of a prime that divides none of them.
        let primes = vec![1_000_003; 10 * PRIMES_PER_BEAT];
        let beats = Beats(Cell::new(0));
        let mut segment = Segment::default();
        segment.sieve(1 << 39..(1 << 39) + 4, &primes, &beats).unwrap();
        assert_eq!((segment.count(), beats.0.get()), (4, 10));
    }

    #[test]
    fn a_prime_after_many_others_crosses_off_its_own_multiples() {
        let mut primes = vec![999_983; PRIMES_PER_BEAT];
        primes.push(1_000_003);
        let square = 1_000_003 * 1_000_003 / 2;
        let mut segment = Segment::default();
        segment.sieve(square..square + 1, &primes, &Beats(Cell::new(0))).unwrap();
        assert_eq!(segment.count(), 0);
    }

    #[test]
    fn the_last_odd_numbers_of_u64_are_in_reach() {
        let (first, end) = ((1 << 63) - 100, 1 << 63);
        let primes = [3, 5, 7, 11, 13];
        let mut segment = Segment::default();
        segment.sieve(first..end, &primes, &Beats(Cell::new(0))).unwrap();
        let divided = |bit: &u64| primes.iter().any(|&prime| (2 * bit + 1).is_multiple_of(u64::from(prime)));
        assert!(segment.ones().eq((first..end).filter(|bit| !divided(bit))));
    }

    #[test]
    fn the_set_bits_are_listed() {
        let mut segment = Segment::default();
        segment.sieve(0..100, &[3, 5, 7, 11, 13], &Beats(Cell::new(0))).unwrap();
        let primes: Vec<_> = segment.ones().map(|bit| if bit == 0 { 2 } else { 2 * bit + 1 }).collect();
        assert_eq!(primes.len() as u64, segment.count());
        assert_eq!((primes[0], primes[1], primes[45]), (2, 3, 199));
    }
}
