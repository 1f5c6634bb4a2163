//! The experiment of the article: several identical counts of primes, on one lane after another.
//!
//! Each *task* is a whole count up to the limit by trial division. The lane decides whether the tasks run one after
//! another or all at once on its workers. The tasks are the tiles of a kernel, so that backends run them like any other
//! work. A second backend runs the count inside each task.
//!
//! The Python lanes run the experiment exactly as in the article: a Python script counts, and Python runs the tasks. Each
//! interpreter that the user names runs them all.

mod lane;
mod measure;
mod python;
mod report;

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use primelanes_backends::{Algorithm, Backend, Control, Error, Kernel, PrimeCounter, Pulse, Query, Stopped};
use rand::seq::SliceRandom;

pub(crate) use self::lane::Lane;
use self::lane::{Native, Track};
use self::measure::{Entrant, Sample};
pub(crate) use self::measure::{LaneReport, Report};
use crate::gil::interpreter::Interpreter;
use crate::oracle;
use crate::stopwatch::{Stopwatch, have_each_worker_answer};

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Experiment {
    /// Each task counts the primes in 0..=limit.
    pub(crate) limit: u64,
    /// The number of tasks in each lane and round.
    pub(crate) tasks: NonZeroUsize,
    /// The lanes, in the order of the report.
    pub(crate) lanes: Vec<Lane>,
    /// How often each lane runs. Each round runs every lane once, in shuffled order, so that drift of the machine
    /// affects all lanes alike.
    pub(crate) rounds: NonZeroUsize,
    /// The interpreters for the lanes of [`Lane::PYTHON`].
    pub(crate) interpreters: Vec<Interpreter>,
}

/// A lane with the interpreter that runs it, if it is one of Python.
type Place<'a> = (Lane, Option<&'a Interpreter>);

impl Experiment {
    /// Runs all lanes and checks every count against the oracle. Calls `after_lane` after each run.
    ///
    /// # Errors
    /// [`Error::Cancelled`], or the error of a lane that cannot be opened. A wrong count is not an error; the report
    /// shows it.
    pub(crate) fn run(&self, cancel: &AtomicBool, after_lane: &dyn Fn()) -> Result<Report, Error> {
        let places = self.places()?;
        let mut samples = vec![Vec::new(); places.len()];
        let mut order: Vec<usize> = (0..places.len()).collect();
        for _ in 0..self.rounds.get() {
            order.shuffle(&mut rand::rng());
            for &place in &order {
                samples[place].push(self.run_lane(places[place], cancel)?);
                after_lane();
            }
        }
        // The oracle cannot be cancelled, but it takes little time compared with lanes that have finished.
        let expected = oracle::prime_pi(self.limit).into();
        let entrant = |(lane, python): Place<'_>| Entrant::new(lane, python.map(Interpreter::name));
        let measured = places.into_iter().map(entrant).zip(samples);
        let interpreters = self.interpreters.iter().map(Interpreter::label).collect();
        Ok(Report { interpreters, ..Report::new(self.limit, self.tasks, expected, measured) })
    }

    /// Returns the number of runs.
    pub(crate) fn runs(&self) -> usize {
        self.lanes
            .iter()
            .map(|lane| self.runners(*lane).count().max(1))
            .sum::<usize>()
            .saturating_mul(self.rounds.get())
    }

    /// Returns every lane, those of Python with each interpreter that can run them.
    fn places(&self) -> Result<Vec<Place<'_>>, Error> {
        let mut places: Vec<Place<'_>> = Vec::new();
        for &lane in &self.lanes {
            if lane.is_python() {
                places.extend(self.runners(lane).map(|python| (lane, Some(python))));
            } else {
                places.push((lane, None));
            }
            if places.last().is_none_or(|(last, _)| *last != lane) {
                return Err(lane.unavailable());
            }
        }
        places.iter().try_for_each(|(lane, _)| lane.check(self.tasks))?;
        Ok(places)
    }

    /// Returns the interpreters that can run a lane of Python.
    fn runners(&self, lane: Lane) -> impl Iterator<Item = &Interpreter> {
        self.interpreters.iter().filter(move |python| lane.runs_in(python))
    }

    /// Runs all tasks on one lane. Its pool is built before the clock starts, and dropped before this returns. On a
    /// Python lane, the script does the same with its workers and measures the time itself.
    fn run_lane(&self, (lane, python): Place<'_>, cancel: &AtomicBool) -> Result<Sample, Error> {
        let clock = Instant::now();
        let control = Control::new().cancel(cancel);
        let track = lane.open(self.tasks, python, &control)?;
        let start_up = (lane == Lane::Processes).then(|| clock.elapsed().as_secs_f64());
        match track {
            Track::Native(native) => self.run_native(&native, cancel).map(|sample| Sample { start_up, ..sample }),
            Track::Python(python) => python.run(self.limit, self.tasks, cancel),
        }
    }

    fn run_native(&self, track: &Native, cancel: &AtomicBool) -> Result<Sample, Error> {
        let query = Query::up_to(self.limit.into()).algorithm(Algorithm::TrialDivision).cancel(cancel);
        let tasks = Tasks { counter: &track.counter, query, count: self.tasks.get() as u64, fault: OnceLock::new() };
        let control = Control::new().cancel(cancel);
        if !track.is_in_process() {
            have_each_worker_answer(&track.counter, &control)?;
        }
        let elsewhere = track.counter.time_elsewhere();
        let stopwatch = Stopwatch::start();
        let counts = track.team.fold(&tasks, &control);
        let (seconds, cores_used) = stopwatch.stop(track.counter.time_elsewhere().saturating_sub(elsewhere));
        if let Some(fault) = tasks.fault.into_inner() {
            return Err(fault);
        }
        let handovers = track.gil.as_ref().map(|gil| gil.switches());
        Ok(Sample { seconds, cores_used, handovers, start_up: None, counts: counts? })
    }
}

/// The tasks as tiles. Each is a whole count by trial division, and the partial result is the list of counts.
struct Tasks<'a> {
    counter: &'a dyn PrimeCounter,
    query: Query<'a>,
    count: u64,
    /// The first error of a task, except that a pulse stopped it.
    fault: OnceLock<Error>,
}

impl Kernel for Tasks<'_> {
    type Scratch = ();
    type Partial = Vec<u128>;

    fn phase(&self) -> &'static str {
        "tasks"
    }

    fn tiles(&self) -> u64 {
        self.count
    }

    fn scratch(&self) {}

    fn tile<P: Pulse>(&self, _: u64, (): &mut (), _: &P) -> Result<Vec<u128>, Stopped> {
        self.counter.count(&self.query).map(|count| vec![count]).map_err(|error| {
            self.fault.get_or_init(|| error);
            Stopped
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn experiment() -> Experiment {
        let two = NonZeroUsize::new(2).unwrap();
        Experiment { limit: 10_000, tasks: two, lanes: in_process(), rounds: two, interpreters: Vec::new() }
    }

    /// Returns the lanes that start no other program.
    fn in_process() -> Vec<Lane> {
        Lane::NATIVE.into_iter().filter(|&lane| lane != Lane::Processes).collect()
    }

    #[test]
    fn every_lane_counts_right_in_every_task() {
        let runs = Cell::new(0);
        let report = experiment().run(&AtomicBool::new(false), &|| runs.set(runs.get() + 1)).unwrap();
        assert_eq!(runs.get(), 2 * in_process().len());
        assert!(report.verified());
        for lane in &report.lanes {
            assert_eq!(lane.counts, [1229, 1229], "{}", lane.entrant.lane);
            assert_eq!(lane.seconds.len(), 2);
            assert_eq!(lane.handovers.is_some(), lane.entrant.lane == Lane::GlobalLock);
        }
    }

    #[test]
    fn a_python_lane_without_python_is_not_available() {
        let experiment = Experiment { lanes: Lane::ALL.to_vec(), ..experiment() };
        let error = experiment.run(&AtomicBool::new(false), &|| panic!("a lane has run")).unwrap_err();
        assert_eq!(error.to_string(), "python-sequential is not available: it needs a Python interpreter");
    }

    #[test]
    fn a_cancelled_experiment_says_so() {
        let report = experiment().run(&AtomicBool::new(true), &|| ());
        assert_eq!(report.err(), Some(Error::Cancelled));
    }
}
