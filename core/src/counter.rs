//! The door that users hold.

use std::ops::RangeInclusive;

use crate::{Backend, Error, Query, algorithm};

/// Counts primes exactly. Object safe; one virtual call a count.
///
/// Every [`Backend`] is one. Something that is no map-reduce (a table, a service) implements `name` and `count` by
/// hand; a type has one or the other.
pub trait PrimeCounter: Send + Sync {
    /// What the counter is called.
    fn name(&self) -> &str;

    /// Counts the primes that the query asks for.
    ///
    /// # Errors
    /// Cancellation, or a fault of the backend; see [`Error`].
    fn count(&self, query: &Query<'_>) -> Result<u64, Error>;

    /// Counts the primes in `0..=limit`: pi(limit).
    ///
    /// # Errors
    /// As [`count`](PrimeCounter::count).
    fn count_primes(&self, limit: u64) -> Result<u64, Error> {
        self.count(&Query::up_to(limit))
    }

    /// Counts the primes in a range, both ends included; a reversed range holds none.
    ///
    /// # Errors
    /// As [`count`](PrimeCounter::count).
    fn count_range(&self, range: RangeInclusive<u64>) -> Result<u64, Error> {
        self.count(&Query::range(range))
    }
}

impl<B: Backend> PrimeCounter for B {
    fn name(&self) -> &str {
        self.label()
    }

    fn count(&self, query: &Query<'_>) -> Result<u64, Error> {
        algorithm::count_on(self, query)
    }
}

impl PrimeCounter for Box<dyn PrimeCounter> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn count(&self, query: &Query<'_>) -> Result<u64, Error> {
        (**self).count(query)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::ops::Range;

    use super::*;
    use crate::{Algorithm, Control, Kernel};

    /// A backend that runs nothing and says what it was to run.
    struct Idle;

    impl Backend for Idle {
        fn label(&self) -> &'static str {
            "idle"
        }

        fn workers(&self) -> NonZeroUsize {
            NonZeroUsize::MIN
        }

        fn fold_run<K: Kernel>(&self, kernel: &K, _: Range<u64>, _: &Control<'_>) -> Result<K::Partial, Error> {
            Err(Error::NotPortable { backend: "idle".into(), phase: kernel.phase().into() })
        }
    }

    #[test]
    fn a_backend_counts_under_its_label_by_the_algorithm_asked_for() {
        assert_eq!(Idle.name(), "idle");
        for (algorithm, phase) in [(Algorithm::Sieve, "sieve"), (Algorithm::TrialDivision, "trial division")] {
            let count = Idle.count(&Query::up_to(100).algorithm(algorithm));
            assert_eq!(count, Err(Error::NotPortable { backend: "idle".into(), phase: phase.into() }));
        }
    }

    /// A counter that is no backend.
    struct Table;

    impl PrimeCounter for Table {
        fn name(&self) -> &'static str {
            "table"
        }

        fn count(&self, query: &Query<'_>) -> Result<u64, Error> {
            Ok([2, 3, 5, 7].iter().filter(|prime| query.get_range().contains(prime)).count() as u64)
        }
    }

    fn count_by_any(counter: &impl PrimeCounter) -> Result<u64, Error> {
        counter.count_range(3..=7)
    }

    #[test]
    fn a_counter_can_be_boxed_and_is_one_still() {
        let boxed: Box<dyn PrimeCounter> = Box::new(Table);
        assert_eq!((boxed.name(), count_by_any(&boxed), boxed.count_primes(6)), ("table", Ok(3), Ok(3)));
    }

    #[test]
    fn the_contract_crosses_threads() {
        fn assert_shareable<T: Send + Sync + ?Sized>() {}
        assert_shareable::<dyn PrimeCounter>();
        assert_shareable::<Query<'_>>();
        assert_shareable::<crate::Watch<'_>>();
        assert_shareable::<Error>();
    }
}
