//! Phi0, the ordinary leaves, and phi(x, 8).
//!
//! phi(x, a) is the number of integers from 1 to x that none of the first a primes divides. The ordinary leaves are
//!
//! ```text
//! Phi0 = sum of mu(n) phi(x / n, 8) over the n <= y coprime to the first eight primes
//! ```
//!
//! phi(x, 7) repeats after 510510 numbers, and phi(x, 8) = phi(x, 7) - phi(x / 19, 7).
//!
//! Time: O(y). Memory: 17 KB of bits and 9 KB of counts.

use std::ops::Range;
use std::sync::LazyLock;

use super::division::quotient;
use super::factor_table::{self, largest_up_to};
use super::tables::Tables;
use super::wheel::{PER_WORD, Pattern};
use super::window::Window;

/// The number of primes that are taken care of from the start, and the last of them.
pub(super) const SMALL_PRIMES: usize = 8;
pub(super) const LAST_SMALL_PRIME: u64 = 19;

/// The product of the first seven primes, and the number of integers below it that are coprime to it.
const PERIOD: u64 = 510_510;
const COPRIME: u128 = 92_160;

static WINDOW: LazyLock<Window> = LazyLock::new(|| {
    let mut window = Window::default();
    window.words.resize(PERIOD.div_ceil(PER_WORD) as usize, u64::MAX);
    for primes in [&[7, 11][..], &[13, 17]] {
        Pattern::new(primes).cross_off(0, &mut window.words);
    }
    window.count();
    window
});

fn phi_7(x: u128) -> u128 {
    let (turns, rest) = (quotient(x, PERIOD), x % u128::from(PERIOD));
    turns * COPRIME + u128::from(WINDOW.up_to(rest as u64))
}

/// Returns phi(x, 8).
pub(super) fn phi_8(x: u128) -> u128 {
    phi_7(x) - phi_7(quotient(x, LAST_SMALL_PRIME))
}

/// Returns the part of Phi0 whose n have these ranks in the factor table.
pub(super) fn ordinary_leaves(tables: &Tables, ranks: Range<usize>) -> i128 {
    let entries = tables.factors.entries(ranks.clone());
    let leaves = ranks.zip(entries).filter(|&(_, &entry)| entry > largest_up_to(SMALL_PRIMES));
    let numbers = leaves.map(|(rank, &entry)| (factor_table::number(rank), factor_table::mu(entry)));
    // The entry of a prime does not tell how large it is.
    let coprime = numbers.filter(|&(n, _)| n == 1 || n > LAST_SMALL_PRIME);
    coprime.map(|(n, mu)| i128::from(mu) * phi_8(quotient(tables.x, n)) as i128).sum()
}
