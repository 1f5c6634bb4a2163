//! `primelanes experiment`: the article's table.

use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use primelanes_backends::Progress;
use primelanes_harness::experiment::{Experiment, Lane};
use primelanes_harness::number;

use super::at_least_one;
use crate::interrupt;
use crate::progress::{Bar, When};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Each task counts the primes up to this number by trial division.
    #[arg(long, value_name = "NUMBER", default_value = "1e6", value_parser = number::parse)]
    #[arg(allow_negative_numbers = true)]
    limit: u64,

    /// Tasks in each lane.
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    tasks: NonZeroUsize,

    /// sequential, global-lock, scoped-threads, rayon; all of them, unless said.
    #[arg(long, value_name = "A,B,..", value_delimiter = ',')]
    lanes: Vec<Lane>,

    /// How often each lane runs; each round runs all lanes in shuffled order.
    #[arg(long, value_name = "N", default_value = "5", value_parser = at_least_one)]
    rounds: NonZeroUsize,

    /// One object: limit, tasks, lanes.
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let lanes = if self.lanes.is_empty() { Lane::ALL.to_vec() } else { self.lanes.clone() };
        let cancel = interrupt::flag()?;
        let total = lanes.len().saturating_mul(self.rounds.get()) as u64;
        let experiment = Experiment { limit: self.limit, tasks: self.tasks, lanes, rounds: self.rounds };

        let bar = Bar::new(When::Auto, total, "runs");
        let done = std::cell::Cell::new(0);
        let report = experiment.run(cancel, &|| {
            done.set(done.get() + 1);
            bar.show(Progress { phase: "experiment", done: done.get(), total });
        });
        bar.clear();

        let report = report?;
        let mut out = std::io::stdout().lock();
        let written =
            if self.json { writeln!(out, "{}", serde_json::to_string(&report)?) } else { writeln!(out, "{report}") };
        // A wrong count is one, whether or not somebody reads of it.
        if report.verified() { Ok(written.map(|()| ExitCode::SUCCESS)?) } else { Ok(ExitCode::FAILURE) }
    }
}
