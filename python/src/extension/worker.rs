//! Worker processes are interpreters that run `primelanes.worker`.

use std::num::NonZeroUsize;

use primelanes_backends::{AnyBackend, BackendKind, Control, Error as Fault};
use pyo3::prelude::*;

use super::exceptions::exception;

/// How a lane is opened, once the lock is released.
pub(super) type Opener = Box<dyn FnOnce(&Control<'_>) -> Result<AnyBackend, Fault> + Send>;

/// Asks the interpreter what it takes to open the lane: for worker processes, how to start another like itself.
#[cfg_attr(not(unix), expect(unused_variables, reason = "there are worker processes on Unix only"))]
pub(super) fn opener(py: Python<'_>, kind: BackendKind, workers: NonZeroUsize) -> PyResult<Opener> {
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
        let reason = "sys.executable does not say which program this interpreter is".to_owned();
        return Err(exception(Fault::Unavailable { what: BackendKind::Processes.name().into(), reason }));
    };
    let mut command = std::process::Command::new(interpreter);
    command.args(arguments).envs(environment);
    Ok(command)
}

/// Work on what comes in on standard input, until that ends: what a worker process does, and nothing else.
#[pyfunction]
pub(super) fn serve(py: Python<'_>) -> PyResult<()> {
    #[cfg(unix)]
    let served = py.detach(|| primelanes_backends::worker::serve(std::io::stdin(), std::io::stdout()));
    #[cfg(not(unix))]
    let served = py.detach(|| BackendKind::Processes.open(NonZeroUsize::MIN).map(drop));
    served.map_err(exception)
}
