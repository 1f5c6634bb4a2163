//! The primes of a range, in order.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::RangeInclusive;

use crate::algorithm::Stream;
use crate::tiling::ends;

/// Returns the primes of a range, both ends included, in ascending order. From its back, the iterator returns them in
/// descending order.
///
/// ```
/// use primelanes_core::primes;
///
/// assert!(primes(0..=30).eq([2, 3, 5, 7, 11, 13, 17, 19, 23, 29]));
/// assert_eq!(primes(1_000_000_000_000..=u64::MAX).next(), Some(1_000_000_000_039));
/// assert_eq!(primes(0..=u64::MAX).next_back(), Some(18_446_744_073_709_551_557));
/// assert_eq!(primes(0..=1_000_000).sum::<u64>(), 37_550_402_023);
/// ```
#[must_use]
pub fn primes(range: RangeInclusive<u64>) -> Primes {
    let (first, last) = ends(&range);
    Primes { first, last, front: Stream::ascending(first..=last), back: Stream::descending(first..=last) }
}

/// Returns the primes from `n` on, `n` included, up to the largest below 2^64.
///
/// ```
/// use primelanes_core::primes_from;
/// assert!(primes_from(90).take(3).eq([97, 101, 103]));
/// ```
#[must_use]
pub fn primes_from(n: u64) -> Primes {
    primes(n..=u64::MAX)
}

/// The primes of a range, in order. [`primes`] and [`primes_from`] create it.
///
/// It sieves ahead of what is read, segment by segment, at either end. The memory is allocated once for a stretch of
/// segments, and each stretch reaches twice as far as the one before. Far out, the first primes are found by testing
/// numbers, since the set-up of the sieve takes 20 ms at 10^15, and half a second at 10^18. If there is no memory for a
/// sieve, all numbers are tested, which takes about 25 ns per number.
///
/// Memory: 1 MB up to 10^9, 9 MB at 10^12, 26 MB at 10^13, 70 MB at 10^15, 150 MB at 10^18 and 0.3 GB at 2^64. `sum`,
/// `count`, `for_each` and other methods that use `fold` are faster than a `for` loop.
///
/// The instruction set is that of [`Cpu::chosen`](crate::machine::Cpu::chosen), or the best if that is an error.
pub struct Primes {
    /// The first number that the front has not passed.
    first: u64,
    /// The last number that the back has not passed.
    last: u64,
    front: Stream,
    back: Stream,
}

impl Iterator for Primes {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        let prime = match self.front.read_first() {
            Some(prime) => prime,
            None if self.front.refill(&(self.first..=self.last)) => self.front.read_first()?,
            None => return None,
        };
        // The back has returned all primes after the last number.
        self.first = prime + 1;
        (prime <= self.last).then_some(prime)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // Apart from 2 and 3, a prime is a multiple of 6 plus or minus 1.
        let most = self.last.checked_sub(self.first).map_or(0, |width| width / 3 + 3);
        (0, usize::try_from(most).ok())
    }

    fn fold<B, F: FnMut(B, u64) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = init;
        loop {
            let unread = self.front.unread();
            let wanted = unread.partition_point(|&prime| prime <= self.last);
            folded = unread[..wanted].iter().copied().fold(folded, &mut f);
            if !self.front.refill(&(self.first..=self.last)) {
                return folded;
            }
        }
    }

    fn last(mut self) -> Option<u64> {
        self.next_back()
    }

    fn min(mut self) -> Option<u64> {
        self.next()
    }

    fn max(mut self) -> Option<u64> {
        self.next_back()
    }
}

impl DoubleEndedIterator for Primes {
    #[inline]
    fn next_back(&mut self) -> Option<u64> {
        let prime = match self.back.read_last() {
            Some(prime) => prime,
            None if self.back.refill(&(self.first..=self.last)) => self.back.read_last()?,
            None => return None,
        };
        self.last = prime - 1;
        (prime >= self.first).then_some(prime)
    }
}

impl FusedIterator for Primes {}

impl fmt::Debug for Primes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Primes").field("first", &self.first).field("last", &self.last).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
