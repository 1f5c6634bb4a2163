//! The lanes that run in a Python interpreter.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use primelanes_backends::{BackendKind, Error};
use serde::{Deserialize, Serialize};

use super::Lane;
use super::measure::Sample;
use crate::gil::interpreter::{Interpreter, InterpreterError, MAX_INTERPRETERS, Script};

/// How the script runs its tasks.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Sequential,
    Threads,
    Processes,
    Interpreters,
}

/// A Python lane with its interpreter.
pub(super) struct Python<'a> {
    pub(super) lane: Lane,
    pub(super) mode: Mode,
    pub(super) interpreter: &'a Interpreter,
}

/// The parameters of `primes.py`.
#[derive(Serialize)]
struct Parameters {
    mode: Mode,
    limit: u64,
    tasks: NonZeroUsize,
}

/// The answer of `primes.py`.
#[derive(Deserialize)]
struct Answer {
    seconds: f64,
    processor_seconds: f64,
    counts: Vec<u128>,
}

impl Mode {
    /// Checks that the lane can run this number of tasks.
    pub(super) fn check(self, lane: Lane, tasks: NonZeroUsize) -> Result<(), Error> {
        let (requested, max) = (tasks.get(), self.max_tasks());
        if requested > max {
            return Err(Error::TooManyWorkers { backend: lane.name().into(), requested, max });
        }
        Ok(())
    }

    /// Returns the maximum number of tasks. For threads, it is the same as for a native lane. A Python process takes
    /// some ten megabytes, and two of its parent's open files, of which many systems allow only 1024.
    const fn max_tasks(self) -> usize {
        match self {
            Self::Sequential => usize::MAX,
            Self::Threads => BackendKind::ScopedThreads.max_workers().get(),
            Self::Processes => 256,
            Self::Interpreters => MAX_INTERPRETERS,
        }
    }
}

impl Python<'_> {
    /// Runs all tasks, without a timeout.
    pub(super) fn run(&self, limit: u64, tasks: NonZeroUsize, cancel: &AtomicBool) -> Result<Sample, Error> {
        let parameters = Parameters { mode: self.mode, limit, tasks };
        let answer = self.interpreter.run(Script::Primes, &parameters, Duration::MAX, cancel);
        let Answer { seconds, processor_seconds, counts } = answer.map_err(|error| match error {
            InterpreterError::Cancelled => Error::Cancelled,
            other => Error::Unavailable { what: self.lane.name().into(), reason: other.to_string() },
        })?;
        let cores_used = processor_seconds / seconds.max(f64::MIN_POSITIVE);
        Ok(Sample { seconds, cores_used, handovers: None, start_up: None, counts })
    }
}
