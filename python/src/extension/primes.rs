//! The iterator over primes.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

use super::numbers::{Number, range_u64};

/// The largest batch. It is found in a fraction of a millisecond, unless the primes are far out, and makes up for the
/// release of the lock.
const LARGEST_BATCH: usize = 1 << 12;

/// An iterator over primes, in ascending order. Threads can share it: each prime is returned to one of them.
#[pyclass(frozen, module = "primelanes._native")]
#[derive(Debug)]
pub(super) struct Primes(Mutex<Batches>);

/// Primes, some of which were found in advance. The first batch is a single prime, and each other is twice as large as the
/// one before, so that the first primes come at once.
#[derive(Debug)]
struct Batches {
    rest: primelanes_backends::Primes,
    batch: Vec<u64>,
    /// The number of primes of the batch that were returned.
    returned: usize,
}

impl Batches {
    /// Returns the next prime if it was found in advance.
    fn ready(&mut self) -> Option<u64> {
        let prime = self.batch.get(self.returned).copied()?;
        self.returned += 1;
        Some(prime)
    }

    /// Returns the next prime.
    fn next(&mut self) -> Option<u64> {
        self.ready().or_else(|| {
            let size = (2 * self.batch.len()).clamp(1, LARGEST_BATCH);
            self.batch.clear();
            self.batch.extend(self.rest.by_ref().take(size));
            self.returned = 0;
            self.ready()
        })
    }
}

#[pymethods]
impl Primes {
    const fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> Option<u64> {
        // Another thread that finds a batch holds the mutex. It has released the lock, and takes it again only after that.
        let ready = self.0.try_lock().ok().and_then(|mut batches| batches.ready());
        ready.or_else(|| py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).next()))
    }
}

/// Return an iterator over the primes from `start` to `stop`.
#[pyfunction]
pub(super) fn primes(stop: Number, start: Number) -> PyResult<Primes> {
    let rest = primelanes_backends::primes(range_u64(start, stop)?);
    Ok(Primes(Mutex::new(Batches { rest, batch: Vec::new(), returned: 0 })))
}
