//! What a user asks for.

use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;

use crate::{Algorithm, Control, Progress};

/// A range of numbers, both ends counted, the algorithm to count their primes by, and the control over it.
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
    range: RangeInclusive<u64>,
    algorithm: Algorithm,
    control: Control<'a>,
}

impl<'a> Query<'a> {
    /// All numbers from 0 to `limit`.
    pub const fn up_to(limit: u64) -> Self {
        Self::range(0..=limit)
    }

    /// All numbers of a range, the whole of `u64` at the most; a reversed one is empty.
    pub const fn range(range: RangeInclusive<u64>) -> Self {
        Self { range, algorithm: Algorithm::Auto, control: Control::new() }
    }

    /// Counts by this algorithm; [`Algorithm::Auto`] if it is not said.
    pub const fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
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
    pub fn get_range(&self) -> RangeInclusive<u64> {
        self.range.clone()
    }

    /// The algorithm as asked for.
    #[must_use]
    pub const fn get_algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The cancel flag and the observer.
    #[must_use]
    pub const fn control(&self) -> &Control<'a> {
        &self.control
    }
}
