//! What a user asks for.

use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;

use crate::{Algorithm, Control, Plan, Progress};

/// A range of numbers, how to count its primes, and the control over the count.
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

/// All numbers of a range of 64-bit numbers. A range that was iterated to its end is empty.
impl From<RangeInclusive<u64>> for Query<'_> {
    #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is an empty one")]
    fn from(range: RangeInclusive<u64>) -> Self {
        // The ends alone do not show that a range was iterated to its end.
        Self::range(if range.is_empty() { 1..=0 } else { (*range.start()).into()..=(*range.end()).into() })
    }
}

impl<'a> Query<'a> {
    /// All numbers from 0 to `limit`.
    pub const fn up_to(limit: u128) -> Self {
        Self::range(0..=limit)
    }

    /// All numbers of a range. Both ends are counted; a reversed range is empty.
    pub const fn range(range: RangeInclusive<u128>) -> Self {
        Self { range, algorithm: Algorithm::Auto, plan: None, control: Control::new() }
    }

    /// Counts by this algorithm; [`Algorithm::Auto`] is the default.
    pub const fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Counts by exactly this plan, whatever the algorithm; see [`Plan::for_query`].
    ///
    /// A plan fits any range, but it may be slow for another than the one that it was made for.
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = Some(plan);
        self
    }

    /// Ends the count with [`Error::Cancelled`](crate::Error::Cancelled) soon after the flag becomes true.
    pub const fn cancel(mut self, flag: &'a AtomicBool) -> Self {
        self.control = self.control.cancel(flag);
        self
    }

    /// Tells the observer how far the count is; see [`Control::progress`].
    pub const fn progress(mut self, observer: &'a (dyn Fn(Progress) + Sync)) -> Self {
        self.control = self.control.progress(observer);
        self
    }

    /// The range to count in.
    #[must_use]
    pub fn get_range(&self) -> RangeInclusive<u128> {
        self.range.clone()
    }

    /// The algorithm that was asked for.
    #[must_use]
    pub const fn get_algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The plan that was pinned, if any.
    #[must_use]
    pub const fn get_plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// The cancel flag and the observer.
    #[must_use]
    pub const fn get_control(&self) -> &Control<'a> {
        &self.control
    }

    /// The cancel flag and the observer.
    #[deprecated(note = "use `get_control`, which is named like the other getters")]
    #[must_use]
    pub const fn control(&self) -> &Control<'a> {
        self.get_control()
    }
}
