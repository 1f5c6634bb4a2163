//! `primelanes gil`: what a global interpreter lock does.

use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use primelanes_backends::{BackendKind, GlobalLock};

use super::at_least_one;
use super::output::{writable, write};
use super::{exit, interrupt};
use crate::gil::{self, Calibration, Failure, Interpreter, Lab, Report, Scene};

/// As many as a lane under the lock.
const MOST_THREADS: NonZeroUsize = BackendKind::GlobalLock.max_workers();

/// Ten seconds: a thread that asks for the lock waits that long.
const LONGEST_INTERVAL_MS: f64 = 10_000.0;

/// An hour for each case.
const MOST_SECONDS: f64 = 3_600.0;

/// Events for each recording, of 32 bytes each.
const CAPACITY: usize = 100_000;

/// How much of each recording the picture shows.
const WINDOW_INTERVALS: u32 = 12;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    #[command(flatten)]
    Experiment(Box<Experiment>),
    /// Measure what virtual time takes its costs from.
    Calibrate {
        /// One object, as --costs takes it.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Subcommand)]
enum Experiment {
    /// Threads that compute take turns: how long are their slices, and what do they get done together?
    Cpu(Threaded),
    /// Threads that wait for something outside: sleeps overlap; and what of a socket beside a thread that computes?
    Io(Threaded),
    /// A thread that sleeps again and again beside threads that compute: how long until it has the lock back?
    Convoy(Threaded),
    /// A ticker beside one native call that holds the lock, or releases it: how long is it stalled?
    Stall(Options),
    /// Why there is a lock: threads add to one count, without a lock, with atomic increments, and with the lock.
    Integrity(Threaded),
    /// One workload under other intervals, a lock for each interpreter, no lock, and the lock before 3.2.
    Whatif(Threaded),
}

#[derive(Debug, clap::Args)]
struct Threaded {
    /// Threads that compute (2), in convoy up to so many; in io threads that sleep (4).
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<NonZeroUsize>,

    #[command(flatten)]
    options: Options,
}

#[derive(Debug, clap::Args)]
struct Options {
    /// A Python interpreter: runs the same in it, in turn with the others.
    #[arg(long, value_name = "PATH", value_parser = super::interpreter())]
    python: Option<Interpreter>,

    /// Switch interval in milliseconds; unless said 5, in cpu 5 and 1, in convoy and whatif 5, 1 and 20.
    #[arg(long, value_name = "MS", value_parser = interval, allow_negative_numbers = true)]
    interval: Option<Duration>,

    /// How long each case runs in each column (2, in integrity 1), and in cpu and whatif one thread alone beside it; in
    /// io the length of a sleep (0.5), in stall of the call (0.25).
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    seconds: Option<f64>,

    /// Costs of virtual time as `gil calibrate --json` printed them; measured anew, unless said.
    #[arg(long, value_name = "FILE", value_parser = costs)]
    costs: Option<Calibration>,

    /// One object: experiment, rows, ..; null is a figure that there was nothing to take from.
    #[arg(long)]
    json: bool,

    /// Also write what happened at our lock and in virtual time as trace events, for Perfetto.
    #[arg(long, value_name = "FILE", value_parser = writable)]
    trace: Option<PathBuf>,

    /// Also draw it: a row a thread; of runs that go on and on the first twelve intervals.
    #[arg(long, value_name = "FILE", value_parser = writable)]
    svg: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.what {
            What::Experiment(experiment) => experiment.run(),
            What::Calibrate { json } => calibrate(*json),
        }
    }
}

impl Experiment {
    const fn options(&self) -> &Options {
        match self {
            Self::Stall(options)
            | Self::Cpu(Threaded { options, .. })
            | Self::Io(Threaded { options, .. })
            | Self::Convoy(Threaded { options, .. })
            | Self::Integrity(Threaded { options, .. })
            | Self::Whatif(Threaded { options, .. }) => options,
        }
    }

    fn run(&self) -> anyhow::Result<ExitCode> {
        let options = self.options();
        let cancel = interrupt::flag()?;
        let mut lab = Lab::new(options.costs.map_or_else(Calibration::measure, Ok)?, cancel);
        lab.interpreter.clone_from(&options.python);
        lab.capacity = if options.trace.is_some() || options.svg.is_some() { CAPACITY } else { 0 };
        let report = self.report(&lab)?;
        let text = if options.json { serde_json::to_string(&report)? } else { report.to_string() };
        // The files are written whether or not somebody reads the report.
        let written = writeln!(stdout(), "{text}");
        options.draw(&lab.take_scenes(), self.window())?;
        Ok(written.map(|()| ExitCode::SUCCESS)?)
    }

    fn report(&self, lab: &Lab<'_>) -> Result<Report, Failure> {
        match self {
            Self::Cpu(Threaded { threads, options }) => {
                gil::cpu(lab, or(*threads, 2), &options.intervals(&[5, 1]), options.seconds(2.0))
            }
            Self::Io(Threaded { threads, options }) => {
                gil::io(lab, or(*threads, 4), options.interval(), options.seconds(0.5))
            }
            Self::Convoy(Threaded { threads, options }) => {
                gil::convoy(lab, or(*threads, 2), &options.intervals(&[5, 1, 20]), options.seconds(2.0))
            }
            Self::Stall(options) => gil::stall(lab, options.interval(), options.seconds(0.25)),
            Self::Integrity(Threaded { threads, options }) => {
                gil::integrity(lab, or(*threads, 2), options.interval(), options.seconds(1.0))
            }
            Self::Whatif(Threaded { threads, options }) => {
                gil::whatif(lab, or(*threads, 2), &options.intervals(&[5, 1, 20]), options.seconds(2.0))
            }
        }
    }

    /// What of each recording the picture shows; `None`: all.
    fn window(&self) -> Option<Range<Duration>> {
        let goes_on = !matches!(self, Self::Io(_) | Self::Stall(_));
        goes_on.then(|| Duration::ZERO..WINDOW_INTERVALS * self.options().interval())
    }
}

impl Options {
    /// Writes what was recorded.
    fn draw(&self, scenes: &[Scene], window: Option<Range<Duration>>) -> anyhow::Result<()> {
        if let Some(file) = &self.trace {
            let cannot_write = || format!("cannot write '{}'", file.display());
            let mut out = BufWriter::new(File::create(file).with_context(cannot_write)?);
            gil::trace_events::trace_events(scenes, &mut out).and_then(|()| out.flush()).with_context(cannot_write)?;
            for scene in scenes.iter().filter(|scene| scene.recording.left_out > 0) {
                let kept = scene.recording.entries.len();
                let left_out = scene.recording.left_out;
                exit::say(&format!("'{}': the first {kept} events are kept, {left_out} left out", scene.title));
            }
        }
        if let Some(file) = &self.svg {
            write(file, &gil::timeline::timeline(scenes, window))?;
        }
        Ok(())
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

fn or(threads: Option<NonZeroUsize>, default: usize) -> usize {
    threads.map_or(default, NonZeroUsize::get)
}

fn calibrate(json: bool) -> anyhow::Result<ExitCode> {
    let calibration = Calibration::measure()?;
    let text = if json { serde_json::to_string(&calibration)? } else { calibration.to_string() };
    writeln!(stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

fn threads(text: &str) -> anyhow::Result<NonZeroUsize> {
    let threads = at_least_one(text)?;
    ensure!(threads <= MOST_THREADS, "{threads} is above {MOST_THREADS}");
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
    let costs: Calibration = serde_json::from_str(&text).context("not as 'gil calibrate --json' prints it")?;
    costs.checked().map_err(anyhow::Error::msg)
}
