//! Threads that compute: how they take turns.

use std::time::Duration;

use primelanes_backends::global_lock::virtual_time::{SimulatedThread, Step};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::interpreter::Script as PythonScript;
use super::lab::{Lab, MOST_VIRTUAL_SECONDS, ROUNDS};
use super::report::{Column, Distribution, Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "A slice is how long a thread keeps the lock before another has it. Throughput is all threads' iterations a second\nover those of one thread alone.";

#[derive(Serialize)]
struct Parameters {
    threads: usize,
    interval_ms: f64,
    seconds: f64,
}

/// One run of some threads; in CPython the script's answer.
#[derive(Deserialize)]
struct Run {
    slices_ms: Vec<f64>,
    switches: u64,
    seconds: f64,
    work: Vec<u64>,
}

impl Run {
    fn iterations_per_second(&self) -> f64 {
        self.work.iter().sum::<u64>() as f64 / self.seconds
    }
}

/// So many threads at each interval, for so many seconds in each column.
///
/// # Errors
/// Cancellation, or an interpreter that fails.
pub(crate) fn cpu(lab: &Lab<'_>, threads: usize, intervals: &[Duration], seconds: f64) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    for &interval in intervals {
        // Each run has one thread alone beside it, for as long.
        let (mut python, mut lock) = (Vec::new(), Vec::new());
        let length = seconds / f64::from(ROUNDS);
        for _ in 0..ROUNDS {
            python.push((run_python(lab, 1, interval, length)?, run_python(lab, threads, interval, length)?));
            lock.push((run_lock(lab, 1, interval, length)?, run_lock(lab, threads, interval, length)?));
        }
        let python: Option<Vec<_>> = python.into_iter().map(|(one, all)| Some((one?, all?))).collect();
        let row = |column, runs: &[_]| Row::new(column, threads, Some(interval), figures(runs));
        rows.extend(python.map(|runs| row(Column::Cpython, &runs)));
        rows.push(row(Column::Lock, &lock));
        rows.push(Row::new(Column::Virtual, threads, Some(interval), simulate(lab, threads, interval, seconds)));
    }
    lab.report("cpu", LEGEND, rows)
}

fn run_python(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Option<Run>, Failure> {
    let parameters = Parameters { threads, interval_ms: milliseconds(interval), seconds };
    lab.ask(PythonScript::Cpu, &parameters, seconds)
}

fn run_lock(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Run, Failure> {
    lab.check_cancelled()?;
    let gil = lab.gil(interval);
    let computed = workload::compute(lab, &gil, threads, seconds).map_err(Failure::Threads)?;
    if threads > 1 {
        lab.keep(title("our lock", threads, interval), gil.take_recording());
    }
    Ok(Run {
        slices_ms: computed.slices.into_iter().map(milliseconds).collect(),
        switches: computed.switches,
        seconds: computed.seconds,
        work: computed.work,
    })
}

/// From pairs of one thread's run and all threads'.
fn figures(runs: &[(Run, Run)]) -> Figures {
    let slices: Vec<f64> = runs.iter().flat_map(|(_, all)| &all.slices_ms).copied().collect();
    let threads = runs[0].1.work.len();
    let work = |thread: usize| runs.iter().map(|(_, all)| all.work[thread]).sum::<u64>() as f64;
    let whole: f64 = (0..threads).map(work).sum();
    let ratio = |(one, all): &(Run, Run)| all.iterations_per_second() / one.iterations_per_second();
    Figures::Cpu {
        slice_ms: Distribution::of(&slices),
        switches_per_second: median(runs.iter().map(|(_, all)| all.switches as f64 / all.seconds)),
        throughput_ratio: median(runs.iter().map(ratio)),
        shares: (0..threads).map(|thread| work(thread) / whole).collect(),
    }
}

fn simulate(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Figures {
    let cpu = |number| SimulatedThread::forever(format!("cpu {number}"), [Step::Compute(Duration::from_secs(1))]);
    let outcome = lab.simulate((1..=threads).map(cpu).collect(), interval, seconds.min(MOST_VIRTUAL_SECONDS));
    lab.keep_outcome(&title("virtual time", threads, interval), &outcome);
    let slices: Vec<f64> = outcome.recordings[0].slices().into_iter().map(|(_, slice)| milliseconds(slice)).collect();
    let computed: Vec<f64> = outcome.computed.iter().map(Duration::as_secs_f64).collect();
    let whole: f64 = computed.iter().sum();
    Figures::Cpu {
        slice_ms: Distribution::of(&slices),
        switches_per_second: outcome.switches[0] as f64 / outcome.end.as_secs_f64(),
        throughput_ratio: whole / outcome.end.as_secs_f64(),
        shares: computed.iter().map(|part| part / whole).collect(),
    }
}

fn title(column: &str, threads: usize, interval: Duration) -> String {
    format!("{column}: {threads} threads compute, interval {} ms", milliseconds(interval))
}
