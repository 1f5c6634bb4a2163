//! The algorithms: what is computed, and the kernels that compute it. Not needed for simple usage.
//!
//! An [`Algorithm`] is what a user asks for. A [`Plan`] is how the count is done. A kernel is what a backend runs.

mod combinatorial;
mod cost;
mod double_check;
mod listing;
mod lucy;
mod nth;
mod odd_sieve;
mod parity;
mod pi_table;
mod plan;
mod primality;
mod riemann;
mod sieve;
mod sieve_and_test;
mod simple_sieve;
mod table;
mod trial_division;

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

pub use combinatorial::{Combinatorial, CombinatorialScratch, CombinatorialSums, Parameters};
pub use listing::{ListSpec, Sink, list_text};
pub(crate) use listing::{Listing, Numbers, Sequential, Stream, Text, list_on};
pub use lucy::pi_by_lucy;
pub(crate) use nth::nth_prime;
pub use parity::{Parity, ParityScratch, SumModulo4};
pub use plan::{Difference, Plan};
pub use primality::{is_prime, is_prime_u128, next_prime, next_prime_u128, previous_prime, previous_prime_u128};
use serde::{Deserialize, Serialize};
pub use sieve::{Sieve, SieveScratch, Tuning};
pub use sieve_and_test::{SieveAndTest, SieveAndTestScratch};
pub use simple_sieve::SimpleSieve;
pub use trial_division::TrialDivision;

use crate::machine::Cpu;
use crate::{Backend, Control, Error, Kernel, Query, Watch, guard};

/// The algorithm that a query asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Algorithm {
    /// The fastest algorithm for the range; see [`Plan::for_query`].
    #[default]
    Auto,
    /// Trial division: every candidate is divided by every possible divisor. This is the workload of the experiments.
    /// See [`TrialDivision`].
    TrialDivision,
    /// The sieve of Eratosthenes: [`Sieve`], or [`SieveAndTest`] if that is faster.
    Sieve,
    /// pi(stop) - pi(start - 1), each without sieving that far: [`Combinatorial`], or a table if the number is small.
    Combinatorial,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: &'static [Self] = &[Self::Auto, Self::TrialDivision, Self::Sieve, Self::Combinatorial];

    /// Returns the name of the algorithm on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::TrialDivision => "trial-division",
            Self::Sieve => "sieve",
            Self::Combinatorial => "combinatorial",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let named = Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name);
        named.ok_or_else(|| Error::UnknownName {
            what: "algorithm".into(),
            given: name.to_owned(),
            known: Self::ALL.iter().map(|algorithm| algorithm.name()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// Plans the query and runs the plan. Each phase is a fold on the backend.
pub(crate) fn count_on<B: Backend>(backend: &B, query: &Query<'_>) -> Result<u128, Error> {
    let (range, control) = (query.get_range(), query.get_control());
    if control.is_cancelled() {
        return Err(Error::Cancelled);
    }
    let plan = guard("planning", || Plan::for_query(query, backend.crew()))?;
    if query.get_double_check() {
        double_check::count(backend, &plan, query)
    } else {
        run(backend, &plan, &range, control)
    }
}

fn run<B: Backend>(
    backend: &B,
    plan: &Plan,
    range: &RangeInclusive<u128>,
    control: &Control<'_>,
) -> Result<u128, Error> {
    let narrowed = || plan.narrowed(range);
    let share = plan.set_up_share(range);
    Ok(match plan {
        Plan::Empty => 0,
        Plan::Table => {
            let count = table::count(&narrowed()?);
            control.report_step("table").map(|()| count.into())?
        }
        Plan::TrialDivision => {
            let (_, count) = fold(backend, control, share, |_| Ok(TrialDivision::new(narrowed()?)))?;
            count.into()
        }
        Plan::Sieve(tuning) => {
            let build = |watch: &Watch<'_>| Sieve::with(narrowed()?, *tuning, Cpu::chosen()?, watch);
            let (_, count) = fold(backend, control, share, build)?;
            count.into()
        }
        Plan::SieveAndTest => {
            // This kernel does not use an instruction set, but a request for one that is not available is still an
            // error.
            Cpu::chosen()?;
            let (_, count) = fold(backend, control, share, |_| SieveAndTest::new_u128(range.clone()))?;
            count.into()
        }
        Plan::Combinatorial(parameters) => {
            let build = |watch: &Watch<'_>| Combinatorial::with(*range.end(), *parameters, Cpu::chosen()?, watch);
            let (kernel, sums) = fold(backend, control, share, build)?;
            // A backend that loses tiles can make the sum negative.
            guard("pi(x)", || Ok(kernel.count(&sums)))?
        }
        Plan::Difference(plans) => {
            let Difference { stop, before } = &**plans;
            let (to_stop, to_before) = (0..=*range.end(), 0..=range.start() - 1);
            let [first, second] = control.split([stop.cost(&to_stop), before.cost(&to_before)]);
            let (more, less) = (run(backend, stop, &to_stop, &first)?, run(backend, before, &to_before, &second)?);
            guard("pi(x)", || Ok(more.checked_sub(less).expect("there are no fewer primes up to a larger number")))?
        }
    })
}

/// Builds a kernel, as a step that takes about `share` of the time, and folds it.
fn fold<B: Backend, K: Kernel>(
    backend: &B,
    control: &Control<'_>,
    share: f64,
    build: impl FnOnce(&Watch<'_>) -> Result<K, Error>,
) -> Result<(K, K::Partial), Error> {
    let (kernel, control) = control.set_up(share, build)?;
    let folded = backend.fold(&kernel, &control)?;
    Ok((kernel, folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_its_algorithm() {
        for &algorithm in Algorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        }
        let error = "quadratic".parse::<Algorithm>().unwrap_err().to_string();
        assert_eq!(error, "unknown algorithm 'quadratic': expected one of auto, trial-division, sieve, combinatorial");
    }
}
