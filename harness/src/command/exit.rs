//! Error messages and exit codes: 1 for a failure, 2 for wrong usage, 128 and the number of the signal for a signal.

use std::error::Error as _;
use std::io;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use primelanes_backends::Error;

use super::{interrupt, output};
use crate::gil::Failure;
use crate::text::escaped;

const USAGE: u8 = 2;

/// Prints the error in one line and returns its exit code. A reader that closed the pipe is no error.
pub(super) fn code_of(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    // Arguments that clap accepts one by one, but that are wrong together.
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        output::note(&line_of(usage));
        return ExitCode::from(USAGE);
    }
    output::note(&format!("error: {error:#}"));
    match error.downcast_ref::<Error>() {
        Some(Error::Cancelled) => ExitCode::from(interrupt::exit_code()),
        Some(
            Error::TooManyWorkers { .. }
            | Error::BadVariable { .. }
            | Error::BadTuning { .. }
            | Error::OutOfRange { .. }
            | Error::MemoryBound { .. }
            | Error::BadJournal { .. }
            | Error::EmptyPlan { .. }
            | Error::NthOutOfRange { .. }
            | Error::NotProven { .. },
        ) => ExitCode::from(USAGE),
        _ if matches!(error.downcast_ref(), Some(Failure::Cancelled)) => ExitCode::from(interrupt::exit_code()),
        _ => ExitCode::FAILURE,
    }
}

/// Prints the help text or the version that was asked for, or wrong usage in one line. Returns the exit code.
pub(super) fn code_of_usage(mut error: clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return output::print_help(&error).map_or_else(|error| code_of(&error), |()| ExitCode::SUCCESS);
    }
    escape_arguments(&mut error);
    output::note(&line_of(&error));
    ExitCode::from(USAGE)
}

/// An error of arguments that are wrong together.
pub(super) fn usage(message: &str) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, message)
}

/// Escapes line breaks in what the user wrote, so that they do not look like those of the message.
fn escape_arguments(error: &mut clap::Error) {
    let texts = error.context().filter_map(|(kind, value)| match value {
        ContextValue::String(text) => Some((kind, ContextValue::String(escaped(text)))),
        ContextValue::Strings(texts) => {
            Some((kind, ContextValue::Strings(texts.iter().map(|text| escaped(text)).collect())))
        }
        _ => None,
    });
    for (kind, text) in texts.collect::<Vec<_>>() {
        if error.insert(kind, text.clone()).is_some_and(|before| before != text) {
            // The tip repeats the text.
            error.remove(ContextKind::Suggested);
        }
    }
}

/// Puts clap's message, its tips and the usage in one line.
fn line_of(error: &clap::Error) -> String {
    let context = |kind| error.get(kind).map(ToString::to_string);
    // The reason may contain line breaks of its own.
    if let (Some(value), Some(argument), Some(reason)) =
        (context(ContextKind::InvalidValue), context(ContextKind::InvalidArg), error.source())
    {
        return format!("error: invalid value '{value}' for '{argument}': {reason}");
    }
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(|lines| lines.lines().map(str::trim).collect::<Vec<_>>());
    let mut line = paragraphs.next().unwrap_or_default().join(" ").trim_end_matches('.').to_owned();
    for paragraph in paragraphs {
        match paragraph.first() {
            Some(tip) if tip.starts_with("tip:") => line = format!("{line} ({})", paragraph.join(" ")),
            Some(usage) if usage.starts_with("Usage:") => line = format!("{line}. {}", paragraph.join(" or ")),
            _ => {}
        }
    }
    line
}
