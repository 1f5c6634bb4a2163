//! The lab: what all experiments share.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use primelanes_backends::global_lock::protocol::{Regime, Rules};
use primelanes_backends::global_lock::trace::Recording;
use primelanes_backends::global_lock::virtual_time::{Outcome, SimulatedThread, Simulation};
use primelanes_backends::{Control, Gil};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::Failure;
use super::interpreter::Script;
use super::report::Column;
use super::{Calibration, Interpreter, Report, Row, Scene};

/// The number of rounds of each case. Some CPython processes are slower than others by a fifth for their whole life.
/// With three rounds, the throughput varied from 0.7 to 1.0; with seven, by two percent.
const ROUNDS: u32 = 7;

/// How much longer than expected a script may take.
const GRACE: Duration = Duration::from_mins(1);

/// The limit of endless workloads, because virtual time takes real time.
pub(super) const MAX_VIRTUAL_SECONDS: f64 = 60.0;

/// The number of events that a simulation records. They last for a minute at an interval of a millisecond.
const MAX_EVENTS: usize = 1 << 20;

/// How often a wait checks for cancellation.
const POLL: Duration = Duration::from_millis(10);

/// Which interpreters an experiment asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    All,
    /// Those with a global lock.
    Locked,
    /// Those without one.
    Unlocked,
    /// Those with a global lock that can run several interpreters in one process.
    LockEach,
    Nobody,
}

impl Who {
    /// Without a lock, the switch interval makes no difference, so all ask at the first and only some at the others.
    pub(super) const fn at_interval(place: usize) -> Self {
        if place == 0 { Self::All } else { Self::Locked }
    }

    fn includes(self, interpreter: &Interpreter) -> bool {
        match self {
            Self::All => true,
            Self::Locked => interpreter.is_locked(),
            Self::Unlocked => !interpreter.is_locked(),
            Self::LockEach => interpreter.is_locked() && interpreter.has_interpreter_pool(),
            Self::Nobody => false,
        }
    }
}

/// What the experiments run with, and where they leave their recordings.
#[derive(Debug)]
pub(crate) struct Lab<'a> {
    /// The interpreters, each with a column of its own.
    pub(crate) interpreters: Vec<Interpreter>,
    /// The names of interpreters that take no part.
    pub(crate) left_out: Vec<String>,
    /// The costs of the column `virtual`.
    pub(crate) calibration: Calibration,
    /// The number of cores of the simulated machine.
    pub(crate) cores: NonZeroUsize,
    /// The largest number of events in each recording. With 0, nothing is recorded.
    pub(crate) capacity: usize,
    /// The flag that ends an experiment early.
    pub(crate) cancel: &'a AtomicBool,
    scenes: Mutex<Vec<Scene>>,
}

impl<'a> Lab<'a> {
    /// Creates a lab without an interpreter and without recordings. The simulated machine has as many cores as this
    /// one.
    pub(crate) fn new(calibration: Calibration, cancel: &'a AtomicBool) -> Self {
        Self {
            interpreters: Vec::new(),
            left_out: Vec::new(),
            calibration,
            cores: primelanes_backends::available_workers(),
            capacity: 0,
            cancel,
            scenes: Mutex::default(),
        }
    }

    /// Takes the recordings that were made since the last call.
    pub(crate) fn take_scenes(&self) -> Vec<Scene> {
        std::mem::take(&mut self.scenes.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Creates the report of an experiment that was not cancelled.
    pub(super) fn report(
        &self,
        experiment: &'static str,
        legend: &'static str,
        mut rows: Vec<Row>,
    ) -> Result<Report, Failure> {
        self.check_cancelled()?;
        let interpreters: Vec<_> = self.interpreters.iter().map(Interpreter::label).collect();
        for row in &mut rows {
            if let Column::Cpython(place) = row.column {
                row.interpreter = Some(interpreters[place].name.clone());
            }
        }
        Ok(Report { experiment, interpreters, calibration: self.calibration, rows, legend })
    }

    /// Creates a lock, which is recorded if recordings are wanted.
    pub(super) fn gil(&self, interval: Duration) -> Gil {
        if self.capacity > 0 { Gil::recorded(interval, self.capacity) } else { Gil::new(interval) }
    }

    /// Keeps a recording, unless there is already one with that title.
    pub(super) fn keep(&self, title: String, recording: Recording) {
        let mut scenes = self.scenes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !recording.entries.is_empty() && scenes.iter().all(|scene| scene.title != title) {
            scenes.push(Scene { title, recording });
        }
    }

    /// Runs a script, which should take this many seconds.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        interpreter: &Interpreter,
        script: Script,
        parameters: &impl Serialize,
        seconds: f64,
    ) -> Result<T, Failure> {
        self.check_cancelled()?;
        let timeout = Duration::from_secs_f64(seconds) + GRACE;
        let answer = interpreter.run(script, parameters, timeout, self.cancel);
        self.check_cancelled()?;
        answer.map_err(|error| Failure::Interpreter { name: interpreter.name().to_owned(), error })
    }

    /// Returns the length of a run if all rounds of a column together take this many seconds.
    pub(super) fn run_length(seconds: f64) -> f64 {
        seconds / f64::from(ROUNDS)
    }

    /// Measures one case in the columns of these interpreters, and in that of our lock: a sample for each round and
    /// column. The columns take turns, so that drift of the machine affects all alike.
    pub(super) fn measure<T>(
        &self,
        who: Who,
        python: impl Fn(&Interpreter) -> Result<T, Failure>,
        lock: impl Fn() -> Result<T, Failure>,
    ) -> Result<Vec<(Column, Vec<T>)>, Failure> {
        self.take_turns(who, python, Some(&lock))
    }

    /// Measures one case in the columns of these interpreters only.
    pub(super) fn measure_python<T>(
        &self,
        who: Who,
        python: impl Fn(&Interpreter) -> Result<T, Failure>,
    ) -> Result<Vec<(Column, Vec<T>)>, Failure> {
        self.take_turns(who, python, None)
    }

    fn take_turns<T>(
        &self,
        who: Who,
        python: impl Fn(&Interpreter) -> Result<T, Failure>,
        lock: Option<&dyn Fn() -> Result<T, Failure>>,
    ) -> Result<Vec<(Column, Vec<T>)>, Failure> {
        let takes_part = |(_, interpreter): &(usize, &Interpreter)| {
            who.includes(interpreter) && self.left_out.iter().all(|name| name != interpreter.name())
        };
        let meant: Vec<_> = self.interpreters.iter().enumerate().filter(takes_part).collect();
        let columns = meant.iter().map(|&(place, _)| Column::Cpython(place)).chain(lock.map(|_| Column::Lock));
        let mut samples: Vec<(Column, Vec<T>)> = columns.map(|column| (column, Vec::new())).collect();
        for _ in 0..ROUNDS {
            for (&(_, interpreter), (_, samples)) in meant.iter().zip(&mut samples) {
                samples.push(python(interpreter)?);
                self.check_cancelled()?;
            }
            if let (Some(lock), Some((_, samples))) = (lock, samples.last_mut()) {
                samples.push(lock()?);
            }
        }
        Ok(samples)
    }

    /// The switch interval that a column ran with, if it has a lock.
    pub(super) fn interval(&self, column: Column, interval: Duration) -> Option<Duration> {
        let is_locked = match column {
            Column::Cpython(place) => self.interpreters[place].is_locked(),
            Column::Lock | Column::Virtual => true,
        };
        is_locked.then_some(interval)
    }

    /// Runs the threads in virtual time, under a lock with this interval.
    pub(super) fn simulate(
        &self,
        threads: Vec<SimulatedThread>,
        interval: Duration,
        seconds: f64,
    ) -> Result<Outcome, Failure> {
        self.run(&self.simulation(threads, Regime::Timed { interval }), seconds)
    }

    /// Runs a simulation for at most this many seconds of virtual time.
    pub(super) fn run(&self, simulation: &Simulation, seconds: f64) -> Result<Outcome, Failure> {
        Ok(simulation.run_with(Duration::from_secs_f64(seconds), &Control::new().cancel(self.cancel))?)
    }

    /// Creates a simulation of the threads on the simulated machine.
    pub(super) fn simulation(&self, threads: Vec<SimulatedThread>, regime: Regime) -> Simulation {
        Simulation {
            cores: self.cores.get(),
            costs: self.calibration.costs(),
            rules: Rules::new(regime),
            slowdown: 1.0,
            threads,
            capacity: MAX_EVENTS,
            seed: 0,
        }
    }

    /// Keeps what a simulation recorded at each lock, up to the capacity.
    pub(super) fn keep_outcome(&self, title: &str, outcome: &Outcome) {
        let several = outcome.recordings.len() > 1;
        for (number, recording) in outcome.recordings.iter().enumerate().filter(|_| self.capacity > 0) {
            let mut recording = recording.clone();
            recording.left_out += recording.entries.len().saturating_sub(self.capacity) as u64;
            recording.entries.truncate(self.capacity);
            let lock = if several { format!(", lock {}", number + 1) } else { String::new() };
            self.keep(format!("{title}{lock}"), recording);
        }
    }

    /// Waits for some seconds, or until the experiment is cancelled.
    pub(super) fn wait(&self, seconds: f64) {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if self.is_cancelled() {
                return;
            }
            std::thread::sleep(left.min(POLL));
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    pub(super) fn check_cancelled(&self) -> Result<(), Failure> {
        if self.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    }
}
