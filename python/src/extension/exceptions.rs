//! Faults as exceptions.

use primelanes_backends::Error as Fault;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

// In Python, since an extension for all versions cannot derive from an exception in a way that type stubs know of.
pyo3::import_exception!(primelanes._types, Error);

/// A fault of the caller is a `ValueError`, any other the module's own exception.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
pub(super) fn exception(fault: Fault) -> PyErr {
    match fault {
        Fault::UnknownName { .. } | Fault::TooManyWorkers { .. } => PyValueError::new_err(fault.to_string()),
        _ => Error::new_err(fault.to_string()),
    }
}
