//! A Python interpreter that the user names, and the small scripts of our own that it runs.
//!
//! A script is a program of its own, with nothing but the standard library: it takes its parameters as JSON in its
//! one argument and answers with one JSON object on standard output. The interpreter runs it isolated (`-I`), so that
//! neither the environment nor the user's packages have a say.

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

/// How long an interpreter may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// An interpreter that has said what it is.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    program: PathBuf,
    identity: Identity,
}

/// What `identity.py` answers.
#[derive(Clone, Debug, Deserialize)]
struct Identity {
    /// As `CPython`.
    implementation: String,
    /// As `3.11.7`.
    version: String,
    /// Whether the scripts are written for this version.
    supported: bool,
    /// Whether there is a global lock, and it is in use.
    locked: bool,
}

impl Interpreter {
    /// Asks the program what it is. A name without a folder is looked for as a shell does.
    ///
    /// # Errors
    /// [`InterpreterError`] if the program cannot be started, is no Python of version 3.8 or newer, or says nothing
    /// within ten seconds.
    pub(crate) fn open(program: &Path) -> Result<Self, InterpreterError> {
        Self::open_within(PATIENCE, program)
    }

    fn open_within(patience: Duration, program: &Path) -> Result<Self, InterpreterError> {
        // No file, which an interrupt would leave behind: no handler may be in place yet. And only options that all
        // versions have, so that one that is too old can say so.
        let mut command = Command::new(program);
        command.args(["-E", "-s", "-B", "-c", script::IDENTITY.text]);
        let answer = ask(&mut command, program, script::IDENTITY.name, patience, &AtomicBool::new(false));
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

    /// Implementation and version, as `CPython 3.11.7` or `CPython 3.13.0 (free-threaded)`. The latter runs without a
    /// global lock; a build that could, but does not, is named like any other.
    pub(crate) fn name(&self) -> String {
        let Identity { implementation, version, locked, .. } = &self.identity;
        format!("{implementation} {version}{}", if *locked { "" } else { " (free-threaded)" })
    }

    /// Runs a script to its end and gives its answer. What the parameters and the answer hold is said at each
    /// [`Script`].
    ///
    /// Once this returns, neither the interpreter nor anything that it started is running; should this process end
    /// meanwhile, in whatever way, they are ended too.
    ///
    /// # Errors
    /// [`InterpreterError`]: cancelled within some ten milliseconds of `cancel` being set, out of patience, or a
    /// script that fails or answers something else.
    pub(crate) fn run<T: DeserializeOwned>(
        &self,
        script: Script,
        parameters: &impl Serialize,
        patience: Duration,
        cancel: &AtomicBool,
    ) -> Result<T, InterpreterError> {
        let source = script.source();
        let parameters = serde_json::to_string(parameters)
            .map_err(|error| InterpreterError::Parameters { script: source.name, reason: error.to_string() })?;
        run(&self.program, &source, &parameters, patience, cancel)
    }
}

fn run<T: DeserializeOwned>(
    program: &Path,
    source: &Source,
    parameters: &str,
    patience: Duration,
    cancel: &AtomicBool,
) -> Result<T, InterpreterError> {
    let folder = tempfile::Builder::new().prefix("primelanes-").tempdir().map_err(InterpreterError::Folder)?;
    let file = folder.path().join(source.name);
    fs::write(&file, source.text).map_err(InterpreterError::Folder)?;
    // Isolated; and no byte code is left beside what it was compiled from.
    let mut command = Command::new(program);
    command.args(["-I", "-B"]).arg(&file).arg(parameters);
    ask(&mut command, program, source.name, patience, cancel)
}

/// Runs the program that way, and reads its answer.
fn ask<T: DeserializeOwned>(
    command: &mut Command,
    program: &Path,
    script: &'static str,
    patience: Duration,
    cancel: &AtomicBool,
) -> Result<T, InterpreterError> {
    let program = || program.to_owned();
    let ended = child::run(command, patience, cancel).map_err(|interruption| match interruption {
        Interruption::Cancelled => InterpreterError::Cancelled,
        Interruption::TimedOut => InterpreterError::TimedOut { program: program(), script, patience },
        Interruption::Start(reason) => InterpreterError::Start { program: program(), reason: plain(&reason) },
    })?;
    if !ended.status.success() {
        return Err(InterpreterError::Failed { program: program(), script, reason: last_words(&ended) });
    }
    serde_json::from_slice(&ended.stdout).map_err(|error| {
        let said = one_line(&ended.stdout);
        let reason = if said.is_empty() { "it said nothing".into() } else { format!("it said '{said}' ({error})") };
        InterpreterError::Malformed { program: program(), script, reason }
    })
}

/// What the system said, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// The last line on standard error, which in Python names the exception; without one, how the program ended.
fn last_words(ended: &Ended) -> String {
    let text = String::from_utf8_lossy(&ended.stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.map_or_else(|| ended.status.to_string(), |line| one_line(line.as_bytes()))
}

/// Something to quote: the first line that has anything, cut short, with nothing in it that a terminal would obey.
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
