//! Multiples that are left out. The smallest prime factor q of a composite number m crosses it off, and q^2 is at most m.
//! So every prime p may leave out its multiples below p^2. One of them is p itself; it has no bit.
//!
//! Primes of about the same size have about as many such multiples in a stretch. They make up a run, in which the same
//! number of multiples is left out for every prime, so that the processor can predict the number of the others.

use std::ops::Range;

/// The fewest primes of a run, except the last. With 16, counting to 1e8 and to 1e9 took half a per cent longer (Sapphire
/// Rapids).
const LEAST: usize = 32;

/// Some neighbouring bits of all classes of a wheel. Bit i of the class of c stands for c + modulus i.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// The modulus of the wheel.
    pub(super) modulus: u32,
    /// The index of the first bit.
    pub(super) first: u64,
    /// The number of bits.
    pub(super) bits: u64,
}

impl Stretch {
    /// Returns the number of primes, of ascending ones, whose squares lie before the end of the stretch.
    pub(super) fn reached(self, primes: &[u32]) -> usize {
        primes.partition_point(|&prime| !self.ends_before(self.to_square(prime)))
    }

    /// Splits ascending primes into runs. Each run is a range of indices, and comes with the number of units of `unit`
    /// multiples to leave out.
    ///
    /// In every class, these multiples come first, from the first multiple in the stretch on, or from one before. If the
    /// squares of a run lie beyond the stretch, the number is [`usize::MAX`].
    #[inline(always)]
    pub(super) fn runs(self, primes: &[u32], unit: u32) -> impl Iterator<Item = (Range<usize>, usize)> {
        let mut done = 0;
        std::iter::from_fn(move || {
            let rest = &primes[done..];
            let (&least, &most) = (rest.first()?, rest.last()?);
            let (length, units) = if self.ends_before(self.to_square(least)) {
                (rest.len(), usize::MAX)
            } else if self.units_below_square(most, unit) == 0 {
                (rest.len(), 0)
            } else {
                let units = self.units_below_square(least, unit);
                let sure = LEAST.min(rest.len());
                let alike = rest[sure..].partition_point(|&prime| !self.are_below_square(units + 1, prime, unit));
                (sure + alike, units as usize)
            };
            let first = done;
            done += length;
            Some((first..done, units))
        })
    }

    /// Returns the distance from the stretch's first number to the square of a prime; 0 if the square lies before.
    #[inline(always)]
    fn to_square(self, prime: u32) -> u64 {
        (u64::from(prime) * u64::from(prime)).saturating_sub(u64::from(self.modulus) * self.first)
    }

    #[inline(always)]
    fn ends_before(self, distance: u64) -> bool {
        distance >= u64::from(self.modulus) * self.bits
    }

    /// Returns the largest number of units that [lie below the square](Self::are_below_square) of a prime.
    #[inline(always)]
    fn units_below_square(self, prime: u32, unit: u32) -> u64 {
        self.to_square(prime) / (u64::from(unit * self.modulus) * u64::from(prime))
    }

    /// Returns whether this many units of multiples lie below the square of a prime in every class.
    ///
    /// With the modulus W, the stretch begins at W f. The first of n multiples in a class is less than W (f + p), and so the
    /// last is less than W (f + n p).
    #[inline(always)]
    fn are_below_square(self, units: u64, prime: u32, unit: u32) -> bool {
        units * u64::from(unit * self.modulus) * u64::from(prime) <= self.to_square(prime)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Control;
    use crate::algorithm::odd_sieve::odd_primes_up_to;
    use crate::algorithm::sieve::wheel::Wheel;

    proptest! {
        /// Compares with the multiples of each prime in the lowest and in the highest class, one by one.
        #[test]
        fn only_multiples_below_the_square_are_left_out(
            wheel in prop::sample::select(Wheel::MODULI.to_vec()),
            first in 0..20_000_u64,
            bits in 1..10_000_u64,
            least in 0..1_000_usize,
            unit in prop::sample::select(vec![1, 8_u32]),
        ) {
            let all = odd_primes_up_to(60_000, &Control::new()).unwrap();
            let primes = &all[least + 5..];
            let stretch = Stretch { modulus: wheel, first, bits };
            let end = u64::from(wheel) * (first + bits);
            let square = |prime: u32| u64::from(prime).pow(2);
            prop_assert_eq!(stretch.reached(primes), primes.iter().filter(|&&prime| square(prime) < end).count());
            let mut done = 0;
            for (run, units) in stretch.runs(primes, unit) {
                prop_assert_eq!(run.start, done, "no gap");
                prop_assert!(run.len() >= LEAST || run.end == primes.len());
                done = run.end;
                for &prime in &primes[run] {
                    if units == usize::MAX {
                        prop_assert!(square(prime) >= end);
                        continue;
                    }
                    let skipped = units as u64 * u64::from(unit);
                    let step = u64::from(wheel) * u64::from(prime);
                    for class in [1, u64::from(wheel) - 1] {
                        let begin = class + u64::from(wheel) * first;
                        // Bit i is a multiple if begin + wheel i = 0 modulo the prime.
                        let p = u64::from(prime);
                        let bit = (p - begin % p) * u64::from(Wheel::of(wheel).unwrap().inverse(prime)) % p;
                        let multiple = begin + bit * u64::from(wheel);
                        prop_assert!(multiple.is_multiple_of(p));
                        let next = multiple + skipped * step;
                        prop_assert!(skipped == 0 || next - step < square(prime), "{prime}: {skipped} of {class}");
                    }
                }
            }
            prop_assert_eq!(done, primes.len());
        }
    }

    #[test]
    fn as_many_as_possible_are_left_out() {
        let primes = odd_primes_up_to(9_000, &Control::new()).unwrap();
        let runs = |modulus, first, bits, unit| -> Vec<_> {
            Stretch { modulus, first, bits }.runs(&primes, unit).map(|(run, units)| (primes[run][0], units)).collect()
        };
        // From 0 on, a prime leaves out one multiple for each multiple of 2310 below it.
        assert_eq!(runs(2310, 0, 1 << 20, 1), [(3, 0), (2311, 1), (4621, 2), (6947, 3)]);
        assert_eq!(runs(2310, 0, 1 << 20, 2), [(3, 0), (4621, 1)]);
        // Squares from 5000^2 on lie beyond the stretch.
        assert_eq!(runs(2500, 0, 10_000, 1), [(3, 0), (2503, 1), (5003, usize::MAX)]);
        // To leave out a multiple, the square of p must lie 2310 p after the beginning of the stretch.
        assert_eq!(runs(2310, 2310, 1 << 20, 1), [(3, 0), (3739, 1), (5581, 2), (7639, 3)]);
        assert_eq!(runs(2310, 1 << 20, 1 << 20, 1), [(3, 0)]);
    }

    #[test]
    fn runs_are_not_too_short() {
        let primes = odd_primes_up_to(1_000, &Control::new()).unwrap();
        let lengths = Stretch { modulus: 30, first: 0, bits: 1 << 20 }.runs(&primes, 1).map(|(run, _)| run.len());
        assert_eq!(lengths.collect::<Vec<_>>(), [32, 32, 32, 32, 32, 7]);
    }
}
