//! `primelanes gil`: what a global interpreter lock does.

use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use primelanes_backends::GlobalLock;
use primelanes_harness::gil::{self, Calibration, Failure, Interpreter, Lab, Report};

use super::at_least_one;
use crate::interrupt;
use crate::output::{writable, write};

/// More threads at once take too many of the memory mappings that a process may have.
const MOST_THREADS: usize = 1024;

/// Ten seconds: a thread that asks for the lock waits that long.
const LONGEST_INTERVAL_MS: f64 = 10_000.0;

/// An hour for each case.
const MOST_SECONDS: f64 = 3_600.0;

/// Events for each recording, of 32 bytes each.
const CAPACITY: usize = 100_000;

/// What of each recording the picture shows, unless all fits.
const WINDOW_INTERVALS: u32 = 12;

/// Runs an experiment with what was said of it.
type Run = fn(&Lab<'_>, &Options) -> Result<Report, Failure>;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    experiment: Experiment,
}

#[derive(Debug, clap::Subcommand)]
enum Experiment {
    /// Threads that compute take turns: how long are their slices, and what do they get done together?
    Cpu(Options),
    /// Threads that wait for something outside: sleeps overlap; and what of a socket beside a thread that computes?
    Io(Options),
    /// A thread that sleeps again and again beside threads that compute: how long until it has the lock back?
    Convoy(Options),
    /// A ticker beside one native call that holds the lock, or releases it: how long is it stalled?
    Stall(Options),
    /// Why there is a lock: threads add to one count, without a lock, with atomic increments, and with the lock.
    Integrity(Options),
    /// One workload under other intervals, a lock for each interpreter, no lock, and the lock before 3.2.
    Whatif(Options),
    /// Measure what virtual time takes its costs from.
    Calibrate {
        /// One object, as --costs takes it.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Options {
    /// A Python interpreter: runs the same in it, in turn with the others.
    #[arg(long, value_name = "PATH", value_parser = super::interpreter())]
    python: Option<Interpreter>,

    /// Threads that compute (2), in convoy up to so many; in io threads that sleep (4).
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<NonZeroUsize>,

    /// Switch interval in milliseconds; unless said 5, in cpu 5 and 1, in convoy and whatif 5, 1 and 20.
    #[arg(long, value_name = "MS", value_parser = interval, allow_negative_numbers = true)]
    interval: Option<Duration>,

    /// How long each case runs in each column (2); in io the length of a sleep (0.5), in stall of the call (0.25).
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    seconds: Option<f64>,

    /// Costs of virtual time as `gil calibrate --json` printed them; measured anew, unless said.
    #[arg(long, value_name = "FILE", value_parser = costs)]
    costs: Option<Calibration>,

    /// One object: experiment, rows, ..
    #[arg(long)]
    json: bool,

    /// Also write what happened at our lock and in virtual time as trace events, for Perfetto.
    #[arg(long, value_name = "FILE", value_parser = writable)]
    trace: Option<PathBuf>,

    /// Also draw it: a row a thread, the beginning of each run.
    #[arg(long, value_name = "FILE", value_parser = writable)]
    svg: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (options, run): (_, Run) = match &self.experiment {
            Experiment::Calibrate { json } => return calibrate(*json),
            Experiment::Cpu(options) => (options, |lab, options| {
                gil::cpu(lab, options.threads(2), &options.intervals(&[5, 1]), options.seconds(2.0))
            }),
            Experiment::Io(options) => {
                (options, |lab, options| gil::io(lab, options.threads(4), options.interval(), options.seconds(0.5)))
            }
            Experiment::Convoy(options) => (options, |lab, options| {
                gil::convoy(lab, options.threads(2), &options.intervals(&[5, 1, 20]), options.seconds(2.0))
            }),
            Experiment::Stall(options) => {
                (options, |lab, options| gil::stall(lab, options.interval(), options.seconds(0.25)))
            }
            Experiment::Integrity(options) => (options, |lab, options| {
                gil::integrity(lab, options.threads(2), options.interval(), options.seconds(1.0))
            }),
            Experiment::Whatif(options) => (options, |lab, options| {
                gil::whatif(lab, options.threads(2), &options.intervals(&[5, 1, 20]), options.seconds(2.0))
            }),
        };
        options.run(run)
    }
}

impl Options {
    fn run(&self, experiment: Run) -> anyhow::Result<ExitCode> {
        let cancel = interrupt::flag()?;
        let calibration = self.costs.map_or_else(Calibration::measure, Ok)?;
        let mut lab = Lab::new(calibration, cancel);
        lab.interpreter.clone_from(&self.python);
        lab.capacity = if self.trace.is_some() || self.svg.is_some() { CAPACITY } else { 0 };
        let report = experiment(&lab, self)?;
        let text = if self.json { serde_json::to_string(&report)? } else { report.to_string() };
        writeln!(stdout(), "{text}")?;
        self.draw(&lab)
    }

    /// Writes what was recorded.
    fn draw(&self, lab: &Lab<'_>) -> anyhow::Result<ExitCode> {
        let scenes = lab.take_scenes();
        if let Some(file) = &self.trace {
            let cannot_write = || format!("cannot write '{}'", file.display());
            let mut out = BufWriter::new(File::create(file).with_context(cannot_write)?);
            gil::trace_events::trace_events(&scenes, &mut out).and_then(|()| out.flush()).with_context(cannot_write)?;
            for scene in scenes.iter().filter(|scene| scene.recording.left_out > 0) {
                let kept = scene.recording.entries.len();
                eprintln!("'{}': the first {kept} events are kept, {} left out", scene.title, scene.recording.left_out);
            }
        }
        if let Some(file) = &self.svg {
            let window = WINDOW_INTERVALS * self.interval();
            write(file, &gil::timeline::timeline(&scenes, Some(Duration::ZERO..window)))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn threads(&self, default: usize) -> usize {
        self.threads.map_or(default, NonZeroUsize::get)
    }

    fn interval(&self) -> Duration {
        self.interval.unwrap_or(GlobalLock::SWITCH_INTERVAL)
    }

    /// The one that was said, or the defaults in milliseconds.
    fn intervals(&self, defaults: &[u64]) -> Vec<Duration> {
        let defaults = || defaults.iter().copied().map(Duration::from_millis).collect();
        self.interval.map_or_else(defaults, |interval| vec![interval])
    }

    fn seconds(&self, default: f64) -> f64 {
        self.seconds.unwrap_or(default)
    }
}

fn calibrate(json: bool) -> anyhow::Result<ExitCode> {
    let calibration = Calibration::measure()?;
    let text = if json { serde_json::to_string(&calibration)? } else { calibration.to_string() };
    writeln!(stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

fn threads(text: &str) -> anyhow::Result<NonZeroUsize> {
    let threads = at_least_one(text)?;
    ensure!(threads.get() <= MOST_THREADS, "{threads} is above {MOST_THREADS}");
    Ok(threads)
}

fn interval(text: &str) -> anyhow::Result<Duration> {
    let milliseconds = positive(text, LONGEST_INTERVAL_MS)?;
    ensure!(milliseconds >= 0.001, "{text} ms is below a microsecond");
    Ok(Duration::from_secs_f64(milliseconds / 1e3))
}

fn seconds(text: &str) -> anyhow::Result<f64> {
    positive(text, MOST_SECONDS)
}

/// A number above 0, up to a bound.
fn positive(text: &str, most: f64) -> anyhow::Result<f64> {
    let value: f64 = text.parse().with_context(|| format!("'{text}' is not a number"))?;
    ensure!(value > 0.0, "{text} is not above 0");
    ensure!(value <= most, "{text} is above {most}");
    Ok(value)
}

fn costs(file: &str) -> anyhow::Result<Calibration> {
    let text = std::fs::read_to_string(file)?;
    serde_json::from_str(&text).with_context(|| "not as 'gil calibrate --json' prints it".to_owned())
}
