//! The choice between the ways to sieve a range.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use super::Tuning;
use super::sieve::BUCKETS_FROM;

/// How the algorithm `sieve` counts a range: whichever of the two is estimated to be faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// By [`Sieve`](crate::Sieve), so tuned.
    Sieve(Tuning),
    /// By [`SieveAndTest`](crate::SieveAndTest).
    SieveAndTest,
}

/// Nanoseconds a number that a window takes. Measured on Zen 4, one thread, as all figures here: 25 at 10^12, 27 at
/// 10^15, 30 at 10^18.
const WINDOW: f64 = 28.0;

/// Nanoseconds that the sieve takes for each sieving prime, however narrow the range is, where there are no buckets:
/// to find it, its inverse, and its first multiple in every class. Measured at 10^12: 54.
const A_PRIME: f64 = 54.0;

/// Where there are: for all the primes below, and for each above. Measured at 10^15 to 2^64: 96 ms to 1.05 s.
const BELOW_BUCKETS: f64 = 90e6;
const A_BUCKETED_PRIME: f64 = 4.5;

impl Plan {
    /// The plan for a range and so many workers on this machine.
    ///
    /// A window is chosen where it is narrower than about 1.4e5 at 10^12, 3.5e6 at 10^15, 1.1e7 at 10^18.
    #[must_use]
    pub fn for_range(range: &RangeInclusive<u64>, workers: NonZeroUsize) -> Self {
        let width = range.end().saturating_sub(*range.start()) as f64;
        let root = range.end().isqrt();
        let primes = (root as f64) / (root.max(3) as f64).ln();
        let sieve =
            if root < u64::from(BUCKETS_FROM) { A_PRIME * primes } else { BELOW_BUCKETS + A_BUCKETED_PRIME * primes };
        if width * WINDOW < sieve { Self::SieveAndTest } else { Self::Sieve(Tuning::for_range(range, workers)) }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sieve(tuning) => write!(f, "plan      sieve by all primes up to the root\n{tuning}"),
            Self::SieveAndTest => f.write_str("plan      window: sieve by primes up to 65536, test what is left"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_and_high_is_a_window_and_all_else_a_sieve() {
        let window =
            |start: u64, width: u64| Plan::for_range(&(start..=start + width), NonZeroUsize::MIN) == Plan::SieveAndTest;
        for (start, narrow, wide) in [
            (10_u64.pow(12), 100_000, 200_000),
            (10_u64.pow(15), 3_000_000, 5_000_000),
            (10_u64.pow(18), 8_000_000, 15_000_000),
        ] {
            assert!(window(start, narrow) && !window(start, wide), "at {start}");
        }
        assert!(!window(0, 1_000_000));
    }
}
