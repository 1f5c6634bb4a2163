//! Callbacks that are told of progress.

use primelanes_backends::Progress;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The class in Python.
static PROGRESS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// The class of what a callback is told. Called when the module is made: when the interpreter ends there is nothing to
/// import from any more.
pub(super) fn progress_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    PROGRESS.import(py, "primelanes._types", "Progress")
}

/// Somebody to tell of progress.
pub(super) struct Callback(Py<PyAny>);

impl Callback {
    /// Calls back.
    pub(super) fn tell(&self, py: Python<'_>, Progress { phase, done, total, .. }: Progress) -> PyResult<()> {
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
        const TOLD: PyStaticExpr =
            PyStaticExpr::List { elts: &[type_hint_identifier!("primelanes._types", "Progress")] };
        type_hint_subscript!(
            type_hint_identifier!("collections.abc", "Callable"),
            TOLD,
            type_hint_identifier!("builtins", "object")
        )
    };

    fn extract(given: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if given.is_callable() {
            Ok(Self(given.to_owned().unbind()))
        } else {
            let class = given.get_type().name()?;
            Err(PyTypeError::new_err(format!("progress takes something to call, not '{class}'")))
        }
    }
}
