//! The ways to run the tasks of an experiment.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;

use primelanes_backends::{
    AnyBackend, Backend, BackendKind, Control, Error, Gil, GlobalLock, Rayon, ScopedThreads, SingleThread,
};
use serde::{Serialize, Serializer};

use super::python::{Mode, Python};
use crate::gil::interpreter::Interpreter;

/// A lane of the experiment: a way to run several tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Runs the tasks one after another, on one thread.
    Sequential,
    /// Runs all tasks at once, with a thread for each task, under one global lock.
    GlobalLock,
    /// Runs all tasks at once, with a thread for each task, without a lock.
    ScopedThreads,
    /// Runs all tasks at once, on a rayon pool with a thread for each task.
    Rayon,
    /// Runs all tasks at once, on a pool with a worker process for each task.
    Processes,
    /// Runs the tasks in a Python script, one after another.
    PythonSequential,
    /// Runs all tasks at once in a Python script, with a thread for each task.
    PythonThreads,
    /// Runs all tasks at once in a Python script, with a process for each task.
    PythonProcesses,
    /// Runs all tasks at once in a Python script, with an interpreter in the same process for each task.
    PythonInterpreters,
}

/// A lane that is ready to run.
pub(super) enum Track<'a> {
    Native(Native),
    Python(Python<'a>),
}

/// The two backends of a native lane: `team` runs the tasks, and `counter` runs the count inside each task.
pub(super) struct Native {
    pub(super) team: AnyBackend,
    pub(super) counter: AnyBackend,
    pub(super) gil: Option<Arc<Gil>>,
}

impl Native {
    /// Whether the counts run in this process.
    pub(super) fn is_in_process(&self) -> bool {
        self.counter.label() != BackendKind::Processes.name()
    }
}

/// The workers that run the tasks.
enum Team {
    Native(BackendKind, NonZeroUsize),
    Python(Mode),
}

impl Lane {
    /// All lanes in the order of reports.
    pub(crate) const ALL: [Self; 9] = [
        Self::Sequential,
        Self::GlobalLock,
        Self::ScopedThreads,
        Self::Rayon,
        Self::Processes,
        Self::PythonSequential,
        Self::PythonThreads,
        Self::PythonProcesses,
        Self::PythonInterpreters,
    ];

    /// The lanes that need no interpreter.
    #[cfg(test)]
    pub(super) const NATIVE: [Self; 5] =
        [Self::Sequential, Self::GlobalLock, Self::ScopedThreads, Self::Rayon, Self::Processes];

    /// The lanes that need an interpreter.
    pub(crate) const PYTHON: [Self; 4] =
        [Self::PythonSequential, Self::PythonThreads, Self::PythonProcesses, Self::PythonInterpreters];

    /// Returns the name on the command line and in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::GlobalLock => GlobalLock::NAME,
            Self::ScopedThreads => ScopedThreads::NAME,
            Self::Rayon => Rayon::NAME,
            Self::Processes => BackendKind::Processes.name(),
            Self::PythonSequential => "python-sequential",
            Self::PythonThreads => "python-threads",
            Self::PythonProcesses => "python-processes",
            Self::PythonInterpreters => "python-interpreters",
        }
    }

    /// Returns whether the lane needs an interpreter.
    pub(crate) fn is_python(self) -> bool {
        Self::PYTHON.contains(&self)
    }

    /// Returns whether this interpreter can run the lane.
    pub(crate) fn runs_in(self, interpreter: &Interpreter) -> bool {
        match self {
            Self::PythonInterpreters => interpreter.has_interpreter_pool(),
            _ => self.is_python(),
        }
    }

    /// Returns what a lane of Python needs to run.
    pub(crate) const fn needs(self) -> &'static str {
        match self {
            Self::PythonInterpreters => "Python 3.14 or newer",
            _ => "a Python interpreter",
        }
    }

    /// Returns the error that there is no interpreter that can run the lane.
    pub(super) fn unavailable(self) -> Error {
        Error::Unavailable { what: self.name().into(), reason: format!("it needs {}", self.needs()) }
    }

    /// Returns whether the lane is available on this system, given an interpreter if it needs one.
    pub(crate) fn is_available(self) -> bool {
        self != Self::Processes || BackendKind::Processes.is_available()
    }

    /// Returns the lane that this one's speed-up is relative to: the sequential one in the same language.
    pub(crate) fn baseline(self) -> Self {
        if self.is_python() { Self::PythonSequential } else { Self::Sequential }
    }

    /// Checks that the lane can run this number of tasks.
    pub(super) fn check(self, tasks: NonZeroUsize) -> Result<(), Error> {
        match self.team(tasks) {
            Team::Native(team, workers) => {
                let pool = (self == Self::Processes).then_some(BackendKind::Processes);
                pool.map_or(Ok(()), |pool| pool.check(workers)).and_then(|()| team.check(workers))
            }
            Team::Python(mode) => mode.check(self, tasks),
        }
    }

    /// Starts the workers, unless the control is cancelled. A lane of Python needs an interpreter.
    pub(super) fn open<'a>(
        self,
        tasks: NonZeroUsize,
        interpreter: Option<&'a Interpreter>,
        control: &Control<'_>,
    ) -> Result<Track<'a>, Error> {
        match self.team(tasks) {
            Team::Native(team, workers) => {
                let (counter, gil) = match self {
                    Self::GlobalLock => {
                        let lock = GlobalLock::new(NonZeroUsize::MIN);
                        let gil = Arc::clone(lock.gil());
                        (AnyBackend::GlobalLock(lock), Some(gil))
                    }
                    Self::Processes => (BackendKind::Processes.open_with(tasks, control)?, None),
                    _ => (AnyBackend::SingleThread(SingleThread), None),
                };
                Ok(Track::Native(Native { team: team.open(workers)?, counter, gil }))
            }
            Team::Python(mode) => {
                let interpreter = interpreter.ok_or_else(|| self.unavailable())?;
                Ok(Track::Python(Python { lane: self, mode, interpreter }))
            }
        }
    }

    const fn team(self, tasks: NonZeroUsize) -> Team {
        match self {
            Self::Sequential => Team::Native(BackendKind::SingleThread, NonZeroUsize::MIN),
            // In the lane of processes, the threads only wait.
            Self::GlobalLock | Self::ScopedThreads | Self::Processes => Team::Native(BackendKind::ScopedThreads, tasks),
            Self::Rayon => Team::Native(BackendKind::Rayon, tasks),
            Self::PythonSequential => Team::Python(Mode::Sequential),
            Self::PythonThreads => Team::Python(Mode::Threads),
            Self::PythonProcesses => Team::Python(Mode::Processes),
            Self::PythonInterpreters => Team::Python(Mode::Interpreters),
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Lane {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|lane| lane.name() == name).ok_or_else(|| Error::UnknownName {
            what: "lane".into(),
            given: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

impl Serialize for Lane {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_is_native_or_python() {
        assert_eq!([&Lane::NATIVE[..], &Lane::PYTHON].concat(), Lane::ALL);
        for lane in Lane::ALL {
            assert_eq!(lane.name().starts_with("python-"), lane.is_python());
            assert_eq!(lane.baseline().is_python(), lane.is_python());
        }
    }

    #[test]
    fn every_name_names_its_lane() {
        for lane in Lane::ALL {
            assert_eq!(lane.to_string().parse(), Ok(lane));
        }
        let error = "gil".parse::<Lane>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown lane 'gil': expected one of sequential, global-lock, scoped-threads, rayon, processes, \
             python-sequential, python-threads, python-processes, python-interpreters"
        );
    }
}
