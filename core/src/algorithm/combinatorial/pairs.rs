//! The easy leaves with two primes: where they lie, and which of them have a closed form.
//!
//! A special leaf x / (p q) of primes p < q <= y is easy if phi(x / (p q), b - 1) counts no composites, where p is the
//! b-th prime. That is so if x / (p q) < p^2, which is the same as q > x / p^3:
//!
//! ```text
//! phi(x / (p q), b - 1) = pi(x / (p q)) - b + 2   if q <= x / p^2
//!                       = 1                       if q is larger
//! ```
//!
//! Let `from` = max(p, x / p^3) and `to` = min(y, x / p^2), so that the first case is that of `from` < q <= `to`, and
//! let s = sqrt(x / p). The sum of pi(x / (p q)) over q > s counts pairs of primes q, r with q r <= x / p. Each r occurs
//! with all q from s to x / (p r), but not beyond `to`, so that sum is one of pi(x / (p r)) over r <= s, and products of
//! values of pi (X. Gourdon, "Computation of pi(x): improvements to the Meissel, Lehmer, Lagarias, Miller, Odlyzko,
//! Deleglise and Rivat method", 2001). He does this for p > x^(1/4). It holds for all p that have easy leaves, and
//! saves more than half of the smaller ones too:
//!
//! ```text
//! sum over from < q <= to of pi(x / (p q)) = sum over from < q <= s   of pi(x / (p q))
//!                                          + sum over swap < r <= last of pi(x / (p r))
//!                                          + pi(swap) pi(to) - pi(last) pi(pivot)
//! ```
//!
//! with swap = x / (p to). If `from` < s, then pivot = last = s. Otherwise the first sum is empty, pivot =
//! `from`, and last = x / (p (pivot + 1)), but not less than swap.

use std::ops::Range;

use super::division::quotient;
use super::phi::LAST_SMALL_PRIME;
use super::roots::root;
use super::tables::Tables;

/// The easy leaves of one prime p. All bounds but `x` are at most y.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs {
    /// The index of p among the primes.
    pub(super) b: u64,
    /// x / p.
    pub(super) x: u128,
    pub(super) from: u64,
    to: u64,
    pub(super) swap: u64,
    pub(super) last: u64,
    pivot: u64,
}

/// Returns the indices of the primes p that have easy leaves with two primes.
pub(super) fn indices(tables: &Tables) -> Range<usize> {
    // p^3 y > x, so that x / p^3 < y.
    let least = root(quotient(tables.x, tables.y), 3) as u64;
    let least = least.max(LAST_SMALL_PRIME);
    tables.pi.indices(least..tables.cube_root.max(least))
}

impl Pairs {
    /// Returns the leaves of the b-th prime, which must be one of the [`indices`].
    #[inline(always)]
    pub(super) fn of(tables: &Tables, b: usize) -> Self {
        let p = tables.prime(b);
        let x = quotient(tables.x, p);
        let cofactor = quotient(x, p) as u64;
        let from = (cofactor / p).max(p);
        let to = cofactor.min(tables.y);
        let root = x.isqrt() as u64;
        let swap = quotient(x, to) as u64;
        let (pivot, last) = if from < root { (root, root) } else { (from, (quotient(x, from + 1) as u64).max(swap)) };
        Self { b: b as u64, x, from, to, swap, last, pivot }
    }

    /// Returns what the leaves of p contribute besides the sums of pi(x / (p q)).
    pub(super) fn closed_form(&self, tables: &Tables) -> i128 {
        let pi = |n| i128::from(tables.pi.pi(n));
        let swapped = pi(self.swap) * pi(self.to) - pi(self.last) * pi(self.pivot);
        let counted = pi(self.to) - pi(self.from);
        swapped + (2 - i128::from(self.b)) * counted + i128::from(tables.a) - pi(self.to)
    }
}
