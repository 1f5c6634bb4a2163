//! From the results of the experiments to the data of the report.

use super::data::{
    Counts, Delay, Integrity, Interpreter, Race, RaceLane, Slices, Source, Stall, Wait, Waiting, Way, WayFigures,
};
use crate::experiment::Lane;
use crate::gil::Report;
use crate::gil::report::{Column, Distribution, Figures};
use crate::statistics::{Estimate, estimate, median};
use crate::{experiment, gil, race};

pub(super) fn interpreter(interpreter: &gil::Interpreter) -> Interpreter {
    Interpreter { name: interpreter.name().to_owned(), locked: interpreter.is_locked() }
}

/// What a column of an experiment on the lock shows.
fn source(column: Column) -> Source {
    match column {
        Column::Cpython(place) => Source::Python(place),
        Column::Lock => Source::OurLock,
        Column::Virtual => Source::VirtualTime,
    }
}

/// The lanes of the experiment as ways to run several counts. A lane that the report does not show gives `None`.
fn way(lane: Lane) -> Option<Way> {
    Some(match lane {
        Lane::Sequential | Lane::PythonSequential => Way::Sequential,
        Lane::GlobalLock => Way::LockedThreads,
        Lane::ScopedThreads | Lane::PythonThreads => Way::Threads,
        Lane::Processes | Lane::PythonProcesses => Way::Processes,
        Lane::PythonInterpreters => Way::Interpreters,
        Lane::Rayon => return None,
    })
}

/// The counts of one interpreter, given with its place among all interpreters, or those of native code. `None` if it ran
/// none of them.
pub(super) fn counts(report: &experiment::Report, interpreter: Option<(usize, &gil::Interpreter)>) -> Option<Counts> {
    let name = interpreter.map(|(_, interpreter)| interpreter.name());
    let meant = report.lanes.iter().filter(|lane| lane.entrant.interpreter.as_deref() == name);
    let lanes: Vec<_> = meant.filter_map(|lane| Some((way(lane.entrant.lane)?, lane))).collect();
    let baseline = lanes.iter().find(|(way, _)| *way == Way::Sequential).map(|(_, lane)| &lane.seconds);
    let ways = lanes.iter().map(|&(way, lane)| WayFigures {
        way,
        median: lane.median(),
        range: lane.range(),
        speedup: baseline.map(|baseline| speedup(baseline, &lane.seconds)),
        start_up_ms: lane.start_up.map(|seconds| 1e3 * seconds),
        verified: lane.verified,
        seconds: lane.seconds.clone(),
    });
    let (interpreter, ways) = (interpreter.map(|(place, _)| place), ways.collect::<Vec<_>>());
    (!ways.is_empty()).then_some(Counts { interpreter, limit: report.limit, tasks: report.tasks, ways })
}

/// How many times as fast as `baseline` some rounds are. The rounds of both are drawn together.
fn speedup(baseline: &[f64], seconds: &[f64]) -> Estimate {
    let drawn = |all: &[f64], rounds: &[usize]| median(rounds.iter().map(|&round| all[round]));
    estimate(seconds.len(), |rounds| drawn(baseline, rounds) / drawn(seconds, rounds))
}

/// The median and the 90th percentile, if there were samples.
fn known(distribution: Distribution) -> Option<(f64, f64)> {
    distribution.median.is_finite().then_some((distribution.median, distribution.p90))
}

pub(super) fn slices(report: &Report) -> Vec<Slices> {
    let row = |row: &gil::Row| {
        let Figures::Cpu { slice_ms, switches_per_second, throughput_ratio, .. } = &row.figures else { return None };
        let slice_ms = slice_ms.and_then(known);
        Some(Slices {
            source: source(row.column),
            threads: row.threads,
            interval_ms: row.interval_ms,
            slice_ms,
            switches_per_second: *switches_per_second,
            throughput: *throughput_ratio,
        })
    };
    report.rows.iter().filter_map(row).collect()
}

pub(super) fn integrity(report: &Report) -> Vec<Integrity> {
    let row = |row: &gil::Row| {
        let Figures::Integrity { mode, expected, counted, nanoseconds_per_update } = &row.figures else { return None };
        let lost = expected.saturating_sub(*counted);
        Some(Integrity {
            source: source(row.column),
            threads: row.threads,
            protection: (*mode).to_owned(),
            expected: *expected,
            lost,
            lost_percent: 100.0 * lost as f64 / (*expected).max(1) as f64,
            nanoseconds: *nanoseconds_per_update,
        })
    };
    report.rows.iter().filter_map(row).collect()
}

pub(super) fn delays(report: &Report) -> Vec<Delay> {
    let row = |row: &gil::Row| {
        let Figures::Convoy { cpu_threads, latency_ms } = &row.figures else { return None };
        let (interval_ms, late_ms) = (row.interval_ms, known(*latency_ms));
        Some(Delay { source: source(row.column), beside: *cpu_threads, interval_ms, late_ms })
    };
    report.rows.iter().filter_map(row).collect()
}

/// `call` is the length of the native call in seconds.
pub(super) fn stalls(report: &Report, call: f64) -> Vec<Stall> {
    let row = |row: &gil::Row| {
        let Figures::Stall { mode, collects, longest_stall_ms } = &row.figures else { return None };
        Some(Stall {
            source: source(row.column),
            attached: *mode == "attached",
            collects: *collects,
            call_ms: 1e3 * call,
            longest_ms: *longest_stall_ms,
        })
    };
    report.rows.iter().filter_map(row).collect()
}

/// `sleep` is the length of each sleep in seconds.
pub(super) fn waits(report: &Report, sleep: f64) -> Vec<Wait> {
    let row = |row: &gil::Row| {
        let (what, milliseconds, p90) = match &row.figures {
            Figures::Io { seconds, .. } => {
                (Waiting::Sleep { threads: row.threads, sleep_ms: 1e3 * sleep }, 1e3 * seconds, None)
            }
            Figures::Socket { response_ms, .. } => {
                (Waiting::Socket { beside: row.threads - 1 }, response_ms.median, Some(response_ms.p90))
            }
            _ => return None,
        };
        Some(Wait { source: source(row.column), what, milliseconds, p90 })
    };
    report.rows.iter().filter_map(row).collect()
}

pub(super) fn race(report: &race::Report) -> Race {
    let lane = |lane: &race::LaneReport| RaceLane {
        name: lane.name(),
        backend: lane.backend,
        workers: lane.workers,
        median: lane.median,
        speedup: lane.speedup,
        seconds: lane.seconds.clone(),
    };
    Race {
        stop: report.stop,
        algorithm: report.algorithm,
        lanes: report.lanes.iter().map(lane).collect(),
        summary: report.summary.clone(),
        verified: report.verified(),
    }
}
