use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::algorithm::SimpleSieve;
use crate::{Backend, Kernel, Progress, fold_tiles, is_prime};

/// Runs all tiles on the calling thread.
struct OneThread;

impl Backend for OneThread {
    fn label(&self) -> &'static str {
        "one-thread"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let folded = watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch)?;
        watch.finish().map(|()| folded)
    }
}

/// A counter whose answers are made up from the range and the right count.
struct MadeUp<F>(F);

impl<F: Fn(Range<u128>, u128) -> u128 + Send + Sync> PrimeCounter for MadeUp<F> {
    fn name(&self) -> &'static str {
        "made-up"
    }

    fn count(&self, query: &Query<'_>) -> Result<u128, Error> {
        let range = query.get_range();
        Ok((self.0)(*range.start()..range.end() + 1, OneThread.count(query)?))
    }
}

#[test]
fn the_lowest_primes_are_exact() {
    let numbers = (2..=104_729).filter(|&number| is_prime(number)).zip(1..);
    assert_eq!(numbers.map(|(prime, n)| assert_eq!(OneThread.nth_prime(n), Ok(prime), "{n}")).count(), 10_000);
}

#[test]
fn known_primes_are_found() {
    // OEIS A006988.
    let known = [
        2,
        29,
        541,
        7919,
        104_729,
        1_299_709,
        15_485_863,
        179_424_673,
        2_038_074_743,
        22_801_763_489,
        252_097_800_623,
        2_760_727_302_517,
        29_996_224_275_833,
    ];
    for (exponent, prime) in (0..).zip(known) {
        assert_eq!(OneThread.nth_prime(10_u64.pow(exponent)), Ok(prime), "10^{exponent}");
    }
}

#[test]
fn the_end_of_the_table_is_no_seam() {
    // There are 22,998 primes up to 2^18.
    for n in 22_900..23_100 {
        let prime = OneThread.nth_prime(n).unwrap();
        assert_eq!((OneThread.count_primes(prime), OneThread.count_primes(prime - 1)), (Ok(n), Ok(n - 1)));
    }
}

#[test]
fn the_last_prime_of_u64_is_in_reach() {
    for (n, below) in [(MAX, 59), (MAX - 1, 83), (MAX - 9, 363)] {
        let at_end = Place { n, end: END, primes: MAX.into() };
        assert_eq!(at_end.list(), Some(0_u64.wrapping_sub(below)), "the {n}th prime");
    }
    for end in [END - 59, END - 60, END - 363, END - 1000] {
        let primes = u128::from(MAX) - OneThread.count(&Query::range(end..=END - 1)).unwrap();
        assert_eq!(Place { n: MAX, end, primes }.list(), Some(0_u64.wrapping_sub(59)), "from {end}");
    }
    let beyond = Place { n: MAX, end: END, primes: u128::from(MAX) - 5000 };
    assert_eq!(Place { primes: u128::from(MAX) - 1, ..beyond }.list(), None);
    // Windows and estimates end where the numbers end.
    let from = Place { n: MAX, end: END - 10_000_000, primes: 0 };
    let primes = u128::from(MAX) - OneThread.count(&Query::range(from.end..=END - 1)).unwrap();
    let closer = Place { primes, ..from }.closer(&OneThread, &Control::new()).unwrap();
    assert!(closer.missing().unsigned_abs() <= LISTED, "{}", closer.missing());
    assert_eq!(closer.list(), Some(0_u64.wrapping_sub(59)));
}

#[test]
fn windows_lead_there_from_above_and_below() {
    let prime = 15_485_863;
    for start in [prime - 1_000_000, prime - 100_000, prime + 1, prime + 100_000, prime + 1_000_000] {
        let primes = u128::from(OneThread.count_primes(start - 1).unwrap());
        let mut place = Place { n: 1_000_000, end: start.into(), primes };
        while place.missing().unsigned_abs() > LISTED {
            let before = place.missing().unsigned_abs();
            place = place.closer(&OneThread, &Control::new()).unwrap();
            assert!(place.missing().unsigned_abs() <= before / 10, "{before} to {}", place.missing());
        }
        assert_eq!(place.list(), Some(prime), "from {start}");
    }
}

#[test]
fn a_bad_n_is_refused_before_anything_is_counted() {
    let unused = MadeUp(|_, _| panic!("it counts"));
    for n in [0, MAX + 1, u64::MAX] {
        assert_eq!(unused.nth_prime(n), Err(Error::NthOutOfRange { n, max: MAX }));
    }
}

#[test]
fn few_primes_are_listed_without_a_count() {
    let unused = MadeUp(|_, _| panic!("it counts"));
    assert_eq!([1, 2, 1000].map(|n| unused.nth_prime(n)), [2, 3, 7919].map(Ok));
}

#[test]
fn a_counter_that_lies_ends_with_an_error() {
    fn fault(lie: impl Fn(Range<u128>, u128) -> u128 + Send + Sync) -> Error {
        let calls = AtomicU64::new(0);
        let counted = |range, count| {
            assert!(calls.fetch_add(1, Ordering::Relaxed) < 64, "it counts for ever");
            lie(range, count)
        };
        MadeUp(counted).nth_prime(1_000_000).unwrap_err()
    }
    let far_off = |error: Error, lie: u128| {
        assert!(matches!(error, Error::CountFarOff { count, .. } if count == lie), "{error}");
    };
    far_off(fault(|_, _| 0), 0);
    far_off(fault(|_, _| u128::MAX), u128::MAX);
    far_off(fault(|_, _| 900_000), 900_000);
    // The first count is off by no more than is possible.
    far_off(fault(|range, count| if range.start == 0 { count - 1500 } else { 0 }), 0);
    far_off(fault(|range, count| if range.start == 0 { count + 1500 } else { 0 }), 0);
    far_off(fault(|range, count| if range.start == 0 { count - 1500 } else { u128::MAX }), u128::MAX);
    far_off(fault(|range, count| if range.start == 0 { count + 1500 } else { u128::MAX }), u128::MAX);
}

#[test]
fn a_lie_at_the_end_of_u64_is_an_error() {
    let short = Place { n: MAX, end: END, primes: u128::from(MAX) - 5000 };
    let error = short.closer(&OneThread, &Control::new()).err();
    assert!(matches!(error, Some(Error::CountFarOff { count: 0, expected: 5000, .. })), "{error:?}");
}

#[test]
fn it_can_be_cancelled_at_any_step() {
    let cancelled = AtomicBool::new(true);
    let control = Control::new().cancel(&cancelled);
    assert_eq!([1, 1_000_000].map(|n| OneThread.nth_prime_with(n, &control)), [const { Err(Error::Cancelled) }; 2]);
    let reports = reports_of(1_000_000, usize::MAX).1.len();
    assert!(reports > 2, "{reports}");
    for last in 0..reports {
        assert_eq!(reports_of(1_000_000, last).0, Err(Error::Cancelled), "after {last} reports");
    }
    // A counter that does not look at the control is cancelled after its count.
    cancelled.store(false, Ordering::Relaxed);
    let deaf = MadeUp(|_, count| {
        cancelled.store(true, Ordering::Relaxed);
        count
    });
    assert_eq!(deaf.nth_prime_with(1_000_000, &control), Err(Error::Cancelled));
}

/// Returns the result, and the progress that was reported. The observer ends the work after `most` reports.
fn reports_of(n: u64, most: usize) -> (Result<u64, Error>, Vec<Progress>) {
    let told = Mutex::new(Vec::new());
    let observer = |progress| {
        let mut told = told.lock().unwrap();
        told.push(progress);
        if told.len() > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let nth = OneThread.nth_prime_with(n, &Control::new().progress(&observer));
    (nth, told.into_inner().unwrap())
}

#[test]
fn all_steps_are_one_progress() {
    for (n, prime) in [(1, 2), (20_000, 224_737), (1_000_000, 15_485_863), (100_000_000, 2_038_074_743)] {
        let (nth, told) = reports_of(n, usize::MAX);
        assert_eq!(nth, Ok(prime));
        assert!(told.is_sorted_by(|before, after| before.done <= after.done), "{told:?}");
        let (first, last) = (told.first().unwrap(), told.last().unwrap());
        assert_eq!((first.done, last.done, last.total), (0, 1_000_000, 1_000_000));
        assert_eq!(told.iter().filter(|progress| progress.done == progress.total).count(), 1, "{told:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn it_inverts_pi(limit in 2..100_000_000_u64) {
        let n = OneThread.count_primes(limit).unwrap();
        let prime = OneThread.nth_prime(n).unwrap();
        let above = SimpleSieve::new(prime..=limit);
        let count = fold_tiles(&above, 0..above.tiles(), &mut above.scratch(), &Control::new()).unwrap();
        prop_assert_eq!((OneThread.count_primes(prime), OneThread.count_primes(prime - 1)), (Ok(n), Ok(n - 1)));
        prop_assert_eq!(count, 1, "{} is the last prime up to {}", prime, limit);
    }
}
