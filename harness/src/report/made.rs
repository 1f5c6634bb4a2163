//! Made figures, for tests of the page and its sentences.

use std::time::Duration;

use primelanes_backends::global_lock::trace::{Entry, Recording, What};

use super::data::LockRules;
use super::data::{
    About, Case, Counts, Data, Delay, Integrity, Interpreter, Measured, Pictures, Quantiles, Race, RaceLane, Slices,
    Source, Stall, Wait, Waiting, Way, WayFigures,
};
use super::what_if::{ASSUMED, CORES, INTERVALS_MS, RULES, THREADS};
use crate::gil::{Calibration, Scene};
use crate::statistics::Estimate;

/// A report on two cores, with these interpreters: the name, whether there is a lock, and the speed-up of two threads.
pub(super) fn data(interpreters: &[(&str, bool, f64)]) -> Data {
    let sources: Vec<_> = (0..interpreters.len()).map(Source::Python).chain([Source::OurLock]).collect();
    let locked = |source| !matches!(source, Source::Python(index) if !interpreters[index].1);
    let scene = |title: &str| Some(scene(title));
    Data {
        about: about(),
        warnings: vec!["In the race, other processes kept 0.9 of 2 cores busy before the race.".to_owned()],
        interpreters: interpreters
            .iter()
            .map(|&(name, locked, _)| Interpreter { name: name.to_owned(), locked })
            .collect(),
        native: counts(
            None,
            &[(Way::Sequential, 1.0), (Way::LockedThreads, 0.98), (Way::Threads, 1.96), (Way::Processes, 1.97)],
        ),
        python: interpreters
            .iter()
            .enumerate()
            .map(|(index, &(.., threads))| {
                counts(Some(index), &[(Way::Sequential, 1.0), (Way::Threads, threads), (Way::Processes, 1.99)])
            })
            .collect(),
        slices: sources.iter().map(|&source| slices(source, locked(source))).collect(),
        integrity: integrity(interpreters),
        delays: sources.iter().flat_map(|&source| delays(source, locked(source))).collect(),
        stalls: sources.iter().flat_map(|&source| stalls(source, locked(source))).collect(),
        waits: sources.iter().flat_map(|&source| waits(source, locked(source))).collect(),
        race: race(),
        what_if: cases(),
        overhead: ASSUMED,
        costs: COSTS,
        pictures: Pictures {
            slices: scene("our lock: 2 threads compute"),
            convoy: scene("our lock: a sleeper"),
            attached: scene("our lock: attached"),
            detached: scene("our lock: detached"),
            race: "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" height=\"10\" viewBox=\"0 0 860 10\"></svg>"
                .to_owned(),
        },
    }
}

/// Fixed costs, so that simulated figures are the same on every machine.
pub(super) const COSTS: Calibration = Calibration {
    wake_up_us: 40.0,
    timer_us: 60.0,
    sleep_us: 60.0,
    hand_over_ns: 15.0,
    signal_us: 1.0,
    check_ns: 30.0,
    send_us: None,
    echo_us: None,
    jitter: 0.1,
};

fn about() -> About {
    About {
        version: "0.1.0",
        date: "26 November 2026, 18:46 UTC".to_owned(),
        date_iso: "2026-11-26T18:46:00Z".to_owned(),
        processor: "AMD EPYC".to_owned(),
        system: "Linux (Debian GNU/Linux 12)".to_owned(),
        cores: 2,
        quick: false,
    }
}

fn scene(title: &str) -> Scene {
    let entry = |at, thread, what| Entry { at: Duration::from_millis(at), thread, what };
    let entries = vec![
        entry(0, 0, What::Takes { switch: false }),
        entry(1, 1, What::Waits),
        entry(6, 1, What::Requests),
        entry(7, 0, What::Drops { forced: true }),
        entry(7, 1, What::Takes { switch: true }),
        entry(9, 1, What::Drops { forced: false }),
    ];
    let threads = vec!["cpu 1".to_owned(), "cpu 2".to_owned()];
    Scene { title: title.to_owned(), recording: Recording { threads, entries, left_out: 0 } }
}

fn counts(interpreter: Option<usize>, speedups: &[(Way, f64)]) -> Counts {
    let way = |&(way, speedup): &(Way, f64)| WayFigures {
        way,
        median: 0.75 / speedup,
        range: (0.7 / speedup, 0.8 / speedup),
        speedup: Some(Estimate { value: speedup, interval: Some((speedup - 0.02, speedup + 0.02)) }),
        start_up_ms: (way == Way::Processes && interpreter.is_none()).then_some(3.4),
        verified: true,
        seconds: vec![0.7 / speedup, 0.75 / speedup, 0.8 / speedup],
    };
    let limit = if interpreter.is_some() { 200_000 } else { 2_000_000 };
    Counts { interpreter, limit, tasks: 2, ways: speedups.iter().map(way).collect() }
}

impl Data {
    /// Pretends that every run lost this many additions.
    pub(super) fn lose(&mut self, lost: u64) {
        for row in &mut self.integrity {
            row.lost = lost;
            row.lost_percent = measured(100.0 * lost as f64 / row.expected as f64);
        }
    }
}

/// A figure that differed by a sixteenth between three rounds.
fn measured(value: f64) -> Measured {
    Measured { value, rounds: vec![value, 0.96875 * value, 1.03125 * value] }
}

fn quantiles(median: f64, p90: f64) -> Quantiles {
    Quantiles { median: measured(median), p90: measured(p90) }
}

fn slices(source: Source, locked: bool) -> Slices {
    Slices {
        source,
        threads: 2,
        interval_ms: locked.then_some(5.0),
        slice_ms: locked.then(|| quantiles(5.09, 5.18)),
        switches_per_second: locked.then(|| measured(190.0)),
        throughput: measured(if locked { 0.97 } else { 1.88 }),
    }
}

fn integrity(interpreters: &[(&str, bool, f64)]) -> Vec<Integrity> {
    let row = |source, threads, protection: &str, lost: u64, nanoseconds| Integrity {
        source,
        threads,
        protection: protection.to_owned(),
        expected: 1_122_000_000,
        lost,
        lost_percent: measured(100.0 * lost as f64 / 1_122_000_000.0),
        nanoseconds: measured(nanoseconds),
    };
    let ours = [
        row(Source::OurLock, 1, "no lock", 0, 1.0),
        row(Source::OurLock, 2, "no lock", 437_580_000, 0.9),
        row(Source::OurLock, 2, "atomic increments", 0, 7.9),
        row(Source::OurLock, 2, "global lock", 0, 1.9),
    ];
    let python = interpreters.iter().enumerate().map(|(index, &(_, locked, _))| {
        let (protection, lost) = if locked { ("global lock", 0) } else { ("no lock", 400_000_000) };
        row(Source::Python(index), 2, protection, lost, 31.0)
    });
    ours.into_iter().chain(python).collect()
}

fn delays(source: Source, locked: bool) -> Vec<Delay> {
    let delay = |beside, interval_ms: Option<f64>| {
        let late = interval_ms.filter(|_| beside > 0).map_or(0.08, |interval| interval + 0.19);
        Delay { source, beside, interval_ms, late_ms: Some(quantiles(late, 1.02 * late)) }
    };
    if !locked {
        return vec![delay(0, None), delay(1, None)];
    }
    [(0, 5.0), (1, 5.0), (1, 1.0), (1, 20.0)].map(|(beside, interval)| delay(beside, Some(interval))).to_vec()
}

fn stalls(source: Source, locked: bool) -> Vec<Stall> {
    let stall = |attached, collects, longest_ms| {
        let longest_ms = measured(longest_ms);
        Stall { source, attached, collects, call_ms: 250.0, longest_ms }
    };
    let plain = [stall(true, false, if locked { 251.0 } else { 1.7 }), stall(false, false, 1.6)];
    let collecting = [stall(true, true, 252.0), stall(false, true, 2.9)];
    plain.into_iter().chain(collecting.into_iter().filter(|_| source != Source::OurLock)).collect()
}

fn waits(source: Source, locked: bool) -> Vec<Wait> {
    let answer = |beside, milliseconds| {
        let what = Waiting::Socket { beside };
        Wait { source, what, milliseconds: measured(milliseconds), p90: Some(measured(1.1 * milliseconds)) }
    };
    let sleep = Waiting::Sleep { threads: 4, sleep_ms: 100.0 };
    vec![
        Wait { source, what: sleep, milliseconds: measured(100.4), p90: None },
        answer(0, 0.09),
        answer(1, if locked { 5.34 } else { 0.1 }),
    ]
}

fn race() -> Race {
    let lane = |backend: &'static str, workers: usize, speedup: f64| RaceLane {
        name: format!("{backend}/{workers}"),
        backend,
        workers,
        median: Estimate { value: 0.08 / speedup, interval: Some((0.079 / speedup, 0.081 / speedup)) },
        speedup: Some(Estimate { value: speedup, interval: Some((speedup - 0.03, speedup + 0.03)) }),
        seconds: vec![0.079 / speedup, 0.08 / speedup, 0.081 / speedup],
    };
    Race {
        stop: 1_000_000_000,
        algorithm: "sieve",
        lanes: vec![lane("single-thread", 1, 1.0), lane("scoped-threads", 2, 1.95), lane("global-lock", 2, 0.97)],
        summary: "scoped-threads/2 ran 1.95 (1.92 .. 1.98) times as fast as single-thread/1; every count is right."
            .to_owned(),
        verified: true,
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for rules in RULES {
        let intervals = if rules == LockRules::OneLock { INTERVALS_MS.map(Some).to_vec() } else { vec![None] };
        for (interval_ms, threads) in intervals.into_iter().flat_map(|interval| THREADS.map(|n| (interval, n))) {
            cases.extend(CORES.map(|cores| {
                let free = rules == LockRules::LockEach || rules == LockRules::NoLock;
                let throughput = Measured::simulated(if free { threads.min(cores) as f64 } else { 0.99 });
                let delay = interval_ms.map_or(0.1, |interval| interval as f64 + 0.2);
                let mut case = Case {
                    rules,
                    interval_ms,
                    threads,
                    cores,
                    throughput,
                    delay_ms: Some(Quantiles {
                        median: Measured::simulated(delay),
                        p90: Measured::simulated(1.1 * delay),
                    }),
                    scene: scene(""),
                };
                case.scene.title = case.to_string();
                case
            }));
        }
    }
    cases
}
