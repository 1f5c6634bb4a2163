//! The module `primelanes._native`.

#[expect(unsafe_code, reason = "the primes are written to memory of a Python object without the lock")]
mod buffer;
mod counting;
mod failure;
mod handle;
mod lane;
mod listing;
mod numbers;
mod primality;
mod primes;
#[cfg(unix)]
mod relay;
mod report;

use pyo3::prelude::*;

/// The extension module of primelanes.
#[pymodule(gil_used = false)]
mod _native {
    use primelanes_backends::{Algorithm, BackendKind};
    use pyo3::prelude::*;

    // PyO3 checks that only one interpreter of a process imports a module, but only if it creates the module itself. CPython
    // creates `_native`. So this submodule comes first, before anything that belongs to an interpreter. It is not part of
    // the interface, and not in the stubs.
    #[cfg(not(feature = "stubs"))]
    #[pymodule]
    mod one_interpreter {}

    #[pymodule_export]
    use super::counting::{count, count_holding_lock, nth_prime};
    #[pymodule_export]
    use super::handle::Handle;
    #[pymodule_export]
    use super::lane::{OpenLane, open, serve};
    #[pymodule_export]
    use super::listing::list_primes;
    #[pymodule_export]
    use super::primality::{is_prime, next_prime, previous_prime};
    #[pymodule_export]
    use super::primes::{Primes, primes};
    #[cfg(unix)]
    #[pymodule_export]
    use super::relay::{Relay, partial, run_request};
    #[pymodule_export]
    use super::report::{Page, measure_report, name_interpreters};

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
