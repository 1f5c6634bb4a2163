//! The convoy experiment: how long a thread that sleeps repeatedly waits for the lock each time, beside computing
//! threads.

use std::time::Duration;

use primelanes_backends::global_lock::virtual_time::{SimulatedThread, Step};
use primelanes_backends::{Attached, Gil};
use serde::Deserialize;
use serde_json::json;

use super::calibration::SLEEP;
use super::failure::Failure;
use super::interpreter::{Interpreter, Script};
use super::lab::{Lab, MAX_VIRTUAL_SECONDS, Who};
use super::report::{Distribution, Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::text::plural;

const LEGEND: &str = "One thread sleeps for 0.5 ms, over and over. After each sleep it needs the lock, and a computing thread drops it only\nwhen asked, one interval later. The wake-up delay is the time from the end of the sleep until the thread runs again.";

/// The result of one run. In CPython, it is the answer of the script.
#[derive(Deserialize)]
pub(super) struct Run {
    /// How late the thread woke from each sleep.
    pub(super) latencies_ms: Vec<f64>,
    seconds: f64,
    work: Vec<u64>,
}

impl Run {
    /// Returns the iterations per second of all computing threads together.
    pub(super) fn work_per_second(&self) -> f64 {
        self.work.iter().sum::<u64>() as f64 / self.seconds
    }
}

/// Measures the sleeper beside 0 to `max_cpu_threads` computing threads at each interval, for `seconds` per column.
///
/// # Errors
/// [`Failure`] if the experiment is cancelled, or if the interpreter or a thread fails.
pub(crate) fn convoy(
    lab: &Lab<'_>,
    max_cpu_threads: usize,
    intervals: &[Duration],
    seconds: f64,
) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    for cpu_threads in 0..=max_cpu_threads {
        // A sleeper alone never waits, so the interval does not matter.
        let intervals = if cpu_threads == 0 { &intervals[..1] } else { intervals };
        for (place, &interval) in intervals.iter().enumerate() {
            rows.extend(case(lab, Who::at_interval(place), cpu_threads, interval, seconds)?);
        }
    }
    lab.report("convoy", LEGEND, rows)
}

fn case(lab: &Lab<'_>, who: Who, cpu_threads: usize, interval: Duration, seconds: f64) -> Result<Vec<Row>, Failure> {
    let length = Lab::run_length(seconds);
    let interval_ms = milliseconds(interval);
    let others = plural(cpu_threads, "computing thread");
    let title = |column| format!("{column}: a sleeper beside {others}, interval {interval_ms} ms");
    let computing = Computing { threads: cpu_threads, interval, interpreters: false };
    let python = |python: &_| computing.ask(lab, python, true, length);
    let lock = || {
        let gil = lab.gil(interval);
        let run = run_lock(lab, &gil, cpu_threads, true, length)?;
        lab.keep(title("our lock"), gil.take_recording());
        Ok(run)
    };
    let measured = lab.measure(who, python, lock)?;
    let outcome = lab.simulate(simulated_threads(cpu_threads), interval, seconds.min(MAX_VIRTUAL_SECONDS))?;
    lab.keep_outcome(&title("virtual time"), &outcome);

    let figures = |latencies: &[f64]| Figures::Convoy { cpu_threads, latency_ms: Distribution::of(latencies) };
    let row = |(column, runs): &(_, Vec<Run>)| {
        let latencies = |runs: &[Run]| runs.iter().flat_map(|run| &run.latencies_ms).copied().collect::<Vec<_>>();
        let figures = |runs: &[Run]| figures(&latencies(runs));
        Row::measured(*column, cpu_threads + 1, lab.interval(*column, interval), runs, figures)
    };
    let simulated: Vec<f64> = outcome.delays.iter().map(|&(_, delay)| milliseconds(delay)).collect();
    let simulated = Row::simulated(cpu_threads + 1, Some(interval), figures(&simulated));
    Ok(measured.iter().map(row).chain([simulated]).collect())
}

/// Computing threads in Python.
#[derive(Clone, Copy)]
pub(super) struct Computing {
    pub(super) threads: usize,
    pub(super) interval: Duration,
    /// Whether each has an interpreter of its own.
    pub(super) interpreters: bool,
}

impl Computing {
    /// Runs the threads for some seconds, beside a thread that `sleeps` over and over or once.
    pub(super) fn ask(
        self,
        lab: &Lab<'_>,
        interpreter: &Interpreter,
        sleeps: bool,
        seconds: f64,
    ) -> Result<Run, Failure> {
        let parameters = json!({
            "cpu_threads": self.threads,
            "interval_ms": milliseconds(self.interval),
            "interpreters": self.interpreters,
            "sleep_ms": sleeps.then(|| milliseconds(SLEEP)),
            "seconds": seconds,
        });
        lab.ask(interpreter, Script::Convoy, &parameters, seconds)
    }
}

/// Runs the same workload under our lock.
pub(super) fn run_lock(
    lab: &Lab<'_>,
    gil: &Gil,
    cpu_threads: usize,
    sleeps: bool,
    seconds: f64,
) -> Result<Run, Failure> {
    let sleep = |attached: &mut Attached<'_>| {
        if sleeps {
            return workload::sleep_repeatedly(lab, attached, SLEEP, seconds);
        }
        attached.detach(|| lab.wait(seconds));
        Vec::new()
    };
    let (latencies, seconds, work) =
        workload::beside(lab, gil, cpu_threads, "sleeper", sleep).map_err(Failure::Threads)?;
    Ok(Run { latencies_ms: latencies.into_iter().map(milliseconds).collect(), seconds, work })
}

/// Creates the sleeper, followed by the computing threads.
pub(super) fn simulated_threads(cpu_threads: usize) -> Vec<SimulatedThread> {
    let cpu = |number| SimulatedThread::forever(format!("cpu {number}"), [Step::Compute(Duration::from_secs(1))]);
    let sleeper = SimulatedThread::forever("sleeper", [Step::Sleep(SLEEP)]);
    std::iter::once(sleeper).chain((1..=cpu_threads).map(cpu)).collect()
}
