//! C, the easy leaves with three primes.
//!
//! A special leaf x / (p m) of a composite m <= y, whose prime factors are larger than p, is easy if m > x / p^3. Such
//! an m is a product of only two primes, since p^3 > x / y >= y. So
//!
//! ```text
//! C = - sum of pi(x / (p q r)) - b + 2 over the primes p < q < r with q r <= y and q r > x / p^3
//! ```
//!
//! where p is the b-th prime. All x / (p q r) are less than y. Time: there are far fewer of these than of the leaves
//! with two primes.

use std::ops::Range;

use super::division::quotient;
use super::pairs;
use super::phi::SMALL_PRIMES;
use super::tables::Tables;
use crate::{Pulse, Stopped};

/// Returns the indices of the primes p that may have such leaves: those up to the square root of y.
pub(super) fn indices(tables: &Tables) -> Range<usize> {
    let first = pairs::indices(tables).start.max(SMALL_PRIMES + 1);
    let end = tables.pi.pi(tables.y.isqrt()) as usize + 1;
    first..end.max(first)
}

pub(super) fn easy_leaves<P: Pulse>(tables: &Tables, indices: Range<usize>, pulse: &P) -> Result<i128, Stopped> {
    let mut sum = 0;
    for b in indices {
        let p = tables.prime(b);
        let x = quotient(tables.x, p);
        // A leaf of the product m is easy if m > x / p^3.
        let hard = quotient(quotient(x, p), p) as u64;
        for q in (b + 1..).map(|index| tables.prime(index)).take_while(|q| q * q < tables.y) {
            pulse.beat()?;
            for r in tables.pi.indices((hard / q).max(q)..tables.y / q).map(|index| tables.prime(index)) {
                sum -= i128::from(tables.pi.pi(quotient(x, q * r) as u64)) - b as i128 + 2;
            }
        }
    }
    Ok(sum)
}
