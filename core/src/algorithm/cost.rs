//! Estimates of the time that the steps of a count take, which divide its progress, and of how many primes there are.

use std::ops::RangeInclusive;

use super::Plan;
use super::plan::{SIEVE_NS, least_sieve_ns, sieve_and_test_ns};
use super::sieve::BUCKETS_FROM;

/// Nanoseconds that it takes to find the sieving primes below the buckets, and to prepare them. Measured on Zen 3.
const SIEVING_PRIMES_NS: f64 = 4e7;

/// The fraction of its time that the combinatorial method spends on its tables, from about 10^13 on.
const TABLES_SHARE: f64 = 0.01;

/// Nanoseconds per division, in trial division and in the check of the parity.
const DIVISION_NS: f64 = 3.5;

impl Plan {
    /// Returns the approximate number of nanoseconds that the plan takes for a range on one worker.
    pub(super) fn cost(&self, range: &RangeInclusive<u128>) -> f64 {
        let Ok(narrow) = self.narrowed(range) else { return self.combinatorial_ns(range) };
        let width = (narrow.end() - narrow.start()) as f64;
        match self {
            // A prime is divided by the numbers coprime to 6 up to its root, and other numbers by few.
            Self::TrialDivision => DIVISION_NS * width * sqrt(*range.end()) / 3.0 / ln(*range.end()),
            Self::Sieve(_) => least_sieve_ns(*narrow.end()) + SIEVE_NS * width,
            Self::SieveAndTest => sieve_and_test_ns(&narrow),
            Self::Empty | Self::Table | Self::Combinatorial(_) | Self::Difference(_) => self.combinatorial_ns(range),
        }
    }

    /// Returns the approximate fraction of the time that the set-up of the kernel takes.
    pub(super) fn set_up_share(&self, range: &RangeInclusive<u128>) -> f64 {
        match self {
            Self::Sieve(_) => {
                let part = (sqrt(*range.end()) / f64::from(BUCKETS_FROM)).min(1.0);
                let set_up = part * SIEVING_PRIMES_NS;
                set_up / (set_up + self.cost(range))
            }
            Self::Combinatorial(_) => TABLES_SHARE,
            _ => 0.0,
        }
    }
}

/// Returns the approximate number of nanoseconds that the parity of pi(x) takes on one worker.
pub(super) fn cost_of_parity(x: u128) -> f64 {
    0.3 * DIVISION_NS * sqrt(x) * ln(x)
}

/// Returns a little more than the number of primes up to a limit, for estimates of memory. 15 % more than x / ln x covers
/// pi(x) from 10^4 to 2^32.
pub(super) fn primes_to(limit: f64) -> f64 {
    1.15 * limit / limit.max(3.0).ln()
}

fn sqrt(x: u128) -> f64 {
    (x as f64).sqrt()
}

fn ln(x: u128) -> f64 {
    (x.max(2) as f64).ln()
}
