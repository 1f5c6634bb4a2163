//! Every lane and every algorithm count the same as primal, at every seam.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use primelanes_backends::algorithm::Sieve;
use primelanes_backends::{Algorithm, AnyBackend, Backend, BackendKind, Control, Error, PrimeCounter, Query};
use primelanes_harness::oracle;
use primelanes_harness::strategies::{LOW, limits, windows};
use proptest::prelude::*;

/// Every lane with 1, 2, 3 and 7 workers, up to its maximum. They are opened once.
pub(super) static LANES: LazyLock<Vec<AnyBackend>> = LazyLock::new(|| {
    #[cfg(unix)]
    primelanes_backends::worker::register(env!("CARGO_BIN_EXE_primelanes"), ["worker"]);
    let workers = [1, 2, 3, 7].map(|workers| NonZeroUsize::new(workers).unwrap());
    let open = |kind: BackendKind| workers.into_iter().filter_map(move |workers| kind.open(workers).ok());
    let lanes: Vec<_> = BackendKind::ALL.iter().copied().flat_map(open).collect();
    let kinds = if cfg!(unix) { 5 } else { 4 };
    assert_eq!(lanes.len(), 4 * kinds - 3, "only the single thread refuses more workers");
    lanes
});

fn assert_all_count(range: &RangeInclusive<u64>, algorithm: Algorithm, expected: u64) -> Result<(), TestCaseError> {
    for lane in &*LANES {
        let count = lane.count(&Query::from(range.clone()).algorithm(algorithm));
        prop_assert_eq!(count, Ok(expected.into()), "{} over {:?} on {:?}", algorithm, range, lane);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sieve_up_to_a_limit(limit in limits(4_000_000)) {
        assert_all_count(&(0..=limit), Algorithm::Sieve, oracle::prime_pi(limit))?;
    }

    #[test]
    fn trial_division_up_to_a_limit(limit in limits(50_000)) {
        assert_all_count(&(0..=limit), Algorithm::TrialDivision, oracle::prime_pi(limit))?;
    }

    #[test]
    fn sieve_over_windows(window in windows(limits(1 << 44), 5_000)) {
        assert_all_count(&window, Algorithm::Sieve, oracle::count_window(window.clone()))?;
    }

    #[test]
    fn windows_anywhere(window in windows(any::<u64>(), 2_000)) {
        assert_all_count(&window, Algorithm::Auto, oracle::count_window(window.clone()))?;
    }

    #[test]
    fn trial_division_over_windows(window in windows(limits(1 << 34), 200)) {
        assert_all_count(&window, Algorithm::TrialDivision, oracle::count_window(window.clone()))?;
    }

    #[test]
    fn a_reversed_range_counts_nothing(a: u64, b: u64) {
        prop_assume!(a != b);
        let reversed = a.max(b)..=a.min(b);
        for &algorithm in Algorithm::ALL {
            assert_all_count(&reversed, algorithm, 0)?;
        }
    }
}

proptest! {
    // Each case needs sieving primes up to a billion.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn high_windows_agree_with_the_primality_test(exponent in 45..60_u32, offset: u64, width in 0..20_000_u64) {
        let start = (1 << exponent) + offset % (1 << exponent);
        assert_all_lanes_sieve(start..=start + width)?;
    }
}

/// The window has twenty segments, and so claims for three workers. Some sieving primes are longer than a segment.
#[test]
fn a_wide_window_high_up_is_exact() -> Result<(), TestCaseError> {
    let start = 10_000_000_000_000;
    let window = start..=start + LOW;
    assert_all_count(&window, Algorithm::Sieve, oracle::count_window(window.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The sieve must be forced here: a plan sieves such narrow windows only by small primes, and tests the rest.
    #[test]
    fn the_sieve_alone_over_windows(window in windows(limits(1 << 46), 5_000)) {
        assert_all_lanes_sieve(window)?;
    }
}

#[test]
fn the_top_of_u64_is_exact() -> Result<(), TestCaseError> {
    assert_all_lanes_sieve(u64::MAX - 20_000..=u64::MAX)
}

/// All lanes share one set-up, because the sieving primes of a high window take seconds.
fn assert_all_lanes_sieve(window: RangeInclusive<u64>) -> Result<(), TestCaseError> {
    let expected = oracle::count_window(window.clone());
    let sieve = Sieve::new(window.clone(), &Control::new()).unwrap();
    for lane in LANES.iter().filter(|lane| lane.workers().get() <= 2) {
        prop_assert_eq!(lane.fold(&sieve, &Control::new()), Ok(expected), "{:?} on {:?}", window, lane);
    }
    Ok(())
}

#[test]
fn trial_division_reaches_the_top_of_u64() -> Result<(), Error> {
    // All are composite with a small enough divisor: the largest prime of u64 is 2^64 - 59.
    for lane in LANES.iter().filter(|lane| lane.workers().get() == 2) {
        let query = Query::from(u64::MAX - 9..=u64::MAX).algorithm(Algorithm::TrialDivision);
        assert_eq!(lane.count(&query)?, 0, "{lane:?}");
    }
    Ok(())
}

#[test]
fn the_tables_are_met() -> Result<(), Error> {
    let auto = BackendKind::auto().build(primelanes_backends::available_workers())?;
    for algorithm in [Algorithm::Sieve, Algorithm::Auto] {
        let count = |limit: u64| auto.count(&Query::up_to(limit.into()).algorithm(algorithm));
        for (k, expected) in oracle::powers_of_ten().into_iter().take(10) {
            assert_eq!(count(10_u64.pow(k)), Ok(expected.into()), "10^{k} by {algorithm}");
        }
        for (k, expected) in oracle::powers_of_two().into_iter().take(31) {
            assert_eq!(count(1 << k), Ok(expected.into()), "2^{k} by {algorithm}");
        }
    }
    Ok(())
}
