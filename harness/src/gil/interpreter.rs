//! A Python interpreter that the user chooses, and the small scripts that it runs.
//!
//! Each script is a whole program that needs only the standard library. It takes its parameters as JSON in its only
//! argument and answers with one JSON object on standard output. The interpreter runs it in isolated mode (`-I`), so
//! that neither environment variables nor the user's packages affect it.

mod child;
mod error;
mod script;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::{fs, io};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::child::{Ended, Interruption};
pub(crate) use self::error::InterpreterError;
pub(crate) use self::script::Script;
use self::script::Source;

/// How long an interpreter may take to identify itself.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An interpreter that has identified itself.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    program: PathBuf,
    identity: Identity,
}

/// The answer of `identity.py`.
#[derive(Clone, Debug, Deserialize)]
struct Identity {
    /// The name of the implementation, such as `CPython`.
    implementation: String,
    /// The version, such as `3.11.7`.
    version: String,
    /// Whether the scripts support this version.
    supported: bool,
    /// Whether a global lock is in use.
    locked: bool,
}

impl Interpreter {
    /// Asks the program what it is. A name without a folder is looked up in `PATH`.
    ///
    /// # Errors
    /// [`InterpreterError`] if the program cannot be started, is not Python 3.8 or newer, or does not answer within ten
    /// seconds.
    pub(crate) fn open(program: &Path) -> Result<Self, InterpreterError> {
        Self::open_within(TIMEOUT, program)
    }

    fn open_within(timeout: Duration, program: &Path) -> Result<Self, InterpreterError> {
        // The script is not in a file, since there may be no handler yet that removes the file after an interrupt. All
        // versions have these options, so that a version that is too old can say so.
        let mut command = Command::new(program);
        command.args(["-E", "-s", "-B", "-c", script::IDENTITY.text]);
        let answer = ask(&mut command, program, script::IDENTITY.name, timeout, &AtomicBool::new(false));
        let not_python = |reason| InterpreterError::NotPython { program: program.to_owned(), reason };
        let identity: Identity = answer.map_err(|error| match error {
            InterpreterError::Failed { reason, .. } | InterpreterError::Malformed { reason, .. } => not_python(reason),
            other => other,
        })?;
        if !identity.supported {
            return Err(not_python(format!("it is {} {}", identity.implementation, identity.version)));
        }
        Ok(Self { program: program.to_owned(), identity })
    }

    /// Returns the implementation and the version, such as `CPython 3.11.7` or `CPython 3.13.0 (free-threaded)`. A
    /// free-threaded interpreter runs without a global lock. A free-threaded build that uses its lock is named like any
    /// other.
    pub(crate) fn name(&self) -> String {
        let Identity { implementation, version, locked, .. } = &self.identity;
        format!("{implementation} {version}{}", if *locked { "" } else { " (free-threaded)" })
    }

    /// Runs a script to its end and returns its answer. The parameters and the answer are documented at each
    /// [`Script`].
    ///
    /// When this returns, the interpreter and all processes that it started have ended. They also end if this process
    /// ends meanwhile, even if it is killed.
    ///
    /// # Errors
    /// [`InterpreterError`] if `cancel` is set (within some ten milliseconds), at the timeout, or if the script fails or
    /// gives an invalid answer.
    pub(crate) fn run<T: DeserializeOwned>(
        &self,
        script: Script,
        parameters: &impl Serialize,
        timeout: Duration,
        cancel: &AtomicBool,
    ) -> Result<T, InterpreterError> {
        let source = script.source();
        let parameters = serde_json::to_string(parameters)
            .map_err(|error| InterpreterError::Parameters { script: source.name, reason: error.to_string() })?;
        run(&self.program, &source, &parameters, timeout, cancel)
    }
}

fn run<T: DeserializeOwned>(
    program: &Path,
    source: &Source,
    parameters: &str,
    timeout: Duration,
    cancel: &AtomicBool,
) -> Result<T, InterpreterError> {
    let folder = tempfile::Builder::new().prefix("primelanes-").tempdir().map_err(InterpreterError::Folder)?;
    let file = folder.path().join(source.name);
    fs::write(&file, source.text).map_err(InterpreterError::Folder)?;
    // Run in isolated mode, and write no byte code.
    let mut command = Command::new(program);
    command.args(["-I", "-B"]).arg(&file).arg(parameters);
    ask(&mut command, program, source.name, timeout, cancel)
}

/// Runs the command and parses its answer.
fn ask<T: DeserializeOwned>(
    command: &mut Command,
    program: &Path,
    script: &'static str,
    timeout: Duration,
    cancel: &AtomicBool,
) -> Result<T, InterpreterError> {
    let program = || program.to_owned();
    let ended = child::run(command, timeout, cancel).map_err(|interruption| match interruption {
        Interruption::Cancelled => InterpreterError::Cancelled,
        Interruption::TimedOut => InterpreterError::TimedOut { program: program(), script, timeout },
        Interruption::Start(reason) => InterpreterError::Start { program: program(), reason: plain(&reason) },
    })?;
    if !ended.status.success() {
        return Err(InterpreterError::Failed { program: program(), script, reason: last_words(&ended) });
    }
    serde_json::from_slice(&ended.stdout).map_err(|error| {
        let said = one_line(&ended.stdout);
        let reason =
            if said.is_empty() { "it printed nothing".into() } else { format!("it printed '{said}' ({error})") };
        InterpreterError::Malformed { program: program(), script, reason }
    })
}

/// Returns the message of a system error without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Returns the last line on standard error, in which Python names the exception. If there is none, it returns the exit
/// status.
fn last_words(ended: &Ended) -> String {
    let text = String::from_utf8_lossy(&ended.stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.map_or_else(|| ended.status.to_string(), |line| one_line(line.as_bytes()))
}

/// Returns the first line that is not empty, shortened, without control characters.
fn one_line(bytes: &[u8]) -> String {
    const LENGTH: usize = 120;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(8 * LENGTH)]);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let printable = |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    let cut = if line.chars().count() > LENGTH { ".." } else { "" };
    line.chars().take(LENGTH).map(printable).chain(cut.chars()).collect()
}

#[cfg(test)]
mod tests;
