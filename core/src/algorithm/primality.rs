//! A primality test for single numbers, proven for all of `u64`, and the primes next to a number.
//!
//! Small numbers are looked up in a table. Others are divided by the primes up to 53, and then get strong probable prime
//! tests to several bases:
//!
//! - Below 3,215,031,751, the bases 2, 3, 5 and 7 are enough (C. Pomerance, J. L. Selfridge and S. S. Wagstaff, "The
//!   pseudoprimes to 25·10^9", Math. Comp. 35, 1980).
//! - Below 2^64, the bases 2, 325, 9375, 28178, 450775, 9780504 and 1795265022 are enough. J. Sinclair found them in 2011.
//!   No composite passes all seven, as J. Feitsma's list of the base-2 pseudoprimes shows.
//!
//! Nearly all composites fail at base 2, which comes first. The others are computed side by side, since each product of
//! one base depends on the product before it.
//!
//! On Zen 4, it takes 0.6 us per number that a sieve by the primes up to 2^16 leaves at 10^18. Half of these are prime.

mod montgomery;
mod neighbours;
#[cfg(test)]
mod tests;

pub use neighbours::{next_prime, previous_prime};

use self::montgomery::Montgomery;
use super::table::{self, TABLE_MAX};

/// The odd primes up to 53. Few composites that none of them divides are left to the slow tests.
const SMALL_PRIMES: [u64; 15] = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53];

/// The smallest strong pseudoprime to the bases 2, 3, 5 and 7.
const FOUR_BASES_END: u64 = 3_215_031_751;

/// Returns whether a number is prime. The answer is proven for all numbers.
///
/// ```
/// use primelanes_core::is_prime;
///
/// assert!(is_prime(1_000_000_007));
/// assert!(!is_prime(1_000_000_007 * 998_244_353));
/// assert!(is_prime(u64::MAX - 58));
/// ```
#[must_use]
pub fn is_prime(n: u64) -> bool {
    if n <= TABLE_MAX {
        return table::count(&(n..=n)) == 1;
    }
    n % 2 == 1 && !has_small_divisor(n) && passes_strong_tests(n)
}

/// Returns whether `n`, which must be odd and above 7, passes the strong tests. Only primes do.
pub(super) fn passes_strong_tests(n: u64) -> bool {
    debug_assert!(n % 2 == 1 && n > 7, "{n} must be odd and above 7");
    let modulo_n = Montgomery::new(n);
    let exponent = (n - 1) >> (n - 1).trailing_zeros();
    let passes = |power| modulo_n.passes(power);
    passes(modulo_n.power_of_two(exponent))
        && if n < FOUR_BASES_END {
            modulo_n.powers([3, 5, 7], exponent).into_iter().all(passes)
        } else {
            modulo_n.powers([325, 9375, 28178, 450_775, 9_780_504, 1_795_265_022], exponent).into_iter().all(passes)
        }
}

/// Returns whether a small prime divides `n`. The compiler turns each division into a multiplication.
fn has_small_divisor(n: u64) -> bool {
    SMALL_PRIMES.iter().any(|&prime| n.is_multiple_of(prime))
}
