//! `primelanes is-prime`: tells which numbers are prime.

use std::fmt;
use std::iter::once;
use std::process::ExitCode;

use primelanes_backends::{Error, is_prime_u128};
use serde::Serialize;

use super::output;
use crate::number;

/// Factors are looked for up to this number, which takes a millisecond.
const LARGEST_FACTOR: u32 = 1 << 16;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The numbers, up to 3317044064679887385961980. No quick test is proven for larger ones.
    #[arg(value_name = "NUMBER", required = true, value_parser = number::parse, allow_negative_numbers = true)]
    numbers: Vec<u128>,

    /// Print nothing. The exit code is the answer.
    #[arg(short, long, conflicts_with = "json")]
    quiet: bool,

    /// Print a JSON array of objects: number, prime, factor (the least prime factor of a composite, if it is below 2^16).
    #[arg(long)]
    json: bool,
}

/// What is known of a number, as `--json` prints it.
#[derive(Serialize)]
struct Answer {
    number: u128,
    prime: bool,
    factor: Option<u32>,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let answers = self.numbers.iter().map(|&number| Answer::new(number)).collect::<Result<Vec<_>, _>>()?;
        if self.json {
            output::print(&serde_json::to_string(&answers)?)?;
        } else if !self.quiet {
            let lines: Vec<_> = answers.iter().map(Answer::to_string).collect();
            output::print(&lines.join("\n"))?;
        }
        Ok(if answers.iter().all(|answer| answer.prime) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Answer {
    fn new(number: u128) -> Result<Self, Error> {
        let prime = is_prime_u128(number)?;
        let divides = |&factor: &u32| number > 1 && number.is_multiple_of(factor.into());
        let factor = || once(2).chain((3..LARGEST_FACTOR).step_by(2)).find(divides);
        Ok(Self { number, prime, factor: if prime { None } else { factor() } })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, prime, factor } = self;
        match factor {
            _ if *prime => write!(f, "{number} is prime"),
            _ if *number < 2 => write!(f, "{number} is neither prime nor composite"),
            Some(factor) => write!(f, "{number} is composite: its least prime factor is {factor}"),
            None => write!(f, "{number} is composite"),
        }
    }
}
