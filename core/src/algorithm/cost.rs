//! Estimates of the time that the steps of a count take, which divide its progress, and of how many primes there are.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Plan;
use super::plan::{SIEVE_AND_TEST_NS, combinatorial_ns, least_sieve_ns, sieve_and_test_ns};

/// The fraction of its time that the combinatorial method spends on its tables, from about 10^13 on.
const TABLES_SHARE: f64 = 0.01;

/// Nanoseconds per division, in trial division and in the check of the parity.
const DIVISION_NS: f64 = 3.5;

impl Plan {
    /// Returns the approximate time that the plan takes for a range on one worker. It is 0 if the plan is a sieve that does not
    /// reach that far. The figures of one machine are used everywhere, so only the proportions between plans matter.
    ///
    /// # Panics
    /// If the plan is a sieve whose wheel is 0.
    #[must_use]
    pub fn estimate(&self, range: &RangeInclusive<u128>) -> Duration {
        // A float beyond the largest integer becomes that integer.
        Duration::from_nanos(self.cost(range) as u64)
    }

    /// Returns the approximate number of nanoseconds that the plan takes for a range on one worker.
    pub(super) fn cost(&self, range: &RangeInclusive<u128>) -> f64 {
        let width = range.end().saturating_sub(*range.start()) as f64;
        match self {
            // A prime is divided by the numbers coprime to 6 up to its root, and other numbers by few.
            Self::TrialDivision => DIVISION_NS * width * sqrt(*range.end()) / 3.0 / ln(*range.end()),
            Self::Sieve(tuning) => self.narrowed(range).map_or(0.0, |range| tuning.nanoseconds(&range)),
            Self::SieveAndTest => sieve_and_test_ns(range),
            Self::Combinatorial(_) => combinatorial_ns(*range.end() as f64),
            Self::Difference(plans) => {
                let before = 0..=range.start().saturating_sub(1);
                plans.stop.cost(&(0..=*range.end())) + plans.before.cost(&before)
            }
            Self::Empty | Self::Table => 0.0,
        }
    }

    /// Returns the approximate fraction of the time that the set-up of the kernel takes.
    pub(super) fn set_up_share(&self, range: &RangeInclusive<u128>) -> f64 {
        match self {
            Self::Sieve(tuning) => {
                let cost = self.cost(range);
                if cost > 0.0 { tuning.set_up_ns(sqrt(*range.end())) / cost } else { 0.0 }
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

/// Returns the approximate number of nanoseconds per number that [`SieveAndTest`](super::SieveAndTest) takes. Up to 2^32 it
/// is a plain sieve of the odd numbers. Measured on Sapphire Rapids.
pub(super) fn test_ns(end: u64) -> f64 {
    if end >> 32 == 0 { 1.4 } else { SIEVE_AND_TEST_NS }
}

/// Returns the approximate number of nanoseconds that a sieve takes before it lists the first prime of a range that ends
/// at `end`. The first term was measured on Zen 3.
pub(super) fn listing_set_up_ns(end: u64) -> f64 {
    3e5 + least_sieve_ns(end)
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::algorithm::Tuning;

    fn is_near(estimate: f64, expected: f64) -> bool {
        (estimate / expected - 1.0).abs() < 0.1
    }

    #[test]
    fn estimates_are_as_they_were_checked() {
        let seconds = |plan: Plan, range| plan.estimate(&range).as_secs_f64();
        assert!(is_near(seconds(Plan::TrialDivision, 0..=5_000_000), 0.85));
        assert!(is_near(seconds(Plan::TrialDivision, 10_000_000..=20_000_000), 3.1));
        assert!(is_near(seconds(Plan::SieveAndTest, 1 << 70..=(1 << 70) + 1_000_000), 0.09));
        assert!(
            [(16, 3.9e9), (18, 4.35e10)].iter().all(|&(power, ns)| is_near(cost_of_parity(10_u128.pow(power)), ns))
        );
        let combinatorial = |power| combinatorial_ns(10_f64.powi(power));
        assert!(is_near(combinatorial(11), 2.4e6) && is_near(combinatorial(15), 4.4e8));
        assert!(is_near(test_ns(u32::MAX.into()), 1.4) && is_near(test_ns(1 << 32), SIEVE_AND_TEST_NS));
        assert!(is_near(listing_set_up_ns(1_000_000), 3e5), "there are few sieving primes");
        assert!(is_near(listing_set_up_ns(1 << 60), 3e5 + least_sieve_ns(1 << 60)));
    }

    #[test]
    fn the_estimate_of_primes_is_a_little_high() {
        let pi = [(1e4, 1229.0), (1e6, 78_498.0), (1e8, 5_761_455.0), (4_294_967_296.0, 203_280_221.0)];
        for (limit, primes) in pi {
            let estimate = primes_to(limit);
            assert!(primes <= estimate && estimate < 1.1 * primes, "{estimate} primes up to {limit}");
        }
    }

    #[test]
    fn the_set_up_takes_no_share_of_a_plan_that_does_not_reach_that_far() {
        let sieve = Plan::Sieve(Tuning::for_range(&(0..=1_000_000), NonZeroUsize::MIN));
        assert!(sieve.set_up_share(&(0..=1_000_000)) > 0.0 && sieve.set_up_share(&(0..=u128::MAX)) <= 0.0);
    }
}
