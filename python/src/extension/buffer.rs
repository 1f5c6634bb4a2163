//! Memory of a Python object, which is filled while other Python threads run.

use std::ptr;

use primelanes_backends::Error;
use pyo3::ffi::PyByteArray_FromStringAndSize;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyMemoryView};

const PRIME_BYTES: usize = size_of::<u64>();

/// A `bytearray` with room for primes. Until it becomes a view, no Python code can reach it.
#[derive(Debug)]
pub(super) struct Buffer {
    object: Py<PyByteArray>,
    data: *mut u8,
    /// The number of primes that fit in.
    capacity: usize,
    /// The number of primes that were written.
    length: usize,
}

// SAFETY: A `bytearray` belongs to no thread, and only the owner of this value uses its memory.
unsafe impl Send for Buffer {}

impl Buffer {
    /// Returns a buffer with room for this many primes. The system provides the memory when it is first written to.
    pub(super) fn with_capacity(py: Python<'_>, capacity: u64) -> PyResult<Self> {
        // No object can be larger, and Python raises a MemoryError.
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX).min(isize::MAX as usize / PRIME_BYTES);
        let bytes = (capacity * PRIME_BYTES) as isize;
        // SAFETY: Without a source, the function copies nothing. It returns a new reference, or null with an exception.
        let object = unsafe { Bound::from_owned_ptr_or_err(py, PyByteArray_FromStringAndSize(ptr::null(), bytes))? };
        let object = object.cast_into::<PyByteArray>()?;
        Ok(Self { data: object.data(), object: object.unbind(), capacity, length: 0 })
    }

    /// Appends primes. The lock is not needed.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if they do not fit in.
    pub(super) fn append(&mut self, primes: &[u64]) -> Result<(), Error> {
        if primes.len() > self.capacity - self.length {
            let bytes = (self.length + primes.len()) as u64 * PRIME_BYTES as u64;
            return Err(Error::OutOfMemory { what: "the listed primes".into(), bytes });
        }
        // SAFETY: The memory has `capacity` times the bytes of a prime, and there is room for these. It stays where it is,
        // because the object lives as long as this value, and nobody else can resize it. `primes` lies elsewhere, since
        // nobody else has this memory. It holds no references, and bytes need no alignment.
        unsafe {
            let end = self.data.add(self.length * PRIME_BYTES);
            ptr::copy_nonoverlapping(primes.as_ptr().cast::<u8>(), end, primes.len() * PRIME_BYTES);
        }
        self.length += primes.len();
        Ok(())
    }

    /// Returns the primes as a `memoryview` of 64-bit numbers. The object shrinks to what was written, without a copy.
    pub(super) fn into_view(self, py: Python<'_>) -> PyResult<Bound<'_, PyMemoryView>> {
        let object = self.object.into_bound(py);
        object.resize(self.length * PRIME_BYTES)?;
        Ok(PyMemoryView::from(&object)?.call_method1("cast", ("Q",))?.cast_into()?)
    }
}
