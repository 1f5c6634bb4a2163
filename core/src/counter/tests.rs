use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Duration;

use super::*;
use crate::{Algorithm, Control, Kernel};

/// A backend that runs nothing. Its error names the phase that it should have run.
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

    fn time_elsewhere(&self) -> Duration {
        Duration::from_secs(7)
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

#[test]
fn a_reference_to_a_backend_and_a_shared_one_are_backends() {
    fn assert_same<B: Backend>(backend: &B) {
        assert_eq!((backend.label(), backend.workers()), ("idle", NonZeroUsize::MIN));
        assert_eq!(backend.time_elsewhere(), Duration::from_secs(7));
        let query = Query::up_to(100).algorithm(Algorithm::TrialDivision);
        assert!(matches!(backend.count(&query), Err(Error::NotPortable { .. })));
    }
    assert_same(&&Idle);
    assert_same(&Arc::new(Idle));
}

/// A counter that is not a backend.
struct Table;

impl PrimeCounter for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn count(&self, query: &Query<'_>) -> Result<u128, Error> {
        Ok([2, 3, 5, 7].iter().filter(|prime| query.get_range().contains(prime)).count() as u128)
    }
}

fn count_by_any(counter: &impl PrimeCounter) -> Result<u64, Error> {
    counter.count_range(3..=7)
}

#[test]
fn a_counter_can_be_boxed_or_shared_and_is_one_still() {
    let boxed: Box<dyn PrimeCounter> = Box::new(Table);
    assert_eq!((boxed.name(), count_by_any(&boxed), boxed.count_primes(6)), ("table", Ok(3), Ok(3)));
    let shared: Arc<dyn PrimeCounter> = Arc::new(Table);
    assert_eq!((shared.name(), count_by_any(&shared), shared.count_primes(6)), ("table", Ok(3), Ok(3)));
}

/// Knows its counts without a query.
struct Memory;

impl PrimeCounter for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn count(&self, _: &Query<'_>) -> Result<u128, Error> {
        Err(Error::Cancelled)
    }

    fn count_primes(&self, _: u64) -> Result<u64, Error> {
        Ok(4)
    }

    fn count_range(&self, _: RangeInclusive<u64>) -> Result<u64, Error> {
        Ok(3)
    }

    fn nth_prime(&self, n: u64) -> Result<u64, Error> {
        Ok(2 * n)
    }

    fn nth_prime_with(&self, n: u64, _: &Control<'_>) -> Result<u64, Error> {
        Ok(3 * n)
    }
}

#[test]
fn a_boxed_or_shared_counter_keeps_its_own_methods() {
    fn nth_by_any(counter: &impl PrimeCounter) -> [Result<u64, Error>; 2] {
        [counter.nth_prime(5), counter.nth_prime_with(5, &Control::new())]
    }
    let boxed: Box<dyn PrimeCounter> = Box::new(Memory);
    let shared: Arc<dyn PrimeCounter> = Arc::new(Memory);
    assert_eq!((boxed.count_primes(10), count_by_any(&boxed)), (Ok(4), Ok(3)));
    assert_eq!((shared.count_primes(10), count_by_any(&shared)), (Ok(4), Ok(3)));
    assert_eq!([nth_by_any(&boxed), nth_by_any(&shared)], [(); 2].map(|()| [Ok(10), Ok(15)]));
}

#[test]
fn a_range_that_was_iterated_to_its_end_stays_empty() {
    let mut iterated = 0..=7;
    iterated.by_ref().for_each(drop);
    assert_eq!(Table.count_range(iterated), Ok(0));
}

/// Counts more primes than there are numbers.
struct Boastful;

impl PrimeCounter for Boastful {
    fn name(&self) -> &'static str {
        "boastful"
    }

    fn count(&self, _: &Query<'_>) -> Result<u128, Error> {
        Ok(1 << 64)
    }
}

#[test]
fn a_count_that_does_not_fit_is_an_error() {
    let error = Error::CountTooLarge { counter: "boastful".into(), count: 1 << 64 };
    assert_eq!(Boastful.count_primes(10), Err(error));
}

#[test]
fn the_contract_crosses_threads() {
    fn assert_shareable<T: Send + Sync + ?Sized>() {}
    assert_shareable::<dyn PrimeCounter>();
    assert_shareable::<Query<'_>>();
    assert_shareable::<crate::Plan>();
    assert_shareable::<crate::Watch<'_>>();
    assert_shareable::<Error>();
}
