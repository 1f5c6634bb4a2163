//! Queries: what a user asks to be counted.

use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;

use crate::{Algorithm, Control, Plan, Progress};

/// A range of numbers, the way to count its primes, and the control over the count.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use primelanes_core::{Algorithm, Query};
///
/// let stop = AtomicBool::new(false);
/// let query = Query::range(1_000..=2_000).algorithm(Algorithm::TrialDivision).cancel(&stop);
/// assert_eq!(query.get_range(), 1_000..=2_000);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Query<'a> {
    range: RangeInclusive<u128>,
    algorithm: Algorithm,
    plan: Option<Plan>,
    control: Control<'a>,
}

/// A query for a range of 64-bit numbers. A range that has been iterated to its end is empty.
impl From<RangeInclusive<u64>> for Query<'_> {
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is an empty one")]
    fn from(range: RangeInclusive<u64>) -> Self {
        // The ends alone do not show that a range has been iterated to its end.
        Self::range(if range.is_empty() { 1..=0 } else { (*range.start()).into()..=(*range.end()).into() })
    }
}

impl<'a> Query<'a> {
    /// Creates a query for all numbers from 0 to `limit`, inclusive.
    pub const fn up_to(limit: u128) -> Self {
        Self::range(0..=limit)
    }

    /// Creates a query for all numbers in a range. Both ends are included; a reversed range is empty.
    pub const fn range(range: RangeInclusive<u128>) -> Self {
        Self { range, algorithm: Algorithm::Auto, plan: None, control: Control::new() }
    }

    /// Counts with this algorithm. The default is [`Algorithm::Auto`].
    pub const fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Counts with exactly this plan and ignores the algorithm. See [`Plan::for_query`].
    ///
    /// A plan works for any range, but it may be slow for a range that it was not made for. Only [`Plan::Empty`] is an
    /// error for a range that holds numbers.
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = Some(plan);
        self
    }

    /// Ends the count with [`Error::Cancelled`](crate::Error::Cancelled) soon after the flag becomes true.
    pub const fn cancel(mut self, flag: &'a AtomicBool) -> Self {
        self.control = self.control.cancel(flag);
        self
    }

    /// Tells the observer how far the count has come. See [`Control::progress`].
    pub const fn progress(mut self, observer: &'a (dyn Fn(Progress) + Sync)) -> Self {
        self.control = self.control.progress(observer);
        self
    }

    /// Returns the range to count in.
    #[must_use]
    pub fn get_range(&self) -> RangeInclusive<u128> {
        self.range.clone()
    }

    /// Returns the algorithm that was set with [`algorithm`](Query::algorithm), or the default.
    #[must_use]
    pub const fn get_algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the plan that was set with [`plan`](Query::plan), if any.
    #[must_use]
    pub const fn get_plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// Returns the cancel flag and the observer.
    #[must_use]
    pub const fn get_control(&self) -> &Control<'a> {
        &self.control
    }

    /// Returns the cancel flag and the observer.
    #[deprecated(note = "use `get_control`, which is named like the other getters")]
    #[must_use]
    pub const fn control(&self) -> &Control<'a> {
        self.get_control()
    }
}
