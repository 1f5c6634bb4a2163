//! `primelanes race`: which lane is worth it?

use std::cell::Cell;
use std::io::{Write, stdout};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use primelanes_backends::{Algorithm, BackendKind, Progress};

use super::at_least_one;
use super::interrupt;
use super::output::{writable, write};
use super::progress::{Bar, When};
use crate::number::parse_u64;
use crate::race::Race;

/// So many rounds of the shortest counts take minutes to sum up.
const MOST_ROUNDS: usize = 100_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// All primes up to this number are counted, itself counted.
    #[arg(value_name = "STOP", value_parser = parse_u64, allow_negative_numbers = true)]
    stop: u64,

    /// auto, trial-division or sieve.
    #[arg(long, value_name = "NAME", default_value = "auto")]
    algorithm: Algorithm,

    /// Lanes that `primelanes backends` lists; all of them, unless said.
    #[arg(long, value_name = "A,B,..", value_delimiter = ',')]
    backends: Vec<BackendKind>,

    /// Numbers of workers, as far as a lane takes them; 1, 2, 4, .. up to the number of cores, unless said.
    #[arg(long, value_name = "N,M,..", value_delimiter = ',', value_parser = at_least_one)]
    workers: Vec<NonZeroUsize>,

    /// How often each lane is measured; each round runs all lanes in shuffled order. Six and more give intervals.
    #[arg(long, value_name = "N", default_value = "10", value_parser = rounds)]
    rounds: NonZeroUsize,

    /// Rounds before that, unmeasured.
    #[arg(long, value_name = "N", default_value = "1", value_parser = warmup, allow_negative_numbers = true)]
    warmup: usize,

    /// One object with all samples: stop, algorithm, lanes, warnings, summary, ..
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Print the table as Markdown.
    #[arg(long)]
    markdown: bool,

    /// Also write every run as a line of comma-separated values.
    #[arg(long, value_name = "FILE", value_parser = writable)]
    csv: Option<PathBuf>,

    /// Also draw a picture: speed-up against workers, and all samples.
    #[arg(long, value_name = "FILE", value_parser = writable)]
    svg: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let race = self.race()?;
        let cancel = interrupt::flag()?;
        let total = race.rounds.get().saturating_add(race.warmup).saturating_mul(race.lanes.len()) as u64;
        let bar = Bar::new(When::Auto, total, "runs");
        let done = Cell::new(0);
        let report = race.run(cancel, &|| {
            done.set(done.get() + 1);
            bar.show(Progress::new("race", done.get(), total));
        });
        bar.clear();

        let report = report?;
        let written = if self.json {
            writeln!(stdout(), "{}", serde_json::to_string(&report)?)
        } else if self.markdown {
            writeln!(stdout(), "{}", report.markdown())
        } else {
            writeln!(stdout(), "{report}")
        };
        self.csv.as_deref().map_or(Ok(()), |file| write(file, &report.csv()))?;
        self.svg.as_deref().map_or(Ok(()), |file| write(file, &report.svg()))?;
        // A wrong count is one, whether or not somebody reads of it.
        if report.verified() { Ok(written.map(|()| ExitCode::SUCCESS)?) } else { Ok(ExitCode::FAILURE) }
    }

    fn race(&self) -> anyhow::Result<Race> {
        let workers = if self.workers.is_empty() { Race::default_workers() } else { self.workers.clone() };
        // A lane that was named must take one of these numbers; of the others those run that do.
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
    ensure!(rounds.get() <= MOST_ROUNDS, "{rounds} is above {MOST_ROUNDS}");
    Ok(rounds)
}

fn warmup(text: &str) -> anyhow::Result<usize> {
    let rounds = parse_u64(text)?;
    ensure!(rounds <= MOST_ROUNDS as u64, "{rounds} is above {MOST_ROUNDS}");
    Ok(rounds as usize)
}
