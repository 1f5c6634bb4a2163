//! What was measured at the lock.

use std::fmt;

use serde::Serialize;

use super::Source;
use crate::text::plural;

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Measured {
    /// The figure of all rounds together.
    pub(crate) value: f64,
    /// The figure of each round alone; NaN, or null in JSON, if the round was too short for one. The simulation has no rounds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rounds: Vec<f64>,
}

/// Two quantiles of a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Quantiles {
    /// The median.
    pub(crate) median: Measured,
    /// The 90th percentile.
    pub(crate) p90: Measured,
}

impl Measured {
    pub(crate) const fn simulated(value: f64) -> Self {
        Self { value, rounds: Vec::new() }
    }

    /// The lowest and the highest figure of a round.
    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        let known = self.rounds.iter().filter(|round| round.is_finite());
        known.map(|&round| (round, round)).reduce(|(low, high), (round, _)| (low.min(round), high.max(round)))
    }
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
    /// How long a thread keeps the lock. `None` without a lock.
    pub(crate) slice_ms: Option<Quantiles>,
    /// How often the lock changed hands. `None` without a lock.
    pub(crate) switches_per_second: Option<Measured>,
    /// The work of all threads, relative to one thread alone.
    pub(crate) throughput: Measured,
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
    pub(crate) lost_percent: Measured,
    /// The time per addition.
    pub(crate) nanoseconds: Measured,
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
    /// How long after its sleep the thread runs. `None` if it never ran.
    pub(crate) late_ms: Option<Quantiles>,
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
    pub(crate) longest_ms: Measured,
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
    pub(crate) milliseconds: Measured,
    /// The 90th percentile, of answers.
    pub(crate) p90: Option<Measured>,
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
