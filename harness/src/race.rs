//! The race: the same count on every lane, measured so that noise is not mistaken for a result.
//!
//! Each round runs every lane once, in shuffled order, so that drift of the machine affects all lanes alike. The pool
//! of a lane is built before its clock starts, and dropped before the next lane. Every count is checked against the
//! oracle.

mod machine;
mod picture;
mod report;
mod table;
mod words;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use primelanes_backends::{
    Algorithm, Backend, BackendKind, Control, Error, Plan, PrimeCounter, Query, available_workers,
};
use rand::seq::SliceRandom;

use self::machine::{Activity, Machine};
pub(crate) use self::report::{LaneReport, Report};
use crate::oracle;
use crate::stopwatch::{Stopwatch, have_each_worker_answer};

/// What to race.
#[derive(Clone, Debug)]
pub(crate) struct Race {
    /// Each run counts the primes in 0..=stop.
    pub(crate) stop: u64,
    /// The algorithm that counts them.
    pub(crate) algorithm: Algorithm,
    /// The lanes in the order of the report: backends with their number of workers.
    pub(crate) lanes: Vec<(BackendKind, NonZeroUsize)>,
    /// How often each lane is measured.
    pub(crate) rounds: NonZeroUsize,
    /// How often each lane runs unmeasured before the measured rounds.
    pub(crate) warmup: usize,
}

/// All runs of a race, before they are judged.
#[derive(Debug)]
pub(crate) struct Runs<'a> {
    race: &'a Race,
    samples: Vec<Vec<Sample>>,
    machine: Machine,
}

/// One run of one lane.
#[derive(Clone, Copy, Debug)]
struct Sample {
    seconds: f64,
    cores_used: f64,
    count: u128,
    /// The position of the lane in its round, from 0.
    place: usize,
}

impl Race {
    /// Every backend with each of these numbers of workers that it takes. The numbers are in ascending order and
    /// without repetition.
    ///
    /// # Errors
    /// [`Error::TooManyWorkers`] if a backend takes none of them.
    pub(crate) fn lanes(
        backends: &[BackendKind],
        workers: &[NonZeroUsize],
    ) -> Result<Vec<(BackendKind, NonZeroUsize)>, Error> {
        let workers: BTreeSet<_> = workers.iter().copied().collect();
        let mut lanes = Vec::new();
        for &backend in backends {
            if let Some(&least) = workers.first() {
                backend.check(least)?;
            }
            for lane in workers.iter().map(|&workers| (backend, workers)) {
                if backend.check(lane.1).is_ok() && !lanes.contains(&lane) {
                    lanes.push(lane);
                }
            }
        }
        Ok(lanes)
    }

    /// Returns the numbers 1, 2, 4, .. up to the number of cores, and the number of cores itself.
    pub(crate) fn default_workers() -> Vec<NonZeroUsize> {
        let cores = available_workers();
        let doubled = std::iter::successors(Some(NonZeroUsize::MIN), |workers| {
            workers.checked_mul(NonZeroUsize::MIN.saturating_add(1))
        });
        doubled.take_while(|&workers| workers < cores).chain([cores]).collect()
    }

    /// Returns the algorithm that is used if [`Algorithm::Auto`] was asked for.
    fn chosen_algorithm(&self) -> Algorithm {
        let plan = Plan::for_query(&self.query(), NonZeroUsize::MIN);
        plan.map_or(self.algorithm, |plan| plan.algorithm())
    }

    fn query(&self) -> Query<'_> {
        Query::up_to(self.stop.into()).algorithm(self.algorithm)
    }

    /// Runs all lanes in all rounds, and calls `after_run` after each run.
    ///
    /// # Errors
    /// [`Error::Cancelled`], or the error of a lane that cannot be opened. A wrong count is not an error; the report
    /// shows it.
    pub(crate) fn run(&self, cancel: &AtomicBool, after_run: &dyn Fn()) -> Result<Runs<'_>, Error> {
        let busy_before = Activity::over_a_moment();
        let mut samples = vec![Vec::new(); self.lanes.len()];
        let mut order: Vec<usize> = (0..self.lanes.len()).collect();
        let activity = Activity::start();
        let mut elsewhere = Duration::ZERO;
        for round in 0..self.warmup + self.rounds.get() {
            order.shuffle(&mut rand::rng());
            for (place, &lane) in order.iter().enumerate() {
                let (sample, time_elsewhere) = self.run_lane(self.lanes[lane], place, cancel)?;
                elsewhere += time_elsewhere;
                if round >= self.warmup {
                    samples[lane].push(sample);
                }
                after_run();
            }
        }
        let cores = available_workers().get();
        let machine = Machine { cores, busy_before, busy_beside: activity.of_others(elsewhere) };
        Ok(Runs { race: self, samples, machine })
    }

    /// Runs a lane once. Also returns the processor time that its workers took outside of this process.
    fn run_lane(
        &self,
        (backend, workers): (BackendKind, NonZeroUsize),
        place: usize,
        cancel: &AtomicBool,
    ) -> Result<(Sample, Duration), Error> {
        let control = Control::new().cancel(cancel);
        let lane = backend.open_with(workers, &control)?;
        if !backend.is_in_process() {
            have_each_worker_answer(&lane, &control)?;
        }
        let start_up = lane.time_elsewhere();
        let query = self.query().cancel(cancel);
        let stopwatch = Stopwatch::start();
        let count = lane.count(&query);
        let elsewhere = lane.time_elsewhere();
        let (seconds, cores_used) = stopwatch.stop(elsewhere.saturating_sub(start_up));
        Ok((Sample { seconds, cores_used, count: count?, place }, elsewhere))
    }
}

impl Runs<'_> {
    /// Checks all counts against the oracle, and computes the figures. This cannot be cancelled. It takes seconds if the
    /// count is not in the oracle's tables, or if there are tens of thousands of rounds.
    pub(crate) fn report(&self) -> Report {
        let expected = oracle::known_or_counted(self.race.stop).into();
        Report::new(self.race, &self.samples, expected, self.machine)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;
    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    fn race() -> Race {
        let in_process: Vec<_> = BackendKind::ALL.iter().copied().filter(|kind| kind.is_in_process()).collect();
        let lanes = Race::lanes(&in_process, &[ONE, TWO]).unwrap();
        Race { stop: 10_000, algorithm: Algorithm::TrialDivision, lanes, rounds: TWO, warmup: 1 }
    }

    #[test]
    fn a_lane_runs_with_the_workers_that_it_takes() {
        let lanes = Race::lanes(&[BackendKind::SingleThread, BackendKind::Rayon], &[TWO, ONE, TWO]).unwrap();
        assert_eq!(lanes, [(BackendKind::SingleThread, ONE), (BackendKind::Rayon, ONE), (BackendKind::Rayon, TWO)]);
        assert_eq!(Race::lanes(&[BackendKind::Rayon, BackendKind::Rayon], &[ONE]), Ok(vec![(BackendKind::Rayon, ONE)]));
        let refused = Race::lanes(&[BackendKind::Rayon, BackendKind::SingleThread], &[TWO]);
        assert_eq!(refused, Err(Error::TooManyWorkers { backend: "single-thread".into(), requested: 2, max: 1 }));
    }

    #[test]
    fn the_default_workers_end_at_the_cores() {
        let workers = Race::default_workers();
        assert_eq!((workers[0], workers.last()), (ONE, Some(&available_workers())));
        assert!(workers.is_sorted_by(|a, b| a < b), "{workers:?}");
    }

    #[test]
    fn every_lane_is_measured_in_every_round_and_counts_right() {
        let runs = Cell::new(0);
        let race = race();
        let report = race.run(&AtomicBool::new(false), &|| runs.set(runs.get() + 1)).unwrap().report();
        assert_eq!((runs.get(), report.lanes.len()), (7 * 3, 7));
        assert!(report.verified());
        for lane in &report.lanes {
            assert_eq!((lane.seconds.len(), lane.places.len(), &lane.counts[..]), (2, 2, &[1229, 1229][..]));
        }
        for round in 0..2 {
            let mut places: Vec<_> = report.lanes.iter().map(|lane| lane.places[round]).collect();
            places.sort_unstable();
            assert_eq!(places, [0, 1, 2, 3, 4, 5, 6]);
        }
    }

    #[test]
    fn a_cancelled_race_says_so() {
        assert_eq!(race().run(&AtomicBool::new(true), &|| ()).err(), Some(Error::Cancelled));
    }
}
