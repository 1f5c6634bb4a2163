//! `primelanes experiment`: runs the experiment of the article.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use primelanes_backends::Progress;

use super::at_least_one;
use super::progress::{Bar, When};
use super::{exit, interrupt, output};
use crate::experiment::{Experiment, Lane};
use crate::gil::interpreter::Interpreter;
use crate::number::parse_u64;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Each task counts the primes up to this number, by trial division.
    #[arg(long, value_name = "NUMBER", default_value = "1e6", value_parser = parse_u64)]
    #[arg(allow_negative_numbers = true)]
    limit: u64,

    /// The number of tasks that each lane runs.
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one, allow_negative_numbers = true)]
    tasks: NonZeroUsize,

    /// The lanes to run: sequential, global-lock, scoped-threads, rayon, processes, and with --python also
    /// python-sequential, python-threads, python-processes, and from Python 3.14 on python-interpreters [default: all]
    #[arg(long, value_name = "A,B,..", value_delimiter = ',')]
    lanes: Vec<Lane>,

    /// A Python interpreter that runs the same tasks in Python lanes. Their time starts when the interpreter and its
    /// workers are running. It may be given more than once, and with options: --python "python3.14 -X gil=1"
    #[arg(long, value_name = "PROGRAM")]
    #[arg(value_parser = super::interpreter())]
    python: Vec<Interpreter>,

    /// The number of rounds. Each round runs all lanes once, in shuffled order.
    #[arg(long, value_name = "N", default_value = "5", value_parser = at_least_one, allow_negative_numbers = true)]
    rounds: NonZeroUsize,

    /// Print a JSON object: limit, tasks, lanes, and with --python the interpreters.
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let lanes = self.lanes()?;
        let interpreters = super::tell_apart(&self.python)?;
        let cancel = interrupt::flag()?;
        let experiment = Experiment { limit: self.limit, tasks: self.tasks, lanes, rounds: self.rounds, interpreters };
        let total = experiment.runs() as u64;

        let bar = Bar::new(When::Auto, total, "runs");
        let done = std::cell::Cell::new(0);
        let report = experiment.run(cancel, &|| {
            done.set(done.get() + 1);
            bar.show(Progress::new("experiment", done.get(), total));
            if done.get() == total {
                // Only the oracle and the report are left. If Ctrl-C came before, it came too late.
                let _ = interrupt::end_at_once();
            }
        });
        bar.clear();

        let report = report?;
        let written = if self.json { output::print(&serde_json::to_string(&report)?) } else { output::print(&report) };
        // A wrong count is a failure even if nobody reads the report.
        if report.verified() { written.map(|()| ExitCode::SUCCESS) } else { Ok(ExitCode::FAILURE) }
    }

    /// The lanes that were named, or all that are available.
    fn lanes(&self) -> Result<Vec<Lane>, clap::Error> {
        let named = &self.lanes;
        let can_run =
            |lane: &Lane| !lane.is_python() || self.python.iter().any(|interpreter| lane.runs_in(interpreter));
        if let Some(lane) = named.iter().find(|lane| !can_run(lane)) {
            let message = format!("the lane {lane} needs {}: name one with --python <PROGRAM>", lane.needs());
            return Err(exit::usage(&message));
        }
        if let Some((_, lane)) = named.iter().enumerate().find(|(place, lane)| named[..*place].contains(lane)) {
            return Err(exit::usage(&format!("the lane {lane} is named twice")));
        }
        let all = || Lane::ALL.into_iter().filter(|lane| can_run(lane) && lane.is_available()).collect();
        Ok(if named.is_empty() { all() } else { named.clone() })
    }
}
