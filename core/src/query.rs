//! Queries: what a user asks to be counted.

use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;

use crate::control::Observer;
use crate::{Algorithm, Control, Plan};

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
    double_check: bool,
    memory: Option<u64>,
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
        Self {
            range,
            algorithm: Algorithm::Auto,
            plan: None,
            double_check: false,
            memory: None,
            control: Control::new(),
        }
    }

    /// Counts with this algorithm. The default is [`Algorithm::Auto`].
    pub const fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Counts with exactly this plan and ignores the algorithm. See [`Plan::for_query`].
    ///
    /// A plan may be slow for a range that it was not made for. If it cannot count the range at all, the count is an
    /// error.
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = Some(plan);
        self
    }

    /// Counts a second time by a different [`Plan`], and checks by [`Parity`](crate::algorithm::Parity) whether the count
    /// is odd or even. If the results differ, the count is an error that shows both.
    ///
    /// The second count has other parameters or uses another algorithm, and takes about as long as the first. The parity
    /// comes from a formula that shares nothing with either count. For a number x, it takes about 0.3 sqrt(x) ln(x)
    /// divisions: on one worker 4 seconds at 10^16, 40 seconds at 10^18, and a day at 2^80. A range is checked at both
    /// ends, however narrow it is.
    ///
    /// ```
    /// # use std::num::NonZeroUsize;
    /// # use std::ops::Range;
    /// # use primelanes_core::{Backend, Control, Error, Kernel, guard};
    /// # struct SingleThread;
    /// # impl Backend for SingleThread {
    /// #     fn label(&self) -> &str { "single-thread" }
    /// #     fn workers(&self) -> NonZeroUsize { NonZeroUsize::MIN }
    /// #     fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>)
    /// #         -> Result<K::Partial, Error>
    /// #     {
    /// #         let watch = control.watch(kernel, &tiles);
    /// #         let folded = watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch)?;
    /// #         watch.finish().map(|()| folded)
    /// #     }
    /// # }
    /// use primelanes_core::{PrimeCounter, Query};
    ///
    /// let query = Query::up_to(1_000_000_000).double_check();
    /// assert_eq!(SingleThread.count(&query), Ok(50_847_534));
    /// ```
    pub const fn double_check(mut self) -> Self {
        self.double_check = true;
        self
    }

    /// Sets the number of bytes that all workers together may take, besides the program itself. A count that is estimated
    /// to need more fails with [`Error::MemoryBound`](crate::Error::MemoryBound).
    ///
    /// By default, a count takes at most [a sixteenth of the memory](crate::machine::default_memory). If no plan is that
    /// lean, it takes up to half of the memory, or as little more as possible. The leanest plan can be ten times as slow.
    pub const fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Ends the count with [`Error::Cancelled`](crate::Error::Cancelled) soon after the flag becomes true.
    pub const fn cancel(mut self, flag: &'a AtomicBool) -> Self {
        self.control = self.control.cancel(flag);
        self
    }

    /// Calls the observer with the progress about every 50 ms. It can end the count. See [`Control::progress`].
    pub const fn progress(mut self, observer: &'a Observer<'a>) -> Self {
        self.control = self.control.progress(observer);
        self
    }

    /// Sets the cancel flag and the observer. The count is then a step of what the control is for.
    pub const fn with_control(mut self, control: Control<'a>) -> Self {
        self.control = control;
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

    /// Returns whether [`double_check`](Query::double_check) was asked for.
    #[must_use]
    pub const fn get_double_check(&self) -> bool {
        self.double_check
    }

    /// Returns the bound that was set with [`memory`](Query::memory), if any.
    #[must_use]
    pub const fn get_memory(&self) -> Option<u64> {
        self.memory
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
