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
        let pi = |n| tables.pi.pi(n);
        sum_of_quotients(tables, x, swap..seam, pi) + 2 * sum_of_quotients(tables, x, seam..last, pi)
    }
}

/// Returns the sum of f(x / q) over the primes q with `bounds.start` < q <= `bounds.end`.
#[inline(always)]
pub(super) fn sum_of_quotients(tables: &Tables, x: u128, bounds: Range<u64>, f: impl Fn(u64) -> u64) -> u64 {
    if bounds.is_empty() {
        return 0;
    }
    let Range { start: mut first, end } = tables.pi.indices(bounds.clone());
    let Some(x) = u64::try_from(x).ok().filter(|&x| x < Reciprocal::DIVIDENDS) else {
        return tables.primes[first..end].iter().map(|&q| f((x / u128::from(q)) as u64)).sum();
    };
    let mut sum = 0;
    // The logarithm is the same between two powers of two.
    while first < end {
        let log = tables.primes[first].ilog2();
        let alike = (tables.pi.pi((2_u64 << log).min(bounds.end)) as usize + 1).min(end);
        for reciprocal in &tables.reciprocals[first..alike] {
            sum += f(reciprocal.quotient(x, log));
        }
        first = alike;
    }
    sum
}
