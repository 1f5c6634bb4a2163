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

    /// Fetches what comes from Python.
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

    /// The names of the ways to run a count that this system has, for `backend`.
    #[pyfunction]
    fn backends() -> Vec<&'static str> {
        BackendKind::available().map(BackendKind::name).collect()
    }

    /// The names of the ways to find primes, for `algorithm`.
    #[pyfunction]
    fn algorithms() -> Vec<&'static str> {
        Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect()
    }
}
