//! The report: one page that explains the global lock with figures from this machine.

// Measuring and drawing are separate: `measure` runs the experiments and returns the data, which are also the JSON of the
// report, and `page` turns data into HTML. Every number on the page is in the data.

mod convert;
mod data;
mod figures;
mod machine;
#[cfg(test)]
mod made;
mod measure;
mod meter;
mod page;
mod samples;
mod what_if;
mod words;

use std::ffi::OsString;
use std::sync::atomic::AtomicBool;

use primelanes_backends::{Error, Progress};

use self::measure::Settings;
use crate::gil::{Failure, Interpreter, InterpreterError};

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// About two minutes with one interpreter, and a minute more for each further one.
    Full,
    /// About half a minute with one interpreter. The figures vary more.
    Quick,
    /// As briefly as possible, for tests. The figures mean nothing.
    Trial,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// One HTML page that needs no other file.
    pub html: String,
    /// Whether every count was right. The page says so if one was not.
    pub verified: bool,
}

/// The Python interpreters that a report measures too.
#[derive(Clone, Debug)]
pub struct Interpreters(Vec<Interpreter>);

impl Length {
    const fn settings(self) -> &'static Settings {
        match self {
            Self::Full => &Settings::FULL,
            Self::Quick => &Settings::QUICK,
            Self::Trial => &Settings::TRIAL,
        }
    }
}

impl Interpreters {
    /// Asks programs what they are. Each is a program, or a program and its options, as in a shell.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if a program cannot be started, is not Python 3.8 or newer, does not answer within ten seconds,
    /// or is named twice. [`Error::Cancelled`] if `cancel` is set.
    pub fn open(programs: &[OsString], cancel: &AtomicBool) -> Result<Self, Error> {
        let open = || {
            let opened = programs.iter().map(|program| Interpreter::open(program, cancel));
            let mut interpreters = opened.collect::<Result<Vec<_>, _>>()?;
            Interpreter::tell_apart(&mut interpreters)?;
            Ok(Self(interpreters))
        };
        open().map_err(|error| match error {
            InterpreterError::Cancelled => Error::Cancelled,
            other => unavailable("the interpreter", &other),
        })
    }

    /// Returns their names, such as `CPython 3.11.7`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|interpreter| interpreter.name().to_owned()).collect()
    }
}

/// Measures this machine and these interpreters. `show` gets the progress. If the lane `processes` should take part, its
/// [worker program](primelanes_backends::worker::register) must have been set.
///
/// # Errors
/// [`Error::Cancelled`] if `cancel` is set, or why a part could not run.
pub fn report(
    interpreters: &Interpreters,
    length: Length,
    cancel: &AtomicBool,
    show: &(dyn Fn(Progress) + Sync),
) -> Result<Report, Error> {
    make(&interpreters.0, length, cancel, show).map_err(plain)
}

/// The same with interpreters that have been opened. The error is what happened.
pub(crate) fn make(
    interpreters: &[Interpreter],
    length: Length,
    cancel: &AtomicBool,
    show: &(dyn Fn(Progress) + Sync),
) -> anyhow::Result<Report> {
    let data = measure::measure(length.settings(), interpreters, cancel, show)?;
    Ok(Report { html: page::page(&data)?, verified: data.verified() })
}

fn plain(error: anyhow::Error) -> Error {
    if let Some(Failure::Cancelled) = error.downcast_ref() {
        return Error::Cancelled;
    }
    error.downcast().unwrap_or_else(|error| unavailable("the report", &format!("{error:#}")))
}

fn unavailable(what: &'static str, reason: &impl ToString) -> Error {
    Error::Unavailable { what: what.into(), reason: reason.to_string() }
}
