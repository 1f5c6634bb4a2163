//! A thread that sleeps again and again beside some that compute: how long it waits to run again.

use std::time::Duration;

use primelanes_backends::Attached;
use primelanes_backends::global_lock::virtual_time::{SimulatedThread, Step};
use serde::{Deserialize, Serialize};

use super::calibration::SLEEP;
use super::failure::Failure;
use super::interpreter::Script as PythonScript;
use super::lab::{Lab, MOST_VIRTUAL_SECONDS, ROUNDS};
use super::report::{Column, Distribution, Figures, Report, Row};
use super::units::milliseconds;
use super::workload;

const LEGEND: &str = "One thread sleeps 0.5 ms again and again. Whenever it wakes it needs the lock, and gets it when the one that computes is\nasked for it: an interval later. \"Back after\" is how much longer than the sleep that took.";

#[derive(Serialize)]
struct Parameters {
    cpu_threads: usize,
    interval_ms: f64,
    sleep_ms: f64,
    seconds: f64,
}

#[derive(Deserialize)]
struct Run {
    latencies_ms: Vec<f64>,
}

/// Beside 0 to so many threads that compute, at each interval, for so many seconds in each column.
///
/// # Errors
/// Cancellation, or an interpreter that fails.
pub(crate) fn convoy(
    lab: &Lab<'_>,
    most_cpu_threads: usize,
    intervals: &[Duration],
    seconds: f64,
) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    for cpu_threads in 0..=most_cpu_threads {
        // With nobody to wait for, the interval does not matter.
        let intervals = if cpu_threads == 0 { &intervals[..1] } else { intervals };
        for &interval in intervals {
            rows.extend(case(lab, cpu_threads, interval, seconds)?);
        }
    }
    lab.report("convoy", LEGEND, rows)
}

fn case(lab: &Lab<'_>, cpu_threads: usize, interval: Duration, seconds: f64) -> Result<Vec<Row>, Failure> {
    let length = seconds / f64::from(ROUNDS);
    let (interval_ms, sleep_ms) = (milliseconds(interval), milliseconds(SLEEP));
    let parameters = Parameters { cpu_threads, interval_ms, sleep_ms, seconds: length };
    let (mut python, mut lock) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        python.push(lab.ask::<Run>(PythonScript::Convoy, &parameters, length)?);
        lock.extend(run_lock(lab, cpu_threads, interval, length)?);
    }
    let python: Option<Vec<Run>> = python.into_iter().collect();
    let python = python.map(|runs| runs.into_iter().flat_map(|run| run.latencies_ms).collect::<Vec<_>>());
    let threads = threads(cpu_threads);
    let outcome = lab.simulate(threads, interval, seconds.min(MOST_VIRTUAL_SECONDS));
    lab.keep_outcome(&title("virtual time", cpu_threads, interval), &outcome);
    let simulated: Vec<f64> = outcome.delays.iter().map(|&(_, delay)| milliseconds(delay)).collect();

    let row = |column, latencies: &[f64]| {
        let figures = Figures::Convoy { cpu_threads, latency_ms: Distribution::of(latencies) };
        Row::new(column, cpu_threads + 1, Some(interval), figures)
    };
    let mut rows: Vec<_> = python.iter().map(|latencies| row(Column::Cpython, latencies)).collect();
    rows.extend([row(Column::Lock, &lock), row(Column::Virtual, &simulated)]);
    Ok(rows)
}

fn run_lock(lab: &Lab<'_>, cpu_threads: usize, interval: Duration, seconds: f64) -> Result<Vec<f64>, Failure> {
    lab.check_cancelled()?;
    let gil = lab.gil(interval);
    let sleep = |attached: &mut Attached<'_>| workload::sleep_again_and_again(lab, attached, SLEEP, seconds);
    let (latencies, ..) = workload::beside(&gil, cpu_threads, "sleeper", sleep).map_err(Failure::Threads)?;
    lab.keep(title("our lock", cpu_threads, interval), gil.take_recording());
    Ok(latencies.into_iter().map(milliseconds).collect())
}

/// The sleeper first, then those that compute.
pub(super) fn threads(cpu_threads: usize) -> Vec<SimulatedThread> {
    let cpu = |number| SimulatedThread::forever(format!("cpu {number}"), [Step::Compute(Duration::from_secs(1))]);
    let sleeper = SimulatedThread::forever("sleeper", [Step::Sleep(SLEEP)]);
    std::iter::once(sleeper).chain((1..=cpu_threads).map(cpu)).collect()
}

fn title(column: &str, cpu_threads: usize, interval: Duration) -> String {
    format!("{column}: a sleeper beside {cpu_threads} that compute, interval {} ms", milliseconds(interval))
}
