//! `primelanes gil`: measures what a global interpreter lock costs.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use primelanes_backends::{BackendKind, GlobalLock};

use clap::builder::{PathBufValueParser, TypedValueParser};

use super::at_least_one;
use super::output::{OutputFile, output_file, refuse_same_file};
use super::{interrupt, output};
use crate::gil::{self, Calibration, Failure, Interpreter, Lab, Report, Scene};

/// The maximum of the lane `global-lock`.
const MAX_THREADS: NonZeroUsize = BackendKind::GlobalLock.max_workers();

/// A thread that requests the lock waits this long, so ten seconds are plenty.
const MAX_INTERVAL_MS: f64 = 10_000.0;

/// An hour per case.
const MAX_SECONDS: f64 = 3_600.0;

/// The largest file of costs that is read. `gil calibrate --json` writes less than a thousandth of it.
const MAX_COSTS_BYTES: u64 = 1 << 20;

/// Events per recording, of 32 bytes each.
const CAPACITY: usize = 100_000;

/// How much of each recording the picture shows, in switch intervals.
const WINDOW_INTERVALS: u32 = 12;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = false)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    #[command(flatten)]
    Experiment(Box<Experiment>),
    /// Measure the costs of operations of the operating system, which the simulation uses.
    Calibrate {
        /// Print a JSON object, in the format that --costs reads.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Subcommand)]
enum Experiment {
    /// Threads compute: the length of their time slices, and their combined throughput.
    Cpu(Threaded),
    /// Threads wait: the time of overlapping sleeps, and of a socket beside a computing thread.
    Io(Threaded),
    /// A thread sleeps repeatedly beside computing threads: its delay after each sleep.
    Convoy(Threaded),
    /// A native call holds or releases the lock: how long it stalls a thread that wakes up every millisecond.
    Stall(Options),
    /// Threads add to one counter without a lock, with atomic increments, and with the lock: the lost updates.
    Integrity(Threaded),
    /// Simulate other switch intervals, a lock for each interpreter, no lock, and the lock before Python 3.2.
    Whatif(Threaded),
}

#[derive(Debug, clap::Args)]
struct Threaded {
    /// The number of computing threads; in convoy, the largest number [default: 2]. In io, the number of sleeping
    /// threads [default: 4]
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    threads: Option<NonZeroUsize>,

    #[command(flatten)]
    options: Options,
}

#[derive(Debug, clap::Args)]
struct Options {
    /// A Python interpreter that runs the same experiment; its results are shown in a separate column. It may be given
    /// more than once, and with options: --python "python3.14 -X gil=1"
    #[arg(long, value_name = "PROGRAM", value_parser = super::interpreter())]
    python: Vec<Interpreter>,

    /// The switch interval in milliseconds [default: 5; in cpu 5 and 1; in convoy and whatif 5, 1 and 20]
    #[arg(long, value_name = "MS", value_parser = interval, allow_negative_numbers = true)]
    interval: Option<Duration>,

    /// The time to run each case in each column, in seconds [default: 2; in integrity 1]; cpu and whatif also run one
    /// thread alone for this time. In io, the length of a sleep [default: 0.5]. In stall, the length of the call
    /// [default: 0.25]
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    seconds: Option<f64>,

    /// A file with the costs that the simulation uses, from `gil calibrate --json` [default: measure them now]
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(costs))]
    costs: Option<Calibration>,

    /// Print a JSON object: experiment, rows, ..; a value without samples is null.
    #[arg(long)]
    json: bool,

    /// Also write a trace for Perfetto, with the events of our lock and of the simulation.
    #[arg(long, value_name = "FILE", value_parser = output_file())]
    trace: Option<OutputFile>,

    /// Also draw the events as an SVG timeline, with a row for each thread. Except in io and stall, it ends after twelve
    /// switch intervals.
    #[arg(long, value_name = "FILE", value_parser = output_file())]
    svg: Option<OutputFile>,
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
        refuse_same_file([("--trace", options.trace.as_ref()), ("--svg", options.svg.as_ref())])?;
        let cancel = interrupt::flag()?;
        let mut lab = Lab::new(options.costs.map_or_else(|| Calibration::measure(cancel), Ok)?, cancel);
        lab.interpreters = super::tell_apart(&options.python)?;
        lab.capacity = if options.trace.is_some() || options.svg.is_some() { CAPACITY } else { 0 };
        let report = self.report(&lab)?;
        interrupt::end_at_once()?;
        let text = if options.json { serde_json::to_string(&report)? } else { report.to_string() };
        // The files are written even if nobody reads the report.
        let written = output::print(&text);
        options.draw(&lab.take_scenes(), self.window())?;
        written.map(|()| ExitCode::SUCCESS)
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

    /// The part of each recording that the picture shows; `None` means all.
    fn window(&self) -> Option<Range<Duration>> {
        let is_endless = !matches!(self, Self::Io(_) | Self::Stall(_));
        is_endless.then(|| Duration::ZERO..WINDOW_INTERVALS * self.options().interval())
    }
}

impl Options {
    /// Writes the recordings to the files that were asked for.
    fn draw(&self, scenes: &[Scene], window: Option<Range<Duration>>) -> anyhow::Result<()> {
        if let Some(file) = &self.trace {
            file.write_with(|out| gil::trace_events::trace_events(scenes, out))?;
            for scene in scenes.iter().filter(|scene| scene.recording.left_out > 0) {
                let kept = scene.recording.entries.len();
                let left_out = scene.recording.left_out;
                output::note(&format!(
                    "the trace of '{}' has only the first {kept} events; {left_out} were left out",
                    scene.title
                ));
            }
        }
        if let Some(file) = &self.svg {
            file.write(&gil::timeline::timeline(scenes, window))?;
        }
        Ok(())
    }

    fn interval(&self) -> Duration {
        self.interval.unwrap_or(GlobalLock::SWITCH_INTERVAL)
    }

    /// The interval that was asked for, or these defaults in milliseconds.
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
    let calibration = Calibration::measure(interrupt::flag()?)?;
    let text = if json { serde_json::to_string(&calibration)? } else { calibration.to_string() };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn threads(text: &str) -> anyhow::Result<NonZeroUsize> {
    let threads = at_least_one(text)?;
    ensure!(threads <= MAX_THREADS, "{threads} is above the maximum of {MAX_THREADS}");
    Ok(threads)
}

fn interval(text: &str) -> anyhow::Result<Duration> {
    let milliseconds = positive(text, MAX_INTERVAL_MS)?;
    ensure!(milliseconds >= 0.001, "{text} is below the minimum of 0.001");
    Ok(Duration::from_secs_f64(milliseconds / 1e3))
}

fn seconds(text: &str) -> anyhow::Result<f64> {
    positive(text, MAX_SECONDS)
}

/// Parses a number above 0 and up to `max`.
fn positive(text: &str, max: f64) -> anyhow::Result<f64> {
    let value: f64 = text.parse().with_context(|| format!("'{text}' is not a number"))?;
    ensure!(value > 0.0, "{text} is not above 0");
    ensure!(value <= max, "{text} is above the maximum of {max}");
    Ok(value)
}

fn costs(file: PathBuf) -> anyhow::Result<Calibration> {
    // Some files have no end, such as a device.
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_COSTS_BYTES).read_to_end(&mut bytes)?;
    let costs: Calibration = serde_json::from_slice(&bytes).context("not the output of 'gil calibrate --json'")?;
    costs.checked().map_err(anyhow::Error::msg)
}
