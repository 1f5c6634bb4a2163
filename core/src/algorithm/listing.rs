//! Lists the primes of a range in order.

mod bits;
mod lister;
mod stream;

pub(crate) use stream::Stream;

/// The end of a range from which its primes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}
