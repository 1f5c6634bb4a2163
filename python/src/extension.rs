//! The module `primelanes._native`.

mod callback;
mod counting;
mod exceptions;
mod names;
mod numbers;
mod worker;

use pyo3::prelude::*;

/// The compiled half of primelanes.
#[pymodule(gil_used = false)]
mod _native {
    use primelanes_backends::{Algorithm, BackendKind};
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::counting::{count_primes, count_primes_holding_gil};
    #[pymodule_export]
    use super::worker::serve;

    /// Imports the classes that are written in Python, while the interpreter can still import.
    #[pymodule_init]
    fn init(py: Python<'_>) -> PyResult<()> {
        super::callback::progress_class(py)?;
        py.get_type::<super::exceptions::Error>();
        Ok(())
    }

    /// The version of this package.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "it is the name that Python tools look for")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// Return the names that `backend` accepts on this system, except "auto".
    #[pyfunction]
    fn backends() -> Vec<&'static str> {
        BackendKind::available().map(BackendKind::name).collect()
    }

    /// Return the names that `algorithm` accepts.
    #[pyfunction]
    fn algorithms() -> Vec<&'static str> {
        Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect()
    }
}
