//! Why there is no answer from an interpreter.

use std::io;
use std::time::Duration;

/// Why there is no answer from an interpreter. Each message is one line, and names the program if the program is at
/// fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InterpreterError {
    /// The cancel flag was set.
    #[error("cancelled")]
    Cancelled,

    /// The system did not start the program.
    #[error("cannot start '{program}': {reason}")]
    Start {
        /// The program, as the user named it.
        program: String,
        /// The message of the system.
        reason: String,
    },

    /// The program is not Python, or too old.
    #[error("'{program}' is not Python 3.8 or newer: {reason}")]
    NotPython {
        /// The program, as the user named it.
        program: String,
        /// How it identified itself, or failed to.
        reason: String,
    },

    /// Two interpreters are the same.
    #[error("the interpreter '{program}' is named twice")]
    Twice {
        /// The program, as the user named it.
        program: String,
    },

    /// The script failed.
    #[error("'{program}' failed to run {script}: {reason}")]
    Failed {
        /// The program, as the user named it.
        program: String,
        /// The file name of the script.
        script: &'static str,
        /// The last line on standard error, or the exit status.
        reason: String,
    },

    /// The answer is not what the script should give.
    #[error("'{program}' printed an invalid result for {script}: {reason}")]
    Malformed {
        /// The program, as the user named it.
        program: String,
        /// The file name of the script.
        script: &'static str,
        /// The beginning of the answer, and the problem with it.
        reason: String,
    },

    /// The script took too long.
    #[error("'{program}' did not finish {script} within {:.1} s", .timeout.as_secs_f64())]
    TimedOut {
        /// The program, as the user named it.
        program: String,
        /// The file name of the script.
        script: &'static str,
        /// The time limit.
        timeout: Duration,
    },

    /// The parameters cannot be written as JSON.
    #[error("the parameters of {script} cannot be written as JSON: {reason}")]
    Parameters {
        /// The file name of the script.
        script: &'static str,
        /// The problem with them.
        reason: String,
    },

    /// The script cannot be written to a file.
    #[error("cannot write a script to a temporary directory: {0}")]
    Folder(io::Error),
}
