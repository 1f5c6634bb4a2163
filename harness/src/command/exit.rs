//! What the command says and returns when it cannot give a result: 1 failure, 2 usage, 130 interrupted.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use primelanes_backends::Error;

use crate::gil::Failure;

const USAGE: u8 = 2;
const INTERRUPTED: u8 = 130;

/// Says what is wrong in one line, on standard error, and gives the code. A reader who went away is no fault.
pub(super) fn code_of(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    // Misuse that shows only when the arguments are seen together.
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        return code_of_usage(usage);
    }
    say(&format!("error: {error:#}"));
    match error.downcast_ref::<Error>() {
        Some(Error::Cancelled) => ExitCode::from(INTERRUPTED),
        Some(
            Error::TooManyWorkers { .. }
            | Error::BadVariable { .. }
            | Error::BadTuning { .. }
            | Error::OutOfRange { .. },
        ) => ExitCode::from(USAGE),
        _ if matches!(error.downcast_ref(), Some(Failure::Cancelled)) => ExitCode::from(INTERRUPTED),
        _ => ExitCode::FAILURE,
    }
}

/// Help and version as clap prints them; a bad value in one line; other misuse with clap's short message.
pub(super) fn code_of_usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let text = error.render().to_string();
            let first_paragraph: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
            say(&first_paragraph.join(" "));
        }
        _ => drop(error.print()),
    }
    if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}

/// A line on standard error, if anybody is there to read it.
pub(super) fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}
