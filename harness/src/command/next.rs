//! `primelanes next`: finds the prime after or before a number.

use std::process::ExitCode;

use primelanes_backends::{next_prime_u128, previous_prime_u128};
use serde::Serialize;

use super::{exit, output};
use crate::number;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number to start from, which is not itself the answer. The largest answer is below 3317044064679887385961980,
    /// because no quick test is proven for larger numbers.
    #[arg(value_name = "NUMBER", value_parser = number::parse, allow_negative_numbers = true)]
    number: u128,

    /// Find the largest prime below the number, instead of the smallest above.
    #[arg(short, long)]
    previous: bool,

    /// Print a JSON object: number, prime.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    number: u128,
    prime: u128,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let answer = Answer { number: self.number, prime: self.prime()? };
        if self.json {
            output::print(&serde_json::to_string(&answer)?)?;
        } else {
            output::print(&answer.prime)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn prime(&self) -> anyhow::Result<u128> {
        let number = self.number;
        if !self.previous {
            return Ok(next_prime_u128(number)?);
        }
        let below =
            || exit::usage(&format!("there is no prime below {number}: with --previous, NUMBER must be at least 3"));
        Ok(previous_prime_u128(number)?.ok_or_else(below)?)
    }
}
