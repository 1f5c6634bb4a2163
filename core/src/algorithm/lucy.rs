//! The readable reference for pi(x), the number of primes up to x.
//!
//! Let S(v, p) be the number of integers from 2 to v that are prime or have no prime divisor up to p. Then
//! S(v, 1) = v - 1. If p is a prime and p² <= v, then
//!
//! S(v, p) = S(v, p - 1) - (S(v / p, p - 1) - S(p - 1, p - 1)).
//!
//! The parenthesis counts the composites whose smallest prime divisor is p. For all other p, S(v, p) = S(v, p - 1). So
//! S(x, sqrt(x)) = pi(x). The divisions round down, and x / a / b = x / (a b), so the only v that matter are the about
//! 2 sqrt(x) values of x / k. This module updates all of them in place, from the largest to the smallest.
//!
//! It shares no code with any kernel, and the faster ways to find pi(x) are tested against it.
//!
//! Time: O(x^(3/4)), which is seconds at 10^12. Memory: O(sqrt(x)), 16 bytes for each number up to the square root.
//!
//! Sources: the recurrence is that of A.-M. Legendre and E. Meissel. `Lucy_Hedgehog` described the sums over x / k in
//! 2010, in the discussion of problem 10 of Project Euler.

/// Returns pi(x), the number of primes up to `x`, by the simplest algorithm that is faster than a sieve.
///
/// Use it for tests up to about 10^12: it takes O(x^(3/4)) time, and 16 sqrt(x) bytes of memory.
///
/// ```
/// use primelanes_core::algorithm::pi_by_lucy;
/// assert_eq!(pi_by_lucy(1_000_000), 78_498);
/// ```
#[must_use]
pub fn pi_by_lucy(x: u64) -> u64 {
    if x < 2 {
        return 0;
    }
    let root = x.isqrt() as usize;
    let x_over = |k: usize| x / k as u64;
    // small[v] is S(v), and large[k] is S(x / k). Neither has a meaning at 0.
    let mut small: Vec<u64> = (0..=root as u64).map(|v| v.saturating_sub(1)).collect();
    let mut large: Vec<u64> = (0..=root).map(|k| x_over(k.max(1)) - 1).collect();
    for p in 2..=root {
        let below = small[p - 1];
        if small[p] == below {
            continue; // p is composite.
        }
        for k in 1..=root.min(x_over(p * p) as usize) {
            let quotient = if k * p <= root { large[k * p] } else { small[x_over(k * p) as usize] };
            large[k] -= quotient - below;
        }
        for v in (p * p..=root).rev() {
            small[v] -= small[v / p] - below;
        }
    }
    large[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::SimpleSieve;
    use crate::{Control, Kernel};

    fn is_prime(number: u64) -> bool {
        SimpleSieve::new(number..=number).tile(0, &mut Vec::new(), &Control::new()) == Ok(1)
    }

    #[test]
    fn the_low_end_is_exact() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(pi_by_lucy), [0, 0, 1, 2, 2, 3]);
    }

    #[test]
    fn every_number_up_to_ten_thousand_is_exact() {
        let mut primes = 0;
        for x in 2..=10_000 {
            primes += u64::from(is_prime(x));
            assert_eq!(pi_by_lucy(x), primes, "pi({x})");
        }
    }

    #[test]
    fn the_powers_of_ten_are_exact() {
        let counts = [0, 4, 25, 168, 1229, 9592, 78_498, 664_579, 5_761_455, 50_847_534, 455_052_511];
        for (exponent, count) in (0..).zip(counts) {
            assert_eq!(pi_by_lucy(10_u64.pow(exponent)), count, "pi(10^{exponent})");
        }
    }

    #[test]
    fn powers_of_primes_and_their_neighbours_are_exact() {
        // From each power of a prime to its neighbours, the count grows with the primes among them.
        for prime in [2_u64, 3, 5, 7, 11, 13, 97, 101, 251, 257, 509, 997] {
            for power in [prime.pow(2), prime.pow(3)] {
                let counts = [power - 1, power, power + 1].map(pi_by_lucy);
                assert_eq!(counts[1], counts[0], "{power} is composite");
                assert_eq!(counts[2], counts[1] + u64::from(is_prime(power + 1)), "{power} + 1");
            }
        }
        assert_eq!([10_200, 10_201, 10_202].map(pi_by_lucy), [1252; 3], "101² and its neighbours");
    }
}
