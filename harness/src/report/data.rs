//! What a report is made of. The fields are those of the JSON.

use std::fmt;

use serde::Serialize;

use crate::gil::Scene;
use crate::statistics::Estimate;
use crate::text::plural;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Data {
    /// Where and when.
    pub(crate) about: About,
    /// Reasons to doubt the figures, and what is missing.
    pub(crate) warnings: Vec<String>,
    /// The Python interpreters.
    pub(crate) interpreters: Vec<Interpreter>,
    /// The same count several times, on native lanes.
    pub(crate) native: Counts,
    /// The same in each interpreter that could run it.
    pub(crate) python: Vec<Counts>,
    /// Threads that compute under one lock.
    pub(crate) slices: Vec<Slices>,
    /// Threads that add to one counter.
    pub(crate) integrity: Vec<Integrity>,
    /// A thread that sleeps beside threads that compute.
    pub(crate) delays: Vec<Delay>,
    /// A thread that ticks beside a native call.
    pub(crate) stalls: Vec<Stall>,
    /// Threads that wait for something outside.
    pub(crate) waits: Vec<Wait>,
    /// One count on every lane.
    pub(crate) race: Race,
    /// Other locks, simulated.
    pub(crate) what_if: Vec<Case>,
    /// How much slower a thread without a lock is in the simulation.
    pub(crate) overhead: Overhead,
    /// What the pictures are drawn from.
    #[serde(skip)]
    pub(crate) pictures: Pictures,
}

/// Where, when and by what a report was made.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct About {
    /// The version of primelanes.
    pub(crate) version: &'static str,
    /// When the measurement began, for people and in ISO 8601.
    pub(crate) date: String,
    /// The same in ISO 8601.
    pub(crate) date_iso: String,
    /// The model of the processor.
    pub(crate) processor: String,
    /// The operating system.
    pub(crate) system: String,
    /// The number of cores that the program may use.
    pub(crate) cores: usize,
    /// Whether the measurement was a short one.
    pub(crate) quick: bool,
}

/// A Python interpreter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Interpreter {
    /// The implementation and the version.
    pub(crate) name: String,
    /// Whether it runs with a global lock.
    pub(crate) locked: bool,
}

/// What a figure was measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// A Python interpreter, as an index into [`Data::interpreters`].
    Python(usize),
    /// Our lock, on threads of the operating system.
    OurLock,
    /// The simulation.
    VirtualTime,
}

/// Several counts, in different ways.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Counts {
    /// The interpreter, as an index into [`Data::interpreters`]. `None` for native code.
    pub(crate) interpreter: Option<usize>,
    /// Each task counts the primes up to this number.
    pub(crate) limit: u64,
    /// The number of counts.
    pub(crate) tasks: usize,
    /// The figures of each way.
    pub(crate) ways: Vec<WayFigures>,
}

/// A way to run several counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    /// One after the other.
    Sequential,
    /// In threads under our lock.
    LockedThreads,
    /// In threads: in Python under the interpreter's lock, if it has one; in native code without a lock.
    Threads,
    /// In processes.
    Processes,
    /// In several interpreters of one Python process.
    Interpreters,
}

/// The figures of one way.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WayFigures {
    /// The way.
    pub(crate) way: Way,
    /// Median wall-clock seconds.
    pub(crate) median: f64,
    /// The minimum and the maximum of the seconds.
    pub(crate) range: (f64, f64),
    /// The median of the sequential way divided by this one.
    pub(crate) speedup: Option<Estimate>,
    /// Milliseconds to start the workers, before the clock starts.
    pub(crate) start_up_ms: Option<f64>,
    /// Whether every count was right.
    pub(crate) verified: bool,
    /// The seconds of each round.
    pub(crate) seconds: Vec<f64>,
}

/// Computing threads under a lock.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Slices {
    /// What was measured.
    pub(crate) source: Source,
    /// The number of threads.
    pub(crate) threads: usize,
    /// The switch interval. `None` without a lock.
    pub(crate) interval_ms: Option<f64>,
    /// How long a thread keeps the lock: the median and the 90th percentile. `None` without a lock.
    pub(crate) slice_ms: Option<(f64, f64)>,
    /// How often the lock changed hands. `None` without a lock.
    pub(crate) switches_per_second: Option<f64>,
    /// The work of all threads, relative to one thread alone.
    pub(crate) throughput: f64,
}

/// Threads that add to one counter.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Integrity {
    /// What was measured.
    pub(crate) source: Source,
    /// The number of threads.
    pub(crate) threads: usize,
    /// How the counter is protected.
    pub(crate) protection: String,
    /// How often the threads added one.
    pub(crate) expected: u64,
    /// How many additions are missing.
    pub(crate) lost: u64,
    /// The same in percent.
    pub(crate) lost_percent: f64,
    /// The time per addition.
    pub(crate) nanoseconds: f64,
}

/// A thread that sleeps over and over beside computing threads.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Delay {
    /// What was measured.
    pub(crate) source: Source,
    /// The number of computing threads.
    pub(crate) beside: usize,
    /// The switch interval. `None` without a lock.
    pub(crate) interval_ms: Option<f64>,
    /// How long after its sleep the thread runs: the median and the 90th percentile. `None` if it never ran.
    pub(crate) late_ms: Option<(f64, f64)>,
}

/// A thread that ticks every millisecond beside a native call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stall {
    /// What was measured.
    pub(crate) source: Source,
    /// Whether the call stays attached to the interpreter, and so holds the lock if there is one.
    pub(crate) attached: bool,
    /// Whether the ticker also collects garbage.
    pub(crate) collects: bool,
    /// The length of the call.
    pub(crate) call_ms: f64,
    /// The longest time between two ticks.
    pub(crate) longest_ms: f64,
}

/// Threads that wait for something outside.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Wait {
    /// What was measured.
    pub(crate) source: Source,
    /// What they do.
    #[serde(flatten)]
    pub(crate) what: Waiting,
    /// The time from the first start to the last end, or from a request until its answer is there; then it is the median.
    pub(crate) milliseconds: f64,
    /// The 90th percentile, of answers.
    pub(crate) p90: Option<f64>,
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "waits_for", rename_all = "kebab-case")]
pub(crate) enum Waiting {
    /// Threads that sleep at the same time.
    Sleep {
        /// The number of threads.
        threads: usize,
        /// The length of each sleep.
        sleep_ms: f64,
    },
    /// A thread that answers requests through a socket.
    Socket {
        /// The number of computing threads beside it.
        beside: usize,
    },
}

/// One count on every lane.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Race {
    /// The primes up to this number were counted.
    pub(crate) stop: u64,
    /// The algorithm.
    pub(crate) algorithm: &'static str,
    /// The figures of each lane.
    pub(crate) lanes: Vec<RaceLane>,
    /// The result in one sentence.
    pub(crate) summary: String,
    /// Whether every count was right.
    pub(crate) verified: bool,
}

/// The figures of a lane in the race.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RaceLane {
    /// The backend and the number of workers.
    pub(crate) name: String,
    /// The backend.
    pub(crate) backend: &'static str,
    /// The number of workers.
    pub(crate) workers: usize,
    /// The median of the seconds.
    pub(crate) median: Estimate,
    /// The speed-up over the fastest lane with one worker.
    pub(crate) speedup: Option<Estimate>,
    /// The seconds of each round.
    pub(crate) seconds: Vec<f64>,
}

/// The rules of a simulated lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LockRules {
    /// One lock for all threads, as in CPython since 3.2.
    OneLock,
    /// A lock for each thread's interpreter.
    LockEach,
    /// No lock, as in free-threaded Python.
    NoLock,
    /// The lock before Python 3.2.
    Before32,
}

/// One simulated case: threads that compute, and one that sleeps for half a millisecond, over and over.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Case {
    /// The rules of the lock.
    pub(crate) rules: LockRules,
    /// The switch interval, if the rules have one.
    pub(crate) interval_ms: Option<u64>,
    /// The number of computing threads.
    pub(crate) threads: usize,
    /// The number of cores of the machine.
    pub(crate) cores: usize,
    /// The work of the computing threads, relative to one thread alone.
    pub(crate) throughput: f64,
    /// How long after its sleep the other thread runs: the median and the 90th percentile.
    pub(crate) delay_ms: Option<(f64, f64)>,
    /// What happened at the lock.
    #[serde(skip)]
    pub(crate) scene: Scene,
}

/// How much slower a thread is without a lock.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Overhead {
    /// The additional time in percent.
    pub(crate) percent: f64,
    /// Whether it was measured, with two interpreters of one version.
    pub(crate) measured: bool,
}

/// What the pictures are drawn from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pictures {
    /// Two threads that compute.
    pub(crate) slices: Option<Scene>,
    /// A sleeper beside a computing thread.
    pub(crate) convoy: Option<Scene>,
    /// A ticker beside a call that stays attached.
    pub(crate) attached: Option<Scene>,
    /// A ticker beside a call that is detached.
    pub(crate) detached: Option<Scene>,
    /// The picture of the race, as an SVG file.
    pub(crate) race: String,
}

impl Data {
    /// Whether every count was right.
    pub(crate) fn verified(&self) -> bool {
        let counts = std::iter::once(&self.native).chain(&self.python);
        self.race.verified && counts.flat_map(|counts| &counts.ways).all(|way| way.verified)
    }

    /// The name of what a figure was measured in, for people.
    pub(crate) fn name_of(&self, source: Source) -> &str {
        match source {
            Source::Python(index) => &self.interpreters[index].name,
            Source::OurLock => "our lock",
            Source::VirtualTime => "the simulation",
        }
    }

    /// Whether one of the interpreters runs without a lock.
    pub(crate) fn has_free_threading(&self) -> bool {
        self.interpreters.iter().any(|interpreter| !interpreter.locked)
    }

    /// Whether a figure was measured under a lock.
    pub(crate) fn is_locked(&self, source: Source) -> bool {
        match source {
            Source::Python(index) => self.interpreters[index].locked,
            Source::OurLock | Source::VirtualTime => true,
        }
    }
}

impl Counts {
    /// The figures of one way, if it ran.
    pub(crate) fn of(&self, way: Way) -> Option<&WayFigures> {
        self.ways.iter().find(|figures| figures.way == way)
    }

    /// The speed-up of one way, if it ran.
    pub(crate) fn speedup(&self, way: Way) -> Option<Estimate> {
        self.of(way)?.speedup
    }
}

impl Way {
    /// The name in the CSV. In the JSON, it is the same.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::LockedThreads => "locked-threads",
            Self::Threads => "threads",
            Self::Processes => "processes",
            Self::Interpreters => "interpreters",
        }
    }
}

impl fmt::Display for LockRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneLock => "one lock",
            Self::LockEach => "a lock for each interpreter",
            Self::NoLock => "no lock",
            Self::Before32 => "the lock before Python 3.2",
        })
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sleep { threads, sleep_ms } => write!(f, "{threads} threads sleep for {sleep_ms} ms at once"),
            Self::Socket { beside: 0 } => f.write_str("a thread answers a request, alone"),
            Self::Socket { beside } => {
                write!(f, "a thread answers a request, beside {}", plural(*beside, "computing thread"))
            }
        }
    }
}

/// The rules, the interval, the threads and the cores.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rules)?;
        self.interval_ms.map_or(Ok(()), |interval| write!(f, ", interval {interval} ms"))?;
        write!(f, ": {} and a sleeper, ", plural(self.threads, "computing thread"))?;
        f.write_str(&plural(self.cores, "core"))
    }
}
