//! The primes themselves, from the iterator and from every lane, against primal.

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::LazyLock;
#[cfg(unix)]
use std::sync::atomic::{AtomicU64, Ordering};

use primelanes_backends::{Backend, Control, PrimeCounter, primes, primes_from};
use primelanes_harness::oracle;
use primelanes_harness::strategies::{limits, windows};
use proptest::prelude::*;

use super::agreement::LANES;

const FAR: u64 = 100_000_000;

/// The primes up to 10^8.
static PRIMES: LazyLock<Vec<u64>> = LazyLock::new(|| oracle::primes(0..=FAR));

fn expected(range: &RangeInclusive<u64>) -> &'static [u64] {
    let place = |number: u64| PRIMES.partition_point(|&prime| prime < number);
    &PRIMES[place(*range.start())..place(*range.end() + 1)]
}

fn listed_on(lane: &impl PrimeCounter, range: RangeInclusive<u64>) -> Vec<u64> {
    let mut listed = Vec::new();
    let sink = &mut |more: &[u64]| {
        listed.extend_from_slice(more);
        ControlFlow::Continue(())
    };
    lane.list(range, &Control::new(), sink).unwrap();
    listed
}

#[test]
fn all_primes_up_to_a_hundred_million_are_listed_in_either_direction() {
    assert_eq!(PRIMES.len(), 5_761_455);
    assert!(primes(0..=FAR).eq(PRIMES.iter().copied()));
    assert!(primes(0..=FAR).rev().eq(PRIMES.iter().rev().copied()));
    assert!(primes_from(0).take(PRIMES.len()).eq(PRIMES.iter().copied()));
    assert_eq!(primes(0..=FAR).sum::<u64>(), 279_209_790_387_276);
}

#[test]
fn all_primes_up_to_a_hundred_million_are_listed_on_every_lane() {
    for lane in LANES.iter().filter(|lane| lane.workers().get() <= 2) {
        assert!(listed_on(lane, 0..=FAR) == *PRIMES, "{lane:?}");
    }
}

proptest! {
    #[test]
    fn either_end_of_any_range_agrees(range in windows(limits(FAR - 1), 300_000)) {
        let range = *range.start()..=(*range.end()).min(FAR - 1);
        let expected = expected(&range);
        prop_assert!(primes(range.clone()).eq(expected.iter().copied()));
        prop_assert!(primes(range).rev().eq(expected.iter().rev().copied()));
    }

    /// The iterator is read from both ends, in turns of random lengths.
    #[test]
    fn both_ends_meet(range in windows(limits(FAR - 1), 300_000), turns in prop::collection::vec(0..5_000_usize, 1..20)) {
        let range = *range.start()..=(*range.end()).min(FAR - 1);
        let mut left = expected(&range);
        let mut both = primes(range);
        for (turn, length) in turns.into_iter().chain([usize::MAX]).enumerate() {
            let length = length.min(left.len());
            if turn % 2 == 0 {
                let (read, rest) = left.split_at(length);
                prop_assert!(both.by_ref().take(length).eq(read.iter().copied()));
                left = rest;
            } else {
                let (rest, read) = left.split_at(left.len() - length);
                prop_assert!(both.by_ref().rev().take(length).eq(read.iter().rev().copied()));
                left = rest;
            }
        }
        prop_assert_eq!((left.len(), both.next(), both.next_back(), both.next()), (0, None, None, None));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_lane_lists_any_range(range in windows(limits(FAR - 1), 3_000_000)) {
        let range = *range.start()..=(*range.end()).min(FAR - 1);
        for lane in &*LANES {
            prop_assert!(listed_on(lane, range.clone()) == expected(&range), "{:?} on {:?}", range, lane);
        }
    }

    #[test]
    fn every_lane_lists_far_out(range in windows(1 << 33..u64::MAX, 100_000)) {
        let expected = oracle::primes(range.clone());
        prop_assert!(primes(range.clone()).eq(expected.iter().copied()));
        prop_assert!(primes(range.clone()).rev().eq(expected.iter().rev().copied()));
        for lane in &*LANES {
            prop_assert!(listed_on(lane, range.clone()) == expected, "{:?} on {:?}", range, lane);
        }
    }
}

/// The seams between the parts of a range that are sieved for themselves, and the ends of 64 bits.
#[test]
fn every_lane_lists_across_seams() {
    let seams = [1 << 22, 1 << 23, 1 << 32, 1 << 33, 1 << 63];
    let across = seams.map(|seam: u64| seam - 100_000..=seam + 100_000);
    for range in across.into_iter().chain([u64::MAX - 100_000..=u64::MAX]) {
        let expected = oracle::primes(range.clone());
        assert!(primes(range.clone()).eq(expected.iter().copied()), "{range:?}");
        for lane in &*LANES {
            assert!(listed_on(lane, range.clone()) == expected, "{range:?} on {lane:?}");
        }
    }
}

/// Kills one worker after another while a list is under way.
#[cfg(unix)]
#[test]
fn a_list_goes_on_without_a_gap_when_worker_processes_are_killed() {
    use std::num::NonZeroUsize;
    use std::process::Command;

    use primelanes_backends::Processes;

    let mut worker = Command::new(env!("CARGO_BIN_EXE_primelanes"));
    worker.arg("worker");
    let lane = Processes::with_command(NonZeroUsize::new(2).unwrap(), worker).unwrap();
    let (mut listed, killed) = (Vec::new(), AtomicU64::new(0));
    let sink = &mut |more: &[u64]| {
        listed.extend_from_slice(more);
        if killed.fetch_add(1, Ordering::Relaxed) < 3 {
            let process = lane.process_ids()[0].to_string();
            // It may have ended since it was killed last time.
            Command::new("sh").args(["-c", &format!("kill -KILL {process}")]).status().unwrap();
        }
        ControlFlow::Continue(())
    };
    lane.list(0..=FAR, &Control::new(), sink).unwrap();
    assert!(listed == *PRIMES);
    assert!(lane.replaced() > 0 && killed.into_inner() >= 3);
}
