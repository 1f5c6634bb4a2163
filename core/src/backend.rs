//! Backends: *how* the tiles of a kernel are run.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::{Control, Crew, Error, Kernel};

/// Runs the tiles of a kernel on its workers and folds the partial results in tile order.
///
/// Implementing it also gives you [`PrimeCounter`](crate::PrimeCounter). Here is a complete sequential backend:
///
/// ```
/// use std::num::NonZeroUsize;
/// use std::ops::Range;
/// use primelanes_core::{Backend, Control, Error, Kernel, PrimeCounter, guard};
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
///         let fold = || watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch);
///         let folded = guard(kernel.phase(), fold)?;
///         watch.finish().map(|()| folded)
///     }
/// }
///
/// assert_eq!(Plain.count_primes(1_000_000), Ok(78_498));
/// ```
pub trait Backend: Send + Sync {
    /// Returns the name that reports and errors use.
    fn label(&self) -> &str;

    /// Returns the largest number of tiles that the backend runs at once.
    fn workers(&self) -> NonZeroUsize;

    /// Runs the tiles `tiles.start..tiles.end`, each exactly once, and folds their partial results in order.
    ///
    /// An empty run gives the identity. Each worker has one scratch. It runs neighbouring tiles with it, and at least
    /// [`Kernel::grain`] in a row, except at an end of the run. A panic in a tile, in a scratch constructor, or where
    /// partial results are combined becomes an error. Several threads may call this method at once.
    ///
    /// # Errors
    /// The first failure, such as cancellation, a panic, or a worker that is not available. The backend stays usable.
    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error>;

    /// Runs all tiles of the kernel.
    ///
    /// # Errors
    /// The same as [`fold_run`](Backend::fold_run).
    fn fold<K: Kernel>(&self, kernel: &K, control: &Control<'_>) -> Result<K::Partial, Error> {
        self.fold_run(kernel, 0..kernel.tiles(), control)
    }

    /// Runs tiles like [`fold_run`](Backend::fold_run), and calls `beside` once, on the calling thread. Other workers run
    /// tiles meanwhile, if the backend has any. By default, `beside` is called first, and then the tiles are run.
    ///
    /// # Errors
    /// The same as [`fold_run`](Backend::fold_run). After an error, `beside` may not have been called.
    fn fold_run_beside<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        control: &Control<'_>,
        beside: &mut dyn FnMut(),
    ) -> Result<K::Partial, Error> {
        beside();
        self.fold_run(kernel, tiles, control)
    }

    /// Returns the workers, and whether they share memory with this process, which is the default.
    fn crew(&self) -> Crew {
        self.workers().into()
    }

    /// Returns the processor time that the workers have used outside this process so far. It is zero, the default, if
    /// they run inside this process.
    fn time_elsewhere(&self) -> Duration {
        Duration::ZERO
    }
}

/// Implements [`Backend`] for a pointer to a backend.
macro_rules! behind {
    ($pointer:ty) => {
        impl<B: Backend> Backend for $pointer {
            fn label(&self) -> &str {
                (**self).label()
            }

            fn workers(&self) -> NonZeroUsize {
                (**self).workers()
            }

            fn crew(&self) -> Crew {
                (**self).crew()
            }

            fn fold_run<K: Kernel>(
                &self,
                kernel: &K,
                tiles: Range<u64>,
                control: &Control<'_>,
            ) -> Result<K::Partial, Error> {
                (**self).fold_run(kernel, tiles, control)
            }

            fn fold<K: Kernel>(&self, kernel: &K, control: &Control<'_>) -> Result<K::Partial, Error> {
                (**self).fold(kernel, control)
            }

            fn fold_run_beside<K: Kernel>(
                &self,
                kernel: &K,
                tiles: Range<u64>,
                control: &Control<'_>,
                beside: &mut dyn FnMut(),
            ) -> Result<K::Partial, Error> {
                (**self).fold_run_beside(kernel, tiles, control, beside)
            }

            fn time_elsewhere(&self) -> Duration {
                (**self).time_elsewhere()
            }
        }
    };
}

behind!(&B);
behind!(Arc<B>);
