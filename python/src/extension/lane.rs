//! Lanes by name, and lanes that stay open.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::id as this_process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

#[cfg(unix)]
use primelanes_backends::Processes;
use primelanes_backends::{AnyBackend, Backend, BackendKind, Control, Error, available_workers};
use pyo3::prelude::*;

use super::counting::{Question, Started};
use super::failure::{Failure, failure, invalid};
use super::handle::{Handle, NumberOrFailure, Product};
use super::listing::Listing;
use super::numbers::Number;
use crate::running::Running;

/// A command: the program and its arguments.
pub(super) type Arguments = Vec<OsString>;

/// What is returned for work that may not start.
#[derive(IntoPyObject)]
pub(super) enum HandleOrFailure {
    Handle(Handle),
    Failure(Failure),
}

/// A lane that stays open between counts. Dropping it closes it.
#[pyclass(frozen)]
#[derive(Debug)]
pub(super) struct OpenLane {
    /// `None` once the lane was closed. A count that is running keeps the lane too.
    lane: Mutex<Option<Arc<AnyBackend>>>,
    name: String,
    workers: NonZeroUsize,
    in_process: bool,
    /// The process that opened the lane. A copy made by fork has none of its threads.
    owner: u32,
}

impl OpenLane {
    pub(super) fn new(lane: AnyBackend) -> Self {
        let name = lane.label().to_owned();
        let in_process = name.parse().is_ok_and(BackendKind::is_in_process);
        let workers = lane.workers();
        Self { lane: Mutex::new(Some(Arc::new(lane))), name, workers, in_process, owner: this_process() }
    }

    fn take(&self) -> Option<Arc<AnyBackend>> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn get(&self) -> Result<Arc<AnyBackend>, Failure> {
        if this_process() != self.owner {
            let owner = self.owner;
            return Err(("Error", format!("the lane belongs to process {owner}, and this process is a fork of it")));
        }
        let lane = self.lane.lock().unwrap_or_else(PoisonError::into_inner);
        lane.clone().ok_or_else(|| ("Error", "the lane is closed".to_owned()))
    }

    fn ask(&self, question: Question, observed: bool) -> PyResult<Started> {
        match self.get() {
            Ok(lane) => question.start(observed, self.in_process, move |_| Ok(lane)),
            Err(failure) => Ok(Started::Done(NumberOrFailure::Failure(failure))),
        }
    }
}

#[pymethods]
impl OpenLane {
    /// The name of the backend.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// The number of workers.
    #[getter]
    fn workers(&self) -> usize {
        self.workers.get()
    }

    /// Start to count the primes from `start` to `limit`. A short count is done at once.
    #[expect(clippy::too_many_arguments, reason = "Python has checked none of them")]
    fn count(
        &self,
        limit: Number,
        start: Number,
        algorithm: &str,
        double_check: bool,
        memory: Option<Number>,
        journal: Option<PathBuf>,
        observed: bool,
    ) -> PyResult<Started> {
        self.ask(Question::count(limit, start, algorithm, double_check, memory, journal)?, observed)
    }

    /// Start to find the nth prime. A short search is done at once.
    fn nth_prime(&self, n: Number, observed: bool) -> PyResult<Started> {
        self.ask(Question::nth(n)?, observed)
    }

    /// Start to list the primes from `start` to `stop`.
    fn list_primes(&self, py: Python<'_>, stop: Number, start: Number) -> PyResult<HandleOrFailure> {
        let listing = Listing::new(py, start, stop)?;
        match self.get() {
            Ok(lane) => listing.start(move |_| Ok(lane)),
            Err(failure) => Ok(HandleOrFailure::Failure(failure)),
        }
    }

    /// Start to close the lane, unless it is closed. Counts that are running go on to their end, and so do their workers.
    fn close(&self) -> Option<Handle> {
        let lane = self.take()?;
        let closing = Running::start(move |_| {
            drop(lane);
            Ok(Product::Nothing)
        });
        closing.map(Handle).ok()
    }
}

impl Drop for OpenLane {
    fn drop(&mut self) {
        match self.take() {
            // Workers take a moment to exit, and the lock may be held here.
            Some(lane) if this_process() == self.owner => drop(thread::Builder::new().spawn(move || drop(lane))),
            // The threads and processes belong to another process.
            lane => std::mem::forget(lane),
        }
    }
}

/// Start to open a lane that stays open. By default it has a worker for each core.
///
/// `command` is the command of a worker process, and `timeout` the time in seconds that it may be silent.
#[pyfunction]
pub(super) fn open(
    backend: &str,
    workers: Option<Number>,
    command: Option<Arguments>,
    timeout: Option<f64>,
) -> PyResult<HandleOrFailure> {
    let (kind, workers) = choose(backend, workers, available_workers())?;
    let timeout = timeout.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    let open = opener(kind, workers, command, timeout);
    match Running::start(move |line| open(&Control::new().cancel(line.cancel)).map(Product::Lane)) {
        Ok(running) => Ok(HandleOrFailure::Handle(Handle(running))),
        Err(error) => failure(&error).map(HandleOrFailure::Failure),
    }
}

/// Serve as a worker process: do the work that arrives on standard input, until it is closed. Return what is wrong with the
/// input, if anything.
#[pyfunction]
pub(super) fn serve() -> Option<String> {
    #[cfg(unix)]
    let served = primelanes_backends::worker::serve(std::io::stdin());
    #[cfg(not(unix))]
    let served = BackendKind::Processes.open(NonZeroUsize::MIN).map(drop);
    served.err().map(|error| error.to_string())
}

/// Returns the backend with this name and its number of workers. By default that is `default`, or the backend's maximum if
/// that is smaller.
pub(super) fn choose(
    backend: &str,
    workers: Option<Number>,
    default: NonZeroUsize,
) -> PyResult<(BackendKind, NonZeroUsize)> {
    let workers = workers.map(Number::workers).transpose()?;
    let kind: BackendKind = backend.parse().map_err(invalid)?;
    let workers = workers.unwrap_or_else(|| default.min(kind.max_workers()));
    kind.check(workers).map_err(invalid)?;
    Ok((kind, workers))
}

/// Returns a function that opens a lane.
#[cfg_attr(not(unix), expect(unused_variables, reason = "worker processes exist on Unix only"))]
pub(super) fn opener(
    kind: BackendKind,
    workers: NonZeroUsize,
    command: Option<Arguments>,
    timeout: Option<Duration>,
) -> impl FnOnce(&Control<'_>) -> Result<AnyBackend, Error> + Send + 'static {
    move |control: &Control<'_>| {
        #[cfg(unix)]
        if let Some((program, arguments)) = command.as_deref().and_then(<[_]>::split_first) {
            let mut command = std::process::Command::new(program);
            command.args(arguments);
            let lane = Processes::start(workers, command, control)?;
            return Ok(AnyBackend::Processes(timeout.into_iter().fold(lane, Processes::timeout)));
        }
        kind.open(workers)
    }
}
