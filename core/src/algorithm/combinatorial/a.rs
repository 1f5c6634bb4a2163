//! A, the easy leaves with two primes, as far as the table of pi reaches: x / (p q) < y.
//!
//! ```text
//! A = sum over p of ( sum over swap < r <= last of pi(x / (p r)) + sum over max(from, swap) < q <= s of pi(x / (p q)) )
//! ```
//!
//! See [`pairs`](super::pairs) for the bounds. Since both sums have the same terms for most p, each term is looked up
//! once. The leaves with x / (p q) >= y, about one in alpha, are those of [`b`](super::b).
//!
//! Time: O(x^(2/3) / log^2 x) lookups, each with one multiplication for the division. Memory: the table of pi, and 8
//! bytes per prime up to x^(2/5) for the reciprocals.

use std::ops::Range;

use super::division::Reciprocal;
use super::pairs::Pairs;
use super::tables::Tables;
use crate::algorithm::pi_table::PiTable;
use crate::machine::{Cpu, Work};
use crate::{Pulse, Stopped};

/// Returns the leaves of the primes with these indices.
pub(super) fn low_leaves<P: Pulse>(
    tables: &Tables,
    indices: Range<usize>,
    cpu: Cpu,
    pulse: &P,
) -> Result<i128, Stopped> {
    let mut sum = 0;
    for b in indices {
        pulse.beat()?;
        let pairs = Pairs::of(tables, b);
        sum += i128::from(cpu.run(LowLeaves { tables, pairs }));
    }
    Ok(sum)
}

/// Returns the number of lookups for the leaves of a prime.
pub(super) fn lookups(tables: &Tables, pairs: &Pairs) -> u64 {
    tables.pi.indices(pairs.swap..pairs.last).len() as u64
}

struct LowLeaves<'a> {
    tables: &'a Tables,
    pairs: Pairs,
}

impl Work for LowLeaves<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let Self { tables, pairs: Pairs { x, from, swap, last, .. } } = self;
        let seam = from.clamp(swap, last);
        let sum = |bounds| sum_of_quotients(tables, x, bounds, &Exact(&tables.pi));
        sum(swap..seam) + 2 * sum(seam..last)
    }
}

/// A function of a quotient.
pub(super) trait OfQuotient {
    fn of(&self, quotient: u64) -> u64;

    /// Returns the function of the quotient of a dividend by a divisor with this logarithm.
    #[inline(always)]
    fn of_fraction(&self, dividend: u64, divisor: Reciprocal, log: u32) -> u64 {
        self.of(divisor.quotient(dividend, log))
    }
}

/// pi, from the table.
struct Exact<'a>(&'a PiTable);

impl OfQuotient for Exact<'_> {
    #[inline(always)]
    fn of(&self, quotient: u64) -> u64 {
        self.0.pi(quotient)
    }

    #[inline(always)]
    fn of_fraction(&self, dividend: u64, divisor: Reciprocal, log: u32) -> u64 {
        self.0.pi_of_odd(divisor.half_quotient(dividend, log))
    }
}

/// Returns the sum of f(x / q) over the primes q with `bounds.start` < q <= `bounds.end`.
#[inline(always)]
pub(super) fn sum_of_quotients(tables: &Tables, x: u128, bounds: Range<u64>, f: &impl OfQuotient) -> u64 {
    if bounds.is_empty() {
        return 0;
    }
    let Range { start: mut first, end } = tables.pi.indices(bounds.clone());
    if x >= Reciprocal::DIVIDENDS.into() {
        return tables.primes[first..end].iter().map(|&q| f.of((x / u128::from(q)) as u64)).sum();
    }
    let (x, mut sum) = (x as u64, 0);
    // The logarithm is the same between two powers of two.
    while first < end {
        let log = tables.primes[first].ilog2();
        let alike = (tables.pi.pi((2_u64 << log).min(bounds.end)) as usize + 1).min(end);
        for &divisor in &tables.reciprocals[first..alike] {
            sum += f.of_fraction(x, divisor, log);
        }
        first = alike;
    }
    sum
}
