//! Work in progress, as Python sees it.

use primelanes_backends::{AnyBackend, Error, Progress};
use primelanes_harness::report::Report as MeasuredReport;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};

use super::buffer::Buffer;
use super::failure::{Failure, failure};
use super::lane::OpenLane;
use super::report::Page;
use crate::running::{News, Running};

/// What the work leads to.
#[derive(Debug)]
pub(super) enum Product {
    /// A number of primes, or the nth prime.
    Number(u128),
    /// The primes of a range.
    Primes(Buffer),
    /// A lane that was opened.
    Lane(AnyBackend),
    /// The answer to a request.
    #[cfg(unix)]
    Bytes(Vec<u8>),
    /// A page of figures.
    Report(MeasuredReport),
    /// The names of interpreters.
    Names(Vec<String>),
    /// A lane was closed.
    Nothing,
}

/// The fields of a [`Progress`].
type Report = (&'static str, u64, u64);

/// A count or other work on a thread of its own. No method waits or releases the lock. Dropping it cancels the
/// work.
#[pyclass(frozen)]
#[derive(Debug)]
pub(super) struct Handle(pub(super) Running<Product>);

/// What is returned for a count or an nth prime: the number, or why there is none.
#[derive(IntoPyObject)]
pub(super) enum NumberOrFailure {
    Number(u128),
    Failure(Failure),
}

/// What is returned for the primes of a range.
#[derive(IntoPyObject)]
pub(super) enum ViewOrFailure<'py> {
    View(Bound<'py, PyMemoryView>),
    Failure(Failure),
}

/// What is returned for the answer to a request.
#[derive(IntoPyObject)]
pub(super) enum BytesOrFailure<'py> {
    Bytes(Bound<'py, PyBytes>),
    Failure(Failure),
}

/// What is returned for a report.
#[derive(IntoPyObject)]
pub(super) enum PageOrFailure {
    Page(Page),
    Failure(Failure),
}

/// What is returned for the names of interpreters.
#[derive(IntoPyObject)]
pub(super) enum NamesOrFailure {
    Names(Vec<String>),
    Failure(Failure),
}

/// What is returned for a lane.
#[derive(IntoPyObject)]
pub(super) enum LaneOrFailure {
    Lane(OpenLane),
    Failure(Failure),
}

impl NumberOrFailure {
    pub(super) fn new(result: Result<u128, Error>) -> PyResult<Self> {
        result.map_or_else(|error| failure(&error).map(Self::Failure), |number| Ok(Self::Number(number)))
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

    /// Return the last progress of each phase since the previous call, warnings, and whether the work has ended.
    fn news(&self) -> (Vec<Report>, Vec<String>, bool) {
        let News { reports, warnings, ended } = self.0.news();
        let as_tuple = |Progress { phase, done, total, .. }| (phase, done, total);
        (reports.into_iter().map(as_tuple).collect(), warnings, ended)
    }

    /// Ask the work to end.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Take the number of primes or the nth prime, or why there is none.
    fn take_number(&self) -> PyResult<NumberOrFailure> {
        match self.0.take_result() {
            Ok(Product::Number(number)) => Ok(NumberOrFailure::Number(number)),
            Ok(_) => Err(PyRuntimeError::new_err("this led to no number")),
            Err(error) => failure(&error).map(NumberOrFailure::Failure),
        }
    }

    /// Take the primes that were listed, or why there are none.
    fn take_primes<'py>(&self, py: Python<'py>) -> PyResult<ViewOrFailure<'py>> {
        match self.0.take_result() {
            Ok(Product::Primes(primes)) => primes.into_view(py).map(ViewOrFailure::View),
            Ok(_) => Err(PyRuntimeError::new_err("this listed no primes")),
            Err(error) => failure(&error).map(ViewOrFailure::Failure),
        }
    }

    /// Take the answer to a request, or why there is none.
    fn take_bytes<'py>(&self, py: Python<'py>) -> PyResult<BytesOrFailure<'py>> {
        match self.0.take_result() {
            #[cfg(unix)]
            Ok(Product::Bytes(bytes)) => Ok(BytesOrFailure::Bytes(PyBytes::new(py, &bytes))),
            Ok(_) => Err(PyRuntimeError::new_err("this answered no request")),
            Err(error) => failure(&error).map(BytesOrFailure::Failure),
        }
    }

    /// Take the page of a report, or why there is none.
    fn take_page(&self) -> PyResult<PageOrFailure> {
        match self.0.take_result() {
            Ok(Product::Report(report)) => Ok(PageOrFailure::Page(report.into())),
            Ok(_) => Err(PyRuntimeError::new_err("this made no report")),
            Err(error) => failure(&error).map(PageOrFailure::Failure),
        }
    }

    /// Take the names of interpreters, or why there are none.
    fn take_names(&self) -> PyResult<NamesOrFailure> {
        match self.0.take_result() {
            Ok(Product::Names(names)) => Ok(NamesOrFailure::Names(names)),
            Ok(_) => Err(PyRuntimeError::new_err("this named no interpreters")),
            Err(error) => failure(&error).map(NamesOrFailure::Failure),
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
