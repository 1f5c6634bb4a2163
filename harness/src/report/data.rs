//! What a report is made of. The fields are those of the JSON.

mod counts;
mod lock;
mod simulated;

use serde::Serialize;

pub(crate) use self::counts::{Counts, Race, RaceLane, Way, WayFigures};
pub(crate) use self::lock::{Delay, Integrity, Measured, Quantiles, Slices, Stall, Wait, Waiting};
pub(crate) use self::simulated::{Case, LockRules, Overhead};
use crate::gil::{Calibration, Scene};

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
    /// What operations cost in the simulation.
    pub(crate) costs: Calibration,
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

    /// Whether threads in Python added to one counter.
    pub(crate) fn has_integrity_in_python(&self) -> bool {
        self.integrity.iter().any(|row| matches!(row.source, Source::Python(_)))
    }

    /// Whether a figure was measured under a lock.
    pub(crate) fn is_locked(&self, source: Source) -> bool {
        match source {
            Source::Python(index) => self.interpreters[index].locked,
            Source::OurLock | Source::VirtualTime => true,
        }
    }
}
