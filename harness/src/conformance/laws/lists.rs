//! Tests that lists of primes are complete and in order, and that they can be ended early.

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::atomic::{AtomicBool, Ordering};

use primelanes_backends::probe::Probe;
use primelanes_backends::{Backend, Control, Error, PrimeCounter};
use proptest::prelude::*;

use crate::conformance::Ability;
use crate::conformance::broken::{Judged, ensure};
use crate::conformance::subject::{Subject, ensure_tiles};
use crate::oracle;
use crate::strategies;

/// A range so wide that one worker lists it in several steps, and so do two.
const WIDE: RangeInclusive<u64> = 0..=60_000_000;

/// Ranges that are listed in milliseconds.
fn ranges() -> impl Strategy<Value = RangeInclusive<u64>> {
    prop_oneof![
        (0..strategies::LOW).prop_map(|limit| 0..=limit),
        strategies::windows(strategies::limits(strategies::LOW), 30_000),
        // So far out, a worker lists several tiles.
        strategies::windows(1 << 40..u64::MAX, 250_000),
    ]
}

pub(super) fn list<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        ensure_one_call_beside(&lane, 40)?;
    }
    let expected = oracle::primes(WIDE);
    for lane in subject.lanes().take(2) {
        ensure_list(&lane, &WIDE, &expected)?;
    }
    let can_cancel = subject.caps.has(Ability::Cancellation);
    subject.for_all((ranges(), 1..10_000_usize), move |lane, (range, enough)| {
        let expected = oracle::primes(range.clone());
        ensure_list(&lane, &range, &expected)?;
        let count = lane.count_range(range.clone())?;
        ensure!(count == expected.len() as u64, "{count} primes are counted, but {} are listed", expected.len());
        ensure_break(&lane, &range, &expected, enough)?;
        if can_cancel { ensure_cancel(&lane, &range, &expected) } else { Ok(()) }
    })
}

/// Ensures that a fold calls what is to run beside it exactly once, and still runs all tiles.
fn ensure_one_call_beside(lane: &impl Backend, tiles: u64) -> Judged {
    for run in [0..tiles, tiles / 2..tiles, 0..1, 0..0] {
        let mut calls = 0;
        let visits = lane.fold_run_beside(&Probe::new(tiles), run.clone(), &Control::new(), &mut || calls += 1)?;
        ensure!(calls == 1, "what is to run beside the tiles {run:?} was called {calls} times");
        ensure_tiles(&visits, run)?;
    }
    Ok(())
}

fn ensure_list(lane: &impl Backend, range: &RangeInclusive<u64>, expected: &[u64]) -> Judged {
    let mut listed = Vec::with_capacity(expected.len());
    lane.list(range.clone(), &Control::new(), &mut |more| {
        listed.extend_from_slice(more);
        ControlFlow::Continue(())
    })?;
    ensure_same(&listed, expected)?;
    ensure!(listed.len() == expected.len(), "{} primes are listed, not {}", listed.len(), expected.len());
    Ok(())
}

/// Ensures that the list has no other primes than the oracle's, as far as it goes.
fn ensure_same(listed: &[u64], expected: &[u64]) -> Judged {
    let differs = listed.iter().zip(expected).position(|(prime, expected)| prime != expected);
    ensure!(
        differs.is_none(),
        "prime {} of the list is {:?}, not {:?}",
        differs.unwrap_or_default(),
        differs.map(|at| listed[at]),
        differs.map(|at| expected[at])
    );
    ensure!(listed.len() <= expected.len(), "{} primes are listed, not {}", listed.len(), expected.len());
    Ok(())
}

/// Ensures that nothing is passed on after the sink has had enough.
fn ensure_break(lane: &impl Backend, range: &RangeInclusive<u64>, expected: &[u64], enough: usize) -> Judged {
    let (mut listed, mut has_ended, mut calls_too_many) = (Vec::new(), false, 0);
    lane.list(range.clone(), &Control::new(), &mut |more| {
        calls_too_many += usize::from(has_ended);
        listed.extend_from_slice(more);
        has_ended = listed.len() >= enough;
        if has_ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    ensure!(calls_too_many == 0, "the sink ended the list, and was called {calls_too_many} more times");
    let least = enough.min(expected.len());
    ensure!(listed.len() >= least, "the list ended after {} primes, before the sink had {least}", listed.len());
    ensure_same(&listed, expected)
}

/// Ensures that a list that is cancelled has no gap, and that it is an error unless it is complete.
fn ensure_cancel(lane: &impl Backend, range: &RangeInclusive<u64>, expected: &[u64]) -> Judged {
    let stop = AtomicBool::new(false);
    let mut listed = Vec::new();
    let mut sink = |more: &[u64]| {
        listed.extend_from_slice(more);
        stop.store(true, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let ended = lane.list(range.clone(), &Control::new().cancel(&stop), &mut sink);
    ensure_same(&listed, expected)?;
    let is_complete = listed.len() == expected.len();
    ensure!(
        ended == Err(Error::Cancelled) || ended == Ok(()) && is_complete,
        "a list of {} of {} primes was cancelled, and ended with {ended:?}",
        listed.len(),
        expected.len()
    );
    Ok(())
}
