//! What is run for a report.

mod settings;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use primelanes_backends::{Algorithm, BackendKind, Error, GlobalLock, Progress};

pub(crate) use self::settings::Settings;
use self::settings::{CALIBRATION, OnTheLock, SIMULATIONS};
use super::data::{Case, Counts, Data, Overhead, Pictures, Way};
use super::meter::Meter;
use super::{convert, machine, what_if};
use crate::experiment::{Experiment, Lane};
use crate::gil::{self, Calibration, Failure, Interpreter, Lab, Report, Scene};
use crate::race::{self, Race};

/// The number of counts that run at once, and of threads under the lock.
const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// The native lanes of the counts.
const NATIVE: [Lane; 4] = [Lane::Sequential, Lane::GlobalLock, Lane::ScopedThreads, Lane::Processes];

/// The number of threads that sleep at once.
const SLEEPERS: usize = 4;

/// The largest number of events in a recording, of 32 bytes each. The pictures show fewer.
const CAPACITY: usize = 20_000;

/// Measures everything that the report shows. `show` gets the progress.
///
/// # Errors
/// [`Error::Cancelled`] or [`Failure::Cancelled`] if `cancel` is set, or why a part could not run. A part that cannot run
/// in an interpreter, or without the loopback interface, is left out with a warning.
pub(crate) fn measure(
    settings: &Settings,
    interpreters: &[Interpreter],
    cancel: &AtomicBool,
    show: &(dyn Fn(Progress) + Sync),
) -> anyhow::Result<Data> {
    let race = race_of(settings)?;
    let about = machine::about(settings.quick);
    let meter = Meter::new(settings.seconds(interpreters.len(), race.lanes.len()), show);
    let calibration = meter.timed("calibrate", CALIBRATION, || Calibration::measure(cancel))?;
    let bench = Bench { settings, interpreters, calibration, cancel, meter, warnings: RefCell::default() };

    let (native, python) = (bench.native()?, bench.python()?);
    let (cpu, computing) = bench.compute()?;
    let (integrity, _) = bench.add()?;
    let (convoy, beside) = bench.convoy()?;
    let (stall, calls) = bench.stall()?;
    let waits = bench.wait()?;
    let overhead = bench.overhead(&python);
    let what_if = bench.what_if(overhead)?;
    let raced = bench.race(&race)?;

    Ok(Data {
        about,
        pictures: pictures([computing, beside, calls], raced.svg()),
        interpreters: interpreters.iter().map(convert::interpreter).collect(),
        native,
        python,
        slices: convert::slices(&cpu),
        integrity: convert::integrity(&integrity),
        delays: convert::delays(&convoy),
        stalls: convert::stalls(&stall, settings.call),
        waits: waits.iter().flat_map(|report| convert::waits(report, settings.sleep)).collect(),
        what_if,
        overhead,
        costs: bench.calibration,
        race: convert::race(&raced),
        warnings: bench.warnings.into_inner(),
    })
}

/// Chooses from the recordings of computing threads, of the sleeper, and of the native call.
fn pictures([computing, beside, calls]: [Vec<Scene>; 3], race: String) -> Pictures {
    let mut calls = calls.into_iter();
    Pictures {
        slices: computing.into_iter().next(),
        // In the first case, the sleeper is alone.
        convoy: beside.into_iter().nth(1),
        attached: calls.next(),
        detached: calls.next(),
        race,
    }
}

/// Every lane, with 1, 2, 4, .. workers up to the number of cores. One worker at least suits all lanes.
fn race_of(settings: &Settings) -> Result<Race, Error> {
    let backends: Vec<_> = BackendKind::available().collect();
    Ok(Race {
        stop: settings.race_stop,
        algorithm: Algorithm::Sieve,
        lanes: Race::lanes(&backends, &Race::default_workers())?,
        rounds: settings.race_rounds,
        warmup: 1,
    })
}

/// What all parts share.
struct Bench<'a> {
    settings: &'a Settings,
    interpreters: &'a [Interpreter],
    calibration: Calibration,
    cancel: &'a AtomicBool,
    meter: Meter<'a>,
    warnings: RefCell<Vec<String>>,
}

/// The result of an experiment on the lock, and the recordings of our lock.
type Recorded = Result<(Report, Vec<Scene>), Failure>;

impl Bench<'_> {
    fn native(&self) -> Result<Counts, Error> {
        let lanes = NATIVE.into_iter().filter(|lane| lane.is_available()).collect();
        let experiment = self.experiment(self.settings.native_limit, lanes, &[]);
        let seconds = self.settings.native_seconds();
        let report = self.meter.steps("count", seconds, experiment.runs(), |step| experiment.run(self.cancel, step))?;
        Ok(convert::counts(&report, None).expect("one lane is available everywhere"))
    }

    fn python(&self) -> Result<Vec<Counts>, Error> {
        let all = self.interpreters;
        let seconds = all.len() as f64 * self.settings.python_seconds();
        let runs = self.python_experiment(all).runs();
        self.meter.steps("count in Python", seconds, runs, |step| match self.count_in(all, step) {
            Err(error) if error != Error::Cancelled => self.count_one_by_one(&error, step),
            counted => counted,
        })
    }

    /// After all interpreters together have failed, runs each alone, so that only the failing ones are left out.
    fn count_one_by_one(&self, failure: &Error, step: &dyn Fn()) -> Result<Vec<Counts>, Error> {
        let all = self.interpreters;
        let mut counts = Vec::new();
        for one in all.chunks(1) {
            let counted = if all.len() == 1 { Err(failure.clone()) } else { self.count_in(one, step) };
            match counted {
                Ok(more) => counts.extend(more),
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => self.warn(format!("{} could not run the counts: {error}.", one[0].name())),
            }
        }
        Ok(counts)
    }

    fn count_in(&self, interpreters: &[Interpreter], step: &dyn Fn()) -> Result<Vec<Counts>, Error> {
        let report = self.python_experiment(interpreters).run(self.cancel, step)?;
        let places = self.interpreters.iter().enumerate();
        Ok(places.filter_map(|place| convert::counts(&report, Some(place))).collect())
    }

    fn python_experiment(&self, interpreters: &[Interpreter]) -> Experiment {
        let runs = |lane: &Lane| interpreters.iter().any(|interpreter| lane.runs_in(interpreter));
        let lanes = Lane::PYTHON.into_iter().filter(runs).collect();
        self.experiment(self.settings.python_limit, lanes, interpreters)
    }

    fn experiment(&self, limit: u64, lanes: Vec<Lane>, interpreters: &[Interpreter]) -> Experiment {
        Experiment { limit, tasks: TWO, lanes, rounds: self.settings.rounds, interpreters: interpreters.to_vec() }
    }

    /// How much longer a thread without a lock takes: measured if two interpreters of one version have counted, of which
    /// only one has a lock.
    fn overhead(&self, python: &[Counts]) -> Overhead {
        let alone = |counts: &Counts| {
            let interpreter = &self.interpreters[counts.interpreter?];
            Some((interpreter, 1.0 / counts.of(Way::Sequential)?.median))
        };
        let measured = gil::measured_overhead(&python.iter().filter_map(alone).collect::<Vec<_>>());
        measured.map_or(what_if::ASSUMED, |overhead| Overhead { percent: 100.0 * overhead, measured: true })
    }

    fn compute(&self) -> Recorded {
        let compute = self.settings.compute;
        self.on_the_lock("compute", self.settings.compute_seconds(), |lab| {
            gil::cpu(lab, TWO.get(), &[GlobalLock::SWITCH_INTERVAL], compute)
        })
    }

    fn add(&self) -> Recorded {
        let add = self.settings.add;
        self.on_the_lock("add", self.settings.add_seconds(), |lab| {
            gil::integrity(lab, TWO.get(), GlobalLock::SWITCH_INTERVAL, add)
        })
    }

    fn convoy(&self) -> Recorded {
        let Settings { convoy, intervals_ms, .. } = *self.settings;
        let intervals: Vec<_> = intervals_ms.iter().copied().map(Duration::from_millis).collect();
        self.on_the_lock("convoy", self.settings.convoy_seconds(), |lab| gil::convoy(lab, 1, &intervals, convoy))
    }

    fn stall(&self) -> Recorded {
        let call = self.settings.call;
        self.on_the_lock("stall", self.settings.stall_seconds(), |lab| {
            gil::stall(lab, GlobalLock::SWITCH_INTERVAL, call)
        })
    }

    /// `None` if there is no loopback interface.
    fn wait(&self) -> Result<Option<Report>, Failure> {
        let sleep = self.settings.sleep;
        let waits = self.on_the_lock("wait", self.settings.wait_seconds(), |lab| {
            gil::io(lab, SLEEPERS, GlobalLock::SWITCH_INTERVAL, sleep)
        });
        match waits {
            Ok((report, _)) => Ok(Some(report)),
            Err(Failure::Socket(_) | Failure::NoSocketCosts) => {
                self.warn(
                    "Threads that wait were not measured, because no connection within this machine works.".to_owned(),
                );
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Runs an experiment on the lock. If an interpreter fails, runs it again without that interpreter.
    fn on_the_lock(
        &self,
        name: &'static str,
        length: OnTheLock,
        experiment: impl Fn(&Lab<'_>) -> Result<Report, Failure>,
    ) -> Recorded {
        self.meter.timed(name, length.seconds(self.interpreters.len()), || {
            let mut lab = self.lab();
            let report = loop {
                match experiment(&lab) {
                    Err(Failure::Interpreter { name: interpreter, error }) => {
                        self.warn(format!("{interpreter} could not run the experiment '{name}': {error}."));
                        lab.left_out.push(interpreter);
                        drop(lab.take_scenes());
                    }
                    result => break result?,
                }
            };
            let mut scenes = lab.take_scenes();
            scenes.retain(|scene| scene.title.starts_with("our lock"));
            Ok((report, scenes))
        })
    }

    fn lab(&self) -> Lab<'_> {
        let mut lab = Lab::new(self.calibration, self.cancel);
        lab.interpreters = self.interpreters.to_vec();
        lab.capacity = CAPACITY;
        lab
    }

    fn what_if(&self, overhead: Overhead) -> Result<Vec<Case>, Failure> {
        self.meter.steps("what if", SIMULATIONS, what_if::CASES, |step| {
            what_if::what_if(&self.calibration, overhead, self.settings.simulated, self.cancel, step)
        })
    }

    fn race(&self, race: &Race) -> Result<race::Report, Error> {
        let steps = (race.rounds.get() + race.warmup) * race.lanes.len();
        let seconds = self.settings.race_seconds(race.lanes.len());
        let report = self.meter.steps("race", seconds, steps, |step| race.run(self.cancel, step))?.report();
        report.warnings.iter().for_each(|warning| self.warn(format!("About the race: {warning}.")));
        Ok(report)
    }

    fn warn(&self, warning: String) {
        self.warnings.borrow_mut().push(warning);
    }
}
