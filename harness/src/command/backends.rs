//! `primelanes backends`: lists the lanes.

use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use primelanes_backends::BackendKind;
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[arg(long, help = "Print a JSON array of objects: name, max_workers, description")]
    json: bool,
}

#[derive(Serialize)]
struct Lane {
    name: &'static str,
    max_workers: NonZeroUsize,
    description: &'static str,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let describe = |kind: BackendKind| Lane {
            name: kind.name(),
            max_workers: kind.max_workers(),
            description: kind.description(),
        };
        let lanes: Vec<_> = BackendKind::available().map(describe).collect();
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string(&lanes)?)?;
        } else {
            for lane in lanes {
                writeln!(out, "{:<16}{}", lane.name, lane.description)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
