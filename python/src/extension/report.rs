//! The report: one page that explains the global lock with figures from this machine.

use std::ffi::OsString;

use primelanes_backends::Error;
use primelanes_harness::report::{Interpreters, Length, Report, report};
use pyo3::prelude::*;

use super::failure::failure;
use super::handle::{Handle, Product};
use super::lane::{Arguments, HandleOrFailure};
use crate::running::{Line, Running};

/// A report.
#[pyclass(frozen, get_all)]
#[derive(Debug)]
pub(super) struct Page {
    /// The HTML.
    html: String,
    /// Whether every count is right.
    verified: bool,
}

impl From<Report> for Page {
    fn from(Report { html, verified }: Report) -> Self {
        Self { html, verified }
    }
}

/// Start to ask programs which Python interpreters they are. The result is their names.
#[pyfunction]
pub(super) fn name_interpreters(programs: Vec<OsString>) -> PyResult<HandleOrFailure> {
    start(move |line| {
        Interpreters::open(&programs, line.cancel).map(|interpreters| Product::Names(interpreters.names()))
    })
}

/// Start to measure for a report. `worker` is the command that starts a worker process.
#[pyfunction]
pub(super) fn measure_report(
    programs: Vec<OsString>,
    worker: Arguments,
    quick: bool,
    trial: bool,
) -> PyResult<HandleOrFailure> {
    let length = match (quick, trial) {
        (_, true) => Length::Trial,
        (true, false) => Length::Quick,
        (false, false) => Length::Full,
    };
    start(move |line| {
        #[cfg(not(unix))]
        drop(worker);
        #[cfg(unix)]
        if let Some((program, arguments)) = worker.split_first() {
            primelanes_backends::worker::register(program, arguments);
        }
        let interpreters = Interpreters::open(&programs, line.cancel)?;
        let show = |progress| {
            let _ = (line.observer)(progress);
        };
        report(&interpreters, length, line.cancel, &show).map(Product::Report)
    })
}

fn start(work: impl FnOnce(Line<'_>) -> Result<Product, Error> + Send + 'static) -> PyResult<HandleOrFailure> {
    match Running::start(work) {
        Ok(running) => Ok(HandleOrFailure::Handle(Handle(running))),
        Err(error) => failure(&error).map(HandleOrFailure::Failure),
    }
}
