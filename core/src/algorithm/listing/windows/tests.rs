use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Mutex;

use proptest::prelude::*;

use super::super::Sequential;
use super::*;
use crate::{Crew, is_prime, primes};

fn numbers(range: RangeInclusive<u64>) -> Vec<u64> {
    let mut listed = Vec::new();
    let sink = &mut |more: &[u64]| {
        listed.extend_from_slice(more);
        ControlFlow::Continue(())
    };
    list_on(&Sequential, range, &Control::new(), sink).unwrap();
    listed
}

fn text(range: RangeInclusive<u64>) -> String {
    let mut listed = Vec::new();
    let sink = &mut |more: &[u8]| {
        listed.extend_from_slice(more);
        ControlFlow::Continue(())
    };
    list_text(&Sequential, range, b'\n', &Control::new(), sink).unwrap();
    String::from_utf8(listed).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn narrow_ranges_are_listed(bits in 1..=64_u32, start: u64, width in 0..20_000_u64) {
        let start = start >> (64 - bits);
        let range = start..=start.saturating_add(width);
        let expected: Vec<u64> = range.clone().filter(|&number| is_prime(number)).collect();
        let lines = expected.iter().flat_map(|prime| [prime.to_string(), "\n".to_owned()]).collect::<String>();
        prop_assert_eq!(numbers(range.clone()), expected);
        prop_assert_eq!(text(range), lines);
    }
}

/// Several windows, and the seam between two stretches.
#[test]
fn wide_ranges_are_listed() {
    for range in [0..=60_000_000, FIRST_STRETCH - 20_000_000..=FIRST_STRETCH + 40_000_000] {
        assert!(numbers(range.clone()).into_iter().eq(primes(range)));
    }
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is tested")]
fn empty_ranges_are_listed() {
    for range in [5..=3, 0..=1, 24..=28, u64::MAX..=u64::MAX] {
        assert_eq!((numbers(range.clone()), text(range)), (Vec::new(), String::new()));
    }
}

#[test]
fn a_sink_that_has_enough_receives_no_more() {
    let mut received = Vec::new();
    let sink = &mut |more: &[u64]| {
        received.push(more[0]);
        if received.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    // Without a break, this would take a day.
    assert_eq!(list_on(&Sequential, 0..=u64::MAX, &Control::new(), sink), Ok(()));
    assert!(received.len() == 3 && received[0] == 2 && received.is_sorted());
}

#[test]
fn a_sink_that_panics_is_an_error() {
    let mut calls = 0;
    let sink = &mut |_: &[u64]| {
        calls += 1;
        resume_unwind(Box::new("full"))
    };
    let panicked = Err(Error::Panicked { phase: "sink".into(), message: "full".into() });
    assert_eq!(list_on(&Sequential, 0..=1_000_000_000, &Control::new(), sink), panicked);
    assert_eq!(calls, 1);
}

#[test]
fn a_cancelled_listing_is_an_error() {
    let stop = AtomicBool::new(false);
    let control = Control::new().cancel(&stop);
    let mut listed = 0;
    let sink = &mut |more: &[u64]| {
        listed += more.len();
        stop.store(true, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    assert_eq!(list_on(&Sequential, 0..=u64::MAX, &control, sink), Err(Error::Cancelled));
    assert!(listed > 0);
    assert_eq!(list_on(&Sequential, 0..=100, &control, &mut |_| unreachable!()), Err(Error::Cancelled));
}

#[test]
fn the_progress_grows_once_to_the_whole() {
    for range in [0..=5, 10_u64.pow(9)..=1_200_000_000, FIRST_STRETCH - 20_000_000..=FIRST_STRETCH + 40_000_000] {
        let told = Mutex::new(Vec::new());
        let observer = |progress: Progress| {
            told.lock().unwrap().push((progress.done, progress.total));
            ControlFlow::Continue(())
        };
        let control = Control::new().progress(&observer);
        list_on(&Sequential, range, &control, &mut |_| ControlFlow::Continue(())).unwrap();
        let told = told.into_inner().unwrap();
        assert!(told.is_sorted(), "{told:?}");
        assert_eq!((told[0], told[told.len() - 1]), ((0, 1_000_000), (1_000_000, 1_000_000)));
    }
}

#[test]
fn the_lists_of_many_workers_fit_in_the_memory_and_those_of_processes_in_a_message() {
    let range = 10_u64.pow(18)..=2 * 10_u64.pow(18);
    let segment = |crew: Crew| tuning(&range, 17.0, crew).segment;
    let [one, many] = [1, 256].map(|workers| NonZeroUsize::new(workers).unwrap());
    assert!(segment(one.into()) > segment(many.into()) && segment(many.into()) >= LEAST_SEGMENT);
    let apart = f64::from(segment(Crew::apart(one)));
    assert!((10e6..16e6).contains(&(apart * 1680.0 / 42.14 * 17.0)), "{apart}");
}

/// A description of work may come from outside.
#[test]
fn a_spec_with_another_wheel_is_refused() {
    let range = 0..=1_000_000_000;
    let tuning = Tuning { wheel: 30, ..tuning(&range, 8.0, NonZeroUsize::MIN.into()) };
    let spec = ListSpec { start: 0, stop: *range.end(), tuning: Some(tuning) };
    let refused = Listing::new(spec, Numbers, &Control::new()).err();
    let reason = "lists need a wheel of 210, not of 30".to_owned();
    assert_eq!(refused, Some(Error::BadTuning { reason }));
}

/// Fails in some tile.
struct Failing {
    tile: u64,
}

impl Backend for Failing {
    fn label(&self) -> &'static str {
        "failing"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn crew(&self) -> Crew {
        self.workers().into()
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        if tiles.contains(&self.tile) {
            Err(Error::AlreadyAttached)
        } else {
            Sequential.fold_run(kernel, tiles, control)
        }
    }
}

#[test]
fn what_was_found_before_a_failure_is_passed_on() {
    let mut listed = 0;
    let sink = &mut |more: &[u64]| {
        listed += more.len() as u64;
        ControlFlow::Continue(())
    };
    let tile = 2 * TILES_PER_WORKER;
    assert_eq!(list_on(&Failing { tile }, 0..=100_000_000, &Control::new(), sink), Err(Error::AlreadyAttached));
    let stop = tile * 1680 * u64::from(*SEGMENTS.start());
    assert!((stop / 20..stop / 10).contains(&listed), "{listed} primes up to {stop}");
}
