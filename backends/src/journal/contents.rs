//! What a journal contains.

use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::time::Duration;

use primelanes_core::{Algorithm, Error, JobSpec, Plan, Query};
use serde::{Deserialize, Serialize};

use super::file;

/// What a journal contains: which query is counted, by which plan, and what is done. See [`Journaled`](crate::Journaled).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    asked: Asked,
    plan: Plan,
    count: Option<u128>,
    worked: Duration,
    pub(super) steps: Vec<Step>,
}

/// The part of a query that a journal belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    start: u128,
    stop: u128,
    algorithm: Algorithm,
    double_check: bool,
}

/// A fold of the count, and what it has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) spec: JobSpec,
    pub(super) phase: String,
    pub(super) tiles: Range<u64>,
    pub(super) segments: Vec<Segment>,
}

/// A run of finished tiles and its partial result, encoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Segment {
    pub(super) run: Range<u64>,
    #[serde(with = "serde_bytes")]
    pub(super) partial: Vec<u8>,
}

/// How far one phase of a count has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Phase {
    /// The name of the phase, as in [`Progress`](crate::Progress).
    pub name: String,
    /// The number of its tiles.
    pub tiles: u64,
    /// The number of tiles that are finished.
    pub done: u64,
    /// The number of runs that the finished tiles form.
    pub segments: usize,
    /// The size of the partial results in bytes.
    pub bytes: usize,
}

impl Journal {
    /// Reads a journal. Returns `None` if there is no such file, or if it is empty.
    ///
    /// # Errors
    /// [`Error::BadJournal`] if the file cannot be read, or is not a journal that this version can use.
    pub fn read(path: impl AsRef<Path>) -> Result<Option<Self>, Error> {
        file::read(path.as_ref())
    }

    pub(super) fn new(query: &Query<'_>, plan: Plan) -> Self {
        Self { asked: Asked::by(query), plan, count: None, worked: Duration::ZERO, steps: Vec::new() }
    }

    /// Returns the first and the last number of the range.
    #[must_use]
    pub const fn range(&self) -> RangeInclusive<u128> {
        self.asked.start..=self.asked.stop
    }

    /// Returns the algorithm that the query asked for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.asked.algorithm
    }

    /// Returns whether the query asked for a double check.
    #[must_use]
    pub const fn double_check(&self) -> bool {
        self.asked.double_check
    }

    /// Returns the plan, which stays the same until the count is finished.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the count, if it is finished.
    #[must_use]
    pub const fn count(&self) -> Option<u128> {
        self.count
    }

    /// Returns how long the count has been running so far, in all processes that counted.
    #[must_use]
    pub const fn worked(&self) -> Duration {
        self.worked
    }

    /// Returns the phases that have begun, in order. A finished count needs none of them any more.
    pub fn phases(&self) -> impl Iterator<Item = Phase> {
        self.steps.iter().map(Step::phase)
    }

    /// Checks that the journal belongs to a query.
    ///
    /// # Errors
    /// [`Error::BadJournal`] if it belongs to another one. `path` names the file in the error.
    pub fn check_query(&self, path: impl AsRef<Path>, query: &Query<'_>) -> Result<(), Error> {
        self.check(query).map_err(|reason| super::bad_journal(path.as_ref(), reason))
    }

    /// Returns what is wrong if the journal belongs to another query.
    pub(super) fn check(&self, query: &Query<'_>) -> Result<(), String> {
        if self.asked != Asked::by(query) {
            return Err(format!("it belongs to another count: {}", self.asked.in_words()));
        }
        match query.get_plan() {
            Some(plan) if *plan != self.plan => Err("it belongs to a count with another plan".to_owned()),
            _ => Ok(()),
        }
    }

    /// Records that the count has been running for this long.
    pub(super) const fn set_worked(&mut self, worked: Duration) {
        self.worked = worked;
    }

    /// Records the result. The partial results are not needed any more.
    pub(super) fn set_count(&mut self, count: u128) {
        self.count = Some(count);
        self.steps.clear();
    }
}

impl Asked {
    fn by(query: &Query<'_>) -> Self {
        let range = query.get_range();
        // All empty ranges are the same.
        let (start, stop) = if range.is_empty() { (1, 0) } else { range.into_inner() };
        Self { start, stop, algorithm: query.get_algorithm(), double_check: query.get_double_check() }
    }

    fn in_words(&self) -> String {
        let Self { start, stop, algorithm, double_check } = self;
        let checked = if *double_check { ", with a double check" } else { "" };
        format!("{start} to {stop}, algorithm {algorithm}{checked}")
    }
}

impl Step {
    fn phase(&self) -> Phase {
        let Self { phase, tiles, segments, .. } = self;
        // A checksum does not rule out that a file was made up.
        let length = |run: &Range<u64>| run.end.saturating_sub(run.start);
        Phase {
            name: phase.clone(),
            tiles: length(tiles),
            done: segments.iter().fold(0, |done, segment| length(&segment.run).saturating_add(done)),
            segments: segments.len(),
            bytes: segments.iter().map(|segment| segment.partial.len()).sum(),
        }
    }
}
