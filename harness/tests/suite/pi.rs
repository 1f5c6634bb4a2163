//! The combinatorial method on every lane, against tables, the readable reference, and the sieve.

use primelanes_backends::algorithm::{Parameters, pi_by_lucy};
use primelanes_backends::{
    Algorithm, AnyBackend, Backend, BackendKind, Error, Plan, PrimeCounter, Query, available_workers,
};
use primelanes_harness::oracle;
use proptest::prelude::*;

use super::agreement::LANES;

/// Above this number, counts take so long that one lane counts them.
const EVERY_LANE_TO: u64 = 100_000_000_000;

/// The last number for which a primality test is proven.
const PROVEN: u128 = 3_317_044_064_679_887_385_961_980;

/// Returns the lane with the most cores.
fn fast_lane() -> AnyBackend {
    BackendKind::auto().open(available_workers()).unwrap()
}

#[test]
fn the_tables_are_met_by_the_combinatorial_method() {
    let tens = oracle::powers_of_ten().into_iter().take(14).map(|(k, count)| (10_u64.pow(k), count));
    let twos = oracle::powers_of_two().into_iter().take(45).map(|(k, count)| (1 << k, count));
    let fast = fast_lane();
    for (x, expected) in tens.chain(twos) {
        let query = Query::up_to(x.into()).algorithm(Algorithm::Combinatorial);
        assert_eq!(fast.count(&query), Ok(expected.into()), "pi({x}) on {fast:?}");
        for lane in LANES.iter().filter(|_| x <= EVERY_LANE_TO) {
            assert_eq!(lane.count(&query), Ok(expected.into()), "pi({x}) on {lane:?}");
        }
    }
}

/// Generates parameters for x. Alpha is the ratio of y to the cube root of x.
fn parameters(x: u64) -> impl Strategy<Value = Parameters> {
    (-1.0..5.0_f64, 1..64_u32, 1..256_u32, 1..1_000_u32).prop_map(move |(log, segment, window, tiles)| {
        let mut parameters = Parameters::for_x(x.into()).with_alpha(x.into(), log.exp());
        (parameters.segment, parameters.window, parameters.tiles) = (512 * segment, 64 * window, tiles);
        parameters
    })
}

proptest! {
    // The reference takes a second at 10^12.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_parameters_on_any_lane_count_alike(
        (x, parameters) in (10.0..27.6_f64)
            .prop_map(|log| log.exp() as u64)
            .prop_flat_map(|x| (Just(x), parameters(x))),
    ) {
        let expected = pi_by_lucy(x);
        for lane in &*LANES {
            let count = lane.count(&Query::up_to(x.into()).plan(Plan::Combinatorial(parameters)));
            prop_assert_eq!(count, Ok(expected.into()), "pi({}) on {:?} with {:?}", x, lane, parameters);
        }
    }
}

proptest! {
    // The two counts up to 10^16 take seconds.
    #![proptest_config(ProptestConfig::with_cases(1))]

    #[test]
    fn differences_of_two_counts_agree_with_the_sieve(offset in 0..1_000_000_000_u128, width in 1..1_000_000_u128) {
        let lane = fast_lane();
        for start in [14, 15, 16].map(|k| 10_u128.pow(k) + offset) {
            let window = Query::range(start..=start + width);
            let difference = window.clone().algorithm(Algorithm::Combinatorial);
            let plan = Plan::for_query(&difference, lane.workers());
            prop_assert!(matches!(plan, Ok(Plan::Difference(_))), "{:?}", plan);
            let sieved = lane.count(&window.algorithm(Algorithm::Sieve));
            prop_assert_eq!(lane.count(&difference), sieved, "from {} to {}", start, start + width);
        }
    }
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "reversed ranges are what is tested")]
fn the_smallest_numbers_and_reversed_ranges_are_counted() {
    let questions = [
        (0..=0, 0),
        (0..=1, 0),
        (0..=2, 1),
        (0..=3, 2),
        (1..=1, 0),
        (2..=2, 1),
        (3..=3, 1),
        (3..=2, 0),
        (1_000_000..=999_999, 0),
        (1 << 80..=0, 0),
        (u128::MAX..=1 << 90, 0),
    ];
    for lane in &*LANES {
        for (range, expected) in &questions {
            for algorithm in [Algorithm::Combinatorial, Algorithm::Auto] {
                let count = lane.count(&Query::range(range.clone()).algorithm(algorithm));
                assert_eq!(count, Ok(*expected), "{range:?} by {algorithm} on {lane:?}");
            }
        }
    }
}

#[test]
fn windows_above_64_bits_are_counted_on_every_lane() {
    // PARI/GP 2.15.2: forprime(p=start, stop, n++)
    let windows = [
        ((1 << 64) - 50_000..=(1 << 64) + 50_000, 2_192),
        (10_u128.pow(20)..=10_u128.pow(20) + 100_000, 2_115),
        ((1 << 80) - 10_000..=(1 << 80) + 10_000, 368),
        (PROVEN - 30_000..=PROVEN, 543),
    ];
    for lane in &*LANES {
        for (range, expected) in &windows {
            for algorithm in [Algorithm::Sieve, Algorithm::Auto] {
                let count = lane.count(&Query::range(range.clone()).algorithm(algorithm));
                assert_eq!(count, Ok(*expected), "{range:?} by {algorithm} on {lane:?}");
            }
        }
    }
}

#[test]
fn a_range_that_ends_too_far_is_refused_with_the_bound_on_every_lane() {
    let (sieve, combinatorial) = (u128::from(u64::MAX), (1 << 80) - 1);
    for lane in &*LANES {
        for (algorithm, refused_by, max) in [
            (Algorithm::Sieve, "sieve", sieve),
            (Algorithm::TrialDivision, "trial-division", sieve),
            (Algorithm::Combinatorial, "combinatorial", combinatorial),
            (Algorithm::Auto, "combinatorial", combinatorial),
        ] {
            for range in [0..=max + 1, max..=max + 1, max + 1..=max + 1, 0..=u128::MAX] {
                // The sieve counts narrow ranges beyond these bounds.
                let is_sieved = matches!(algorithm, Algorithm::Sieve | Algorithm::Auto) && *range.start() > 0;
                let expected = if is_sieved {
                    Ok(0)
                } else {
                    Err(Error::OutOfRange { algorithm: refused_by.into(), max, end: *range.end() })
                };
                let count = lane.count(&Query::range(range.clone()).algorithm(algorithm));
                assert_eq!(count, expected, "{range:?} by {algorithm} on {lane:?}");
            }
        }
        for range in [PROVEN..=PROVEN + 1, PROVEN + 1..=PROVEN + 1, u128::MAX..=u128::MAX] {
            for algorithm in [Algorithm::Sieve, Algorithm::Auto] {
                let refused = Error::OutOfRange { algorithm: "sieve".into(), max: PROVEN, end: *range.end() };
                let count = lane.count(&Query::range(range.clone()).algorithm(algorithm));
                assert_eq!(count, Err(refused), "{range:?} by {algorithm} on {lane:?}");
            }
        }
    }
}
