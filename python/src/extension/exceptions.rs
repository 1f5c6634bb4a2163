//! Faults as exceptions.

use primelanes_backends::Error as Fault;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

// In Python, since an extension for all versions cannot derive from an exception in a way that type stubs know of.
pyo3::import_exception!(primelanes._types, Error);

/// A number that is too large is an `OverflowError`, another mistake of the caller a `ValueError`, and any other fault the
/// module's own exception.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
pub(super) fn exception(fault: Fault) -> PyErr {
    match fault {
        Fault::OutOfRange { .. } => PyOverflowError::new_err(fault.to_string()),
        Fault::UnknownName { .. } | Fault::TooManyWorkers { .. } | Fault::BadVariable { .. } => {
            PyValueError::new_err(fault.to_string())
        }
        _ => Error::new_err(fault.to_string()),
    }
}
