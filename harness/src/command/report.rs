//! `primelanes report`: a page that explains the global lock with figures from this machine.

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use super::output::{OutputFile, output_file};
use super::progress::{Bar, When};
use super::{interrupt, output};
use crate::gil::Interpreter;
use crate::report::{self, Length, Report};
use crate::text::escaped;

/// How long the system's program for pages may take to say that it cannot open one.
const OPENING: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file to write: one HTML page that needs no other file and no network.
    #[arg(long, value_name = "FILE", default_value = "report.html", value_parser = output_file())]
    out: OutputFile,

    /// A Python interpreter to measure too. It may be given more than once, and with options:
    /// --python "python3.14 -X gil=1"
    #[arg(long, value_name = "PROGRAM", value_parser = super::interpreter())]
    python: Vec<Interpreter>,

    /// Measure for about half a minute instead of two, with figures that vary more. Each further interpreter adds half
    /// as much.
    #[arg(long)]
    quick: bool,

    /// Open the page afterwards, in the program that the system uses for pages.
    #[arg(long)]
    open: bool,

    /// Measure as briefly as possible, with figures that mean nothing. For tests.
    #[arg(long, hide = true, conflicts_with = "quick")]
    trial: bool,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let length = match (self.quick, self.trial) {
            (true, _) => Length::Quick,
            (_, true) => Length::Trial,
            _ => Length::Full,
        };
        let interpreters = super::tell_apart(&self.python)?;
        let cancel = interrupt::flag()?;
        let bar = Bar::of_percent(When::Auto);
        let made = report::make(&interpreters, length, cancel, &|progress| bar.show(progress));
        bar.clear();

        let Report { html, verified } = made?;
        interrupt::end_at_once()?;
        self.out.write(&html)?;
        if self.out.is_file() {
            output::print(&format!("Wrote '{}'.", escaped(&self.out.path().display().to_string())))?;
        }
        if self.open {
            self.open();
        }
        // A wrong count is a failure even if it is on the page.
        Ok(if verified { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Opens the page. If that fails, the page is there all the same.
    fn open(&self) {
        let path = self.out.path();
        if !self.out.is_file() {
            return output::note(&format!("cannot open '{}': it is not a file", path.display()));
        }
        // Some programs take no relative path.
        let absolute = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Err(error) = open::that_detached_with_timeout(absolute, OPENING) {
            output::note(&format!("cannot open '{}': {error}", path.display()));
        }
    }
}
