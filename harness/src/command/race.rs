//! `primelanes race`: compares the speed of the lanes.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::ensure;
use primelanes_backends::{Algorithm, BackendKind, Progress};

use super::at_least_one;
use super::output::{OutputFile, output_file, refuse_same_file};
use super::progress::{Bar, When};
use super::{interrupt, output};
use crate::number::parse_u64;
use crate::race::Race;

/// With this many rounds, the statistics take minutes.
const MAX_ROUNDS: usize = 100_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Count the primes up to and including this number.
    #[arg(value_name = "STOP", value_parser = parse_u64, allow_negative_numbers = true)]
    stop: u64,

    /// The algorithm: auto, trial-division, sieve or combinatorial; auto means the fastest.
    #[arg(long, value_name = "NAME", default_value = "auto")]
    algorithm: Algorithm,

    /// The lanes to compare: names that `primelanes backends` lists [default: all]
    #[arg(long, value_name = "A,B,..", value_delimiter = ',')]
    backends: Vec<BackendKind>,

    /// The numbers of workers to compare, up to each lane's maximum [default: 1, 2, 4, .. up to the number of cores]
    #[arg(long, value_name = "N,M,..", value_delimiter = ',', value_parser = at_least_one)]
    #[arg(allow_negative_numbers = true)]
    workers: Vec<NonZeroUsize>,

    /// The number of measured rounds. Each round runs all lanes once, in shuffled order. Confidence intervals need at
    /// least six rounds.
    #[arg(long, value_name = "N", default_value = "10", value_parser = rounds, allow_negative_numbers = true)]
    rounds: NonZeroUsize,

    /// The number of warm-up rounds, which are not measured.
    #[arg(long, value_name = "N", default_value = "1", value_parser = warmup, allow_negative_numbers = true)]
    warmup: usize,

    /// Print a JSON object with all samples: stop, algorithm, lanes, warnings, summary, ..
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Print the table as Markdown.
    #[arg(long)]
    markdown: bool,

    /// Also write a CSV file with one line for each measurement.
    #[arg(long, value_name = "FILE", value_parser = output_file())]
    csv: Option<OutputFile>,

    /// Also draw an SVG file with the speed-up by number of workers and with all samples.
    #[arg(long, value_name = "FILE", value_parser = output_file())]
    svg: Option<OutputFile>,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let race = self.race()?;
        refuse_same_file([("--csv", self.csv.as_ref()), ("--svg", self.svg.as_ref())])?;
        let cancel = interrupt::flag()?;
        let total = race.rounds.get().saturating_add(race.warmup).saturating_mul(race.lanes.len()) as u64;
        let bar = Bar::new(When::Auto, total, "runs");
        let done = Cell::new(0);
        let runs = race.run(cancel, &|| {
            done.set(done.get() + 1);
            bar.show(Progress::new("race", done.get(), total));
        });
        bar.clear();

        let runs = runs?;
        interrupt::end_at_once()?;
        let report = runs.report();
        let written = if self.json {
            output::print(&serde_json::to_string(&report)?)
        } else if self.markdown {
            output::print(&report.markdown())
        } else {
            output::print(&report)
        };
        self.csv.as_ref().map_or(Ok(()), |file| file.write(&report.csv()))?;
        self.svg.as_ref().map_or(Ok(()), |file| file.write(&report.svg()))?;
        // A wrong count is a failure even if nobody reads the report.
        if report.verified() { written.map(|()| ExitCode::SUCCESS) } else { Ok(ExitCode::FAILURE) }
    }

    fn race(&self) -> anyhow::Result<Race> {
        let workers = if self.workers.is_empty() { Race::default_workers() } else { self.workers.clone() };
        // Lanes that were not named are left out if they take none of these numbers. A named one is an error then.
        let takes = |kind: &BackendKind| workers.iter().any(|&workers| kind.check(workers).is_ok());
        let able: Vec<_> = BackendKind::available().filter(takes).collect();
        let backends = match (&self.backends[..], &able[..]) {
            ([], []) => BackendKind::available().collect(),
            ([], able) => able.to_vec(),
            (named, _) => named.to_vec(),
        };
        Ok(Race {
            stop: self.stop,
            algorithm: self.algorithm,
            lanes: Race::lanes(&backends, &workers)?,
            rounds: self.rounds,
            warmup: self.warmup,
        })
    }
}

fn rounds(text: &str) -> anyhow::Result<NonZeroUsize> {
    let rounds = at_least_one(text)?;
    ensure!(rounds.get() <= MAX_ROUNDS, "{rounds} is above the maximum of {MAX_ROUNDS}");
    Ok(rounds)
}

fn warmup(text: &str) -> anyhow::Result<usize> {
    let rounds = parse_u64(text)?;
    ensure!(rounds <= MAX_ROUNDS as u64, "{rounds} is above the maximum of {MAX_ROUNDS}");
    Ok(rounds as usize)
}
