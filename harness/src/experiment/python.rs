//! The lanes that an interpreter runs.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use primelanes_backends::{BackendKind, Error};
use serde::{Deserialize, Serialize};

use super::Lane;
use super::measure::Sample;
use crate::gil::interpreter::{Interpreter, InterpreterError, Script};

/// How the script runs its tasks.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Sequential,
    Threads,
    Processes,
}

/// A lane with its interpreter.
pub(super) struct Python<'a> {
    lane: Lane,
    mode: Mode,
    interpreter: &'a Interpreter,
}

/// What `primes.py` takes.
#[derive(Serialize)]
struct Parameters {
    mode: Mode,
    limit: u64,
    tasks: NonZeroUsize,
}

/// What `primes.py` answers.
#[derive(Deserialize)]
struct Answer {
    seconds: f64,
    processor_seconds: f64,
    counts: Vec<u128>,
}

impl Mode {
    /// The most tasks. Threads as in a native lane; a process that runs Python takes some ten megabytes and two open files of its parent, of which
    /// 1024 is a common limit.
    const fn most(self) -> usize {
        match self {
            Self::Sequential => usize::MAX,
            Self::Threads => BackendKind::ScopedThreads.max_workers().get(),
            Self::Processes => 256,
        }
    }
}

impl<'a> Python<'a> {
    pub(super) fn open(
        lane: Lane,
        mode: Mode,
        tasks: NonZeroUsize,
        interpreter: Option<&'a Interpreter>,
    ) -> Result<Self, Error> {
        let (requested, max) = (tasks.get(), mode.most());
        if requested > max {
            return Err(Error::TooManyWorkers { backend: lane.name().into(), requested, max });
        }
        let missing = || Error::Unavailable { what: lane.name().into(), reason: "no interpreter is named".to_owned() };
        Ok(Self { lane, mode, interpreter: interpreter.ok_or_else(missing)? })
    }

    /// Runs all tasks, for as long as they take.
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
