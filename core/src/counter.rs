//! The interface through which users count.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::algorithm::Sink;
use crate::{Backend, Control, Error, Query, algorithm};

/// Counts primes exactly. The trait is object safe, and a count is one virtual call.
///
/// Every [`Backend`] is a counter. Something that is not a map-reduce, such as a table or a service, implements `name`
/// and `count` by hand. A type implements one of the two traits, never both.
pub trait PrimeCounter: Send + Sync {
    /// Returns the name of the counter.
    fn name(&self) -> &str;

    /// Counts the primes that the query asks for.
    ///
    /// # Errors
    /// [`Error::Cancelled`], [`Error::OutOfRange`] if the algorithm cannot count that far, [`Error::CountsDiffer`] or
    /// [`Error::ParityDiffers`] if a double check fails, or a fault of the backend.
    fn count(&self, query: &Query<'_>) -> Result<u128, Error>;

    /// Counts the primes in `0..=limit`, which is pi(limit).
    ///
    /// # Errors
    /// The errors of [`count`](PrimeCounter::count), or [`Error::CountTooLarge`] if the count does not fit in 64 bits.
    fn count_primes(&self, limit: u64) -> Result<u64, Error> {
        everyday(self, &Query::up_to(limit.into()))
    }

    /// Counts the primes in a range. Both ends are included; an empty range contains none.
    ///
    /// # Errors
    /// The errors of [`count`](PrimeCounter::count), or [`Error::CountTooLarge`] if the count does not fit in 64 bits.
    fn count_range(&self, range: RangeInclusive<u64>) -> Result<u64, Error> {
        everyday(self, &range.into())
    }

    /// Finds the nth prime. The first prime is 2.
    ///
    /// This takes about as long as counting the primes up to the result, which is the smallest p such that
    /// `count_primes(p)` is n.
    ///
    /// # Errors
    /// [`Error::NthOutOfRange`] if n is 0 or above 425,656,284,035,217,743, the number of primes below 2^64. Otherwise,
    /// the errors of [`count`](PrimeCounter::count), or [`Error::CountFarOff`] if a count is certainly wrong.
    fn nth_prime(&self, n: u64) -> Result<u64, Error> {
        self.nth_prime_with(n, &Control::new())
    }

    /// Finds the nth prime, and can be watched and cancelled.
    ///
    /// All counts together report one progress.
    ///
    /// # Errors
    /// The errors of [`nth_prime`](PrimeCounter::nth_prime), or [`Error::Cancelled`].
    fn nth_prime_with(&self, n: u64, control: &Control<'_>) -> Result<u64, Error> {
        algorithm::nth_prime(self, n, control)
    }

    /// Passes the primes of a range to `sink`, in ascending order, some thousands at a time. Both ends are included. `sink`
    /// ends the listing early, and without an error, by [`ControlFlow::Break`](std::ops::ControlFlow::Break).
    ///
    /// A backend lists on all its workers, while this thread calls `sink` with what they have found before. They are at
    /// most a few tiles ahead, so a slow `sink` holds them up. To read primes on one thread, use [`primes`](crate::primes()).
    ///
    /// # Errors
    /// [`Error::Cancelled`], [`Error::Panicked`] if `sink` panicked, or a fault of the backend. What was found before is
    /// passed on.
    fn list(&self, range: RangeInclusive<u64>, control: &Control<'_>, sink: &mut Sink<'_, u64>) -> Result<(), Error> {
        algorithm::list_on(&algorithm::Sequential, range, control, sink)
    }
}

/// Runs a query over 64-bit numbers and converts its count to 64 bits.
fn everyday<C: PrimeCounter + ?Sized>(counter: &C, query: &Query<'_>) -> Result<u64, Error> {
    let count = counter.count(query)?;
    u64::try_from(count).map_err(|_| Error::CountTooLarge { counter: counter.name().to_owned().into(), count })
}

impl<B: Backend> PrimeCounter for B {
    fn name(&self) -> &str {
        self.label()
    }

    fn count(&self, query: &Query<'_>) -> Result<u128, Error> {
        algorithm::count_on(self, query)
    }

    fn list(&self, range: RangeInclusive<u64>, control: &Control<'_>, sink: &mut Sink<'_, u64>) -> Result<(), Error> {
        algorithm::list_on(self, range, control, sink)
    }
}

/// Implements [`PrimeCounter`] for a pointer to a counter. All methods are passed on, since a counter may have its own.
macro_rules! behind {
    ($pointer:ty) => {
        impl PrimeCounter for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn count(&self, query: &Query<'_>) -> Result<u128, Error> {
                (**self).count(query)
            }

            fn count_primes(&self, limit: u64) -> Result<u64, Error> {
                (**self).count_primes(limit)
            }

            fn count_range(&self, range: RangeInclusive<u64>) -> Result<u64, Error> {
                (**self).count_range(range)
            }

            fn nth_prime(&self, n: u64) -> Result<u64, Error> {
                (**self).nth_prime(n)
            }

            fn nth_prime_with(&self, n: u64, control: &Control<'_>) -> Result<u64, Error> {
                (**self).nth_prime_with(n, control)
            }

            fn list(
                &self,
                range: RangeInclusive<u64>,
                control: &Control<'_>,
                sink: &mut Sink<'_, u64>,
            ) -> Result<(), Error> {
                (**self).list(range, control, sink)
            }
        }
    };
}

behind!(Box<dyn PrimeCounter>);
behind!(Arc<dyn PrimeCounter>);

#[cfg(test)]
mod tests;
