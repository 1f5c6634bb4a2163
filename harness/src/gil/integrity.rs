//! The integrity experiment shows why there is a lock: threads read a count, add one and write it back.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use primelanes_backends::Gil;
use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::interpreter::{Interpreter, Script};
use super::lab::{Lab, Who};
use super::report::{Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "Each thread reads the shared count, adds one and writes it back. If another thread does the same between the read and\nthe write, its update is lost. The time per update is wall time over the updates of all threads. Virtual time simulates\nno memory, so it has no column.";

/// The result of one run. In CPython, it is the answer of the script.
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

/// Measures one thread, and then `threads` threads, in each mode for `seconds` per column.
///
/// # Errors
/// [`Failure`] if the experiment is cancelled, or if the interpreter or a thread fails.
pub(crate) fn integrity(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    let length = Lab::run_length(seconds);
    let numbers = if threads == 1 { vec![1] } else { vec![1, threads] };
    for threads in numbers {
        for mode in [Mode::Unlocked, Mode::Atomic, Mode::Lock] {
            let who = match mode {
                Mode::Unlocked => Who::Unlocked,
                Mode::Atomic => Who::Nobody,
                Mode::Lock => Who::Locked,
            };
            let python = |python: &_| run_python(lab, python, threads, interval, length);
            let measured = lab.measure(who, python, || run_lock(lab, mode, threads, interval, length))?;
            let interval = (mode == Mode::Lock).then_some(interval);
            let row = |(column, runs): &(_, Vec<Run>)| {
                Row::measured(*column, threads, interval, runs, |runs| figures(mode, runs))
            };
            rows.extend(measured.iter().map(row));
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

fn run_python(
    lab: &Lab<'_>,
    interpreter: &Interpreter,
    threads: usize,
    interval: Duration,
    seconds: f64,
) -> Result<Run, Failure> {
    let parameters = json!({ "threads": threads, "interval_ms": milliseconds(interval), "seconds": seconds });
    lab.ask(interpreter, Script::Integrity, &parameters, seconds)
}

fn run_lock(lab: &Lab<'_>, mode: Mode, threads: usize, interval: Duration, seconds: f64) -> Result<Run, Failure> {
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

/// Spawns a thread that updates the count until `stop` is set, and then returns the number of updates.
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
        Mode::Unlocked => thread().spawn_scoped(scope, || repeat_until(stop, || add(count))),
        Mode::Atomic => thread().spawn_scoped(scope, || {
            repeat_until(stop, || {
                count.fetch_add(1, Ordering::Relaxed);
            })
        }),
        Mode::Lock => workload::spawn(scope, gil, name, |attached| {
            repeat_until(stop, || {
                add(count);
                attached.check();
            })
        }),
    }
}

/// Reads, adds and writes back, in three steps.
fn add(count: &AtomicU64) {
    let before = count.load(Ordering::Relaxed);
    count.store(before + 1, Ordering::Relaxed);
}

/// Calls `update` until `stop` is set. Returns the number of calls.
fn repeat_until(stop: &AtomicBool, update: impl Fn()) -> u64 {
    let mut updates = 0;
    while !stop.load(Ordering::Relaxed) {
        update();
        updates += 1;
    }
    updates
}
