use std::num::NonZeroUsize;

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
        (10_u128.pow(9), 1_000, 10_000),
        (10_u128.pow(12), 40_000, 80_000),
        (10_u128.pow(15), 250_000, 500_000),
        (10_u128.pow(18), 5_000_000, 10_000_000),
    ] {
        assert!(tested(start, narrow) && !tested(start, wide), "at {start}");
    }
    assert!(!tested(0, 1_000_000));
}

#[test]
fn a_plan_may_take_the_whole_bound_of_the_memory() {
    let query = Query::up_to(1_000_000_000);
    let sieve = Plan::for_query(&query.clone().algorithm(Algorithm::Sieve), ONE).unwrap();
    let needed = sieve.memory(&query.get_range(), ONE);
    let within = |bound| Plan::for_query(&query.clone().plan(sieve.clone()).memory(bound), ONE);
    assert_eq!(within(needed), Ok(sieve.clone()));
    assert_eq!(within(needed - 1), Err(Error::MemoryBound { needed, bound: needed - 1 }));
}

#[test]
fn many_workers_test_wider_ranges_than_one() {
    let start = 10_u128.pow(18);
    let query = Query::range(start..=start + 20_000_000).algorithm(Algorithm::Sieve);
    let plan = |workers| Plan::for_query(&query, NonZeroUsize::new(workers).unwrap()).unwrap();
    assert!(matches!(plan(1), Plan::Sieve(_)));
    assert_eq!(plan(16), Plan::SieveAndTest);
}

#[test]
fn a_pinned_tuning_out_of_bounds_is_refused() {
    let sound = Tuning::for_range(&(0..=1_000_000), ONE);
    for tuning in [Tuning { wheel: 0, ..sound }, Tuning { buckets_from: 1, ..sound }] {
        let query = Query::range(10_u128.pow(18)..=10_u128.pow(18) + 5).plan(Plan::Sieve(tuning));
        assert_eq!(Plan::for_query(&query, ONE), Err(tuning.check().unwrap_err()));
    }
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
        (Query::up_to(end).algorithm(Algorithm::Sieve), "sieve"),
        (Query::up_to(end).algorithm(Algorithm::TrialDivision), "trial-division"),
        (Query::range(0..=end).plan(Plan::SieveAndTest), "sieve"),
        (Query::range(end..=end).plan(Plan::Sieve(Tuning::for_range(&(0..=1_000_000), ONE))), "sieve"),
        (Query::up_to(end).plan(Plan::TrialDivision), "trial-division"),
    ] {
        let refused = Error::OutOfRange { algorithm: algorithm.into(), max: u64::MAX.into(), end };
        assert_eq!(Plan::for_query(&query, ONE), Err(refused));
    }
    assert!(Plan::for_query(&Query::up_to(end - 1).algorithm(Algorithm::Sieve), ONE).is_ok());
    let (max, end) = ((1 << 80) - 1, 1 << 80);
    let refused = Error::OutOfRange { algorithm: "combinatorial".into(), max, end };
    assert_eq!(Plan::for_query(&Query::up_to(end), ONE), Err(refused));
    assert!(Plan::for_query(&Query::up_to(max), ONE).is_ok());
}

#[test]
fn above_64_bits_narrow_ranges_are_tested_and_wide_ones_counted_as_a_difference() {
    let far = |start: u128, width: u128| {
        let query = Query::range(start..=start + width);
        let sieved = Plan::for_query(&query.clone().algorithm(Algorithm::Sieve), ONE).unwrap();
        assert_eq!(sieved, Plan::SieveAndTest, "{start}");
        plan(start..=start + width)
    };
    for (start, narrow, wide) in [
        (1 << 64, 3_000_000_000, 6_000_000_000),
        (10_u128.pow(20), 8_000_000_000, 16_000_000_000),
        (10_u128.pow(24), 3_000_000_000_000, 5_000_000_000_000),
    ] {
        assert_eq!(far(start, narrow), Plan::SieveAndTest, "{start}");
        assert!(matches!(far(start, wide), Plan::Difference(_)), "{start}");
    }
    // The combinatorial method does not reach this far.
    assert_eq!(far(1 << 80, 1 << 60), Plan::SieveAndTest);
    assert_eq!(plan((1 << 80) - 5..=1 << 80), Plan::SieveAndTest);
}

#[test]
fn a_window_beyond_all_algorithms_is_refused_with_the_farthest_bound() {
    let last = 3_317_044_064_679_887_385_961_980;
    assert_eq!(plan(last..=last), Plan::SieveAndTest);
    for (start, end, algorithm, max) in [
        (last, last + 1, "sieve", last),
        (u128::MAX, u128::MAX, "sieve", last),
        (0, last, "combinatorial", (1 << 80) - 1),
        (1 << 79, 1 << 80, "combinatorial", (1 << 80) - 1),
    ] {
        let refused = Error::OutOfRange { algorithm: algorithm.into(), max, end };
        assert_eq!(Plan::for_query(&Query::range(start..=end), ONE), Err(refused), "{start} to {end}");
    }
}

#[test]
fn the_cost_above_64_bits_is_proportional_to_the_width() {
    let cost = |width: u128| Plan::SieveAndTest.cost(&(1 << 70..=(1 << 70) + width));
    assert!((cost(1_000_000) - 8.8e7).abs() < 1.0);
    assert!((cost(3_000_000) - 3.0 * cost(1_000_000)).abs() < 1.0);
    assert!((Plan::SieveAndTest.cost(&(0..=u128::from(u64::MAX))) / 24.0 - 2_f64.powi(64)).abs() < 1e6);
}

#[test]
fn a_plan_crosses_a_wire() {
    for plan in [Plan::Empty, Plan::TrialDivision, plan(0..=1_000_000), Plan::SieveAndTest] {
        assert_eq!(Plan::decode(&plan.encode().unwrap()), Ok(plan));
    }
}

/// Widths far from where both take the same time, since the sieve's estimate depends on the caches.
#[test]
fn windows_that_are_wide_for_where_they_lie_are_counted_as_a_difference() {
    for (start, narrow, wide) in [
        (10_u128.pow(12), 30_000_000, 600_000_000),
        (10_u128.pow(15), 500_000_000, 20_000_000_000),
        (10_u128.pow(18), 1_000_000_000, 1_000_000_000_000),
    ] {
        assert!(matches!(plan(start..=start + narrow), Plan::Sieve(_)), "{narrow} from {start} on");
        assert!(matches!(plan(start..=start + wide), Plan::Difference(_)), "{wide} from {start} on");
    }
}

#[test]
fn the_estimate_of_a_difference_is_the_sum_of_both() {
    let counted = |range| Plan::for_query(&Query::range(range).algorithm(Algorithm::Combinatorial), ONE).unwrap();
    let (start, stop) = (10_u128.pow(12), 10_u128.pow(13));
    let (before, all) = (0..=start - 1, 0..=stop);
    let [one, other] = [&before, &all].map(|range| counted(range.clone()).cost(range));
    assert!(other > 2.0 * one && one > 1e6, "{one} and {other} ns");
    let range = start..=stop;
    assert!((counted(range.clone()).cost(&range) - one - other).abs() < 1.0);
    assert_eq!(counted(range.clone()).estimate(&range).as_nanos(), (one + other) as u128);
    // Of sieves, and for a range that is no difference.
    let sieve = plan(start..=start + 10_000_000);
    let difference = Plan::Difference(Box::new(Difference { stop: sieve.clone(), before: sieve.clone() }));
    assert!(difference.estimate(&(0..=stop)) >= sieve.estimate(&(0..=stop)));
    // A sieve does not reach this far, and an empty range takes no time.
    assert!(sieve.estimate(&(0..=1 << 65)).is_zero() && Plan::Empty.estimate(&(0..=0)).is_zero());
}

#[test]
fn the_set_up_is_a_part_of_the_whole() {
    let share = |width: u128| {
        let range = 10_u128.pow(11)..=10_u128.pow(11) + width;
        let sieved = Plan::for_query(&Query::range(range.clone()).algorithm(Algorithm::Sieve), ONE).unwrap();
        sieved.set_up_share(&range)
    };
    let [narrow, wide] = [200_000, 2_000_000_000].map(share);
    assert!(0.05 < narrow && narrow < 1.0 && 0.0 < wide && wide < 0.05, "{narrow} and {wide}");
}
