//! Sigma, the closed forms: all that depends only on values of pi up to y.
//!
//! ```text
//! Sigma = pi(y) - 1
//!       + sum of pi(y) - b over the primes p with x^(1/3) < p <= y: their leaves all have phi = 1
//!       + closed form of the easy leaves with two primes, over the primes that have any
//! ```
//!
//! p is the b-th prime. Only primes above 19 have special leaves. Time: O(x^(1/3) / log x).

use super::pairs::{self, Pairs};
use super::phi::{LAST_SMALL_PRIME, SMALL_PRIMES};
use super::tables::Tables;
use crate::{Pulse, Stopped};

/// How many primes are taken between two beats.
const PRIMES_PER_BEAT: usize = 1024;

pub(super) fn sigma<P: Pulse>(tables: &Tables, pulse: &P) -> Result<i128, Stopped> {
    let a = i128::from(tables.a);
    // The primes with indices from `first` + 1 to a contribute a - b each: a - first - 1 down to 0.
    let first = i128::from(tables.pi.pi(tables.cube_root.max(LAST_SMALL_PRIME))).max(SMALL_PRIMES as i128);
    let mut sum = a - 1 + (a - first) * (a - first - 1) / 2;
    for b in pairs::indices(tables) {
        if b % PRIMES_PER_BEAT == 0 {
            pulse.beat()?;
        }
        sum += Pairs::of(tables, b).closed_form(tables);
    }
    Ok(sum)
}
