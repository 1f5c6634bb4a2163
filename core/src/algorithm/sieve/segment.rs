//! One segment of the sieve: a bit for each odd number, and the place of each prime in it.

use std::ops::Range;

use crate::{Pulse, Stopped};

/// Primes crossed off between two beats: at the top of u64 they take a tenth of a millisecond.
const PRIMES_PER_BEAT: usize = 1 << 14;

/// The bits of neighbouring odd numbers, bit i for 2i + 1; those of composites are cleared.
///
/// Segments that follow each other reuse the memory and carry on with the multiples of each prime.
#[derive(Clone, Debug, Default)]
pub(super) struct Segment {
    first: u64,
    words: Vec<u64>,
    /// For each prime in use, how many bits behind the segment's end its next multiple lies: less than the prime.
    ahead: Vec<u32>,
}

impl Segment {
    /// Forgets where the multiples are: the next segment lies elsewhere.
    pub(super) fn restart(&mut self) {
        self.ahead.clear();
    }

    /// Crosses off the composites among `bits`, which follow on the last segment's unless it was restarted.
    ///
    /// `primes` are the odd primes up to the square root of the last number, ascending, and maybe more.
    pub(super) fn sieve<P: Pulse>(&mut self, bits: Range<u64>, primes: &[u32], pulse: &P) -> Result<(), Stopped> {
        let length = bits.end - bits.start;
        let last = 2 * (bits.end - 1) + 1;
        self.first = bits.start;
        self.fill(length);
        let in_use = primes.partition_point(|&prime| u64::from(prime).pow(2) <= last);
        for (chunk, primes) in primes[..in_use].chunks(PRIMES_PER_BEAT).enumerate() {
            pulse.beat()?;
            for (k, &prime) in (chunk * PRIMES_PER_BEAT..).zip(primes) {
                if k == self.ahead.len() {
                    self.ahead.push(first_multiple(bits.start, prime));
                }
                self.ahead[k] = self.cross_off(u64::from(self.ahead[k]), u64::from(prime), length);
            }
        }
        Ok(())
    }

    /// How many bits are set.
    pub(super) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The indices of the bits that are set, ascending.
    pub(super) fn left(&self) -> impl Iterator<Item = u64> {
        (self.first..).step_by(64).zip(&self.words).flat_map(|(base, &word)| {
            let drop_lowest = |rest: &u64| Some(rest & (rest - 1)).filter(|&rest| rest != 0);
            std::iter::successors(Some(word).filter(|&word| word != 0), drop_lowest)
                .map(move |rest| base + u64::from(rest.trailing_zeros()))
        })
    }

    /// Sets `length` bits and clears the rest of the last word.
    fn fill(&mut self, length: u64) {
        self.words.clear();
        self.words.resize((length / 64) as usize, u64::MAX);
        if !length.is_multiple_of(64) {
            self.words.push((1 << (length % 64)) - 1);
        }
    }

    /// Clears every `prime`-th bit from `offset` on; gives how far behind the end the next one lies.
    fn cross_off(&mut self, mut offset: u64, prime: u64, length: u64) -> u32 {
        while offset < length {
            self.words[(offset / 64) as usize] &= !(1 << (offset % 64));
            offset += prime;
        }
        (offset - length) as u32
    }
}

/// The first odd multiple of `prime` from its square on and not below bit `first`, in bits from there.
///
/// Below `prime`, unless it is the square itself, which is in the segment then: it fits 32 bits.
fn first_multiple(first: u64, prime: u32) -> u32 {
    let prime = u64::from(prime);
    let square = prime * prime / 2;
    if square >= first {
        return (square - first) as u32;
    }
    let past = (2 * first + 1) % prime;
    let to_multiple = if past == 0 { 0 } else { prime - past };
    let to_odd_multiple = if to_multiple.is_multiple_of(2) { to_multiple } else { to_multiple + prime };
    (to_odd_multiple / 2) as u32
}
