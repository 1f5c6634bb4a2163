//! Work in progress, as Python sees it.

use primelanes_backends::{AnyBackend, Error, Progress};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use super::failure::{Failure, failure};
use super::lane::OpenLane;
use crate::running::{News, Running};

/// What the work leads to.
#[derive(Debug)]
pub(super) enum Product {
    /// The number of primes.
    Count(u128),
    /// A lane that was opened.
    Lane(AnyBackend),
    /// A lane was closed.
    Nothing,
}

/// A count, or the start of workers, on a thread of its own. No method waits or releases the lock. Dropping it cancels the
/// work.
#[pyclass(frozen)]
#[derive(Debug)]
pub(super) struct Handle(pub(super) Running<Product>);

/// What is returned for a count: the count itself, or why there is none.
#[derive(IntoPyObject)]
pub(super) enum CountOrFailure {
    Count(u128),
    Failure(Failure),
}

/// What is returned for a lane.
#[derive(IntoPyObject)]
pub(super) enum LaneOrFailure {
    Lane(OpenLane),
    Failure(Failure),
}

impl CountOrFailure {
    pub(super) fn new(result: Result<u128, Error>) -> PyResult<Self> {
        result.map_or_else(|error| failure(&error).map(Self::Failure), |count| Ok(Self::Count(count)))
    }
}

#[pymethods]
impl Handle {
    /// Return the descriptor that can be polled for news, or None if news must be asked for now and then.
    fn fileno(&self) -> Option<i32> {
        #[cfg(unix)]
        return self.0.signal().map(std::os::fd::AsRawFd::as_raw_fd);
        #[cfg(not(unix))]
        None
    }

    /// Return the last progress of each phase since the previous call, and whether the work has ended.
    fn news(&self) -> (Vec<(&'static str, u64, u64)>, bool) {
        let News { reports, ended } = self.0.news();
        let as_tuple = |Progress { phase, done, total, .. }| (phase, done, total);
        (reports.into_iter().map(as_tuple).collect(), ended)
    }

    /// Ask the work to end.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Take the number of primes, or why there is none.
    fn take_count(&self) -> PyResult<CountOrFailure> {
        match self.0.take_result() {
            Ok(Product::Count(count)) => Ok(CountOrFailure::Count(count)),
            Ok(_) => Err(PyRuntimeError::new_err("this was no count")),
            Err(error) => failure(&error).map(CountOrFailure::Failure),
        }
    }

    /// Take the lane that was opened, or why there is none.
    fn take_lane(&self) -> PyResult<LaneOrFailure> {
        match self.0.take_result() {
            Ok(Product::Lane(lane)) => Ok(LaneOrFailure::Lane(OpenLane::new(lane))),
            Ok(_) => Err(PyRuntimeError::new_err("this opened no lane")),
            Err(error) => failure(&error).map(LaneOrFailure::Failure),
        }
    }
}
