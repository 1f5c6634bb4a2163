//! The command line: its arguments, and a file for each subcommand.

mod backends;
mod count;
mod exit;
mod experiment;
mod gil;
mod interrupt;
mod output;
mod progress;
mod race;
mod verify;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Parser, Subcommand};

use crate::gil::Interpreter;
pub use crate::number::{NumberError, parse, parse_u64};

/// Runs the command with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => cli.run().unwrap_or_else(|error| exit::code_of(&error)),
        Err(usage) => exit::code_of_usage(&usage),
    }
}

/// Checks arguments, the name of the program first, without running them: the guides must show what works.
///
/// # Errors
/// What is wrong with them.
pub fn check<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<(), clap::Error> {
    Cli::try_parse_from(arguments).map(drop)
}

/// Count primes exactly, in the lane of your choice, and see what the lane is worth.
///
/// Without a command: the experiment with its defaults.
#[derive(Debug, Parser)]
#[command(name = "primelanes", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    experiment: experiment::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The same counts one after another, under one lock, and in parallel: what does each lane buy?
    Experiment(experiment::Args),
    /// Count the primes of a range, both ends counted.
    Count(count::Args),
    /// One count in every lane, with several numbers of workers: which is worth it, and how sure is that?
    Race(race::Args),
    /// What a global interpreter lock does: in CPython, under our lock, and in virtual time.
    Gil(gil::Args),
    /// Hold the lanes to the laws of the conformance suite, one line a law.
    Verify(verify::Args),
    /// List the lanes.
    Backends(backends::Args),
    /// Work for a program that started this one, on standard input and output.
    #[cfg(unix)]
    #[command(hide = true)]
    Worker,
}

impl Cli {
    fn run(self) -> anyhow::Result<ExitCode> {
        #[cfg(unix)]
        primelanes_backends::worker::register(std::env::current_exe()?, ["worker"]);
        match self.command {
            None => self.experiment.run(),
            Some(Command::Experiment(args)) => args.run(),
            Some(Command::Count(args)) => args.run(),
            Some(Command::Race(args)) => args.run(),
            Some(Command::Gil(args)) => args.run(),
            Some(Command::Verify(args)) => args.run(),
            Some(Command::Backends(args)) => args.run(),
            #[cfg(unix)]
            Some(Command::Worker) => worker(),
        }
    }
}

/// What a worker process of the lane `processes` does.
#[cfg(unix)]
fn worker() -> anyhow::Result<ExitCode> {
    primelanes_backends::worker::serve(std::io::stdin(), std::io::stdout())?;
    Ok(ExitCode::SUCCESS)
}

/// A Python interpreter, by its path.
fn interpreter() -> impl TypedValueParser<Value = Interpreter> {
    PathBufValueParser::new().try_map(|path| Interpreter::open(&path))
}

/// A number of workers, tasks or rounds.
fn at_least_one(text: &str) -> anyhow::Result<NonZeroUsize> {
    let value = usize::try_from(parse_u64(text)?)?;
    NonZeroUsize::new(value).ok_or_else(|| anyhow::anyhow!("{value} is below 1"))
}
