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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::made;
    use super::*;
    use crate::gil::Row;
    use crate::gil::interpreter::Label;

    const INTERVAL: Option<Duration> = Some(Duration::from_millis(5));

    fn report(rows: Vec<Row>) -> Report {
        let interpreters = vec![Label { name: "CPython 3.11.7".to_owned(), locked: true }];
        Report { experiment: "some", interpreters, calibration: made::COSTS, rows, legend: "" }
    }

    /// A row of our lock with the figures of three rounds, whose median are those of all.
    fn measured(threads: usize, figures: impl Fn(f64) -> Figures) -> Row {
        Row::measured(Column::Lock, threads, INTERVAL, &[1.0, 3.0, 2.0], |rounds| {
            figures(median(rounds.iter().copied()))
        })
    }

    fn distribution(median: f64) -> Distribution {
        Distribution { median, p90: 10.0 * median }
    }

    fn figure(scale: f64) -> Measured {
        Measured { value: 2.0 * scale, rounds: vec![scale, 3.0 * scale, 2.0 * scale] }
    }

    #[test]
    fn a_column_is_a_source() {
        let sources = [Column::Cpython(3), Column::Lock, Column::Virtual].map(source);
        assert_eq!(sources, [Source::Python(3), Source::OurLock, Source::VirtualTime]);
    }

    #[test]
    fn slices_keep_their_rounds_and_those_too_short_for_one() {
        let cpu = |slice: f64| Figures::Cpu {
            slice_ms: Some(distribution(if slice > 2.5 { f64::NAN } else { slice })),
            switches_per_second: Some(100.0 * slice),
            throughput_ratio: slice / 2.0,
            shares: vec![0.5; 2],
        };
        let free = |work: f64| Figures::Cpu {
            slice_ms: None,
            switches_per_second: None,
            throughput_ratio: work,
            shares: Vec::new(),
        };
        let [locked, free] = &slices(&report(vec![measured(2, cpu), measured(4, free)]))[..] else { panic!() };
        assert_eq!((locked.source, locked.threads, locked.interval_ms), (Source::OurLock, 2, Some(5.0)));
        let slice = locked.slice_ms.as_ref().unwrap();
        assert_eq!((slice.median.value, slice.p90.value, slice.median.rounds[2]), (2.0, 20.0, 2.0));
        assert!(slice.median.rounds[1].is_nan() && slice.median.range() == Some((1.0, 2.0)), "{slice:?}");
        assert_eq!(locked.switches_per_second, Some(figure(100.0)));
        assert_eq!(locked.throughput, figure(0.5));
        assert!(free.slice_ms.is_none() && free.switches_per_second.is_none() && free.throughput == figure(1.0));
        assert_eq!(slices(&report(vec![measured(1, |seconds| Figures::Io { mode: "sleep", seconds })])).len(), 0);
    }

    #[test]
    fn lost_additions_are_counted_and_in_percent() {
        let add = |round: f64| Figures::Integrity {
            mode: "no lock",
            expected: 200,
            counted: 200 - round as u64,
            nanoseconds_per_update: round,
        };
        let [row] = &integrity(&report(vec![measured(2, add)]))[..] else { panic!() };
        assert_eq!((row.protection.as_str(), row.expected, row.lost, row.threads), ("no lock", 200, 2, 2));
        assert_eq!((&row.lost_percent, &row.nanoseconds), (&figure(0.5), &figure(1.0)));
    }

    #[test]
    fn a_sleeper_that_never_ran_has_no_delay() {
        let convoy = |late: f64| Figures::Convoy { cpu_threads: 1, latency_ms: distribution(late) };
        let never = |_| convoy(f64::NAN);
        let [late, never] = &delays(&report(vec![measured(2, convoy), measured(2, never)]))[..] else { panic!() };
        assert_eq!((late.beside, late.interval_ms), (1, Some(5.0)));
        assert_eq!(late.late_ms, Some(Quantiles { median: figure(1.0), p90: figure(10.0) }));
        assert_eq!(never.late_ms, None);
    }

    #[test]
    fn a_stall_belongs_to_its_mode() {
        let stall = |mode, collects| move |longest_stall_ms| Figures::Stall { mode, collects, longest_stall_ms };
        let rows = vec![measured(2, stall("attached", false)), measured(2, stall("detached", true))];
        let [attached, detached] = &stalls(&report(rows), 0.25)[..] else { panic!() };
        assert_eq!((attached.attached, attached.collects, attached.call_ms), (true, false, 250.0));
        assert_eq!((detached.attached, detached.collects, &detached.longest_ms), (false, true, &figure(1.0)));
    }

    #[test]
    fn a_wait_is_a_sleep_or_a_request() {
        let sleep = |seconds| Figures::Io { mode: "sleep", seconds };
        let answer = |time| Figures::Socket { mode: "socket", response_ms: distribution(time) };
        let [slept, answered] = &waits(&report(vec![measured(4, sleep), measured(2, answer)]), 0.1)[..] else {
            panic!()
        };
        assert_eq!(slept.what, Waiting::Sleep { threads: 4, sleep_ms: 100.0 });
        assert_eq!((&slept.milliseconds, &slept.p90), (&figure(1000.0), &None));
        assert_eq!(answered.what, Waiting::Socket { beside: 1 });
        assert_eq!((&answered.milliseconds, &answered.p90), (&figure(1.0), &Some(figure(10.0))));
    }

    #[test]
    fn a_speedup_compares_medians_of_the_same_rounds() {
        let Estimate { value, interval } = speedup(&[2.0, 4.0, 3.0, 2.0, 4.0, 3.0], &[1.0, 2.0, 1.5, 1.0, 2.0, 1.5]);
        assert_eq!((value, interval), (2.0, Some((2.0, 2.0))));
    }
}
