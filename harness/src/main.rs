//! The command `primelanes`: the article's experiment, exact counts, and the lanes.

mod command;
mod exit;
mod interrupt;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use crate::command::Cli;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => cli.run().unwrap_or_else(|error| exit::code_of(&error)),
        Err(usage) => exit::code_of_usage(&usage),
    }
}
