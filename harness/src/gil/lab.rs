//! What the experiments run with.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use primelanes_backends::Gil;
use primelanes_backends::global_lock::protocol::{Regime, Rules};
use primelanes_backends::global_lock::trace::Recording;
use primelanes_backends::global_lock::virtual_time::{Outcome, SimulatedThread, Simulation};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::Failure;
use super::interpreter::Script;
use super::report::Column;
use super::{Calibration, Interpreter, Report, Row, Scene};

/// The rounds of each case. Some CPython processes are slower than others by a fifth all their life: with three rounds
/// the throughput varied from 0.7 to 1.0, with seven by two percent.
const ROUNDS: u32 = 7;

/// How much longer than a script should take it may.
const GRACE: Duration = Duration::from_mins(1);

/// Where threads run on and on: virtual time costs real time, and cannot be cancelled.
pub(super) const MAX_VIRTUAL_SECONDS: f64 = 60.0;

/// Events that a simulation keeps for whoever reads slices from them: a minute's, at an interval of a millisecond and
/// more.
const MAX_EVENTS: usize = 1 << 20;

/// How often a wait looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(10);

/// What the experiments run with, and where they leave their recordings.
#[derive(Debug)]
pub(crate) struct Lab<'a> {
    /// For the column `cpython`; without one there is none.
    pub(crate) interpreter: Option<Interpreter>,
    /// For the column `virtual`.
    pub(crate) calibration: Calibration,
    /// Cores of the simulated machine.
    pub(crate) cores: NonZeroUsize,
    /// How many events each recording has room for; 0: nothing is recorded.
    pub(crate) capacity: usize,
    /// Ends an experiment early.
    pub(crate) cancel: &'a AtomicBool,
    scenes: Mutex<Vec<Scene>>,
}

impl<'a> Lab<'a> {
    /// Without an interpreter and recordings, on a machine like this one.
    pub(crate) fn new(calibration: Calibration, cancel: &'a AtomicBool) -> Self {
        Self {
            interpreter: None,
            calibration,
            cores: primelanes_backends::available_workers(),
            capacity: 0,
            cancel,
            scenes: Mutex::default(),
        }
    }

    /// What was recorded since this was last asked.
    pub(crate) fn take_scenes(&self) -> Vec<Scene> {
        std::mem::take(&mut self.scenes.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The report of an experiment that was not cut short.
    pub(super) fn report(
        &self,
        experiment: &'static str,
        legend: &'static str,
        rows: Vec<Row>,
    ) -> Result<Report, Failure> {
        self.check_cancelled()?;
        let interpreter = self.interpreter.as_ref().map(Interpreter::name);
        Ok(Report { experiment, interpreter, calibration: self.calibration, rows, legend })
    }

    /// A lock, recorded if recordings are wanted.
    pub(super) fn gil(&self, interval: Duration) -> Gil {
        if self.capacity > 0 { Gil::recorded(interval, self.capacity) } else { Gil::new(interval) }
    }

    /// Keeps a recording, unless there is one of that title.
    pub(super) fn keep(&self, title: String, recording: Recording) {
        let mut scenes = self.scenes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !recording.entries.is_empty() && scenes.iter().all(|scene| scene.title != title) {
            scenes.push(Scene { title, recording });
        }
    }

    /// The interpreter's answer, if there is an interpreter. `seconds` is how long the script should take.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        script: Script,
        parameters: &impl Serialize,
        seconds: f64,
    ) -> Result<Option<T>, Failure> {
        self.check_cancelled()?;
        let patience = Duration::from_secs_f64(seconds) + GRACE;
        let ask = |interpreter: &Interpreter| interpreter.run(script, parameters, patience, self.cancel);
        let answer = self.interpreter.as_ref().map(ask).transpose();
        self.check_cancelled()?;
        Ok(answer?)
    }

    /// The length of a run if all rounds of a column together take this many seconds.
    pub(super) fn run_length(seconds: f64) -> f64 {
        seconds / f64::from(ROUNDS)
    }

    /// Measures one case in the columns that run on a clock: a sample for each round and column. The columns take turns,
    /// so that drift of the machine affects both alike. `python` gives `None` if the column does not apply.
    pub(super) fn measure<T>(
        &self,
        python: impl Fn() -> Result<Option<T>, Failure>,
        lock: impl Fn() -> Result<T, Failure>,
    ) -> Result<Vec<(Column, Vec<T>)>, Failure> {
        let (mut in_python, mut under_lock) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            in_python.extend(python()?);
            self.check_cancelled()?;
            under_lock.push(lock()?);
        }
        let columns = [(Column::Cpython, in_python), (Column::Lock, under_lock)];
        Ok(columns.into_iter().filter(|(_, samples)| !samples.is_empty()).collect())
    }

    /// The threads under a lock with that interval, on a machine like this one, for that long.
    pub(super) fn simulate(&self, threads: Vec<SimulatedThread>, interval: Duration, seconds: f64) -> Outcome {
        self.simulation(threads, Regime::Timed { interval }).run(Duration::from_secs_f64(seconds))
    }

    /// The threads on a machine like this one.
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

    /// Keeps what a simulation recorded at each lock, as far as there is room.
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

    /// Waits for so long, or until it is cancelled.
    pub(super) fn wait(&self, seconds: f64) {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if self.cancel.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(left.min(POLL));
        }
    }

    pub(super) fn check_cancelled(&self) -> Result<(), Failure> {
        if self.cancel.load(Ordering::Relaxed) { Err(Failure::Cancelled) } else { Ok(()) }
    }
}
