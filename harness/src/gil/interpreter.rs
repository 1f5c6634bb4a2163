//! A Python interpreter that the user chooses, and the small scripts that it runs.
//!
//! Each script is a whole program that needs only the standard library. It takes its parameters as JSON in its only
//! argument and answers with one JSON object on standard output. The interpreter runs it in isolated mode (`-I`), so
//! that neither environment variables nor the user's packages affect it.

mod child;
mod error;
mod invocation;
mod script;

use std::ffi::OsStr;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::{fs, io};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::child::{Ended, Interruption};
pub(crate) use self::error::InterpreterError;
use self::invocation::Invocation;
pub(crate) use self::script::Script;
use self::script::Source;

/// How long an interpreter may take to identify itself.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest number of interpreters in one process. Each takes nearly ten megabytes.
pub(crate) const MAX_INTERPRETERS: usize = 256;

/// The oldest version that has `InterpreterPoolExecutor`.
const INTERPRETER_POOL: (u32, u32) = (3, 14);

/// An interpreter that has identified itself.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    invocation: Invocation,
    identity: Identity,
    name: String,
}

/// What reports say of an interpreter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Label {
    /// Its [name](Interpreter::name).
    pub(crate) name: String,
    /// Whether it runs with a global lock.
    pub(crate) locked: bool,
}

impl Label {
    /// Returns a sentence about its lock.
    pub(crate) fn sentence(&self) -> String {
        let Self { name, locked } = self;
        if *locked {
            format!("{name} has a global lock.")
        } else {
            format!("{name} runs without a global lock, so it has no switch interval.")
        }
    }
}

/// The answer of `identity.py`.
#[derive(Clone, Debug, Deserialize)]
struct Identity {
    /// The name of the implementation, such as `CPython`.
    implementation: String,
    /// The version, such as `3.11.7`.
    version: String,
    /// The first two numbers of the version.
    feature_version: (u32, u32),
    /// Whether the scripts support this version.
    supported: bool,
    /// Whether a global lock is in use.
    locked: bool,
    /// Whether the build can run without one.
    free_threaded_build: bool,
}

impl Interpreter {
    /// Asks a program what it is. The text is the program, or the program and its options, as in a shell:
    /// `python3.14 -X gil=1`. A program without a folder is looked up in `PATH`.
    ///
    /// # Errors
    /// [`InterpreterError`] if the program cannot be started, is not Python 3.8 or newer, or does not answer within ten
    /// seconds, or if `cancel` is set.
    pub(crate) fn open(text: &OsStr, cancel: &AtomicBool) -> Result<Self, InterpreterError> {
        Self::open_within(TIMEOUT, Invocation::parse(text), cancel)
    }

    fn open_within(timeout: Duration, invocation: Invocation, cancel: &AtomicBool) -> Result<Self, InterpreterError> {
        // The script is not in a file, since there may be no handler yet that removes the file after an interrupt. All
        // versions have these options, so that a version that is too old can say so.
        let mut command = invocation.command();
        command.args(["-E", "-s", "-B", "-c", script::IDENTITY.text]);
        let answer = ask(&mut command, &invocation, script::IDENTITY.name, timeout, cancel);
        let not_python = |reason| InterpreterError::NotPython { program: invocation.to_string(), reason };
        let identity: Identity = answer.map_err(|error| match error {
            InterpreterError::Failed { reason, .. } | InterpreterError::Malformed { reason, .. } => not_python(reason),
            other => other,
        })?;
        if !identity.supported {
            return Err(not_python(format!("it is {} {}", identity.implementation, identity.version)));
        }
        let Identity { implementation, version, locked, .. } = &identity;
        let name = format!("{implementation} {version}{}", if *locked { "" } else { " (free-threaded)" });
        Ok(Self { invocation, identity, name })
    }

    /// Gives interpreters that have the same name longer ones, with the programs and their options.
    ///
    /// # Errors
    /// [`InterpreterError::Twice`] if two have the same program and options.
    pub(crate) fn tell_apart(interpreters: &mut [Self]) -> Result<(), InterpreterError> {
        let names: Vec<_> = interpreters.iter().map(|interpreter| interpreter.name.clone()).collect();
        let mut invocations: Vec<&Invocation> = Vec::new();
        for interpreter in &*interpreters {
            if invocations.iter().any(|other| other.is_like(&interpreter.invocation)) {
                return Err(InterpreterError::Twice { program: interpreter.invocation.to_string() });
            }
            invocations.push(&interpreter.invocation);
        }
        for interpreter in interpreters {
            if names.iter().filter(|&name| *name == interpreter.name).count() > 1 {
                interpreter.name = format!("{}: {}", interpreter.name, interpreter.invocation);
            }
        }
        Ok(())
    }

    /// Returns what reports say of the interpreter.
    pub(crate) fn label(&self) -> Label {
        Label { name: self.name.clone(), locked: self.identity.locked }
    }

    /// Returns the implementation and the version, such as `CPython 3.11.7` or `CPython 3.14.7 (free-threaded)`. A
    /// free-threaded interpreter runs without a global lock. A free-threaded build that uses its lock is named like any
    /// other.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a global lock is in use.
    pub(crate) const fn is_locked(&self) -> bool {
        self.identity.locked
    }

    /// Whether the build can run without a global lock, even if it does not.
    pub(crate) const fn is_free_threaded_build(&self) -> bool {
        self.identity.free_threaded_build
    }

    /// The first two numbers of the version.
    pub(crate) const fn feature_version(&self) -> (u32, u32) {
        self.identity.feature_version
    }

    /// Whether the interpreter can run tasks in several interpreters of its own.
    pub(crate) fn has_interpreter_pool(&self) -> bool {
        self.feature_version() >= INTERPRETER_POOL
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
        run(&self.invocation, &source, &parameters, timeout, cancel)
    }
}

fn run<T: DeserializeOwned>(
    invocation: &Invocation,
    source: &Source,
    parameters: &str,
    timeout: Duration,
    cancel: &AtomicBool,
) -> Result<T, InterpreterError> {
    let folder = tempfile::Builder::new().prefix("primelanes-").tempdir().map_err(InterpreterError::Folder)?;
    let file = folder.path().join(source.name);
    fs::write(&file, source.text).map_err(InterpreterError::Folder)?;
    // Run in isolated mode, and write no byte code.
    let mut command = invocation.command();
    command.args(["-I", "-B"]).arg(&file).arg(parameters);
    ask(&mut command, invocation, source.name, timeout, cancel)
}

/// Runs the command and parses its answer.
fn ask<T: DeserializeOwned>(
    command: &mut Command,
    invocation: &Invocation,
    script: &'static str,
    timeout: Duration,
    cancel: &AtomicBool,
) -> Result<T, InterpreterError> {
    let program = || invocation.to_string();
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
