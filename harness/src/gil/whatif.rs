//! The what-if experiment runs one workload under every regime: what if there were another lock, or none?

use std::time::Duration;

use primelanes_backends::global_lock::protocol::Regime;
use primelanes_backends::global_lock::virtual_time::{Outcome, Simulation};

use super::convoy::{self, Run, simulated_threads};
use super::failure::Failure;
use super::lab::{Lab, MAX_VIRTUAL_SECONDS};
use super::report::{Column, Distribution, Figures, Report, Row};
use super::units::milliseconds;
use crate::statistics::median;

const LEGEND: &str = "Some threads compute, and one sleeps for 0.5 ms, over and over. Throughput is the work per second of the computing threads,\nrelative to one thread alone. The wake-up delay is the time from the end of the sleep until the thread runs again. The\nlock before Python 3.2 is simulated with the costs of ours.";

/// The overhead of a free-threaded build with one thread. The Python documentation ("Python support for free
/// threading") gives about 40 % for 3.13, and 5 to 10 % for 3.14.
const OVERHEAD: f64 = 0.1;

/// The default of `sys.setcheckinterval` before 3.2.
const CHECKS: u32 = 100;

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
    for &interval in intervals {
        rows.extend(measured(lab, cpu_threads, interval, seconds)?);
    }
    let interval = intervals[0];
    let timed = Regime::Timed { interval };
    let base = |regime| lab.simulation(simulated_threads(cpu_threads), regime);
    let mut own_lock_each = base(timed);
    for (number, thread) in own_lock_each.threads.iter_mut().enumerate() {
        thread.interpreter = number;
    }
    let milliseconds = milliseconds(interval);
    let regimes = [
        (
            format!("one lock, {milliseconds} ms, 64 threads on 32 cores"),
            Simulation { cores: 32, threads: simulated_threads(63), ..base(timed) },
        ),
        ("a lock per interpreter (PEP 684)".to_owned(), own_lock_each),
        (
            format!("no lock, {:.0} % overhead per thread", 100.0 * OVERHEAD),
            Simulation { slowdown: 1.0 + OVERHEAD, ..base(Regime::Unlocked) },
        ),
        (format!("before 3.2: released every {CHECKS} checks"), base(Regime::Counted { checks: CHECKS })),
    ];
    for (regime, simulation) in regimes {
        // Among 64 threads, the sleeper rarely gets the lock.
        let outcome = simulate(lab, &simulation, 10.0 * seconds)?;
        lab.keep_outcome(&format!("virtual time: {regime}"), &outcome);
        rows.push(simulated(regime, &simulation, &outcome));
    }
    lab.report("whatif", LEGEND, rows)
}

/// Measures the timed lock in every column.
fn measured(lab: &Lab<'_>, cpu_threads: usize, interval: Duration, seconds: f64) -> Result<Vec<Row>, Failure> {
    let length = Lab::run_length(seconds);
    let regime = format!("one lock, {} ms", milliseconds(interval));
    let ask = |threads, sleeps| convoy::ask(lab, threads, interval, sleeps, length);
    let run_lock = |threads, sleeps| -> Result<Run, Failure> {
        let gil = lab.gil(interval);
        let run = convoy::run_lock(lab, &gil, threads, sleeps, length)?;
        if sleeps {
            lab.keep(format!("our lock: {regime}"), gil.take_recording());
        }
        Ok(run)
    };
    let python = || Ok(ask(1, false)?.zip(ask(cpu_threads, true)?));
    let measured = lab.measure(python, || Ok((run_lock(1, false)?, run_lock(cpu_threads, true)?)))?;
    let row = |(column, pairs): &(Column, Vec<(Run, Run)>)| {
        let latencies: Vec<f64> = pairs.iter().flat_map(|(_, all)| &all.latencies_ms).copied().collect();
        let throughput = median(pairs.iter().map(|(one, all)| all.work_per_second() / one.work_per_second()));
        let figures = figures(regime.clone(), lab.cores.get(), throughput, &latencies);
        Row::new(*column, cpu_threads + 1, Some(interval), figures)
    };
    let mut rows: Vec<_> = measured.iter().map(row).collect();
    let simulation = lab.simulation(simulated_threads(cpu_threads), Regime::Timed { interval });
    let outcome = simulate(lab, &simulation, seconds)?;
    lab.keep_outcome(&format!("virtual time: {regime}"), &outcome);
    rows.push(Row { interval_ms: Some(milliseconds(interval)), ..simulated(regime, &simulation, &outcome) });
    Ok(rows)
}

fn simulate(lab: &Lab<'_>, simulation: &Simulation, seconds: f64) -> Result<Outcome, Failure> {
    lab.run(simulation, seconds.min(MAX_VIRTUAL_SECONDS))
}

fn simulated(regime: String, simulation: &Simulation, outcome: &Outcome) -> Row {
    // For a thread that still waits, count its wait so far. Otherwise, a lock that starves the thread would look good.
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
