//! The lock under other rules, simulated for a choice of intervals, threads and cores.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use primelanes_backends::Control;
use primelanes_backends::global_lock::protocol::{Regime, Rules};
use primelanes_backends::global_lock::trace::Recording;
use primelanes_backends::global_lock::virtual_time::{Outcome, SimulatedThread, Simulation, Step};

use super::data::{Case, LockRules, Measured, Overhead, Quantiles};
use crate::gil::calibration::SLEEP;
use crate::gil::{CHECKS, Calibration, Failure, OVERHEAD, Scene};
use crate::statistics::quantile;

/// The choices.
pub(super) const RULES: [LockRules; 4] =
    [LockRules::OneLock, LockRules::LockEach, LockRules::NoLock, LockRules::Before32];
pub(super) const INTERVALS_MS: [u64; 3] = [1, 5, 20];
pub(super) const THREADS: [usize; 3] = [1, 2, 4];
pub(super) const CORES: [usize; 3] = [1, 2, 4];

/// The number of cases. Only one lock has an interval that matters.
pub(super) const CASES: usize = (INTERVALS_MS.len() + RULES.len() - 1) * THREADS.len() * CORES.len();

/// The interval of the rules that do not depend on it, in milliseconds.
pub(super) const DEFAULT_INTERVAL_MS: u64 = 5;

/// How much longer a thread without a lock takes, unless it is measured.
pub(super) const ASSUMED: Overhead = Overhead { percent: 100.0 * OVERHEAD, measured: false };

/// The length of each picture. It shows a whole turn at the longest interval.
pub(super) const WINDOW: Duration = Duration::from_millis(32);

/// The length of each recording. It is longer than the picture, because what a thread does is known only up to its next
/// event.
const RECORDED: Duration = WINDOW.saturating_mul(2);

/// The largest number of events in a recording. The lock before 3.2 changes hands every few microseconds.
const CAPACITY: usize = 200_000;

/// Simulates every case for this many seconds of virtual time, and calls `after_case` after each.
///
/// # Errors
/// [`Failure::Cancelled`] if `cancel` is set.
pub(super) fn what_if(
    calibration: &Calibration,
    overhead: Overhead,
    seconds: f64,
    cancel: &AtomicBool,
    after_case: &dyn Fn(),
) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::with_capacity(CASES);
    for rules in RULES {
        let intervals = if rules == LockRules::OneLock { INTERVALS_MS.map(Some).to_vec() } else { vec![None] };
        for interval_ms in intervals {
            for (threads, cores) in THREADS.into_iter().flat_map(|threads| CORES.map(|cores| (threads, cores))) {
                let mut simulation = simulation(calibration, rules, interval_ms, threads, cores);
                if rules == LockRules::NoLock {
                    simulation.slowdown += overhead.percent / 100.0;
                }
                let until = Duration::from_secs_f64(seconds).max(RECORDED);
                let outcome = simulation.run_with(until, &Control::new().cancel(cancel))?;
                let mut case = case(rules, interval_ms, (threads, cores), &outcome);
                case.scene = Scene { title: case.to_string(), recording: merged(&simulation, outcome.recordings) };
                cases.push(case);
                after_case();
            }
        }
    }
    Ok(cases)
}

fn simulation(
    calibration: &Calibration,
    rules: LockRules,
    interval_ms: Option<u64>,
    threads: usize,
    cores: usize,
) -> Simulation {
    let interval = Duration::from_millis(interval_ms.unwrap_or(DEFAULT_INTERVAL_MS));
    let regime = match rules {
        LockRules::OneLock | LockRules::LockEach => Regime::Timed { interval },
        LockRules::NoLock => Regime::Unlocked,
        LockRules::Before32 => Regime::Counted { checks: CHECKS },
    };
    let compute = |number| SimulatedThread::forever(format!("cpu {number}"), [Step::Compute(Duration::from_secs(1))]);
    let sleeper = SimulatedThread::forever("sleeper", [Step::Sleep(SLEEP)]);
    let mut threads: Vec<_> = std::iter::once(sleeper).chain((1..=threads).map(compute)).collect();
    if rules == LockRules::LockEach {
        threads.iter_mut().enumerate().for_each(|(number, thread)| thread.interpreter = number);
    }
    Simulation {
        cores,
        costs: calibration.costs(),
        rules: Rules::new(regime),
        slowdown: 1.0,
        threads,
        capacity: CAPACITY,
        seed: 0,
    }
}

fn case(rules: LockRules, interval_ms: Option<u64>, (threads, cores): (usize, usize), outcome: &Outcome) -> Case {
    // For a thread that still waits, count its wait so far. Otherwise, a lock that starves the thread would look good.
    let delays = outcome.delays.iter().chain(&outcome.overdue).map(|(_, delay)| 1e3 * delay.as_secs_f64());
    let delays: Vec<f64> = delays.collect();
    let part = |part| Measured::simulated(quantile(delays.iter().copied(), part));
    let computed: Duration = outcome.computed.iter().sum();
    Case {
        rules,
        interval_ms,
        threads,
        cores,
        throughput: Measured::simulated(computed.as_secs_f64() / outcome.end.as_secs_f64()),
        delay_ms: (!delays.is_empty()).then(|| Quantiles { median: part(0.5), p90: part(0.9) }),
        scene: Scene { title: String::new(), recording: Recording::default() },
    }
}

/// One recording of the locks of all interpreters. Their events have nothing to do with each other, apart from the time.
fn merged(simulation: &Simulation, recordings: Vec<Recording>) -> Recording {
    let mut all = Recording::default();
    for recording in recordings {
        let first = all.threads.len();
        all.threads.extend(recording.threads);
        let shown = recording.entries.into_iter().take_while(|entry| entry.at <= RECORDED);
        all.entries.extend(shown.map(|mut entry| {
            entry.thread += first;
            entry
        }));
    }
    all.entries.sort_by_key(|entry| entry.at);
    // A thread that got no core in this time did nothing at a lock.
    for thread in &simulation.threads {
        if !all.threads.contains(&thread.name) {
            all.threads.push(thread.name.clone());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    use super::super::made;

    #[test]
    fn every_choice_has_a_case_and_each_rule_its_price() {
        let done = Cell::new(0);
        let cases = what_if(&made::COSTS, ASSUMED, 0.2, &AtomicBool::new(false), &|| done.set(done.get() + 1)).unwrap();
        assert_eq!((cases.len(), done.get()), (CASES, CASES));
        let of = |rules, interval_ms, threads, cores| {
            let is_it = |case: &&Case| {
                (case.rules, case.interval_ms, case.threads, case.cores) == (rules, interval_ms, threads, cores)
            };
            let case = cases.iter().find(is_it).unwrap();
            (case.throughput.value, case.delay_ms.as_ref().unwrap().median.value)
        };
        let near = |figure: f64, expected: f64| (figure / expected - 1.0).abs() < 0.05;
        for (interval, delay) in [(1, 1.16), (5, 5.16), (20, 20.16)] {
            let (throughput, waited) = of(LockRules::OneLock, Some(interval), 1, 2);
            assert!(near(throughput, 1.0) && near(waited, delay), "{interval} ms: {throughput} x, {waited} ms");
        }
        assert!(of(LockRules::OneLock, Some(5), 4, 4).0 < 1.0);
        assert!(near(of(LockRules::LockEach, None, 2, 4).0, 2.0) && of(LockRules::LockEach, None, 2, 4).1 < 0.2);
        assert!(near(of(LockRules::NoLock, None, 2, 4).0, 2.0 / 1.1));
        assert!(near(of(LockRules::NoLock, None, 4, 1).0, 1.0 / 1.1), "four threads on one core");
        assert!(of(LockRules::Before32, None, 2, 2).0 < 1.0);
    }

    #[test]
    fn a_picture_shows_all_threads_of_all_locks() {
        let cases = what_if(&made::COSTS, ASSUMED, 0.05, &AtomicBool::new(false), &|| ()).unwrap();
        for case in cases {
            assert_eq!(case.scene.recording.threads.len(), case.threads + 1, "{}", case.scene.title);
            assert!(case.scene.recording.entries.is_sorted_by_key(|entry| entry.at), "{}", case.scene.title);
        }
    }

    #[test]
    fn a_cancelled_simulation_says_so() {
        let cancelled = what_if(&made::COSTS, ASSUMED, 1.0, &AtomicBool::new(true), &|| ());
        assert!(matches!(cancelled, Err(Failure::Cancelled)));
    }
}
