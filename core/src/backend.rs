//! *How*: the workers that run a kernel's tiles.

use std::num::NonZeroUsize;
use std::ops::Range;

use crate::{Control, Error, Kernel};

/// Runs the tiles of a kernel on its workers and folds the partial results in tile order.
///
/// Whoever implements it gets [`PrimeCounter`](crate::PrimeCounter) for nothing. A sequential one in full:
///
/// ```
/// use std::num::NonZeroUsize;
/// use std::ops::Range;
/// use primelanes_core::{Backend, Control, Error, Kernel, PrimeCounter};
///
/// struct Plain;
///
/// impl Backend for Plain {
///     fn label(&self) -> &str { "plain" }
///     fn workers(&self) -> NonZeroUsize { NonZeroUsize::MIN }
///     fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>)
///         -> Result<K::Partial, Error>
///     {
///         let watch = control.watch(kernel, &tiles);
///         let folded = watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch)?;
///         watch.finish().map(|()| folded)
///     }
/// }
///
/// assert_eq!(Plain.count_primes(1_000_000), Ok(78_498));
/// ```
pub trait Backend: Send + Sync {
    /// The name under which figures and errors speak of it.
    fn label(&self) -> &str;

    /// How many tiles it runs at once at most.
    fn workers(&self) -> NonZeroUsize;

    /// Runs the tiles `tiles.start..tiles.end`, each exactly once, and folds their partial results in order.
    ///
    /// An empty run gives the identity. Each worker has one scratch, and runs with it neighbouring tiles, at least
    /// [`Kernel::grain`] of them in a row, but for what is left over at an end. A panic in a tile, or where partial
    /// results are combined, is an error. May be called from several threads at once.
    ///
    /// # Errors
    /// The first thing that went wrong: cancellation, a panic in a tile, a worker that could not be had. The backend
    /// stays usable.
    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error>;

    /// Runs all tiles of the kernel.
    ///
    /// # Errors
    /// As [`fold_run`](Backend::fold_run).
    fn fold<K: Kernel>(&self, kernel: &K, control: &Control<'_>) -> Result<K::Partial, Error> {
        self.fold_run(kernel, 0..kernel.tiles(), control)
    }
}
