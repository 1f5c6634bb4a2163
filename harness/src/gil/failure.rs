//! Why an experiment has no result.

use std::io;

use super::InterpreterError;

/// Why an experiment has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The cancel flag was set.
    #[error("cancelled")]
    Cancelled,
    /// The interpreter cannot be run, or gives no valid answer.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
    /// The system refused to start a thread.
    #[error("cannot start another thread: {0}")]
    Threads(#[source] io::Error),
    /// The echo server is not available.
    #[error("cannot connect through the loopback interface: {0}")]
    Socket(#[from] io::Error),
}
