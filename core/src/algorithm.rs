//! The algorithms, and the one place that chooses between them.

mod plan;
mod primality;
mod sieve;
mod sieve_and_test;
mod simple_sieve;
mod trial_division;

use std::fmt;
use std::str::FromStr;

pub use plan::Plan;
pub use sieve::{Sieve, Tuning};
pub use sieve_and_test::SieveAndTest;
pub use simple_sieve::SimpleSieve;
pub use trial_division::TrialDivision;

use crate::{Backend, Cpu, Error, Query};

/// What is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// The fastest for the range.
    #[default]
    Auto,
    /// Every candidate by every possible divisor; the demonstration's workload. See [`TrialDivision`].
    TrialDivision,
    /// The sieve of Eratosthenes: [`Sieve`], or [`SieveAndTest`] where that is faster. See [`Plan`].
    Sieve,
}

impl Algorithm {
    /// All that can be asked for.
    pub const ALL: [Self; 3] = [Self::Auto, Self::TrialDivision, Self::Sieve];

    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::TrialDivision => "trial-division",
            Self::Sieve => "sieve",
        }
    }

    /// What [`Auto`](Algorithm::Auto) stands for; any other stands for itself.
    #[must_use]
    pub const fn resolve(self) -> Self {
        match self {
            Self::Auto => Self::Sieve,
            chosen => chosen,
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
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or_else(|| Error::UnknownName {
            what: "algorithm".into(),
            given: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

/// Runs the phases of the query's algorithm, each a fold on the backend.
pub(crate) fn count_on<B: Backend>(backend: &B, query: &Query<'_>) -> Result<u64, Error> {
    let control = query.control();
    if control.is_cancelled() {
        return Err(Error::Cancelled);
    }
    match query.get_algorithm().resolve() {
        Algorithm::TrialDivision => backend.fold(&TrialDivision::new(query.get_range()), control),
        Algorithm::Auto | Algorithm::Sieve => {
            // Also where the plan has no use for it: what was asked for and cannot be had is an error.
            let cpu = Cpu::chosen()?;
            match Plan::for_range(&query.get_range(), backend.workers()) {
                Plan::Sieve(tuning) => backend.fold(&Sieve::with(query.get_range(), tuning, cpu, control)?, control),
                Plan::SieveAndTest => backend.fold(&SieveAndTest::new(query.get_range()), control),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_its_algorithm() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
            assert_ne!(algorithm.resolve(), Algorithm::Auto);
        }
        let error = "quadratic".parse::<Algorithm>().unwrap_err().to_string();
        assert_eq!(error, "unknown algorithm 'quadratic': one of auto, trial-division, sieve");
    }
}
