//! What a race measured, and the figures derived from it.

use std::collections::HashSet;

use serde::Serialize;

use super::machine::Machine;
use super::{Race, Sample};
use crate::statistics::{Estimate, amdahl, estimate, karp_flatt, median};

/// The largest width of the interval of a serial fraction. A wider one means nothing.
const MAX_WIDTH: f64 = 0.2;

/// The largest relative error of a median. A larger one contradicts Amdahl's law.
const MAX_ERROR: f64 = 0.05;

/// The smallest number of points that a fit needs. The law has two parameters.
const MIN_POINTS: usize = 3;

/// The result of a race. Its fields are those of the JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// The primes in 0..=stop were counted.
    pub(crate) stop: u64,
    /// The algorithm that counted them.
    pub(crate) algorithm: &'static str,
    /// The right count.
    pub(crate) expected: u128,
    /// The number of cores that this process may use.
    pub(crate) cores: usize,
    /// The number of measured rounds.
    pub(crate) rounds: usize,
    /// The number of unmeasured rounds before them.
    pub(crate) warmup: usize,
    /// The number of cores that other processes kept busy just before the race. `None` if the system does not report
    /// it.
    pub(crate) busy_before: Option<f64>,
    /// The number of cores that other processes kept busy during the race.
    pub(crate) busy_beside: Option<f64>,
    /// Reasons to doubt the figures.
    pub(crate) warnings: Vec<String>,
    /// The index in `lanes` of the fastest lane with one worker, which speed-ups are relative to.
    pub(crate) baseline: Option<usize>,
    /// A report for each lane.
    pub(crate) lanes: Vec<LaneReport>,
    /// Amdahl's law for each backend that it fits.
    pub(crate) amdahl: Vec<Fit>,
    /// A sentence that compares the fastest lane with the baseline and the second.
    pub(crate) summary: String,
}

/// The results of a lane over all rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LaneReport {
    /// The name of the backend.
    pub(crate) backend: &'static str,
    /// Its number of workers.
    pub(crate) workers: usize,
    /// Whether there are more workers than cores.
    pub(crate) oversubscribed: bool,
    /// Wall-clock seconds of each round.
    pub(crate) seconds: Vec<f64>,
    /// The position of the lane in each round, from 0.
    pub(crate) places: Vec<usize>,
    /// Median of the seconds.
    pub(crate) median: Estimate,
    /// Minimum of the seconds.
    pub(crate) min: f64,
    /// Numbers per second, at the median.
    pub(crate) numbers_per_second: f64,
    /// Speed-up over the fastest lane with one worker.
    pub(crate) speedup: Option<Estimate>,
    /// Speed-up over the same backend with one worker.
    pub(crate) own_speedup: Option<Estimate>,
    /// Speed-up divided by the number of workers.
    pub(crate) efficiency: Option<f64>,
    /// The processor time divided by the wall-clock time; the median over the rounds.
    pub(crate) cores_used: f64,
    /// The serial fraction by Karp and Flatt. `None` for one worker, and for more workers than cores.
    pub(crate) karp_flatt: Option<f64>,
    /// The count of each round.
    pub(crate) counts: Vec<u128>,
    /// Whether every count is right.
    pub(crate) verified: bool,
}

/// Amdahl's law fitted to one backend's medians.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fit {
    /// The name of the backend.
    pub(crate) backend: &'static str,
    /// The part of the work that only one worker runs.
    pub(crate) serial_fraction: Estimate,
}

impl Report {
    pub(super) fn new(race: &Race, samples: &[Vec<Sample>], expected: u128, machine: Machine) -> Self {
        let Machine { cores, busy_before, busy_beside } = machine;
        let numbers = race.stop as f64 + 1.0;
        let measured = race.lanes.iter().zip(samples);
        let lanes = measured.map(|(&(backend, workers), samples)| {
            LaneReport::new((backend.name(), workers.get()), samples, expected, cores, numbers)
        });
        let mut report = Self {
            stop: race.stop,
            algorithm: race.chosen_algorithm().name(),
            expected,
            cores,
            rounds: race.rounds.get(),
            warmup: race.warmup,
            busy_before,
            busy_beside,
            warnings: Vec::new(),
            baseline: None,
            lanes: lanes.collect(),
            amdahl: Vec::new(),
            summary: String::new(),
        };
        report.compare();
        report.amdahl = report.backends().into_iter().filter_map(|backend| report.fit(backend)).collect();
        report.warnings = report.doubts();
        report.summary = report.sentence();
        report
    }

    /// Returns whether every count equals the oracle's.
    pub(crate) fn verified(&self) -> bool {
        self.lanes.iter().all(|lane| lane.verified)
    }

    /// Returns the names of the backends without repetition.
    pub(super) fn backends(&self) -> Vec<&'static str> {
        let mut backends: Vec<_> = self.lanes.iter().map(|lane| lane.backend).collect();
        let mut seen = HashSet::new();
        backends.retain(|&backend| seen.insert(backend));
        backends
    }

    /// Computes the figures that compare a lane with others.
    fn compare(&mut self) {
        let alone = (0..self.lanes.len()).filter(|&lane| self.lanes[lane].workers == 1);
        self.baseline = alone.min_by(|&a, &b| self.lanes[a].median.value.total_cmp(&self.lanes[b].median.value));
        for lane in 0..self.lanes.len() {
            let own = self.lanes.iter().position(|own| own.workers == 1 && own.backend == self.lanes[lane].backend);
            let speedup = self.baseline.map(|best| self.ratio(best, lane));
            let own_speedup = own.map(|own| self.ratio(own, lane));
            let cores = self.cores;
            let report = &mut self.lanes[lane];
            let workers = report.workers;
            report.efficiency = speedup.map(|speedup| speedup.value / workers as f64);
            report.karp_flatt = own_speedup
                .filter(|_| (2..=cores).contains(&workers))
                .map(|speedup| karp_flatt(speedup.value, workers));
            (report.speedup, report.own_speedup) = (speedup, own_speedup);
        }
    }

    /// Returns how many times as fast as `other` a lane is.
    pub(super) fn ratio(&self, other: usize, lane: usize) -> Estimate {
        let seconds = |lane: usize| &self.lanes[lane].seconds;
        let drawn = |lane: usize, rounds: &[usize]| median(rounds.iter().map(|&round| seconds(lane)[round]));
        estimate(self.rounds, |rounds| drawn(other, rounds) / drawn(lane, rounds))
    }

    /// Fits Amdahl's law to a backend, if its samples are precise enough.
    fn fit(&self, backend: &'static str) -> Option<Fit> {
        let lanes = self.lanes.iter().filter(|lane| lane.backend == backend && !lane.oversubscribed);
        let lanes: Vec<_> = lanes.collect();
        if lanes.len() < MIN_POINTS {
            return None;
        }
        let serial_fraction = estimate(self.rounds, |rounds| {
            let drawn = |lane: &LaneReport| median(rounds.iter().map(|&round| lane.seconds[round]));
            let points: Vec<_> = lanes.iter().map(|lane| (lane.workers, drawn(lane))).collect();
            amdahl(&points).0
        });
        let medians: Vec<_> = lanes.iter().map(|lane| (lane.workers, lane.median.value)).collect();
        let holds = amdahl(&medians).1 <= MAX_ERROR;
        let possible = |(low, high)| high - low <= MAX_WIDTH && low <= 1.0 && high >= 0.0;
        let told = holds && serial_fraction.interval.is_some_and(possible);
        told.then_some(Fit { backend, serial_fraction })
    }
}

impl LaneReport {
    fn new(
        (backend, workers): (&'static str, usize),
        samples: &[Sample],
        expected: u128,
        cores: usize,
        numbers: f64,
    ) -> Self {
        let seconds: Vec<f64> = samples.iter().map(|sample| sample.seconds).collect();
        let median_seconds = estimate(seconds.len(), |rounds| median(rounds.iter().map(|&round| seconds[round])));
        let counts: Vec<u128> = samples.iter().map(|sample| sample.count).collect();
        Self {
            backend,
            workers,
            oversubscribed: workers > cores,
            places: samples.iter().map(|sample| sample.place).collect(),
            median: median_seconds,
            min: seconds.iter().copied().fold(f64::INFINITY, f64::min),
            numbers_per_second: numbers / median_seconds.value,
            speedup: None,
            own_speedup: None,
            efficiency: None,
            cores_used: median(samples.iter().map(|sample| sample.cores_used)),
            karp_flatt: None,
            verified: counts.iter().all(|&count| count == expected),
            counts,
            seconds,
        }
    }

    /// Returns the name of the backend and the number of workers.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.backend, self.workers)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use primelanes_backends::{Algorithm, BackendKind};

    use super::*;

    const QUIET: Machine = Machine { cores: 8, busy_before: Some(0.0), busy_beside: Some(0.0) };

    /// A race of seven rounds on eight cores. The times of each lane vary a little around the given one.
    fn report(lanes: &[(BackendKind, usize, f64)], count: u128) -> Report {
        let wavering = [1.0, 1.01, 0.99, 1.02, 0.98, 1.005, 0.995];
        let sample = |seconds: f64| Sample { seconds, cores_used: 1.0, count, place: 0 };
        let samples: Vec<Vec<_>> =
            lanes.iter().map(|lane| wavering.map(|factor| sample(factor * lane.2)).to_vec()).collect();
        let race = Race {
            stop: 999,
            algorithm: Algorithm::Sieve,
            lanes: lanes.iter().map(|lane| (lane.0, NonZeroUsize::new(lane.1).unwrap())).collect(),
            rounds: NonZeroUsize::new(7).unwrap(),
            warmup: 0,
        };
        Report::new(&race, &samples, 168, QUIET)
    }

    fn near(figure: Option<f64>, value: f64) -> bool {
        figure.is_some_and(|figure| (figure - value).abs() < 1e-9)
    }

    #[test]
    fn speed_ups_are_over_the_best_one_worker_and_over_the_own() {
        let lanes = [(BackendKind::SingleThread, 1, 1.0), (BackendKind::Rayon, 1, 1.25), (BackendKind::Rayon, 2, 0.8)];
        let report = report(&lanes, 168);
        assert_eq!(report.baseline, Some(0));
        let pair = &report.lanes[2];
        let value = |estimate: Option<Estimate>| estimate.map(|estimate| estimate.value);
        assert!(near(value(pair.speedup), 1.25) && near(value(pair.own_speedup), 1.5625));
        assert!(near(pair.efficiency, 0.625) && near(pair.karp_flatt, 0.28));
        assert!((pair.numbers_per_second - 1250.0).abs() < 1e-9 && (pair.min - 0.784).abs() < 1e-9);
        assert_eq!((report.lanes[1].karp_flatt, report.lanes[1].oversubscribed), (None, false));
    }

    #[test]
    fn the_last_line_names_the_baseline_and_the_second() {
        let lanes = [(BackendKind::SingleThread, 1, 1.0), (BackendKind::Rayon, 2, 0.5)];
        let alone = "rayon/2 ran 2.00 (2.00 .. 2.00) times as fast as single-thread/1; every count is right.";
        assert_eq!(report(&lanes, 168).summary, alone);
        let beside = "rayon/2 ran 2.00 (2.00 .. 2.00) times as fast as single-thread/1 and 1.00 (1.00 .. 1.00) times as \
                      fast as scoped-threads/2 (a tie); every count is right.";
        assert_eq!(report(&[lanes[0], lanes[1], (BackendKind::ScopedThreads, 2, 0.5)], 168).summary, beside);
        assert_eq!(report(&lanes[1..], 168).summary, "rayon/2 ran alone; every count is right.");
    }

    #[test]
    fn more_workers_than_cores_are_marked_and_have_no_serial_part() {
        let report = report(&[(BackendKind::Rayon, 1, 1.0), (BackendKind::Rayon, 9, 0.2)], 168);
        assert!(report.lanes[1].oversubscribed && report.lanes[1].karp_flatt.is_none());
        assert!(report.to_string().contains("oversubscribed"), "{report}");
    }

    #[test]
    fn amdahls_law_is_fitted_to_three_numbers_of_workers_within_the_cores() {
        let lane = |workers: usize, seconds: f64| (BackendKind::Rayon, workers, seconds);
        let law = |workers: usize| lane(workers, 0.1 + 0.9 / workers as f64);
        let fitted = report(&[law(1), law(2), law(4)], 168).amdahl;
        assert_eq!(fitted.len(), 1);
        assert!(near(Some(fitted[0].serial_fraction.value), 0.1), "{fitted:?}");
        assert!(report(&[law(1), law(2)], 168).amdahl.is_empty(), "two points fit any line");
        assert!(report(&[law(1), law(2), law(16)], 168).amdahl.is_empty(), "beyond the cores");
        assert!(report(&[lane(1, 1.0), lane(2, 0.5), lane(4, 0.5)], 168).amdahl.is_empty(), "a plateau");
        assert!(
            report(&[lane(1, 1.0), lane(2, 1.03), lane(4, 1.06)], 168).amdahl.is_empty(),
            "slower with each worker"
        );
        assert!(report(&[lane(1, 1.0), lane(2, 0.2), lane(4, 0.02)], 168).amdahl.is_empty(), "no such law");
    }

    #[test]
    fn a_wrong_count_is_shown_and_said() {
        let report = report(&[(BackendKind::Rayon, 1, 1.0)], 167);
        assert!(!report.verified() && report.to_string().contains("WRONG"), "{report}");
        assert_eq!(report.summary, "WRONG: rayon/1 counts 167 primes, not 168.");
    }

    #[test]
    fn a_busy_machine_and_wide_times_are_warned_of() {
        let mut noisy = report(&[(BackendKind::Rayon, 1, 1.0)], 168);
        assert_eq!(noisy.warnings, Vec::<String>::new());
        noisy.busy_beside = Some(1.5);
        noisy.lanes[0].seconds = vec![1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0];
        assert_eq!(noisy.doubts().len(), 2);
        noisy.rounds = 5;
        noisy.lanes[0].median.value = 1e-4;
        assert_eq!(noisy.doubts().len(), 4);
    }

    #[test]
    fn the_files_have_every_sample() {
        let report = report(&[(BackendKind::SingleThread, 1, 1.0), (BackendKind::Rayon, 2, 0.5)], 168);
        let csv = report.csv().to_string();
        assert_eq!(csv.lines().count(), 1 + 2 * 7);
        assert_eq!(csv.lines().nth(1), Some("999,sieve,single-thread,1,0,0,1,168"));
        let svg = report.svg();
        // A dot for each sample, and one for the speed-up of each lane.
        assert_eq!(svg.matches("<circle").count(), 2 * 7 + 2);
        assert!(svg.starts_with("<svg") && svg.contains("prefers-color-scheme: dark"), "{svg}");
        assert!(["single-thread/1", "rayon/2", "ideal", "workers"].iter().all(|text| svg.contains(text)), "{svg}");
        assert!(report.markdown().to_string().contains("| rayon/2"), "{}", report.markdown());
    }
}
