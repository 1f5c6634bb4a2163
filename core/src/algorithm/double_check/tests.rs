use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;
use crate::algorithm::pi_by_lucy;
use crate::{Algorithm, Kernel, PrimeCounter, Progress, Wire};

/// Runs tiles in order. It can falsify the results of some folds, which are numbered from 0.
#[derive(Default)]
struct Lane<'a> {
    folds: AtomicUsize,
    /// These folds are falsified.
    falsified: &'a [usize],
    /// The bits that are flipped in the first byte of a falsified result: 1 makes a number of primes one more or one
    /// less.
    flipped: u8,
    /// Sets the flag when this fold begins.
    cancelled: Option<(usize, &'a AtomicBool)>,
}

impl Backend for Lane<'_> {
    fn label(&self) -> &'static str {
        "lane"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let index = self.folds.fetch_add(1, Ordering::Relaxed);
        let watch = control.watch(kernel, &tiles);
        if let Some((_, flag)) = self.cancelled.filter(|&(fold, _)| fold == index) {
            flag.store(true, Ordering::Relaxed);
        }
        let folded = watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch)?;
        watch.finish()?;
        if !self.falsified.contains(&index) {
            return Ok(folded);
        }
        let mut bytes = folded.encode()?;
        bytes[0] ^= self.flipped;
        Wire::decode(&bytes)
    }
}

fn pi(range: &RangeInclusive<u64>) -> u128 {
    (pi_by_lucy(*range.end()) - range.start().checked_sub(1).map_or(0, pi_by_lucy)).into()
}

fn query(range: RangeInclusive<u64>, algorithm: Algorithm) -> Query<'static> {
    Query::from(range).algorithm(algorithm).double_check()
}

#[test]
fn right_counts_pass() {
    for &algorithm in Algorithm::ALL {
        for range in [0..=0, 1..=1, 2..=2, 1..=3, 90..=96, 0..=1_000, 3..=262_142, 0..=262_143, 262_143..=300_000] {
            let count = Lane::default().count(&query(range.clone(), algorithm));
            assert_eq!(count, Ok(pi(&range)), "{algorithm} over {range:?}");
        }
    }
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
fn an_empty_range_passes_without_a_fold() {
    let lane = Lane::default();
    assert_eq!(lane.count(&query(9..=7, Algorithm::Auto)), Ok(0));
    assert_eq!(lane.folds.into_inner(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn random_ranges_pass(
        start in 0..20_000_000_u64, width in 0..20_000_000_u64, algorithm in prop::sample::select(&Algorithm::ALL[2..]),
    ) {
        let range = start..=start + width;
        prop_assert_eq!(Lane::default().count(&query(range.clone(), algorithm)), Ok(pi(&range)));
    }
}

/// Returns the error of a double check with these folds falsified.
fn failure(query: &Query<'_>, falsified: &[usize], flipped: u8) -> Error {
    Lane { falsified, flipped, ..Lane::default() }.count(query).unwrap_err()
}

/// The folds: the sieve, another kernel, and the parity.
#[test]
fn every_falsified_fold_of_a_sieve_is_seen() {
    let query = query(0..=1_000_000, Algorithm::Sieve);
    assert_eq!(failure(&query, &[0], 1), Error::CountsDiffer { first: 78_499, second: 78_498 });
    assert_eq!(failure(&query, &[1], 1), Error::CountsDiffer { first: 78_498, second: 78_499 });
    assert_eq!(failure(&query, &[0, 1], 1), Error::ParityDiffers { count: 78_499 });
    assert_eq!(failure(&query, &[2], 2), Error::ParityDiffers { count: 78_498 });
    assert_eq!(failure(&query, &[2], 1), Error::ParityFailed { x: 1_000_000 });
}

/// The folds: to the end and before the start, both once more, and the parity of both.
#[test]
fn every_falsified_fold_of_a_difference_is_seen() {
    let range = 100_000_000..=1_000_000_000;
    let (query, count) = (query(range.clone(), Algorithm::Combinatorial), pi(&range));
    for fold in 0..4 {
        let error = failure(&query, &[fold], 2);
        let Error::CountsDiffer { first, second } = error else { panic!("fold {fold}: {error}") };
        let (wrong, right) = if fold < 2 { (first, second) } else { (second, first) };
        assert!(right == count && wrong.abs_diff(count) == 1, "fold {fold}: {error}");
    }
    for fold in 4..6 {
        assert_eq!(failure(&query, &[fold], 2), Error::ParityDiffers { count });
    }
    assert_eq!(failure(&query, &[5], 1), Error::ParityFailed { x: 99_999_999 });
}

#[test]
fn every_fold_can_be_cancelled() {
    for fold in 0..6 {
        let flag = AtomicBool::new(false);
        let lane = Lane { cancelled: Some((fold, &flag)), ..Lane::default() };
        let query = query(100_000_000..=200_000_000, Algorithm::Combinatorial);
        assert_eq!(lane.count(&query.cancel(&flag)), Err(Error::Cancelled));
        assert_eq!(lane.folds.into_inner(), fold + 1);
    }
}

/// Returns what an observer of the query receives.
fn told(query: Query<'_>) -> Vec<Progress> {
    let told = Mutex::new(Vec::new());
    let observer = |progress| {
        told.lock().unwrap().push(progress);
        ControlFlow::Continue(())
    };
    Lane::default().count(&query.progress(&observer)).unwrap();
    told.into_inner().unwrap()
}

#[test]
fn the_progress_of_all_folds_grows_once_from_nothing_to_the_whole() {
    let difference = Query::range(100_000_000..=1_000_000_000).algorithm(Algorithm::Combinatorial);
    for query in [
        difference.clone(),
        difference.double_check(),
        Query::range(1_000_000..=3_000_000).double_check(),
        Query::up_to(100).double_check(),
    ] {
        let told = told(query);
        assert!(told.windows(2).all(|pair| pair[0].done <= pair[1].done), "{told:?}");
        assert!(told.iter().all(|progress| progress.total == told[0].total), "{told:?}");
        assert_eq!((told[0].done, told[told.len() - 1].done), (0, told[0].total), "{told:?}");
    }
}

#[test]
fn every_count_is_reported_in_millionths_from_its_set_up_on() {
    let all = 1_000_000;
    assert_eq!(told(Query::up_to(100)), [Progress::new("table", 0, all), Progress::new("table", all, all)]);
    let tested = told(Query::range(0..=1_000_000).plan(Plan::SieveAndTest));
    assert_eq!(tested, [Progress::new("set-up", 0, all), Progress::new("sieve and test", all, all)]);
    let counted = told(Query::range(0..=10_000_000).algorithm(Algorithm::Combinatorial));
    let ends = ["set-up", "set-up", "pi(x)"].into_iter().zip([0, all / 100, all]);
    assert_eq!(counted, ends.map(|(phase, done)| Progress::new(phase, done, all)).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn the_other_plan_of_a_sieve_is_valid_and_differs(start: u64, shift in 0..64_u32, workers in 1..64_usize) {
        let range = start..=start.saturating_add(u64::MAX >> shift);
        let tuning = Tuning::for_range(&range, NonZeroUsize::new(workers).unwrap());
        let root = range.end().isqrt();
        let other = tuning.other(root);
        prop_assert_eq!(other.check(), Ok(()));
        prop_assert_ne!(other, tuning);
        prop_assert!(u64::from(other.buckets_from) > root || other.wheel == 210);
    }

    #[test]
    fn the_other_parameters_are_valid_and_differ(bits in 11..80_u32, seed: u128) {
        let x = (1 << (bits - 1)) + seed % (1 << (bits - 1));
        let parameters = Parameters::for_x(x);
        for first in [parameters, parameters.with_alpha(x, 1e9), parameters.with_alpha(x, 0.0), parameters.other(x)] {
            let second = first.other(x);
            prop_assert_eq!(second.check(x), Ok(()));
            prop_assert!(first.segment != second.segment && first.window != second.window);
            prop_assert!(first.tiles != second.tiles);
            // The two bounds are the same for the smallest x, which are planned as a table.
            prop_assert!(first.y != second.y || bits < 18);
        }
    }
}

#[test]
fn wide_ranges_are_counted_by_another_tuning_and_all_others_by_another_algorithm() {
    let other = |algorithm: Algorithm, range: RangeInclusive<u64>| {
        let query = query(range, algorithm);
        let plan = Plan::for_query(&query, NonZeroUsize::MIN).unwrap();
        let other = plan.other(&query.get_range(), NonZeroUsize::MIN.into(), None).unwrap();
        assert_ne!(plan, other);
        other
    };
    let wide = 0..=10_000_000_000;
    assert!(matches!(other(Algorithm::Sieve, wide.clone()), Plan::Sieve(tuning) if tuning.wheel == 210));
    assert!(matches!(other(Algorithm::Combinatorial, wide), Plan::Combinatorial(_)));
    assert_eq!(other(Algorithm::Sieve, 0..=1_000_000), Plan::SieveAndTest);
    let top = u64::MAX - 1_000..=u64::MAX;
    assert!(matches!(other(Algorithm::Sieve, top), Plan::Sieve(_)));
    for algorithm in [Algorithm::TrialDivision, Algorithm::Combinatorial] {
        assert!(matches!(other(algorithm, 0..=1_000), Plan::Sieve(_)));
    }
}

#[test]
fn a_window_above_64_bits_is_checked_by_a_difference() {
    let other = |range: RangeInclusive<u128>| Plan::SieveAndTest.other(&range, NonZeroUsize::MIN.into(), None);
    assert!(matches!(other(1 << 64..=1 << 64), Ok(Plan::Difference(_))));
    assert!(matches!(other(2..=1 << 64), Ok(Plan::Combinatorial(_))));
    assert!(matches!(other(2..=(1 << 64) - 1), Ok(Plan::Sieve(_))));
    // Nothing else reaches this far.
    let (max, end) = ((1 << 80) - 1, 1 << 80);
    let refused = Error::OutOfRange { algorithm: "combinatorial".into(), max, end };
    assert_eq!(other(end..=end), Err(refused.clone()));
    let lane = Lane::default();
    assert_eq!(lane.count(&Query::range(end..=end).double_check()), Err(refused));
    assert_eq!(lane.folds.into_inner(), 0, "nothing is counted before");
}

#[test]
fn the_second_count_keeps_to_the_memory() {
    let query = Query::from(u64::MAX - (1 << 34)..=u64::MAX).plan(Plan::SieveAndTest).double_check();
    let memory = |bound: Option<u64>| {
        let other = Plan::SieveAndTest.other(&query.get_range(), NonZeroUsize::MIN.into(), bound);
        other.unwrap().memory(&query.get_range(), NonZeroUsize::MIN)
    };
    let least = memory(Some(0));
    assert!(least < memory(None));
    let bound = u64::midpoint(least, memory(None));
    assert!((least + 1..=bound).contains(&memory(Some(bound))));
    let lane = Lane::default();
    let refused = lane.count(&query.clone().memory(least - 1));
    assert_eq!(refused, Err(Error::MemoryBound { needed: least, bound: least - 1 }));
    assert_eq!(lane.folds.into_inner(), 0, "nothing is counted before");
}
