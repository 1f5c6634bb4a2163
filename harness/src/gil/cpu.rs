//! The cpu experiment: how computing threads share the lock.

use std::time::Duration;

use primelanes_backends::global_lock::virtual_time::{SimulatedThread, Step};
use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::interpreter::{Interpreter, Script};
use super::lab::{Lab, MAX_VIRTUAL_SECONDS, Who};
use super::report::{Distribution, Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "A slice is the time that a thread keeps the lock until another thread has it. Throughput is the iterations per second of\nall threads, relative to those of one thread alone.";

/// The result of one run of some threads. In CPython, it is the answer of the script.
#[derive(Deserialize)]
struct Run {
    /// `None` without a lock.
    slices_ms: Option<Vec<f64>>,
    /// `None` without a lock.
    switches: Option<u64>,
    seconds: f64,
    work: Vec<u64>,
}

impl Run {
    fn iterations_per_second(&self) -> f64 {
        self.work.iter().sum::<u64>() as f64 / self.seconds
    }
}

/// A run of one thread, and one of all threads right after it.
type Pair = (Run, Run);

/// Measures `threads` computing threads at each interval, for `seconds` per column.
///
/// # Errors
/// [`Failure`] if the experiment is cancelled, or if the interpreter or a thread fails.
pub(crate) fn cpu(lab: &Lab<'_>, threads: usize, intervals: &[Duration], seconds: f64) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    let length = Lab::run_length(seconds);
    for (place, &interval) in intervals.iter().enumerate() {
        let ask = |python: &_| run_python(lab, python, threads, interval, length);
        let run = |threads| run_lock(lab, threads, interval, length);
        let measured = lab.measure(Who::at_interval(place), ask, || Ok((run(1)?, run(threads)?)))?;
        let row = |(column, pairs): &(_, Vec<Pair>)| {
            Row::measured(*column, threads, lab.interval(*column, interval), pairs, figures)
        };
        rows.extend(measured.iter().map(row));
        rows.push(Row::simulated(threads, Some(interval), simulate(lab, threads, interval, seconds)?));
    }
    lab.report("cpu", LEGEND, rows)
}

fn run_python(
    lab: &Lab<'_>,
    interpreter: &Interpreter,
    threads: usize,
    interval: Duration,
    seconds: f64,
) -> Result<Pair, Failure> {
    let ask = |threads| {
        let parameters = json!({ "threads": threads, "interval_ms": milliseconds(interval), "seconds": seconds });
        lab.ask(interpreter, Script::Cpu, &parameters, seconds)
    };
    Ok((ask(1)?, ask(threads)?))
}

fn run_lock(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Run, Failure> {
    let gil = lab.gil(interval);
    let computed = workload::compute(lab, &gil, threads, seconds).map_err(Failure::Threads)?;
    if threads > 1 {
        lab.keep(title("our lock", threads, interval), gil.take_recording());
    }
    Ok(Run {
        slices_ms: Some(computed.slices.into_iter().map(milliseconds).collect()),
        switches: Some(computed.switches),
        seconds: computed.seconds,
        work: computed.work,
    })
}

fn figures(pairs: &[Pair]) -> Figures {
    let slices: Option<Vec<&Vec<f64>>> = pairs.iter().map(|(_, all)| all.slices_ms.as_ref()).collect();
    let switches: Option<Vec<f64>> =
        pairs.iter().map(|(_, all)| all.switches.map(|switches| switches as f64 / all.seconds)).collect();
    let threads = pairs[0].1.work.len();
    let work = |thread: usize| pairs.iter().map(|(_, all)| all.work[thread]).sum::<u64>() as f64;
    let whole: f64 = (0..threads).map(work).sum();
    let ratio = |(one, all): &Pair| all.iterations_per_second() / one.iterations_per_second();
    Figures::Cpu {
        slice_ms: slices.map(|slices| Distribution::of(&slices.into_iter().flatten().copied().collect::<Vec<_>>())),
        switches_per_second: switches.map(median),
        throughput_ratio: median(pairs.iter().map(ratio)),
        shares: (0..threads).map(|thread| work(thread) / whole).collect(),
    }
}

fn simulate(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Figures, Failure> {
    let thread = |number| SimulatedThread::forever(format!("cpu {number}"), [Step::Compute(Duration::from_secs(1))]);
    let outcome = lab.simulate((1..=threads).map(thread).collect(), interval, seconds.min(MAX_VIRTUAL_SECONDS))?;
    lab.keep_outcome(&title("virtual time", threads, interval), &outcome);
    let slices: Vec<f64> = outcome.recordings[0].slices().into_iter().map(|(_, slice)| milliseconds(slice)).collect();
    let computed: Vec<f64> = outcome.computed.iter().map(Duration::as_secs_f64).collect();
    let whole: f64 = computed.iter().sum();
    Ok(Figures::Cpu {
        slice_ms: Some(Distribution::of(&slices)),
        switches_per_second: Some(outcome.switches[0] as f64 / outcome.end.as_secs_f64()),
        throughput_ratio: whole / outcome.end.as_secs_f64(),
        shares: computed.iter().map(|part| part / whole).collect(),
    })
}

fn title(column: &str, threads: usize, interval: Duration) -> String {
    format!("{column}: {threads} threads compute, interval {} ms", milliseconds(interval))
}
