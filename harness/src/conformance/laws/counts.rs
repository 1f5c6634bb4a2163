//! Tests that counts are right for any range, any sequence of queries, and any caller.

use std::ops::RangeInclusive;
use std::panic::resume_unwind;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use primelanes_backends::probe::Probe;
use primelanes_backends::{Algorithm, Backend, Control, PrimeCounter, Query};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

use crate::conformance::broken::{InCase, Judged, ensure};
use crate::conformance::subject::{Subject, ensure_tiles};
use crate::oracle;
use crate::strategies;

/// Algorithms with ranges that they count in milliseconds.
fn questions() -> impl Strategy<Value = (Algorithm, RangeInclusive<u64>)> {
    prop_oneof![
        (Just(Algorithm::TrialDivision), strategies::windows(0..200_000_u64, 30_000)),
        (Just(Algorithm::Sieve), strategies::windows(0..1_u64 << 40, 20_000)),
        // These have several segments, and so several claims.
        (Just(Algorithm::Sieve), (0..strategies::LOW).prop_map(|limit| 0..=limit)),
        // A window is the difference of two counts from 0.
        (Just(Algorithm::Combinatorial), strategies::windows(1_000..1_000_000_000_u64, 20_000)),
        (Just(Algorithm::Combinatorial), (0..strategies::LOW).prop_map(|limit| 0..=limit)),
    ]
}

fn seam_questions() -> impl Strategy<Value = (Algorithm, RangeInclusive<u64>)> {
    prop_oneof![
        (Just(Algorithm::TrialDivision), strategies::windows(strategies::seams(200_000), 3_000)),
        (Just(Algorithm::Sieve), strategies::windows(strategies::seams(1 << 40), 3_000)),
        (Just(Algorithm::Sieve), strategies::seams(strategies::LOW).prop_map(|limit| 0..=limit)),
        (Just(Algorithm::Combinatorial), strategies::windows(strategies::seams(1_000_000_000), 3_000)),
        (Just(Algorithm::Combinatorial), strategies::seams(strategies::LOW).prop_map(|limit| 0..=limit)),
    ]
}

/// A window above 64 bits of several tiles, and its number of primes. PARI/GP 2.15.2: forprime(p=10^20, 10^20+140000, n++).
const LONG_NUMBERS: (RangeInclusive<u128>, u128) = (10_u128.pow(20)..=10_u128.pow(20) + 140_000, 2_972);

fn expected(range: &RangeInclusive<u64>) -> u64 {
    if *range.start() == 0 { oracle::prime_pi(*range.end()) } else { oracle::count_window(range.clone()) }
}

fn ensure_counts(lane: &impl Backend, algorithm: Algorithm, range: &RangeInclusive<u64>) -> Judged {
    let count = lane.count(&Query::from(range.clone()).algorithm(algorithm))?;
    let expected = expected(range);
    ensure!(count == u128::from(expected), "{algorithm} counts {count} primes in {range:?}, not {expected}");
    Ok(())
}

pub(super) fn agreement<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    let (range, expected) = LONG_NUMBERS;
    for lane in subject.lanes() {
        let count = lane.count(&Query::range(range.clone()).algorithm(Algorithm::Sieve))?;
        ensure!(count == expected, "sieve counts {count} primes in {range:?}, not {expected}");
    }
    subject.for_all(questions(), |lane, (algorithm, range)| ensure_counts(&lane, algorithm, &range))
}

pub(super) fn seams<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    subject.for_all(seam_questions(), |lane, (algorithm, range)| ensure_counts(&lane, algorithm, &range))
}

pub(super) fn additivity<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    let starts = (prop::sample::select(vec![Algorithm::Auto, Algorithm::Sieve]), 0..1_u64 << 40);
    let questions = (starts, 1..strategies::LOW / 2, any::<prop::sample::Index>());
    subject.for_all(questions, |lane, ((algorithm, start), width, cut)| {
        let (middle, stop) = (start + cut.index(width as usize) as u64, start + width);
        let count = |range: RangeInclusive<u64>| lane.count(&Query::from(range).algorithm(algorithm));
        let (left, right) = (count(start..=middle)?, count(middle + 1..=stop)?);
        let whole = count(start..=stop)?;
        ensure!(left + right == whole, "{left} primes up to {middle} and {right} beyond are not {whole}");
        Ok(())
    })
}

/// Generates low n, and n for which the prime lies a little above 10^10 or 10^11. There, Riemann's R leads so far from the
/// prime that a window has to be counted too.
fn places() -> impl Strategy<Value = u64> {
    let counts = oracle::powers_of_ten().into_iter().filter(|(k, _)| [10, 11].contains(k)).map(|(_, count)| count);
    let far_out = (prop::sample::select(counts.collect::<Vec<_>>()), 1..100_u64).prop_map(|(count, more)| count + more);
    prop_oneof![1..200_000_u64, far_out]
}

pub(super) fn nth_prime<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    subject.for_all(places(), |lane, n| {
        let (prime, expected) = (lane.nth_prime(n)?, oracle::nth_prime(n));
        ensure!(prime == expected, "the prime with number {n} is {prime}, not {expected}");
        Ok(())
    })
}

/// Counts with one backend several times. The counts have the same tiles but different answers.
pub(super) fn reuse<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    let starts = prop::collection::vec(1..100_000_u64, 2..6);
    subject.for_all((starts, 0..100_u64), |lane, (starts, tiles)| {
        let questions = 1..=starts.len() as u64;
        for (question, start) in questions.clone().zip(starts) {
            let about = || format!("in question {question} to one instance");
            ensure_counts(&lane, Algorithm::TrialDivision, &(start..=start + 5_000)).in_case(about)?;
        }
        for tiles in questions.map(|question| tiles + question % 2) {
            ensure_tiles(&lane.fold(&Probe::new(tiles), &Control::new())?, 0..tiles)?;
        }
        Ok(())
    })
}

pub(super) fn counts_at_once<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    const LIMITS: [(u64, u64); 4] = [(10_000, 1229), (20_000, 2262), (30_000, 3245), (40_000, 4203)];
    for lane in subject.lanes() {
        let start = Barrier::new(LIMITS.len());
        let ask = &|(limit, expected): (u64, u64)| {
            start.wait();
            let probe = Probe { pause: Duration::from_millis(1), ..Probe::new(limit / 5_000) };
            ensure_tiles(&lane.fold(&probe, &Control::new())?, 0..probe.tiles)
                .in_case(|| "beside other folds".to_owned())?;
            let count = lane.count(&Query::from(0..=limit).algorithm(Algorithm::TrialDivision))?;
            ensure!(count == u128::from(expected), "beside other counts, {count} primes up to {limit}, not {expected}");
            Ok(())
        };
        thread::scope(|scope| {
            let threads = LIMITS.map(|limit| scope.spawn(move || ask(limit)));
            threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
        })?;
    }
    Ok(())
}

pub(super) fn inside_rayon<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    let questions = [
        (Algorithm::Sieve, [10_000, 20_000], (1229, 2262)),
        (Algorithm::Combinatorial, [1_000_000, 2_000_000], (78_498, 148_933)),
    ];
    for threads in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        for lane in subject.lanes() {
            for (algorithm, limits, expected) in questions {
                let [left, right] = limits.map(|limit| Query::up_to(limit).algorithm(algorithm));
                let counts = pool.install(|| rayon::join(|| lane.count(&left), || lane.count(&right)));
                let counts = (counts.0?, counts.1?);
                ensure!(counts == expected, "inside a pool of {threads}: {counts:?}, not {expected:?}, by {algorithm}");
            }
        }
    }
    Ok(())
}
