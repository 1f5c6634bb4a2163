//! `primelanes nth`: finds the nth prime.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use primelanes_backends::{Control, PrimeCounter, Progress};
use serde::Serialize;

use super::lane::LaneArgs;
use super::progress::{Bar, When};
use super::{interrupt, output};
use crate::number::parse_u64;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which prime, from 1 to 425656284035217743, the number of primes below 2^64. The first prime is 2.
    #[arg(value_name = "N", value_parser = parse_u64, allow_negative_numbers = true)]
    n: u64,

    #[command(flatten)]
    lane: LaneArgs,

    /// Print a JSON object: n, prime, backend, workers, seconds.
    #[arg(long)]
    json: bool,

    /// When to show a progress bar on standard error; auto means only on a terminal.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    progress: When,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    n: u64,
    prime: u64,
    backend: &'static str,
    workers: NonZeroUsize,
    seconds: f64,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (backend, workers) = self.lane.choose()?;
        let counter = backend.build(workers)?;
        let bar = Bar::of_percent(self.progress);
        let show = |progress: Progress| {
            bar.show(progress);
            ControlFlow::Continue(())
        };
        let control = Control::new().cancel(interrupt::flag()?);
        let control = if self.progress.is_now() { control.progress(&show) } else { control };

        let clock = Instant::now();
        let prime = counter.nth_prime_with(self.n, &control);
        let seconds = clock.elapsed().as_secs_f64();
        bar.clear();

        let answer = Answer { n: self.n, prime: prime?, backend: backend.name(), workers, seconds };
        if self.json {
            output::print(&serde_json::to_string(&answer)?)?;
        } else {
            output::print(&answer.prime)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
