//! What if the lock were another, or none: one workload under every regime.

use std::time::Duration;

use primelanes_backends::Attached;
use primelanes_backends::global_lock::protocol::Regime;
use primelanes_backends::global_lock::virtual_time::{Outcome, Simulation};
use serde::{Deserialize, Serialize};

use super::calibration::SLEEP;
use super::convoy::threads;
use super::failure::Failure;
use super::interpreter::Script as PythonScript;
use super::lab::{Lab, MOST_VIRTUAL_SECONDS, ROUNDS};
use super::report::{Column, Distribution, Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "Some threads compute, and one sleeps 0.5 ms again and again. Throughput is all computing threads' work a second over\nthat of one alone; \"back after\" is how much longer than its sleep the other takes to run again. A release costs what it\ncosts our lock, in the lock before 3.2 too.";

/// How much longer everything takes in one thread of a free-threaded build. Python's own documents speak of some 40 % for
/// 3.13 and of 5 to 10 % for 3.14 ("Python support for free threading").
const OVERHEAD: f64 = 0.1;

/// `sys.setcheckinterval` before 3.2, unless set.
const CHECKS: u32 = 100;

#[derive(Serialize)]
struct Parameters {
    cpu_threads: usize,
    interval_ms: f64,
    /// `None`: nobody sleeps again and again.
    sleep_ms: Option<f64>,
    seconds: f64,
}

/// One run; in CPython the script's answer.
#[derive(Deserialize)]
struct Run {
    latencies_ms: Vec<f64>,
    seconds: f64,
    work: Vec<u64>,
}

impl Run {
    fn work_per_second(&self) -> f64 {
        self.work.iter().sum::<u64>() as f64 / self.seconds
    }
}

/// So many threads that compute and one that sleeps, for so many seconds; first at each interval.
///
/// # Errors
/// Cancellation, or an interpreter that fails.
pub(crate) fn whatif(
    lab: &Lab<'_>,
    cpu_threads: usize,
    intervals: &[Duration],
    seconds: f64,
) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    for &interval in intervals {
        rows.extend(measured(lab, cpu_threads, interval, seconds)?);
    }
    let interval = intervals[0];
    let timed = Regime::Timed { interval };
    let base = |regime| lab.simulation(threads(cpu_threads), regime);
    let mut own_lock_each = base(timed);
    for (number, thread) in own_lock_each.threads.iter_mut().enumerate() {
        thread.interpreter = number;
    }
    let milliseconds = milliseconds(interval);
    let regimes = [
        (
            format!("one lock, {milliseconds} ms, 64 threads on 32 cores"),
            Simulation { cores: 32, threads: threads(63), ..base(timed) },
        ),
        ("a lock an interpreter (PEP 684)".to_owned(), own_lock_each),
        (
            format!("no lock, {:.0} % overhead a thread", 100.0 * OVERHEAD),
            Simulation { slowdown: 1.0 + OVERHEAD, ..base(Regime::Unlocked) },
        ),
        (format!("before 3.2: released every {CHECKS} checks"), base(Regime::Counted { checks: CHECKS })),
    ];
    for (regime, simulation) in regimes {
        lab.check_cancelled()?;
        // Among 64 threads the sleeper has its turn but rarely.
        let outcome = run(&simulation, 10.0 * seconds);
        lab.keep_outcome(&format!("virtual time: {regime}"), &outcome);
        rows.push(simulated(regime, &simulation, &outcome));
    }
    lab.report("whatif", LEGEND, rows)
}

/// The lock as it is, in every column.
fn measured(lab: &Lab<'_>, cpu_threads: usize, interval: Duration, seconds: f64) -> Result<Vec<Row>, Failure> {
    let (mut python, mut lock) = (Vec::new(), Vec::new());
    let length = seconds / f64::from(ROUNDS);
    for _ in 0..ROUNDS {
        let ask = |cpu_threads, sleep_ms| {
            let parameters = Parameters { cpu_threads, interval_ms: milliseconds(interval), sleep_ms, seconds: length };
            lab.ask::<Run>(PythonScript::Convoy, &parameters, length)
        };
        python.push((ask(1, None)?, ask(cpu_threads, Some(milliseconds(SLEEP)))?));
        lock.push((run_lock(lab, 1, interval, length, false)?, run_lock(lab, cpu_threads, interval, length, true)?));
    }
    let python: Option<Vec<_>> = python.into_iter().map(|(one, all)| Some((one?, all?))).collect();
    let regime = format!("one lock, {} ms", milliseconds(interval));
    let row = |column, runs: &[(Run, Run)]| {
        let latencies: Vec<f64> = runs.iter().flat_map(|(_, all)| &all.latencies_ms).copied().collect();
        let throughput = median(runs.iter().map(|(one, all)| all.work_per_second() / one.work_per_second()));
        let figures = figures(regime.clone(), lab.cores.get(), throughput, &latencies);
        Row::new(column, cpu_threads + 1, Some(interval), figures)
    };
    let mut rows: Vec<_> = python.iter().map(|runs| row(Column::Cpython, runs)).collect();
    rows.push(row(Column::Lock, &lock));
    let simulation = lab.simulation(threads(cpu_threads), Regime::Timed { interval });
    let outcome = run(&simulation, seconds);
    lab.keep_outcome(&format!("virtual time: {regime}"), &outcome);
    rows.push(Row { interval_ms: Some(milliseconds(interval)), ..simulated(regime, &simulation, &outcome) });
    Ok(rows)
}

fn run_lock(lab: &Lab<'_>, cpu_threads: usize, interval: Duration, seconds: f64, sleeps: bool) -> Result<Run, Failure> {
    lab.check_cancelled()?;
    let gil = lab.gil(interval);
    let sleep = |attached: &mut Attached<'_>| {
        if sleeps {
            return workload::sleep_again_and_again(lab, attached, SLEEP, seconds);
        }
        attached.detach(|| lab.wait(seconds));
        Vec::new()
    };
    let (latencies, seconds, work) = workload::beside(&gil, cpu_threads, "sleeper", sleep).map_err(Failure::Threads)?;
    if sleeps {
        lab.keep(format!("our lock: one lock, {} ms", milliseconds(interval)), gil.take_recording());
    }
    Ok(Run { latencies_ms: latencies.into_iter().map(milliseconds).collect(), seconds, work })
}

fn run(simulation: &Simulation, seconds: f64) -> Outcome {
    simulation.run(Duration::from_secs_f64(seconds.min(MOST_VIRTUAL_SECONDS)))
}

fn simulated(regime: String, simulation: &Simulation, outcome: &Outcome) -> Row {
    // Whoever still waits has waited that long at least: left out, a lock that starves it would look well.
    let delays = outcome.delays.iter().chain(&outcome.overdue);
    let latencies: Vec<f64> = delays.map(|&(_, delay)| milliseconds(delay)).collect();
    let computed: Duration = outcome.computed.iter().sum();
    let throughput = computed.as_secs_f64() / outcome.end.as_secs_f64();
    let figures = figures(regime, simulation.cores, throughput, &latencies);
    Row::new(Column::Virtual, simulation.threads.len(), None, figures)
}

fn figures(regime: String, cores: usize, throughput_ratio: f64, latencies: &[f64]) -> Figures {
    let Distribution { median, p90 } = Distribution::of(latencies);
    Figures::Whatif { regime, cores, throughput_ratio, io_latency_ms: median, io_latency_p90_ms: p90 }
}
