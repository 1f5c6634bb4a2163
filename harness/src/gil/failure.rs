//! Why an experiment has no result.

use std::io;

use primelanes_backends::Stopped;

use super::InterpreterError;

/// Why an experiment has no result. Each message contains its cause, so none of them has a `source`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The cancel flag was set.
    #[error("cancelled")]
    Cancelled,
    /// The interpreter cannot be run, or gives no valid answer.
    #[error("{error}")]
    Interpreter {
        /// The name of the interpreter.
        name: String,
        /// What went wrong.
        error: InterpreterError,
    },
    /// The system refused to start a thread.
    #[error("cannot start another thread: {0}")]
    Threads(io::Error),
    /// A socket of this machine is not available.
    #[error("cannot connect through the loopback interface: {0}")]
    Socket(io::Error),
    /// The costs were measured where no socket was available.
    #[error(
        "the costs have no send_us and no echo_us, which io needs: measure them where there is a loopback interface"
    )]
    NoSocketCosts,
}

impl From<Stopped> for Failure {
    fn from(_: Stopped) -> Self {
        Self::Cancelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_stated_once() {
        let cause = || io::Error::other("no such luck");
        for failure in [
            Failure::Threads(cause()),
            Failure::Socket(cause()),
            Failure::Interpreter { name: "CPython".to_owned(), error: InterpreterError::Folder(cause()) },
        ] {
            // The command prints an error with all its sources.
            let text = format!("{:#}", anyhow::Error::from(failure));
            assert_eq!(text.matches("no such luck").count(), 1, "{text}");
        }
    }
}
