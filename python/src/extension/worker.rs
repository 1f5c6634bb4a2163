//! Worker processes: Python interpreters that run `primelanes.worker`.

use std::num::NonZeroUsize;

use primelanes_backends::{AnyBackend, BackendKind, Control, Error as CountError};
use pyo3::prelude::*;

use super::exceptions::exception;

/// Opens a backend. It needs no Python, so it can run with the lock released.
pub(super) type BackendFactory = Box<dyn FnOnce(&Control<'_>) -> Result<AnyBackend, CountError> + Send>;

/// Collects from the interpreter what is needed to open the backend. For worker processes, that is how to start another
/// interpreter like this one.
#[cfg_attr(not(unix), expect(unused_variables, reason = "worker processes exist on Unix only"))]
pub(super) fn backend_factory(py: Python<'_>, kind: BackendKind, workers: NonZeroUsize) -> PyResult<BackendFactory> {
    #[cfg(unix)]
    if kind == BackendKind::Processes {
        let command = command(py)?;
        return Ok(Box::new(move |control| {
            primelanes_backends::Processes::start(workers, command, control).map(AnyBackend::Processes)
        }));
    }
    Ok(Box::new(move |_| kind.open(workers)))
}

#[cfg(unix)]
fn command(py: Python<'_>) -> PyResult<std::process::Command> {
    use std::collections::HashMap;
    use std::ffi::OsString;

    let worker = py.import("primelanes.worker")?;
    let arguments: Vec<OsString> = worker.getattr("command")?.call0()?.extract()?;
    let environment: HashMap<OsString, OsString> = worker.getattr("environment")?.call0()?.extract()?;
    let Some((interpreter, arguments)) = arguments.split_first().filter(|(program, _)| !program.is_empty()) else {
        let reason = "sys.executable does not name the interpreter".to_owned();
        return Err(exception(CountError::Unavailable { what: BackendKind::Processes.name().into(), reason }));
    };
    let mut command = std::process::Command::new(interpreter);
    command.args(arguments).envs(environment);
    Ok(command)
}

/// Serve as a worker process: do the work that arrives on standard input, until it is closed.
#[pyfunction]
pub(super) fn serve(py: Python<'_>) -> PyResult<()> {
    #[cfg(unix)]
    let served = py.detach(|| primelanes_backends::worker::serve(std::io::stdin()));
    #[cfg(not(unix))]
    let served = py.detach(|| BackendKind::Processes.open(NonZeroUsize::MIN).map(drop));
    served.map_err(exception)
}
