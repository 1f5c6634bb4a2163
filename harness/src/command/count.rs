//! `primelanes count`: counts the primes of a range.

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, RangeInclusive};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use bytesize::ByteSize;
use primelanes_backends::machine::{Caches, Cpu, default_memory};
use primelanes_backends::{Algorithm, AnyBackend, Error, Journal, Journaled, Plan, PrimeCounter, Progress, Query};
use serde::Serialize;

use super::lane::LaneArgs;
use super::progress::{Bar, When};
use super::{exit, interrupt, output};
use crate::number;

#[derive(Debug, clap::Args)]
#[command(override_usage = "primelanes count [OPTIONS] [START] STOP")]
pub(super) struct Args {
    #[arg(help = "The range from START (0 by default) to STOP, both included: 1_000_000, 1.5e9, 2^64-1, '(5*10^9)/3'")]
    #[arg(value_name = "NUMBER", num_args = 1..=2, required = true, value_parser = number::parse)]
    #[arg(allow_negative_numbers = true)]
    numbers: Vec<u128>,

    /// Count from START to START + D: `count 1e18 --distance 1e8`.
    #[arg(short, long, value_name = "D", value_parser = number::parse, allow_negative_numbers = true)]
    distance: Option<u128>,

    /// The algorithm: auto, trial-division, sieve or combinatorial; auto means the fastest.
    #[arg(long, value_name = "NAME", default_value = "auto")]
    algorithm: Algorithm,

    #[command(flatten)]
    lane: LaneArgs,

    /// Count again with other parameters, and check by an independent formula whether the count is odd or even. For a
    /// range up to X, that takes the time of the count and about sqrt(X) ln(X) nanoseconds: 40 seconds for 1e18.
    #[arg(long)]
    double_check: bool,

    /// The memory that all workers together may take, in bytes or with a unit: 1e9, 500MB, 2GiB [default: a sixteenth of
    /// the memory, or up to half of it if no plan is that lean]
    #[arg(long, value_name = "SIZE", value_parser = size, allow_negative_numbers = true)]
    memory: Option<ByteSize>,

    /// Keep a journal of the count in FILE. After Ctrl-C, a kill or a power cut, the same command goes on from there, on any
    /// lane and machine. FILE is replaced every few seconds.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    /// Print a JSON object: start, stop, count, `double_checked`, algorithm, plan, memory (estimated, in bytes), backend,
    /// workers, seconds.
    #[arg(long)]
    json: bool,

    /// Explain on standard error how the range is counted on this machine.
    #[arg(long)]
    explain: bool,

    /// When to show a progress bar on standard error; auto means only on a terminal.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    progress: When,
}

/// Parses a number of bytes. A bound of 2^64 or more is none, because no machine has as many.
fn size(text: &str) -> anyhow::Result<ByteSize> {
    if let Ok(bytes) = number::parse(text) {
        return Ok(ByteSize(u64::try_from(bytes).unwrap_or(u64::MAX)));
    }
    text.trim().parse().map_err(|_| anyhow::anyhow!("expected a number of bytes, or a size such as 500MB or 2GiB"))
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    start: u128,
    stop: u128,
    count: u128,
    double_checked: bool,
    algorithm: &'static str,
    plan: Plan,
    memory: u64,
    backend: &'static str,
    workers: NonZeroUsize,
    seconds: f64,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let range = self.range()?;
        let (start, stop) = (*range.start(), *range.end());
        let (backend, workers) = self.lane.choose()?;
        let crew = backend.crew(workers);
        let query = self.resumed(self.query(range.clone()))?;
        let plan = Plan::for_query(&query, crew)?;
        let memory = plan.memory(&range, crew);
        if self.explain {
            self.explanation(&plan, &range, memory, workers)?.lines().for_each(output::note);
        }
        let counter = self.counter(backend.open(workers)?);
        let bar = self.bar(&plan, stop.saturating_sub(start));
        let show = |progress: Progress| {
            bar.show(progress);
            ControlFlow::Continue(())
        };
        let query = query.plan(plan.clone()).cancel(interrupt::flag()?);
        // Reports cost time, so none are made if nobody sees them.
        let query = if self.progress.is_now() { query.progress(&show) } else { query };

        let clock = Instant::now();
        let count = counter.count(&query);
        let seconds = clock.elapsed().as_secs_f64();
        bar.clear();
        if count == Err(Error::Cancelled) {
            self.explain_journal();
        }

        let answer = Answer {
            start,
            stop,
            count: count?,
            double_checked: self.double_check,
            algorithm: plan.algorithm().name(),
            plan,
            memory,
            backend: backend.name(),
            workers,
            seconds,
        };
        if self.json {
            output::print(&serde_json::to_string(&answer)?)?;
        } else {
            output::print(&answer.count)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn range(&self) -> Result<RangeInclusive<u128>, clap::Error> {
        match (&self.numbers[..], self.distance) {
            (&[start], Some(distance)) => start.checked_add(distance).map(|stop| start..=stop).ok_or_else(|| {
                exit::usage(&format!("START + D is above 2^128-1 = {}: START is {start}, D is {distance}", u128::MAX))
            }),
            (_, Some(_)) => Err(exit::usage("--distance needs START alone, without STOP")),
            (&[start, stop], None) => Ok(start..=stop),
            (numbers, None) => Ok(0..=numbers[0]),
        }
    }

    fn query(&self, range: RangeInclusive<u128>) -> Query<'static> {
        let query = Query::range(range).algorithm(self.algorithm);
        let query = if self.double_check { query.double_check() } else { query };
        match self.memory {
            Some(ByteSize(bytes)) => query.memory(bytes),
            None => query,
        }
    }

    /// The query with the plan of the journal, if there is one already.
    fn resumed(&self, query: Query<'static>) -> Result<Query<'static>, Error> {
        let Some(path) = &self.journal else { return Ok(query) };
        let Some(journal) = Journal::read(path)? else { return Ok(query) };
        journal.check_query(path, &query)?;
        Ok(query.plan(journal.plan().clone()))
    }

    fn counter(&self, lane: AnyBackend) -> Box<dyn PrimeCounter> {
        match &self.journal {
            Some(path) => Box::new(Journaled::new(lane, path, |trouble: &Error| {
                output::note(&format!("warning: {trouble}; the count goes on"));
            })),
            None => Box::new(lane),
        }
    }

    /// Says how to go on after an interruption.
    fn explain_journal(&self) {
        if let Some(path) = &self.journal {
            output::note(&format!("the same command goes on from the journal '{}'", path.display()));
        }
    }

    fn bar(&self, plan: &Plan, width: u128) -> Bar {
        if self.double_check || plan.algorithm() == Algorithm::Combinatorial {
            return Bar::of_percent(self.progress);
        }
        // A bar counts in 64 bits. A wider range is shown as one of 2^64 - 1 numbers.
        Bar::new(self.progress, u64::try_from(width).unwrap_or(u64::MAX), "numbers")
    }

    /// The plan, and the machine that it was made for, one fact per line.
    fn explanation(
        &self,
        plan: &Plan,
        range: &RangeInclusive<u128>,
        memory: u64,
        workers: NonZeroUsize,
    ) -> Result<String, Error> {
        let mut lines = vec![plan.explain(range)];
        // The other plans do not depend on the machine, and take almost no memory.
        if !matches!(plan, Plan::Empty | Plan::TrialDivision | Plan::Table) {
            let (cpu, Caches { l1, l2, .. }) = (Cpu::chosen()?, Caches::detect());
            let known: Vec<_> = Cpu::available().map(Cpu::name).collect();
            lines.insert(0, format!("cpu       {cpu} of {}", known.join(", ")));
            lines.insert(1, format!("caches    {} and {} KiB", l1 >> 10, l2 >> 10));
            let bound = match self.memory {
                Some(bound) => format!("the bound is {}", bound.display().si()),
                None => format!("the default bound is {}", ByteSize(default_memory()).display().si()),
            };
            let needed = ByteSize(memory).display().si();
            let crew = if workers == NonZeroUsize::MIN {
                "1 worker".to_owned()
            } else {
                format!("{workers} workers together")
            };
            lines.push(format!("memory    about {needed} for {crew}; {bound}"));
        }
        if self.double_check {
            lines.push(
                "check     count again with other parameters, then find whether the count is odd or even".to_owned(),
            );
        }
        Ok(lines.join("\n"))
    }
}
