//! Why there is a lock: threads that read a count, add to it and write it back.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use primelanes_backends::Gil;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::interpreter::Script as PythonScript;
use super::lab::{Lab, ROUNDS};
use super::report::{Column, Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "Every thread reads the shared count, adds one and writes it back. Between the reading and the writing another may have\ndone the same: its update is lost. \"Each update\" is wall time over the updates of all threads. Virtual time has nothing\nto say here: it knows no memory.";

#[derive(Serialize)]
struct Parameters {
    threads: usize,
    interval_ms: f64,
    seconds: f64,
}

/// One run; in CPython the script's answer.
#[derive(Deserialize)]
struct Run {
    expected: u64,
    counted: u64,
    nanoseconds_per_update: f64,
}

/// How the count is protected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Unlocked,
    Atomic,
    Lock,
}

impl Mode {
    const fn name(self) -> &'static str {
        match self {
            Self::Unlocked => "no lock",
            Self::Atomic => "atomic increments",
            Self::Lock => "global lock",
        }
    }
}

/// One thread and so many threads, for so many seconds in each way.
///
/// # Errors
/// Cancellation, or an interpreter that fails.
pub(crate) fn integrity(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    let numbers = if threads == 1 { vec![1] } else { vec![1, threads] };
    for threads in numbers {
        for mode in [Mode::Unlocked, Mode::Atomic, Mode::Lock] {
            let own_interval = (mode == Mode::Lock).then_some(interval);
            let row = |column, runs: &[Run]| Row::new(column, threads, own_interval, figures(mode, runs));
            let (mut python, mut lock) = (Vec::new(), Vec::new());
            let length = seconds / f64::from(ROUNDS);
            for _ in 0..ROUNDS {
                // An interpreter has its lock and no other way.
                if mode == Mode::Lock {
                    let parameters = Parameters { threads, interval_ms: milliseconds(interval), seconds: length };
                    python.extend(lab.ask::<Run>(PythonScript::Integrity, &parameters, length)?);
                }
                lock.push(run(lab, mode, threads, interval, length)?);
            }
            if !python.is_empty() {
                rows.push(row(Column::Cpython, &python));
            }
            rows.push(row(Column::Lock, &lock));
        }
    }
    lab.report("integrity", LEGEND, rows)
}

fn figures(mode: Mode, runs: &[Run]) -> Figures {
    Figures::Integrity {
        mode: mode.name(),
        expected: runs.iter().map(|run| run.expected).sum(),
        counted: runs.iter().map(|run| run.counted).sum(),
        nanoseconds_per_update: median(runs.iter().map(|run| run.nanoseconds_per_update)),
    }
}

fn run(lab: &Lab<'_>, mode: Mode, threads: usize, interval: Duration, seconds: f64) -> Result<Run, Failure> {
    lab.check_cancelled()?;
    let gil = lab.gil(interval);
    let (stop, count) = (&AtomicBool::new(false), &AtomicU64::new(0));
    let begun = Instant::now();
    let updates = thread::scope(|scope| {
        let adders: io::Result<Vec<_>> =
            (1..=threads).map(|number| spawn(scope, &gil, mode, &format!("adder {number}"), stop, count)).collect();
        if adders.is_ok() {
            lab.wait(seconds);
        }
        stop.store(true, Ordering::Relaxed);
        io::Result::Ok(adders?.into_iter().map(workload::join).sum())
    })
    .map_err(Failure::Threads)?;
    let nanoseconds = begun.elapsed().as_secs_f64() * 1e9;
    if threads > 1 && mode == Mode::Lock {
        lab.keep(format!("our lock: {threads} threads add to one count"), gil.take_recording());
    }
    let (expected, counted) = (updates, count.load(Ordering::Relaxed));
    Ok(Run { expected, counted, nanoseconds_per_update: nanoseconds / expected.max(1) as f64 })
}

/// A thread that updates the count until told to stop, and says how often.
fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    gil: &'scope Gil,
    mode: Mode,
    name: &str,
    stop: &'scope AtomicBool,
    count: &'scope AtomicU64,
) -> io::Result<ScopedJoinHandle<'scope, u64>> {
    let thread = || thread::Builder::new().name(name.to_owned());
    match mode {
        Mode::Unlocked => thread().spawn_scoped(scope, || until(stop, || add(count))),
        Mode::Atomic => thread().spawn_scoped(scope, || {
            until(stop, || {
                count.fetch_add(1, Ordering::Relaxed);
            })
        }),
        Mode::Lock => workload::spawn(scope, gil, name, |attached| {
            until(stop, || {
                add(count);
                attached.check();
            })
        }),
    }
}

/// Reads, adds, writes back: three steps.
fn add(count: &AtomicU64) {
    let before = count.load(Ordering::Relaxed);
    count.store(before + 1, Ordering::Relaxed);
}

/// Updates until told to stop; gives how often.
fn until(stop: &AtomicBool, update: impl Fn()) -> u64 {
    let mut updates = 0;
    while !stop.load(Ordering::Relaxed) {
        update();
        updates += 1;
    }
    updates
}
