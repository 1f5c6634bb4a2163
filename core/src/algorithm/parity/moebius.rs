//! The Moebius function of neighbouring numbers, by a sieve.
//!
//! mu(d) is 0 if the square of a prime divides d. Otherwise it is 1 or -1, as the number of primes that divide d is
//! even or odd. Each number starts with the product 1. Each prime p up to the square root of the last number multiplies
//! the products of its multiples by -p, and clears those of the multiples of p². Then the sign of a product is mu(d),
//! unless the product is less than d: then d has exactly one more prime divisor.

use std::iter;
use std::ops::RangeInclusive;

use super::Meter;
use crate::{Pulse, Stopped};

/// The products of neighbouring numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Moebius {
    first: u64,
    products: Vec<i64>,
}

impl Moebius {
    /// Sieves a range of numbers from 1 to 2^63. `odd_primes` are the odd primes up to the square root of its end, in
    /// ascending order. Larger primes may follow.
    pub(super) fn fill<P: Pulse>(
        &mut self,
        range: &RangeInclusive<u64>,
        odd_primes: &[u32],
        meter: &mut Meter<'_, P>,
    ) -> Result<(), Stopped> {
        let (first, last) = range.clone().into_inner();
        let length = last - first + 1;
        self.first = first;
        self.products.clear();
        self.products.resize(length as usize, 1);
        let primes = iter::once(2).chain(odd_primes.iter().map(|&prime| u64::from(prime)));
        for prime in primes.take_while(|&prime| prime * prime <= last) {
            self.multiples(prime).for_each(|product| *product *= -(prime as i64));
            self.multiples(prime * prime).for_each(|product| *product = 0);
            // Two divisions find the first multiples. After them, a crossing takes about as long as a division.
            meter.add(2 + length / prime)?;
        }
        Ok(())
    }

    /// Returns each number and its Moebius function.
    pub(super) fn values(&self) -> impl Iterator<Item = (u64, i64)> {
        (self.first..).zip(&self.products).map(|(number, &product)| {
            let one_more_prime = product.unsigned_abs() < number;
            (number, if one_more_prime { -product.signum() } else { product.signum() })
        })
    }

    /// Returns the products of the multiples of `step`.
    fn multiples(&mut self, step: u64) -> impl Iterator<Item = &mut i64> {
        let to_multiple = self.first.next_multiple_of(step) - self.first;
        self.products.iter_mut().skip(to_multiple as usize).step_by(step as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::moebius;
    use super::*;
    use crate::Control;
    use crate::algorithm::odd_sieve::odd_primes_up_to;

    fn assert_exact(range: RangeInclusive<u64>, sieve: &mut Moebius) {
        let primes = odd_primes_up_to(range.end().isqrt() + 10, &Control::new()).unwrap();
        sieve.fill(&range, &primes, &mut Meter { pulse: &Control::new(), work: 0 }).unwrap();
        assert!(sieve.values().eq(range.clone().map(|number| (number, moebius(number)))), "{range:?}");
    }

    #[test]
    fn the_first_values_are_exact() {
        assert_eq!((1..=10).map(moebius).collect::<Vec<_>>(), [1, -1, -1, 0, -1, 1, -1, 0, 0, 1]);
        let mut sieve = Moebius::default();
        for last in 1..300 {
            assert_exact(1..=last, &mut sieve);
            assert_exact(last..=last, &mut sieve);
        }
    }

    proptest! {
        #[test]
        fn windows_are_exact(first in 1..1_u64 << 28, length in 0..50_u64) {
            assert_exact(first..=first + length, &mut Moebius::default());
        }
    }

    #[test]
    fn squares_of_primes_and_their_neighbours_are_exact() {
        for prime in [2_u64, 3, 251, 4093, 65_537] {
            assert_exact(prime * prime - 2..=prime * prime + 2, &mut Moebius::default());
        }
    }
}
