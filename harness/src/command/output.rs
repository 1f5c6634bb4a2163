//! What the command writes: standard output, standard error, and files that the user names.

mod file;
mod stdout;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anyhow::Context;
use primelanes_backends::Error;

pub(super) use self::file::{OutputFile, output_file, refuse_same_file};
use self::stdout::Stdout;
use super::interrupt;
use crate::text::one_line;

/// Prints a text and a newline on standard output.
///
/// # Errors
/// If not all of it could be written.
pub(super) fn print(text: &dyn Display) -> anyhow::Result<()> {
    Stdout.write_all(format!("{text}\n").as_bytes()).context("cannot write to standard output")
}

/// Writes bytes to standard output. It can be interrupted, even while a reader keeps it waiting.
///
/// # Errors
/// If not all of it could be written, or [`Error::Cancelled`] if the command was asked to end.
pub(super) fn write(bytes: &[u8]) -> anyhow::Result<()> {
    let mut left = bytes;
    while !left.is_empty() {
        if interrupt::is_requested() {
            return Err(Error::Cancelled.into());
        }
        let room = Stdout::wait_for_room();
        if room == 0 {
            continue;
        }
        match Stdout.write(&left[..left.len().min(room)]) {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero)).context("cannot write to standard output"),
            Ok(written) => left = &left[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("cannot write to standard output"),
        }
    }
    Ok(())
}

/// Returns whether standard output is a terminal.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Prints a help text or the version, in colour on a terminal.
///
/// # Errors
/// If not all of it could be written.
pub(super) fn print_help(help: &clap::Error) -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        return help.print().context("cannot write to standard output");
    }
    Stdout.write_all(help.render().to_string().as_bytes()).context("cannot write to standard output")
}

/// Prints a message in one line on standard error. Nothing can be done if that fails.
pub(super) fn note(message: &str) {
    drop(writeln!(io::stderr(), "{}", one_line(message)));
}
