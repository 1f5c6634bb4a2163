//! From the results of the experiments to the data of the report.

use super::data::{
    Counts, Delay, Integrity, Interpreter, Measured, Quantiles, Race, RaceLane, Slices, Source, Stall, Wait, Waiting,
    Way, WayFigures,
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

/// A figure of a row, and of each of its rounds. `figure` is `None` for the figures of other experiments.
fn measured(row: &gil::Row, figure: impl Fn(&Figures) -> Option<f64>) -> Option<Measured> {
    let value = figure(&row.figures)?;
    let rounds = row.rounds.iter().map(|round| figure(round).unwrap_or(f64::NAN)).collect();
    Some(Measured { value, rounds })
}

/// The quantiles of a row, if there were samples.
fn quantiles(row: &gil::Row, distribution: impl Fn(&Figures) -> Option<Distribution>) -> Option<Quantiles> {
    let part = |part: fn(Distribution) -> f64| measured(row, |figures| distribution(figures).map(part));
    let (median, p90) = (part(|known| known.median)?, part(|known| known.p90)?);
    median.value.is_finite().then_some(Quantiles { median, p90 })
}

pub(super) fn slices(report: &Report) -> Vec<Slices> {
    let row = |row: &gil::Row| {
        Some(Slices {
            source: source(row.column),
            threads: row.threads,
            interval_ms: row.interval_ms,
            slice_ms: quantiles(row, |figures| match figures {
                Figures::Cpu { slice_ms, .. } => *slice_ms,
                _ => None,
            }),
            switches_per_second: measured(row, |figures| match figures {
                Figures::Cpu { switches_per_second, .. } => *switches_per_second,
                _ => None,
            }),
            throughput: measured(row, |figures| match figures {
                Figures::Cpu { throughput_ratio, .. } => Some(*throughput_ratio),
                _ => None,
            })?,
        })
    };
    report.rows.iter().filter_map(row).collect()
}

pub(super) fn integrity(report: &Report) -> Vec<Integrity> {
    let row = |row: &gil::Row| {
        let Figures::Integrity { mode, expected, counted, .. } = &row.figures else { return None };
        Some(Integrity {
            source: source(row.column),
            threads: row.threads,
            protection: (*mode).to_owned(),
            expected: *expected,
            lost: expected.saturating_sub(*counted),
            lost_percent: measured(row, |figures| match figures {
                Figures::Integrity { expected, counted, .. } => {
                    Some(100.0 * expected.saturating_sub(*counted) as f64 / (*expected).max(1) as f64)
                }
                _ => None,
            })?,
            nanoseconds: measured(row, |figures| match figures {
                Figures::Integrity { nanoseconds_per_update, .. } => Some(*nanoseconds_per_update),
                _ => None,
            })?,
        })
    };
    report.rows.iter().filter_map(row).collect()
}

pub(super) fn delays(report: &Report) -> Vec<Delay> {
    let row = |row: &gil::Row| {
        let Figures::Convoy { cpu_threads, .. } = row.figures else { return None };
        let late_ms = quantiles(row, |figures| match figures {
            Figures::Convoy { latency_ms, .. } => Some(*latency_ms),
            _ => None,
        });
        Some(Delay { source: source(row.column), beside: cpu_threads, interval_ms: row.interval_ms, late_ms })
    };
    report.rows.iter().filter_map(row).collect()
}

/// `call` is the length of the native call in seconds.
pub(super) fn stalls(report: &Report, call: f64) -> Vec<Stall> {
    let row = |row: &gil::Row| {
        let Figures::Stall { mode, collects, .. } = row.figures else { return None };
        let longest_ms = measured(row, |figures| match figures {
            Figures::Stall { longest_stall_ms, .. } => Some(*longest_stall_ms),
            _ => None,
        })?;
        let (source, attached, call_ms) = (source(row.column), mode == "attached", 1e3 * call);
        Some(Stall { source, attached, collects, call_ms, longest_ms })
    };
    report.rows.iter().filter_map(row).collect()
}

/// `sleep` is the length of each sleep in seconds.
pub(super) fn waits(report: &Report, sleep: f64) -> Vec<Wait> {
    let row = |row: &gil::Row| {
        let what = match row.figures {
            Figures::Io { .. } => Waiting::Sleep { threads: row.threads, sleep_ms: 1e3 * sleep },
            Figures::Socket { .. } => Waiting::Socket { beside: row.threads - 1 },
            _ => return None,
        };
        let milliseconds = measured(row, |figures| match figures {
            Figures::Io { seconds, .. } => Some(1e3 * seconds),
            Figures::Socket { response_ms, .. } => Some(response_ms.median),
            _ => None,
        })?;
        let p90 = measured(row, |figures| match figures {
            Figures::Socket { response_ms, .. } => Some(response_ms.p90),
            _ => None,
        });
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
