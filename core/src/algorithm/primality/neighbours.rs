//! The primes before and after a number, found by testing one number after the other.
//!
//! Most numbers fall to a small divisor in a nanosecond or two. At 10^18, the next prime is 41 numbers away on average.

use super::is_prime;

/// Returns the smallest prime above `n`, or `None` if it does not fit in a `u64`.
///
/// ```
/// use primelanes_core::next_prime;
///
/// assert_eq!(next_prime(1_000_000), Some(1_000_003));
/// assert_eq!(next_prime(2), Some(3));
/// assert_eq!(next_prime(u64::MAX), None);
/// ```
#[must_use]
pub fn next_prime(n: u64) -> Option<u64> {
    (n.checked_add(1)?..=u64::MAX).find(|&n| is_prime(n))
}

/// Returns the largest prime below `n`, or `None` if there is none.
///
/// ```
/// use primelanes_core::previous_prime;
///
/// assert_eq!(previous_prime(1_000_000), Some(999_983));
/// assert_eq!(previous_prime(3), Some(2));
/// assert_eq!(previous_prime(2), None);
/// ```
#[must_use]
pub fn previous_prime(n: u64) -> Option<u64> {
    (2..n).rev().find(|&n| is_prime(n))
}
