//! Counts of primes.

use serde::Serialize;

use crate::statistics::Estimate;

/// Several counts, in different ways.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Counts {
    /// The interpreter, as an index into [`Data::interpreters`](super::Data::interpreters). `None` for native code.
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
