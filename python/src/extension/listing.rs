//! Starts to list the primes of a range.

use std::ops::{ControlFlow, RangeInclusive};

use primelanes_backends::machine::default_memory;
use primelanes_backends::{Control, Error, PrimeCounter, available_workers};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

use super::buffer::Buffer;
use super::failure::failure;
use super::handle::{Handle, Product};
use super::lane::{Arguments, HandleOrFailure, choose, opener};
use super::numbers::{Number, range_u64};
use crate::estimate::{Bounds, prime_bounds};
use crate::running::{Line, Running};

/// The memory that a count takes by default is this part of what the process can use.
const DEFAULT_PART: u64 = 16;

/// A range, and room for its primes.
pub(super) struct Listing {
    range: RangeInclusive<u64>,
    primes: Buffer,
}

impl Listing {
    /// Refuses a range whose primes certainly do not fit in the memory.
    pub(super) fn new(py: Python<'_>, start: Number, stop: Number) -> PyResult<Self> {
        let range = range_u64(start, stop)?;
        let (Bounds { least, most }, memory) = (prime_bounds(&range), default_memory().saturating_mul(DEFAULT_PART));
        let fitting = memory / size_of::<u64>() as u64;
        if least > fitting {
            let text =
                format!("only {fitting} primes fit in {memory} bytes of memory, but the range has at least {least}");
            return Err(PyMemoryError::new_err(text));
        }
        Ok(Self { range, primes: Buffer::with_capacity(py, most.min(fitting))? })
    }

    /// Starts to list the primes, on a lane that the other thread opens.
    pub(super) fn start<L: PrimeCounter>(
        self,
        open: impl FnOnce(&Control<'_>) -> Result<L, Error> + Send + 'static,
    ) -> PyResult<HandleOrFailure> {
        let list = move |line: Line<'_>| {
            let Self { range, mut primes } = self;
            let control = Control::new().cancel(line.cancel);
            let mut appended = Ok(());
            open(&control)?.list(range, &control, &mut |more| {
                appended = primes.append(more);
                if appended.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            appended.map(|()| Product::Primes(primes))
        };
        match Running::start(list) {
            Ok(running) => Ok(HandleOrFailure::Handle(Handle(running))),
            Err(error) => failure(&error).map(HandleOrFailure::Failure),
        }
    }
}

/// Start to list the primes from `start` to `stop` on a new lane.
///
/// `command` is the command of a worker process, if the lane has some.
#[pyfunction]
pub(super) fn list_primes(
    py: Python<'_>,
    stop: Number,
    start: Number,
    backend: &str,
    workers: Option<Number>,
    command: Option<Arguments>,
) -> PyResult<HandleOrFailure> {
    let (kind, workers) = choose(backend, workers, available_workers())?;
    Listing::new(py, start, stop)?.start(opener(kind, workers, command, None))
}
