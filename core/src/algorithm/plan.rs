//! Plans: how a query is counted. All choices between the ways to count are made here.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::Tuning;
use super::sieve::BUCKETS_FROM;
use crate::{Algorithm, Error, Query};

/// How a range is counted. An [`Algorithm`] is what a user asks for; a plan is what is done.
///
/// A plan is plain data: it can be printed, stored, and sent to another machine. [`Query::plan`] sets the plan of a
/// query. Every plan that can count a range gives the same count.
///
/// ```
/// use std::num::NonZeroUsize;
/// use primelanes_core::{Plan, Query};
///
/// let narrow = Query::range(1_000_000_000_000..=1_000_000_001_000);
/// assert_eq!(Plan::for_query(&narrow, NonZeroUsize::MIN)?, Plan::SieveAndTest);
/// # Ok::<(), primelanes_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Plan {
    /// The range holds no numbers.
    Empty,
    /// Counts by [`TrialDivision`](super::TrialDivision).
    TrialDivision,
    /// Counts by [`Sieve`](super::Sieve) with this tuning.
    Sieve(Tuning),
    /// Counts by [`SieveAndTest`](super::SieveAndTest).
    SieveAndTest,
}

/// Nanoseconds per number that [`Plan::SieveAndTest`] takes. Measured on Zen 4 with one thread, as are all figures
/// here: 25 at 10^12, 27 at 10^15, 30 at 10^18.
const SIEVE_AND_TEST_NS: f64 = 28.0;

/// Nanoseconds that the sieve takes per sieving prime if there are no buckets, however narrow the range is. In this
/// time it finds the prime, its inverse, and its first multiple in every class. Measured at 10^12: 54.
const SIEVING_PRIME_NS: f64 = 54.0;

/// Nanoseconds that the sieve takes if there are buckets: for all primes below the buckets together, and for each prime
/// above. Measured at 10^15 to 2^64: 96 ms to 1.05 s.
const BELOW_BUCKETS_NS: f64 = 90e6;
const BUCKETED_PRIME_NS: f64 = 4.5;

impl Plan {
    /// Decides how to count the query with `workers` workers on this machine.
    ///
    /// The plan of an empty range (reversed, or already iterated to its end) is [`Plan::Empty`]. A plan that
    /// [`Query::plan`] set is returned unchanged. Otherwise, the result is the plan with the lowest estimated cost that
    /// the algorithm allows. [`Algorithm::Auto`] and [`Algorithm::Sieve`] choose [`Plan::SieveAndTest`] for ranges
    /// narrower than about 1.4e5 numbers at 10^12, 3.5e6 at 10^15 and 1.1e7 at 10^18, and [`Plan::Sieve`] for all
    /// others.
    ///
    /// # Errors
    /// - [`Error::OutOfRange`] if the range ends beyond what the algorithm can count.
    /// - [`Error::EmptyPlan`] if the query sets [`Plan::Empty`] for a range that holds numbers.
    pub fn for_query(query: &Query<'_>, workers: NonZeroUsize) -> Result<Self, Error> {
        let range = query.get_range();
        if range.is_empty() {
            return Ok(Self::Empty);
        }
        if let Some(pinned) = query.get_plan() {
            if *pinned == Self::Empty {
                return Err(Error::EmptyPlan { start: *range.start(), end: *range.end() });
            }
            return pinned.narrowed(&range).map(|_| pinned.clone());
        }
        match query.get_algorithm() {
            Algorithm::TrialDivision => Self::TrialDivision.narrowed(&range).map(|_| Self::TrialDivision),
            Algorithm::Sieve | Algorithm::Auto => {
                let range = Self::SieveAndTest.narrowed(&range)?;
                let cheaper_to_test = sieve_and_test_ns(&range) < least_sieve_ns(*range.end());
                Ok(if cheaper_to_test { Self::SieveAndTest } else { Self::Sieve(Tuning::for_range(&range, workers)) })
            }
        }
    }

    /// Returns the algorithm that the plan belongs to; [`Algorithm::Auto`] if there is nothing to do.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Empty => Algorithm::Auto,
            Self::TrialDivision => Algorithm::TrialDivision,
            Self::Sieve(_) | Self::SieveAndTest => Algorithm::Sieve,
        }
    }

    /// Converts the range to the integer type of the plan's kernels.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if the range ends beyond the largest value of that type.
    pub(super) fn narrowed(&self, range: &RangeInclusive<u128>) -> Result<RangeInclusive<u64>, Error> {
        let narrow = |end: u128| u64::try_from(end).ok();
        narrow(*range.start()).zip(narrow(*range.end())).map(|(start, end)| start..=end).ok_or_else(|| {
            Error::OutOfRange { algorithm: self.algorithm().name().into(), max: u64::MAX.into(), end: *range.end() }
        })
    }
}

fn sieve_and_test_ns(range: &RangeInclusive<u64>) -> f64 {
    SIEVE_AND_TEST_NS * (range.end() - range.start()) as f64
}

/// Returns the nanoseconds that the sieve takes for its primes alone if the range ends at `end`.
fn least_sieve_ns(end: u64) -> f64 {
    let root = end.isqrt();
    let primes = (root as f64) / (root.max(3) as f64).ln();
    if root < u64::from(BUCKETS_FROM) {
        SIEVING_PRIME_NS * primes
    } else {
        BELOW_BUCKETS_NS + BUCKETED_PRIME_NS * primes
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("plan      nothing to do: the range is empty"),
            Self::TrialDivision => f.write_str("plan      trial division"),
            Self::Sieve(tuning) => write!(f, "plan      sieve by all primes up to the root\n{tuning}"),
            Self::SieveAndTest => f.write_str("plan      sieve by primes up to 65536, then test what is left"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wire;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    fn plan(range: RangeInclusive<u128>) -> Plan {
        Plan::for_query(&Query::range(range), ONE).unwrap()
    }

    #[test]
    fn narrow_and_high_is_sieved_and_tested_and_all_else_sieved() {
        let tested = |start: u128, width: u128| plan(start..=start + width) == Plan::SieveAndTest;
        for (start, narrow, wide) in [
            (10_u128.pow(12), 100_000, 200_000),
            (10_u128.pow(15), 3_000_000, 5_000_000),
            (10_u128.pow(18), 8_000_000, 15_000_000),
        ] {
            assert!(tested(start, narrow) && !tested(start, wide), "at {start}");
        }
        assert!(!tested(0, 1_000_000));
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
    fn an_empty_range_is_nothing_to_do_whatever_is_asked_for() {
        let mut iterated = 0..=7;
        iterated.by_ref().for_each(drop);
        for empty in [1..=0, iterated, u128::MAX..=0] {
            for &algorithm in Algorithm::ALL {
                let query = Query::range(empty.clone()).algorithm(algorithm);
                assert_eq!(Plan::for_query(&query, ONE), Ok(Plan::Empty));
                assert_eq!(Plan::for_query(&query.plan(Plan::SieveAndTest), ONE), Ok(Plan::Empty));
            }
        }
    }

    #[test]
    fn a_pinned_plan_is_taken_as_it_is() {
        let query = Query::up_to(1_000_000).plan(Plan::SieveAndTest);
        assert_eq!(Plan::for_query(&query, ONE), Ok(Plan::SieveAndTest));
    }

    /// The plan of an empty range, kept for another one, would count 0.
    #[test]
    fn the_plan_of_an_empty_range_fits_no_other_range() {
        for end in [2, u128::MAX] {
            let planned = Plan::for_query(&Query::range(2..=end).plan(Plan::Empty), ONE);
            assert_eq!(planned, Err(Error::EmptyPlan { start: 2, end }));
        }
    }

    #[test]
    fn a_range_that_ends_too_far_is_refused_with_the_bound() {
        let end = 1 << 64;
        for (query, algorithm) in [
            (Query::up_to(end), "sieve"),
            (Query::up_to(end).algorithm(Algorithm::TrialDivision), "trial-division"),
            (Query::range(end..=end).plan(Plan::SieveAndTest), "sieve"),
            (Query::up_to(end).plan(Plan::TrialDivision), "trial-division"),
        ] {
            let refused = Error::OutOfRange { algorithm: algorithm.into(), max: u64::MAX.into(), end };
            assert_eq!(Plan::for_query(&query, ONE), Err(refused));
        }
        assert!(Plan::for_query(&Query::up_to(end - 1), ONE).is_ok());
    }

    #[test]
    fn a_plan_crosses_a_wire() {
        for plan in [Plan::Empty, Plan::TrialDivision, plan(0..=1_000_000), Plan::SieveAndTest] {
            assert_eq!(Plan::decode(&plan.encode().unwrap()), Ok(plan));
        }
    }
}
