//! `primelanes count`: counts the primes of a range.

use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::time::Instant;

use primelanes_backends::environment::variable;
use primelanes_backends::machine::{Caches, Cpu};
use primelanes_backends::{Algorithm, BackendKind, Error, Plan, PrimeCounter, Progress, Query, available_workers};
use serde::Serialize;

use super::at_least_one;
use super::interrupt;
use super::progress::{Bar, When};
use crate::number;

#[derive(Debug, clap::Args)]
#[command(override_usage = "primelanes count [OPTIONS] [START] STOP")]
pub(super) struct Args {
    #[arg(help = "The range from START (0 by default) to STOP, both included: 1_000_000, 1e9, 1.5e9, 10**9, 2^64-1")]
    #[arg(value_name = "NUMBER", num_args = 1..=2, required = true, value_parser = number::parse)]
    #[arg(allow_negative_numbers = true)]
    numbers: Vec<u128>,

    /// The algorithm: auto, trial-division or sieve; auto means the fastest.
    #[arg(long, value_name = "NAME", default_value = "auto")]
    algorithm: Algorithm,

    /// The lane: a name that `primelanes backends` lists, or auto [default: `PRIMELANES_BACKEND` or auto]
    #[arg(long, value_name = "NAME", value_parser = str::parse::<BackendKind>)]
    backend: Option<BackendKind>,

    /// The number of workers [default: `PRIMELANES_WORKERS` or the number of cores, up to the lane's maximum]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    workers: Option<NonZeroUsize>,

    /// Print a JSON object: start, stop, count, algorithm, plan, backend, workers, seconds.
    #[arg(long)]
    json: bool,

    /// Explain on standard error how the range is counted on this machine.
    #[arg(long)]
    explain: bool,

    /// When to show a progress bar on standard error; auto means only on a terminal.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    progress: When,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    start: u128,
    stop: u128,
    count: u128,
    algorithm: &'static str,
    plan: Plan,
    backend: &'static str,
    workers: NonZeroUsize,
    seconds: f64,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let range = self.range();
        let (start, stop) = (*range.start(), *range.end());
        let backend = self.backend.map_or_else(BackendKind::from_env, Ok)?;
        let workers = self.workers(backend)?;
        let counter = backend.build(workers)?;
        let cancel = interrupt::flag()?;
        let plan = Plan::for_query(&Query::range(range.clone()).algorithm(self.algorithm), workers)?;
        if self.explain {
            eprint!("{}", explanation(&plan)?);
        }
        // A bar counts in 64 bits. A wider range is shown as one of 2^64 - 1 numbers.
        let numbers = u64::try_from(stop.saturating_sub(start)).unwrap_or(u64::MAX);
        let bar = Bar::new(self.progress, numbers, "numbers");
        let show = |progress: Progress| bar.show(progress);
        let query = Query::range(range).plan(plan.clone()).cancel(cancel).progress(&show);

        let clock = Instant::now();
        let count = counter.count(&query);
        let seconds = clock.elapsed().as_secs_f64();
        bar.clear();

        let answer = Answer {
            start,
            stop,
            count: count?,
            algorithm: plan.algorithm().name(),
            plan,
            backend: backend.name(),
            workers,
            seconds,
        };
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        } else {
            writeln!(out, "{}", answer.count)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn range(&self) -> RangeInclusive<u128> {
        match self.numbers[..] {
            [start, stop] => start..=stop,
            _ => 0..=self.numbers[0],
        }
    }

    /// A number that was asked for must fit the lane. A default is for all lanes, so it is cut to this one's maximum.
    fn workers(&self, backend: BackendKind) -> anyhow::Result<NonZeroUsize> {
        if let Some(workers) = self.workers {
            return Ok(workers);
        }
        let default = variable("PRIMELANES_WORKERS", at_least_one)?.unwrap_or_else(available_workers);
        Ok(default.min(backend.max_workers()))
    }
}

/// The plan and the machine that it was made for, one fact per line.
fn explanation(plan: &Plan) -> Result<String, Error> {
    if *plan == Plan::TrialDivision {
        return Ok(format!("{plan}\n"));
    }
    let (cpu, Caches { l1, l2, .. }) = (Cpu::chosen()?, Caches::detect());
    let known: Vec<_> = Cpu::available().map(Cpu::name).collect();
    let machine = format!("cpu       {cpu} of {}\ncaches    {} and {} KiB", known.join(", "), l1 >> 10, l2 >> 10);
    Ok(format!("{machine}\n{plan}\n"))
}
