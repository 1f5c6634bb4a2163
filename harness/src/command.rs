//! The command line. Each subcommand is a file.

mod backends;
mod count;
mod exit;
mod experiment;
mod gil;
mod interrupt;
mod is_prime;
mod journal;
mod lane;
mod list;
mod next;
mod nth;
mod output;
mod progress;
mod race;
mod report;
#[cfg(unix)]
#[expect(unsafe_code, reason = "how the process was started can only be seen before `main`, or by a system call")]
mod startup;
mod verify;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::gil::Interpreter;
pub use crate::number::{NumberError, parse, parse_u64};

/// Runs the command with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    // If this fails, a write beyond the limit ends the process, as it does by default.
    #[cfg(unix)]
    drop(startup::survive_file_size_limit());
    #[cfg(unix)]
    startup::learn_how_children_end();
    match parse_arguments() {
        Ok(cli) => cli.run().unwrap_or_else(|error| exit::code_of(&error)),
        Err(usage) => exit::code_of_usage(usage),
    }
}

/// Parses the arguments of this process.
fn parse_arguments() -> Result<Cli, clap::Error> {
    // By default, some environments, such as continuous integration, color the text for any terminal.
    let color = if progress::is_dumb() { ColorChoice::Never } else { ColorChoice::Auto };
    let mut command = Cli::command().color(color);
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Checks arguments without running them, so that tests can check the command lines of the guides. The first argument
/// is the name of the program.
///
/// # Errors
/// What is wrong with them.
pub fn check<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<(), clap::Error> {
    Cli::try_parse_from(arguments).map(drop)
}

/// Count, list and find primes on a backend of your choice, and measure how much faster each backend is.
///
/// Without a subcommand, `primelanes` runs `experiment`.
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
    /// Run the same counts one after another, under one global lock, and in parallel.
    Experiment(experiment::Args),
    /// Count the primes of a range.
    Count(count::Args),
    /// Show what the journal of a count contains.
    Journal(journal::Args),
    /// List the primes of a range, one per line.
    List(list::Args),
    /// Find the nth prime.
    Nth(nth::Args),
    /// Find the next prime after a number, or the previous one.
    Next(next::Args),
    /// Tell whether numbers are prime. The exit code is 0 if all are, and 1 if any is not.
    IsPrime(is_prime::Args),
    /// Compare the speed of one count on every lane, with different numbers of workers.
    Race(race::Args),
    /// Measure what a global interpreter lock costs, in CPython, under our own lock, and in a simulation.
    Gil(gil::Args),
    /// Measure what the lock costs on this machine, and write a page that explains it.
    Report(report::Args),
    /// Check the lanes with the property tests of the conformance suite.
    Verify(verify::Args),
    /// List the lanes that are available.
    Backends(backends::Args),
    /// Serve as a worker process on standard input, which is a socket.
    #[cfg(unix)]
    #[command(hide = true)]
    Worker,
}

impl Cli {
    fn run(self) -> anyhow::Result<ExitCode> {
        #[cfg(unix)]
        if let Some(program) = this_program() {
            primelanes_backends::worker::register(program, ["worker"]);
        }
        match self.command {
            None => self.experiment.run(),
            Some(Command::Experiment(args)) => args.run(),
            Some(Command::Count(args)) => args.run(),
            Some(Command::Journal(args)) => args.run(),
            Some(Command::List(args)) => args.run(),
            Some(Command::Nth(args)) => args.run(),
            Some(Command::Next(args)) => args.run(),
            Some(Command::IsPrime(args)) => args.run(),
            Some(Command::Race(args)) => args.run(),
            Some(Command::Gil(args)) => args.run(),
            Some(Command::Report(args)) => args.run(),
            Some(Command::Verify(args)) => args.run(),
            Some(Command::Backends(args)) => args.run(),
            #[cfg(unix)]
            Some(Command::Worker) => worker(),
        }
    }
}

/// Returns the path of this program, for the lane `processes`. Without `/proc`, the system does not know it, so this is the
/// name that the program was started by.
#[cfg(unix)]
fn this_program() -> Option<std::path::PathBuf> {
    std::env::current_exe().ok().or_else(|| std::env::args_os().next().map(Into::into))
}

/// Serves the process that started this one, as a worker of its lane `processes`.
#[cfg(unix)]
fn worker() -> anyhow::Result<ExitCode> {
    primelanes_backends::worker::serve(std::io::stdin())?;
    Ok(ExitCode::SUCCESS)
}

/// Parses the program and the options of a Python interpreter.
fn interpreter() -> impl TypedValueParser<Value = Interpreter> {
    // Ctrl-C ends the command at once, because nothing has begun.
    OsStringValueParser::new().try_map(|text| Interpreter::open(&text, &AtomicBool::new(false)))
}

/// Gives each of these interpreters a name of its own.
fn tell_apart(interpreters: &[Interpreter]) -> Result<Vec<Interpreter>, clap::Error> {
    let mut interpreters = interpreters.to_vec();
    match Interpreter::tell_apart(&mut interpreters) {
        Ok(()) => Ok(interpreters),
        Err(error) => Err(exit::usage(&error.to_string())),
    }
}

/// Parses a number of workers, tasks or rounds.
fn at_least_one(text: &str) -> anyhow::Result<NonZeroUsize> {
    let value = usize::try_from(parse_u64(text)?)?;
    NonZeroUsize::new(value).ok_or_else(|| anyhow::anyhow!("{value} is below the minimum of 1"))
}
