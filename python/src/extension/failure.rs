//! Errors as Python sees them.

use primelanes_backends::Error;
use pyo3::exceptions::{PyMemoryError, PyOverflowError, PyValueError};
use pyo3::prelude::*;

/// The name of an exception of the package, and its message.
///
/// Python raises the exception, because this module must not keep the class: the package can be imported again, with new
/// classes, but this module stays the same.
pub(super) type Failure = (&'static str, String);

/// Converts an error. A range that is too large is an `OverflowError`, any other mistake of the caller is a `ValueError`,
/// and a lack of memory is a `MemoryError`. Everything else is an exception of the package.
pub(super) fn failure(error: &Error) -> PyResult<Failure> {
    let message = error.to_string();
    match error {
        Error::OutOfRange { .. } | Error::NotProven { .. } => Err(PyOverflowError::new_err(message)),
        Error::UnknownName { .. }
        | Error::TooManyWorkers { .. }
        | Error::BadVariable { .. }
        | Error::BadJournal { .. } => Err(PyValueError::new_err(message)),
        Error::OutOfMemory { .. } | Error::MemoryBound { .. } => Err(PyMemoryError::new_err(message)),
        Error::WorkerFailed { cause, .. } if matches!(**cause, Error::OutOfMemory { .. }) => {
            Err(PyMemoryError::new_err(message))
        }
        Error::Cancelled => Ok(("Cancelled", message)),
        _ => Ok(("Error", message)),
    }
}

/// Converts an error in an argument.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
pub(super) fn invalid(error: Error) -> PyErr {
    failure(&error).err().unwrap_or_else(|| PyValueError::new_err(error.to_string()))
}
