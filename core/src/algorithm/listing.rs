//! Lists the primes of a range in order.
//!
//! A [`Lister`](lister::Lister) finds the primes of a tile as bits and turns them into numbers. A [`Stream`] reads tile
//! after tile from one end of a range; it serves the iterator [`Primes`](crate::Primes). A [`Listing`](kernel::Listing) is
//! a kernel, so that many workers can list a range together, [window by window](windows).

mod bits;
mod form;
mod kernel;
mod lister;
mod sequential;
mod stream;
mod windows;

pub(crate) use form::{Numbers, Text};
pub use kernel::ListSpec;
pub(crate) use kernel::Listing;
pub(crate) use sequential::Sequential;
pub(crate) use stream::Stream;
pub(crate) use windows::list_on;
pub use windows::{Sink, list_text};

/// The end of a range from which its primes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}
