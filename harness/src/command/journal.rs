//! `primelanes journal`: shows what the journal of a count contains.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bytesize::ByteSize;
use primelanes_backends::{Error, Journal, Phase, Plan};
use serde::Serialize;

use super::output;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file, as given to `count --journal`.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print a JSON object: start, stop, algorithm, `double_check`, plan, count (null if it is not finished), seconds (of work
    /// so far), phases (each with name, tiles, done, segments, bytes).
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Contents {
    start: u128,
    stop: u128,
    algorithm: &'static str,
    double_check: bool,
    plan: Plan,
    count: Option<u128>,
    seconds: f64,
    phases: Vec<PhaseContents>,
}

#[derive(Serialize)]
struct PhaseContents {
    name: String,
    tiles: u64,
    done: u64,
    segments: usize,
    bytes: usize,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let journal = Journal::read(&self.file)?.ok_or_else(|| Error::BadJournal {
            file: self.file.display().to_string(),
            reason: "there is no such file, or it is empty".to_owned(),
        })?;
        if self.json {
            output::print(&serde_json::to_string(&Contents::of(&journal))?)?;
        } else {
            output::print(&in_words(&journal))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Contents {
    fn of(journal: &Journal) -> Self {
        let (start, stop) = journal.range().into_inner();
        let contents =
            |Phase { name, tiles, done, segments, bytes, .. }| PhaseContents { name, tiles, done, segments, bytes };
        Self {
            start,
            stop,
            algorithm: journal.algorithm().name(),
            double_check: journal.double_check(),
            plan: journal.plan().clone(),
            count: journal.count(),
            seconds: journal.worked().as_secs_f64(),
            phases: journal.phases().map(contents).collect(),
        }
    }
}

/// One fact per line.
fn in_words(journal: &Journal) -> String {
    let (start, stop) = journal.range().into_inner();
    let checked = if journal.double_check() { ", with a double check" } else { "" };
    let mut lines = vec![
        format!("range     {start} to {stop}"),
        format!("algorithm {}{checked}", journal.algorithm()),
        journal.plan().explain(&journal.range()),
        format!("worked    {}", duration(journal.worked())),
    ];
    lines.extend(journal.phases().map(|phase| in_line(&phase)));
    lines.push(match journal.count() {
        Some(count) => format!("count     {count}"),
        None => "count     not finished".to_owned(),
    });
    lines.join("\n")
}

fn in_line(phase: &Phase) -> String {
    let Phase { name, tiles, done, segments, bytes, .. } = phase;
    let percent = 100.0 * *done as f64 / (*tiles).max(1) as f64;
    let size = ByteSize(*bytes as u64).display().si();
    let runs = if *segments == 1 { "run" } else { "runs" };
    format!("phase     {name}: {percent:.1} % ({done} of {tiles} tiles, in {segments} {runs} of {size} together)")
}

fn duration(worked: Duration) -> String {
    let seconds = worked.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", worked.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
