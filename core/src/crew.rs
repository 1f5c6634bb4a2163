//! The workers of a lane.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use crate::machine::default_memory;

/// The number of workers of a lane, and whether they share memory. A [`Plan`](crate::Plan) is made for a crew, since all
/// of its workers together must fit in the memory.
///
/// ```
/// use std::num::NonZeroUsize;
/// use primelanes_core::{Crew, Plan, Query};
///
/// let (query, four) = (Query::up_to(10_u128.pow(15)), NonZeroUsize::new(4).unwrap());
/// let plan = Plan::for_query(&query, four)?;
/// let range = query.get_range();
/// assert!(plan.memory(&range, four) < plan.memory(&range, Crew::apart(four)));
/// # Ok::<(), primelanes_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crew {
    workers: NonZeroUsize,
    /// How many processes the workers belong to, if they are not threads of the process that counts.
    processes: Option<NonZeroUsize>,
}

impl Crew {
    /// Creates a crew of threads. They share the tables of a kernel.
    #[must_use]
    pub const fn together(workers: NonZeroUsize) -> Self {
        Self { workers, processes: None }
    }

    /// Creates a crew of processes. Each has its own tables, and so has the process that counts.
    #[must_use]
    pub const fn apart(workers: NonZeroUsize) -> Self {
        Self { workers, processes: Some(workers) }
    }

    /// Creates a crew of processes with this many threads in all. The threads of a process share its tables, and the
    /// process that counts has its own.
    #[must_use]
    pub fn processes(processes: NonZeroUsize, threads: NonZeroUsize) -> Self {
        Self { workers: threads.max(processes), processes: Some(processes) }
    }

    /// Returns the number of workers.
    #[must_use]
    pub const fn workers(self) -> NonZeroUsize {
        self.workers
    }

    /// Returns whether the workers share memory.
    pub(crate) const fn shares_memory(self) -> bool {
        self.processes.is_none()
    }

    /// Returns how many copies of a kernel there are.
    const fn kernels(self) -> usize {
        match self.processes {
            None => 1,
            Some(processes) => processes.get().saturating_add(1),
        }
    }
}

/// Workers that share memory.
impl From<NonZeroUsize> for Crew {
    fn from(workers: NonZeroUsize) -> Self {
        Self::together(workers)
    }
}

/// The approximate memory of a kernel, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// The tables of the kernel.
    pub(crate) kernel: f64,
    /// The scratch of a worker.
    pub(crate) scratch: f64,
}

impl Memory {
    /// Returns the bytes that the kernel takes on a crew.
    pub(crate) fn of(self, crew: Crew) -> u64 {
        (self.kernel * crew.kernels() as f64 + self.scratch * crew.workers().get() as f64) as u64
    }
}

/// Returns the largest number of a range that fits, or the first number if none fits. If a number fits, so must all
/// smaller ones.
pub(crate) fn largest_that(fits: impl Fn(u64) -> bool, range: RangeInclusive<u64>) -> u64 {
    let (mut low, mut high) = range.into_inner();
    while low < high {
        let middle = high - (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// Makes a plan that needs at most `bound` bytes, or as little as possible.
///
/// Without a bound, it makes one for the default memory. Where no plan needs as little as that, the leanest may take ten
/// times as long, so the plan may then need up to half of the memory.
pub(crate) fn plan_within<T>(bound: Option<u64>, make: impl Fn(u64) -> T, needed: impl Fn(&T) -> u64) -> T {
    let by_default = default_memory();
    let plan = make(bound.unwrap_or(by_default));
    let is_too_much = bound.is_none() && needed(&plan) > by_default;
    if is_too_much { make(by_default.saturating_mul(8)) } else { plan }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_a_kernel_and_processes_do_not() {
        let four = NonZeroUsize::new(4).unwrap();
        let memory = Memory { kernel: 100.0, scratch: 10.0 };
        assert_eq!([Crew::from(four), Crew::apart(four)].map(|crew| memory.of(crew)), [140, 540]);
        let one = NonZeroUsize::MIN;
        assert_eq!([Crew::processes(one, four), Crew::processes(four, one)].map(|crew| memory.of(crew)), [240, 540]);
    }

    #[test]
    fn the_default_is_exceeded_only_if_no_plan_is_that_lean() {
        let default = default_memory();
        // A plan that needs exactly what it may, but not less than this.
        let plan = |bound, least: u64| plan_within(bound, |memory| memory.max(least), |&needed| needed);
        assert_eq!([plan(None, 0), plan(None, default)], [default; 2]);
        assert_eq!([plan(None, default + 1), plan(None, 9 * default)], [8 * default, 9 * default]);
        assert_eq!([plan(Some(5), 0), plan(Some(5), default + 1)], [5, default + 1]);
    }

    #[test]
    fn the_largest_number_that_fits_is_found() {
        for limit in 0..=20 {
            assert_eq!(largest_that(|number| number <= limit, 3..=17), limit.clamp(3, 17));
        }
        assert_eq!(largest_that(|number| number < u64::MAX, 0..=u64::MAX), u64::MAX - 1);
    }
}
