//! Why an interpreter gave no answer.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no answer. Each is one line that names the program, where one is to blame.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InterpreterError {
    /// The cancel flag was set.
    #[error("cancelled")]
    Cancelled,

    /// The system did not start the program.
    #[error("cannot start '{}': {reason}", .program.display())]
    Start {
        /// The program as it was named.
        program: PathBuf,
        /// What the system said.
        reason: String,
    },

    /// The program is something else, or too old.
    #[error("'{}' is no Python 3.8 or newer: {reason}", .program.display())]
    NotPython {
        /// The program as it was named.
        program: PathBuf,
        /// What it said of itself.
        reason: String,
    },

    /// The script did not come to its end.
    #[error("'{}' failed to run {script}: {reason}", .program.display())]
    Failed {
        /// The program as it was named.
        program: PathBuf,
        /// The file name of the script.
        script: &'static str,
        /// The last line on standard error, or the exit status.
        reason: String,
    },

    /// The answer is not what the caller wanted to read.
    #[error("'{}' answered {script} with something else: {reason}", .program.display())]
    Malformed {
        /// The program as it was named.
        program: PathBuf,
        /// The file name of the script.
        script: &'static str,
        /// The beginning of the answer, and what is wrong with it.
        reason: String,
    },

    /// The script took too long.
    #[error("'{}' did not finish {script} within {:.1} s", .program.display(), .patience.as_secs_f64())]
    TimedOut {
        /// The program as it was named.
        program: PathBuf,
        /// The file name of the script.
        script: &'static str,
        /// How long it was given.
        patience: Duration,
    },

    /// The parameters have no form as JSON.
    #[error("the parameters of {script} cannot be written as JSON: {reason}")]
    Parameters {
        /// The file name of the script.
        script: &'static str,
        /// What is wrong with them.
        reason: String,
    },

    /// There is no room for the script.
    #[error("cannot write a script to a temporary folder: {0}")]
    Folder(#[source] io::Error),
}
