//! Counts whose runs of tiles Python code carries to workers, and the work of such a worker.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::id as this_process;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use primelanes_backends::relay::{self, Size, Worker};
use primelanes_backends::{Control, Crew, Error};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::counting::{Question, Started};
use super::failure::failure;
use super::handle::{Handle, Product};
use super::lane::HandleOrFailure;
use super::numbers::Number;
use crate::running::{Line, Running};

/// The name of the lane in errors.
const LABEL: &str = "dask";

type Waker = Box<dyn Fn() + Send + Sync>;

/// A request: its ID, its first tile and their end, and the bytes for a worker.
type Request<'py> = (u64, u64, u64, Bound<'py, PyBytes>);

/// A lane whose runs of tiles are carried to workers by the program. No method waits.
#[pyclass(frozen)]
pub(super) struct Relay {
    relay: relay::Relay,
    /// Wakes the thread that waits for the count, once it has started.
    waker: Arc<OnceLock<Waker>>,
}

#[pymethods]
impl Relay {
    /// Create a relay. A machine of the cluster has at most this many worker processes, and threads in them.
    #[new]
    fn new(processes: Number, threads: Number) -> PyResult<Self> {
        let waker = Arc::new(OnceLock::<Waker>::new());
        let woken = Arc::clone(&waker);
        let notify = move || woken.get().into_iter().for_each(|wake| wake());
        let crew = Crew::processes(processes.workers()?, threads.workers()?);
        Ok(Self { relay: relay::Relay::new(LABEL, crew, notify), waker })
    }

    /// Set the number of workers and of their threads, which says how many requests there are at once.
    fn resize(&self, workers: usize, threads: usize) {
        self.relay.resize(Size { workers, threads });
    }

    /// Start to count the primes from `start` to `limit`. A short count is done at once. A relay is for one count.
    /// `journal` is the file of the journal, if one is kept.
    fn count(
        &self,
        limit: Number,
        start: Number,
        algorithm: &str,
        journal: Option<PathBuf>,
        observed: bool,
    ) -> PyResult<Started> {
        let question = Question::count(limit, start, algorithm, false, None, journal)?;
        let relay = self.relay.clone();
        let started = question.start(observed, true, move |_| Ok(relay))?;
        if let Started::Running(Handle(running)) = &started {
            // The first requests are taken before anybody waits.
            let _ = self.waker.set(Box::new(running.waker()));
        }
        Ok(started)
    }

    /// Take the requests that are to be carried: the ID, the first tile, their end, and the bytes for a worker.
    fn take_requests<'py>(&self, py: Python<'py>) -> Vec<Request<'py>> {
        let requests = self.relay.take_requests().into_iter();
        requests
            .map(|request| (request.id, request.tiles.start, request.tiles.end, PyBytes::new(py, &request.bytes)))
            .collect()
    }

    /// Pass the answer to a request.
    fn answer(&self, id: u64, answer: &[u8]) {
        self.relay.answer(id, answer);
    }

    /// Say why a request will not be answered.
    fn fail(&self, id: u64, reason: String) {
        self.relay.fail(id, reason);
    }

    /// Take the answers that were malformed: the ID of the request, and what is wrong.
    fn take_rejections(&self) -> Vec<(u64, String)> {
        self.relay.take_rejections().into_iter().map(|rejection| (rejection.id, rejection.reason)).collect()
    }

    /// Wake the thread that waits for the count.
    fn wake(&self) {
        self.waker.get().into_iter().for_each(|wake| wake());
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.relay.fmt(f)
    }
}

/// Start to run the tiles of a request, on this many threads, which all requests share. The result is an answer.
#[pyfunction]
pub(super) fn run_request(request: Vec<u8>, threads: Number) -> PyResult<HandleOrFailure> {
    let threads = threads.workers()?;
    let work = move |line: Line<'_>| {
        let worker = worker(threads)?;
        Ok(Product::Bytes(worker.run(&request, &Control::new().cancel(line.cancel))))
    };
    match Running::start(work) {
        Ok(running) => Ok(HandleOrFailure::Handle(Handle(running))),
        Err(error) => failure(&error).map(HandleOrFailure::Failure),
    }
}

/// Return the partial result in an answer, or None if the answer is malformed or an error.
#[pyfunction]
pub(super) fn partial<'py>(py: Python<'py>, answer: &[u8]) -> Option<Bound<'py, PyBytes>> {
    relay::partial(answer).map(|partial| PyBytes::new(py, &partial))
}

/// Returns the worker of this process. If it has fewer threads, a new one takes its place.
fn worker(threads: NonZeroUsize) -> Result<Arc<Worker>, Error> {
    /// The process that started the threads, since a fork of it has none, and the worker.
    static WORKER: Mutex<Option<(u32, Arc<Worker>)>> = Mutex::new(None);
    let mut kept = WORKER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, worker)) = &*kept
        && *owner == this_process()
        && worker.threads() >= threads
    {
        return Ok(Arc::clone(worker));
    }
    let worker = Arc::new(Worker::new(threads)?);
    if let Some((owner, copy)) = kept.replace((this_process(), Arc::clone(&worker)))
        && owner != this_process()
    {
        // Its threads belong to another process, and cannot be waited for.
        std::mem::forget(copy);
    }
    Ok(worker)
}
