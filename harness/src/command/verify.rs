//! `primelanes verify`: runs the conformance suite on the lanes.

mod environment;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use primelanes_backends::{BackendKind, Error};
use serde::Serialize;

use self::environment::Environment;
use super::at_least_one;
use super::{interrupt, output};
use crate::conformance::{Ability, Caps, Law, Report, Suite};
use crate::number::parse_u64;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The lane to verify: a name that `primelanes backends` lists [default: all lanes]
    #[arg(long, value_name = "NAME")]
    backend: Option<BackendKind>,

    /// The laws to check, by the names in the report [default: all laws]
    #[arg(long = "law", value_name = "A,B,..", value_delimiter = ',')]
    laws: Vec<Law>,

    /// The number of random inputs for each property test.
    #[arg(long, value_name = "N", default_value = "100", value_parser = cases, allow_negative_numbers = true)]
    cases: u32,

    /// The seed of the random inputs [default: a random one]
    #[arg(long, value_name = "NUMBER", value_parser = parse_u64, allow_negative_numbers = true)]
    seed: Option<u64>,

    /// Print a JSON object: passed, backends, and for each backend its label, seed, cases, declared and laws.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    passed: bool,
    backends: Vec<Report>,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let lanes = self.backend.map_or_else(|| BackendKind::available().collect(), |lane| vec![lane]);
        let seed = self.seed.unwrap_or_else(|| rand::random::<u32>().into());
        let cancel = interrupt::flag()?;
        Environment::check()?;
        let backends = lanes.into_iter().map(|lane| self.judge(lane, seed, cancel)).collect::<Result<Vec<_>, _>>()?;
        let answer = Answer { passed: backends.iter().all(Report::passed), backends };
        if self.json {
            output::print(&serde_json::to_string(&answer)?)?;
        }
        for report in answer.backends.iter().filter(|report| !report.passed()) {
            let (lane, cases) = (&report.backend, self.cases);
            let laws: Vec<_> = report.broken().map(Law::name).collect();
            let again = format!("primelanes verify --backend {lane} --cases {cases} --seed {seed}");
            output::note(&format!("error: {lane} breaks {}; to repeat: {again}", laws.join(", ")));
        }
        Ok(if answer.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Judges one lane, and prints each finding at once unless JSON was asked for.
    fn judge(&self, kind: BackendKind, seed: u64, cancel: &'static AtomicBool) -> anyhow::Result<Report> {
        let environment = Environment::default();
        let caps = Caps::full().at_most(kind.max_workers().get());
        let caps = if kind.is_in_process() { caps } else { caps.without(Ability::SharedMemory) };
        let suite = Suite::new(environment.factory(kind), caps, seed, self.cases).laws(self.laws()).cancel(cancel);
        let heading = suite.report(Vec::new());
        environment.fault()?;
        let mut written = self.print(&heading);
        let laws = suite.judge_all(|finding| {
            if written.is_ok() && environment.fault().is_ok() {
                written = self.print(finding);
            }
            written.is_ok() && environment.fault().is_ok()
        });
        if cancel.load(Ordering::Relaxed) {
            return Err(Error::Cancelled.into());
        }
        environment.fault()?;
        written.map(|()| suite.report(laws))
    }

    /// Returns the laws that were named, or all, in the order of the suite.
    fn laws(&self) -> Vec<Law> {
        Law::ALL.into_iter().filter(|law| self.laws.is_empty() || self.laws.contains(law)).collect()
    }

    fn print(&self, line: &dyn std::fmt::Display) -> anyhow::Result<()> {
        if self.json { Ok(()) } else { output::print(line) }
    }
}

fn cases(text: &str) -> anyhow::Result<u32> {
    let cases = at_least_one(text)?;
    u32::try_from(cases.get()).with_context(|| format!("{cases} is above the maximum of {}", u32::MAX))
}
