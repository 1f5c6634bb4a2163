//! Plans: how a query is counted. All choices between the ways to count are made here.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::table::TABLE_MAX;
use super::{Combinatorial, Parameters, SieveAndTest, Tuning};
use crate::crew::{Memory, plan_within};
use crate::machine::Caches;
use crate::{Algorithm, Crew, Error, Query};

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
    /// Looks the count up in a table. The range must end at 262,142 or before.
    Table,
    /// Counts by [`TrialDivision`](super::TrialDivision).
    TrialDivision,
    /// Counts by [`Sieve`](super::Sieve) with this tuning.
    Sieve(Tuning),
    /// Counts by [`SieveAndTest`]. The range must end at 3317044064679887385961980 or before. If it ends above 2^64 - 1, it
    /// can hold at most 2^64 numbers.
    SieveAndTest,
    /// Counts by [`Combinatorial`] with these parameters, which must fit the end of the range. The range must begin at
    /// 0, 1 or 2.
    Combinatorial(Parameters),
    /// Counts the primes up to the end of the range, and those before its start.
    Difference(Box<Difference>),
}

/// The plans for the two counts of [`Plan::Difference`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "a difference has two terms")]
pub struct Difference {
    /// How the primes from 0 to the end of the range are counted.
    pub stop: Plan,
    /// How the primes from 0 to the number before the start of the range are counted.
    pub before: Plan,
}

/// Nanoseconds per number that [`Plan::SieveAndTest`] takes. Measured on Sapphire Rapids with one thread, as are all figures
/// here: 24 from 10^12 to 10^15, 26 at 10^18.
pub(super) const SIEVE_AND_TEST_NS: f64 = 24.0;

/// The same for numbers above 2^64, from 2^64 to 3·10^24.
const SIEVE_AND_TEST_U128_NS: f64 = 88.0;

/// Nanoseconds that the sieve takes per sieving prime if there are no buckets, however narrow the range is. In this
/// time it finds the prime, its inverse, and its first multiple in every class. Measured at 10^10.
const SIEVING_PRIME_NS: f64 = 36.0;

/// Nanoseconds that the sieve takes if there are buckets: for all primes below the buckets together, and for each prime
/// above. Measured at 10^12 to 10^18: 1.2 ms to 0.17 s.
const BELOW_BUCKETS_NS: f64 = 9.5e5;
const BUCKETED_PRIME_NS: f64 = 3.5;

/// Returns the nanoseconds that [`Plan::Combinatorial`] takes. Measured: 24 us at 10^7, 8.6 ms at 10^12, 0.44 s at 10^15, and
/// with two threads 15.5 s at 10^18.
pub(super) fn combinatorial_ns(x: f64) -> f64 {
    (1800.0 / x.ln()).max(52.0) * (x.cbrt() / x.ln()).powi(2)
}

impl Plan {
    /// Decides how to count the query on this machine with these workers: a number of threads, or a [`Crew`].
    ///
    /// The plan of an empty range (reversed, or already iterated to its end) is [`Plan::Empty`]. A plan that
    /// [`Query::plan`] set is returned unchanged. Otherwise, the result is the plan with the lowest estimated cost that
    /// the algorithm allows. [`Algorithm::Auto`] and [`Algorithm::Sieve`] choose [`Plan::SieveAndTest`] for ranges
    /// narrower than about 5e4 numbers at 10^12, 3e5 at 10^15 and 7e6 at 10^18 with one worker, and [`Plan::Sieve`] for all
    /// others that end below 2^64. Above, [`Algorithm::Sieve`] always chooses [`Plan::SieveAndTest`], and
    /// [`Algorithm::Auto`] chooses it for ranges that are narrower than about 4e9 numbers at 2^64, 1.2e10 at 10^20
    /// and 3.9e12 at 10^24.
    ///
    /// # Errors
    /// - [`Error::OutOfRange`] if the range ends beyond what the algorithm can count.
    /// - [`Error::EmptyPlan`] if the query sets [`Plan::Empty`] for a range that holds numbers.
    /// - [`Error::MemoryBound`] if the plan needs more memory than [`Query::memory`] allows.
    pub fn for_query(query: &Query<'_>, crew: impl Into<Crew>) -> Result<Self, Error> {
        let (range, crew) = (query.get_range(), crew.into());
        if range.is_empty() {
            return Ok(Self::Empty);
        }
        let plan = match query.get_plan() {
            Some(pinned) => pinned.check(&range).map(|()| pinned.clone()),
            None => Self::cheapest(query, &range, crew),
        }?;
        let needed = plan.memory(&range, crew);
        match query.get_memory().filter(|&bound| bound < needed) {
            Some(bound) => Err(Error::MemoryBound { needed, bound }),
            None => Ok(plan),
        }
    }

    /// Returns the plan with the lowest estimated cost that the query's algorithm allows. Each plan takes no more than the
    /// memory that the query allows, or as little as possible.
    fn cheapest(query: &Query<'_>, range: &RangeInclusive<u128>, crew: Crew) -> Result<Self, Error> {
        let memory = query.get_memory();
        let sieve = || Self::cheapest_sieve(range, crew, memory);
        match query.get_algorithm() {
            Algorithm::TrialDivision => Self::TrialDivision.narrowed(range).map(|_| Self::TrialDivision),
            Algorithm::Sieve => sieve().map(|(plan, _)| plan),
            Algorithm::Combinatorial => Self::combinatorial(range, crew, memory),
            Algorithm::Auto => match (sieve(), Self::combinatorial(range, crew, memory)) {
                (Ok((_, cost)), Ok(plan)) if plan.cost(range) <= cost => Ok(plan),
                (Ok((plan, _)), _) => Ok(plan),
                (Err(sieve), Err(combinatorial)) => Err(farther(sieve, combinatorial)),
                (Err(_), plan) => plan,
            },
        }
    }

    /// Returns the cheaper of the two ways to sieve, and its cost in nanoseconds.
    fn cheapest_sieve(range: &RangeInclusive<u128>, crew: Crew, memory: Option<u64>) -> Result<(Self, f64), Error> {
        SieveAndTest::check(range)?;
        let test = sieve_and_test_ns(range);
        let Ok(range) = Self::SieveAndTest.narrowed(range) else { return Ok((Self::SieveAndTest, test)) };
        let least = least_sieve_ns(*range.end());
        if test < least {
            return Ok((Self::SieveAndTest, test));
        }
        let tuning = Self::tuning(&range, crew, memory);
        let cost = tuning.nanoseconds(&range);
        // Each segment goes through all primes with buckets, and each worker has one. So for many workers, tests may be
        // cheaper.
        let has_buckets = range.end().isqrt() >= u64::from(tuning.buckets_from);
        Ok(if has_buckets && test < cost { (Self::SieveAndTest, test) } else { (Self::Sieve(tuning), cost) })
    }

    /// Returns the plan that sieves by all primes up to the root.
    pub(super) fn sieve(range: &RangeInclusive<u64>, crew: Crew, memory: Option<u64>) -> Self {
        Self::Sieve(Self::tuning(range, crew, memory))
    }

    fn tuning(range: &RangeInclusive<u64>, crew: Crew, memory: Option<u64>) -> Tuning {
        let within = |memory| Tuning::within(memory, range, crew, Caches::detect());
        plan_within(memory, within, |tuning| tuning.memory(range).of(crew))
    }

    /// Returns the plan that does not sieve the range.
    pub(super) fn combinatorial(range: &RangeInclusive<u128>, crew: Crew, memory: Option<u64>) -> Result<Self, Error> {
        let up_to = |x: u128| {
            if x <= TABLE_MAX.into() {
                Self::Table
            } else {
                let within = |memory| Parameters::within(memory, x, crew);
                Self::Combinatorial(plan_within(memory, within, |parameters| parameters.memory(x).of(crew)))
            }
        };
        let (start, end) = (*range.start(), *range.end());
        let plan = if start <= 2 || end <= TABLE_MAX.into() {
            up_to(end)
        } else {
            Self::Difference(Box::new(Difference { stop: up_to(end), before: up_to(start - 1) }))
        };
        plan.check(range).map(|()| plan)
    }

    /// Returns the approximate number of bytes that all workers together need for this plan and a range that it can count,
    /// besides the program itself. The workers are a number of threads, or a [`Crew`].
    #[must_use]
    pub fn memory(&self, range: &RangeInclusive<u128>, crew: impl Into<Crew>) -> u64 {
        let crew = crew.into();
        match self {
            Self::Difference(plans) => {
                // One count after the other.
                let before = 0..=range.start().saturating_sub(1);
                plans.stop.memory(range, crew).max(plans.before.memory(&before, crew))
            }
            Self::Combinatorial(parameters) => parameters.memory(*range.end()).of(crew),
            Self::Sieve(tuning) => self.narrowed(range).map_or(0, |range| tuning.memory(&range).of(crew)),
            Self::SieveAndTest => Memory { kernel: 1e5, scratch: 1e5 }.of(crew),
            Self::Empty | Self::Table | Self::TrialDivision => 0,
        }
    }

    /// Returns the plan in words, one fact per line, for the range that it was made for.
    #[must_use]
    pub fn explain(&self, range: &RangeInclusive<u128>) -> String {
        match self {
            Self::Combinatorial(parameters) => format!("{self}\n{}", parameters.explain(*range.end())),
            Self::Difference(plans) => {
                let (stop, before) = (*range.end(), range.start().saturating_sub(1));
                let [more, less] =
                    [(&plans.stop, stop), (&plans.before, before)].map(|(plan, x)| plan.explain(&(0..=x)));
                format!("{self}\nstop      {stop}\n{more}\nstart - 1 {before}\n{less}")
            }
            _ => self.to_string(),
        }
    }

    /// Checks that the plan can count the range.
    fn check(&self, range: &RangeInclusive<u128>) -> Result<(), Error> {
        let (start, end) = (*range.start(), *range.end());
        match self {
            Self::Empty => Err(Error::EmptyPlan { start, end }),
            Self::Table if end > TABLE_MAX.into() => {
                Err(Error::OutOfRange { algorithm: "the table".into(), max: TABLE_MAX.into(), end })
            }
            Self::Sieve(tuning) => tuning.check().and_then(|()| self.narrowed(range).map(drop)),
            Self::Table | Self::TrialDivision => self.narrowed(range).map(drop),
            Self::SieveAndTest => SieveAndTest::check(range),
            Self::Combinatorial(_) if start > 2 => {
                Err(Error::BadTuning { reason: format!("a combinatorial plan counts from 0, not from {start}") })
            }
            Self::Combinatorial(parameters) => Combinatorial::check(end, parameters),
            Self::Difference(_) if start == 0 => {
                Err(Error::BadTuning { reason: "a difference needs a range that starts at 1 or above".to_owned() })
            }
            Self::Difference(plans) => {
                plans.stop.check(&(0..=end))?;
                plans.before.check(&(0..=start - 1))
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
            Self::Table | Self::Combinatorial(_) | Self::Difference(_) => Algorithm::Combinatorial,
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

pub(super) fn sieve_and_test_ns(range: &RangeInclusive<u128>) -> f64 {
    let is_wide = *range.end() > u64::MAX.into();
    let ns = if is_wide { SIEVE_AND_TEST_U128_NS } else { SIEVE_AND_TEST_NS };
    ns * range.end().saturating_sub(*range.start()) as f64
}

/// Returns the nanoseconds that the sieve takes for its primes alone if the range ends at `end`.
pub(super) fn least_sieve_ns(end: u64) -> f64 {
    let root = end.isqrt();
    let primes = (root as f64) / (root.max(3) as f64).ln();
    (SIEVING_PRIME_NS * primes).min(BELOW_BUCKETS_NS + BUCKETED_PRIME_NS * primes)
}

/// Returns the one of two refusals that names the farther bound.
fn farther(one: Error, other: Error) -> Error {
    let reach = |error: &Error| if let Error::OutOfRange { max, .. } = error { *max } else { 0 };
    if reach(&one) > reach(&other) { one } else { other }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("plan      nothing to do: the range is empty"),
            Self::TrialDivision => f.write_str("plan      trial division"),
            Self::Sieve(tuning) => write!(f, "plan      sieve by all primes up to the root\n{tuning}"),
            Self::SieveAndTest => f.write_str("plan      sieve by primes up to 65536, then test what is left"),
            Self::Table => f.write_str("plan      look up in a table"),
            Self::Combinatorial(_) => f.write_str("plan      pi(x) by the combinatorial method"),
            Self::Difference(_) => f.write_str("plan      pi(stop) - pi(start - 1)"),
        }
    }
}

#[cfg(test)]
mod tests;
