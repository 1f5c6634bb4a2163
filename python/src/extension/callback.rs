//! The progress callback.

use primelanes_backends::Progress;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The class `primelanes.Progress`.
static PROGRESS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Returns the class of the callback's argument. The first call is made when the module is initialised, because nothing can
/// be imported any more while the interpreter shuts down.
pub(super) fn progress_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    PROGRESS.import(py, "primelanes._types", "Progress")
}

/// A Python callable that takes a `Progress`.
pub(super) struct Callback(Py<PyAny>);

impl Callback {
    pub(super) fn call(&self, py: Python<'_>, Progress { phase, done, total, .. }: Progress) -> PyResult<()> {
        let progress = progress_class(py)?.call1((phase, done, total))?;
        self.0.call1(py, (progress,)).map(drop)
    }
}

impl FromPyObject<'_, '_> for Callback {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = {
        use pyo3::inspect::PyStaticExpr;
        use pyo3::{type_hint_identifier, type_hint_subscript};
        const PARAMETERS: PyStaticExpr =
            PyStaticExpr::List { elts: &[type_hint_identifier!("primelanes._types", "Progress")] };
        type_hint_subscript!(
            type_hint_identifier!("collections.abc", "Callable"),
            PARAMETERS,
            type_hint_identifier!("builtins", "object")
        )
    };

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if object.is_callable() {
            Ok(Self(object.to_owned().unbind()))
        } else {
            let class = object.get_type().name()?;
            Err(PyTypeError::new_err(format!("progress must be callable, not '{class}'")))
        }
    }
}
