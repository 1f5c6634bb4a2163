//! Error messages and exit codes: 1 for a failure, 2 for wrong usage, 130 for an interrupt.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use primelanes_backends::Error;

use crate::gil::Failure;

const USAGE: u8 = 2;
const INTERRUPTED: u8 = 130;

/// Prints the error in one line and returns its exit code. A reader that closed the pipe is no error.
pub(super) fn code_of(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    // Wrong usage that clap cannot see, since it shows only in the arguments together.
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        return code_of_usage(usage);
    }
    print(&format!("error: {error:#}"));
    match error.downcast_ref::<Error>() {
        Some(Error::Cancelled) => ExitCode::from(INTERRUPTED),
        Some(
            Error::TooManyWorkers { .. }
            | Error::BadVariable { .. }
            | Error::BadTuning { .. }
            | Error::OutOfRange { .. }
            | Error::EmptyPlan { .. },
        ) => ExitCode::from(USAGE),
        _ if matches!(error.downcast_ref(), Some(Failure::Cancelled)) => ExitCode::from(INTERRUPTED),
        _ => ExitCode::FAILURE,
    }
}

/// Prints a bad value in one line, and everything else, such as the help text, as clap does.
pub(super) fn code_of_usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let text = error.render().to_string();
            let first_paragraph: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
            print(&first_paragraph.join(" "));
        }
        _ => drop(error.print()),
    }
    if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}

/// Prints a line on standard error. Nothing can be done if that fails.
pub(super) fn print(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}
