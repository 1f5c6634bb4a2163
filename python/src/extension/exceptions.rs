//! Errors as Python exceptions.

use primelanes_backends::Error as CountError;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

// The class is written in Python: an extension for all Python versions cannot derive from an exception in a way that type
// stubs can express.
pyo3::import_exception!(primelanes._types, Error);

/// Converts an error. A range that is too large is an `OverflowError`, any other mistake of the caller is a `ValueError`,
/// and everything else is `primelanes.Error`.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
pub(super) fn exception(error: CountError) -> PyErr {
    match error {
        CountError::OutOfRange { .. } => PyOverflowError::new_err(error.to_string()),
        CountError::UnknownName { .. } | CountError::TooManyWorkers { .. } | CountError::BadVariable { .. } => {
            PyValueError::new_err(error.to_string())
        }
        _ => Error::new_err(error.to_string()),
    }
}
