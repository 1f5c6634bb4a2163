//! Estimates of the time that the steps of a count take. They divide its progress, and affect nothing else.

use std::ops::RangeInclusive;

use super::Plan;
use super::plan::{SIEVE_NS, least_sieve_ns, sieve_and_test_ns};

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
}

/// Returns the approximate number of nanoseconds that the parity of pi(x) takes on one worker.
pub(super) fn cost_of_parity(x: u128) -> f64 {
    0.3 * DIVISION_NS * sqrt(x) * ln(x)
}

fn sqrt(x: u128) -> f64 {
    (x as f64).sqrt()
}

fn ln(x: u128) -> f64 {
    (x.max(2) as f64).ln()
}
