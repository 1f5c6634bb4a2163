//! The what-if experiment runs one workload under every regime: what if there were another lock, or none?

use std::time::Duration;

use primelanes_backends::global_lock::protocol::Regime;
use primelanes_backends::global_lock::virtual_time::{Outcome, Simulation};

use super::convoy::{self, Computing, Run, simulated_threads};
use super::failure::Failure;
use super::interpreter::{Interpreter, MAX_INTERPRETERS};
use super::lab::{Lab, MAX_VIRTUAL_SECONDS, Who};
use super::regimes::{CHECKS, OVERHEAD, measured_overhead};
use super::report::{Column, Distribution, Figures, Report, Row};
use super::units::milliseconds;
use crate::statistics::median;

const LEGEND: &str = "Some threads compute, and one sleeps for 0.5 ms, over and over. Throughput is the work per second of the computing threads,\nrelative to one thread alone. The wake-up delay is the time from the end of the sleep until the thread runs again. The\nlock before Python 3.2 is simulated with the costs of ours.";

/// Measures computing threads beside one thread that sleeps, for `seconds` per column at each interval, and simulates
/// other regimes.
///
/// # Errors
/// [`Failure`] if the experiment is cancelled, or if the interpreter or a thread fails.
pub(crate) fn whatif(
    lab: &Lab<'_>,
    cpu_threads: usize,
    intervals: &[Duration],
    seconds: f64,
) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    let mut overhead = Overhead::Assumed;
    for (place, &interval) in intervals.iter().enumerate() {
        let measured = measure(lab, Who::at_interval(place), cpu_threads, interval, seconds)?;
        if place == 0 {
            overhead = Overhead::of(lab, &measured);
        }
        let row = |(column, pairs): &(Column, Vec<Pair>)| {
            let interval = lab.interval(*column, interval);
            let regime = interval.map_or_else(|| overhead.regime(), one_lock);
            let figures = |pairs: &[Pair]| figures_of(regime.clone(), lab.cores.get(), pairs);
            Row::measured(*column, cpu_threads + 1, interval, pairs, figures)
        };
        rows.extend(measured.iter().map(row));
        let simulation = lab.simulation(simulated_threads(cpu_threads), Regime::Timed { interval });
        let simulated = simulate(lab, one_lock(interval), &simulation, seconds)?;
        rows.push(Row { interval_ms: Some(milliseconds(interval)), ..simulated });
    }
    if cpu_threads <= MAX_INTERPRETERS {
        rows.extend(in_interpreters(lab, cpu_threads, intervals[0], seconds)?);
    }
    for (regime, simulation) in other_regimes(lab, cpu_threads, intervals[0], overhead) {
        // Among 64 threads, the sleeper rarely gets the lock.
        rows.push(simulate(lab, regime, &simulation, 10.0 * seconds)?);
    }
    lab.report("whatif", LEGEND, rows)
}

/// Measures computing threads that each have an interpreter of their own, in the Pythons that can do that.
fn in_interpreters(lab: &Lab<'_>, cpu_threads: usize, interval: Duration, seconds: f64) -> Result<Vec<Row>, Failure> {
    let computing = Computing { threads: cpu_threads, interval, interpreters: true };
    let python = |python: &_| ask_pair(lab, python, computing, seconds);
    let figures = |pairs: &[Pair]| figures_of(LOCK_EACH.to_owned(), lab.cores.get(), pairs);
    let row = |(column, pairs): &(_, Vec<Pair>)| Row::measured(*column, cpu_threads + 1, None, pairs, figures);
    Ok(lab.measure_python(Who::LockEach, python)?.iter().map(row).collect())
}

fn one_lock(interval: Duration) -> String {
    format!("one lock, {} ms", milliseconds(interval))
}

/// Creates the simulations of locks that are not there, and of none, with their names.
fn other_regimes(
    lab: &Lab<'_>,
    cpu_threads: usize,
    interval: Duration,
    overhead: Overhead,
) -> [(String, Simulation); 4] {
    let timed = Regime::Timed { interval };
    let base = |regime| lab.simulation(simulated_threads(cpu_threads), regime);
    let mut own_lock_each = base(timed);
    for (number, thread) in own_lock_each.threads.iter_mut().enumerate() {
        thread.interpreter = number;
    }
    [
        (
            format!("{}, 64 threads on 32 cores", one_lock(interval)),
            Simulation { cores: 32, threads: simulated_threads(63), ..base(timed) },
        ),
        (LOCK_EACH.to_owned(), own_lock_each),
        (overhead.regime(), Simulation { slowdown: 1.0 + overhead.share(), ..base(Regime::Unlocked) }),
        (format!("before 3.2: released every {CHECKS} checks"), base(Regime::Counted { checks: CHECKS })),
    ]
}

/// The regime in which each computing thread has an interpreter of its own.
const LOCK_EACH: &str = "a lock per interpreter (PEP 684)";

/// A run of one computing thread alone, and one of all threads beside the sleeper.
type Pair = (Run, Run);

/// Measures the lock of every column at this interval.
fn measure(
    lab: &Lab<'_>,
    who: Who,
    cpu_threads: usize,
    interval: Duration,
    seconds: f64,
) -> Result<Vec<(Column, Vec<Pair>)>, Failure> {
    let length = Lab::run_length(seconds);
    let run_lock = |threads, sleeps| -> Result<Run, Failure> {
        let gil = lab.gil(interval);
        let run = convoy::run_lock(lab, &gil, threads, sleeps, length)?;
        if sleeps {
            lab.keep(format!("our lock: {}", one_lock(interval)), gil.take_recording());
        }
        Ok(run)
    };
    let computing = Computing { threads: cpu_threads, interval, interpreters: false };
    let python = |python: &_| ask_pair(lab, python, computing, seconds);
    lab.measure(who, python, || Ok((run_lock(1, false)?, run_lock(cpu_threads, true)?)))
}

fn ask_pair(lab: &Lab<'_>, python: &Interpreter, computing: Computing, seconds: f64) -> Result<Pair, Failure> {
    let length = Lab::run_length(seconds);
    let alone = Computing { threads: 1, ..computing };
    Ok((alone.ask(lab, python, false, length)?, computing.ask(lab, python, true, length)?))
}

fn figures_of(regime: String, cores: usize, pairs: &[Pair]) -> Figures {
    let latencies: Vec<f64> = pairs.iter().flat_map(|(_, all)| &all.latencies_ms).copied().collect();
    let throughput = median(pairs.iter().map(|(one, all)| all.work_per_second() / one.work_per_second()));
    figures(regime, cores, throughput, &latencies)
}

/// How much slower one thread is in an interpreter without a lock.
#[derive(Clone, Copy)]
enum Overhead {
    Assumed,
    /// Compared with an interpreter of the same version that has a lock.
    Measured(f64),
}

impl Overhead {
    fn of(lab: &Lab<'_>, measured: &[(Column, Vec<Pair>)]) -> Self {
        let speeds = measured.iter().filter_map(|(column, pairs)| match column {
            Column::Cpython(place) => {
                let speed = median(pairs.iter().map(|(one, _)| one.work_per_second()));
                Some((&lab.interpreters[*place], speed))
            }
            Column::Lock | Column::Virtual => None,
        });
        measured_overhead(&speeds.collect::<Vec<_>>()).map_or(Self::Assumed, Self::Measured)
    }

    const fn share(self) -> f64 {
        match self {
            Self::Assumed => OVERHEAD,
            Self::Measured(share) => share,
        }
    }

    fn regime(self) -> String {
        let percent = 100.0 * self.share();
        match self {
            Self::Assumed => format!("no lock, {percent:.0} % overhead per thread"),
            Self::Measured(_) => format!("no lock, {percent:.0} % overhead per thread (measured)"),
        }
    }
}

/// Simulates a regime for at most some seconds of virtual time.
fn simulate(lab: &Lab<'_>, regime: String, simulation: &Simulation, seconds: f64) -> Result<Row, Failure> {
    let outcome = lab.run(simulation, seconds.min(MAX_VIRTUAL_SECONDS))?;
    lab.keep_outcome(&format!("virtual time: {regime}"), &outcome);
    Ok(simulated(regime, simulation, &outcome))
}

fn simulated(regime: String, simulation: &Simulation, outcome: &Outcome) -> Row {
    // For a thread that still waits, count its wait so far. Otherwise, a lock that starves the thread would look good.
    let delays = outcome.delays.iter().chain(&outcome.overdue);
    let latencies: Vec<f64> = delays.map(|&(_, delay)| milliseconds(delay)).collect();
    let computed: Duration = outcome.computed.iter().sum();
    let throughput = computed.as_secs_f64() / outcome.end.as_secs_f64();
    let figures = figures(regime, simulation.cores, throughput, &latencies);
    Row::simulated(simulation.threads.len(), None, figures)
}

fn figures(regime: String, cores: usize, throughput_ratio: f64, latencies: &[f64]) -> Figures {
    let Distribution { median, p90 } = Distribution::of(latencies);
    Figures::Whatif { regime, cores, throughput_ratio, io_latency_ms: median, io_latency_p90_ms: p90 }
}
