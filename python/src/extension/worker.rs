//! Worker processes are interpreters that run `primelanes.worker`.

use primelanes_backends::{AnyBackend, BackendKind, Error as Fault};
use pyo3::prelude::*;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::exceptions::exception;

/// How a lane is opened, once the lock is released.
pub(super) type Opener = Box<dyn FnOnce() -> Result<AnyBackend, Fault> + Send>;

/// Asks the interpreter what it takes to open the lane: for worker processes, which program it is itself.
pub(super) fn opener(py: Python<'_>, kind: BackendKind, workers: NonZeroUsize) -> PyResult<Opener> {
    #[cfg(unix)]
    if kind == BackendKind::Processes {
        use primelanes_backends::Processes;
        let interpreter = py.import("sys")?.getattr("executable")?.extract::<Option<PathBuf>>()?;
        let Some(interpreter) = interpreter.filter(|path| !path.as_os_str().is_empty()) else {
            let reason = "this interpreter does not know its own program: sys.executable is empty".to_owned();
            return Err(exception(Fault::Unavailable { what: kind.name(), reason }));
        };
        let mut command = std::process::Command::new(interpreter);
        command.args(["-m", "primelanes.worker"]);
        return Ok(Box::new(move || Ok(AnyBackend::Processes(Processes::with_command(workers, command)?))));
    }
    Ok(Box::new(move || kind.open(workers)))
}

/// Work on what comes in on standard input, until that ends: what a worker process does, and nothing else.
#[pyfunction]
pub(super) fn serve(py: Python<'_>) -> PyResult<()> {
    #[cfg(unix)]
    let served = py.detach(|| primelanes_backends::worker::serve(std::io::stdin(), std::io::stdout()));
    #[cfg(not(unix))]
    let served = BackendKind::Processes.open(NonZeroUsize::MIN).map(drop);
    served.map_err(exception)
}
