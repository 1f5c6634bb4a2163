//! `primelanes backends`: lists the lanes.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use primelanes_backends::BackendKind;
use serde::Serialize;

use super::output;

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
        if self.json {
            output::print(&serde_json::to_string(&lanes)?)?;
        } else {
            let list: Vec<_> = lanes.iter().map(|lane| format!("{:<16}{}", lane.name, lane.description)).collect();
            output::print(&list.join("\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
