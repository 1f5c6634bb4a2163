//! Kernels: *what* is computed, split into independent tiles.

use std::ops::Range;

use crate::{JobSpec, Monoid, Wire};

/// One phase of an algorithm, split into tiles that can run in any order, on any worker.
///
/// The tile is the unit of scheduling: 0.1 to 2 ms of work where possible. The [`Pulse`] is the unit of interruption.
///
/// ```
/// use primelanes_core::{Control, Kernel, Pulse, Stopped, fold_tiles};
///
/// /// Sums the squares below a limit, a thousand per tile.
/// struct Squares(u64);
///
/// impl Kernel for Squares {
///     type Scratch = ();
///     type Partial = u64;
///     fn phase(&self) -> &'static str { "squares" }
///     fn tiles(&self) -> u64 { self.0.div_ceil(1000) }
///     fn scratch(&self) {}
///     fn tile<P: Pulse>(&self, index: u64, _: &mut (), _: &P) -> Result<u64, Stopped> {
///         Ok((index * 1000..self.0.min((index + 1) * 1000)).map(|n| n * n).sum())
///     }
/// }
///
/// let kernel = Squares(1_234);
/// let sum = fold_tiles(&kernel, 0..kernel.tiles(), &mut (), &Control::new());
/// assert_eq!(sum, Ok((0..1_234).map(|n| n * n).sum()));
/// ```
pub trait Kernel: Sync {
    /// Working memory. Each worker has one and reuses it from tile to tile. It may carry state from one tile to the
    /// next, but the result of a tile must not depend on that state.
    type Scratch;

    /// The result of a run of neighbouring tiles.
    type Partial: Monoid + Wire + Send;

    /// Returns the name of the phase, in progress reports and errors.
    fn phase(&self) -> &'static str;

    /// Returns the number of tiles. Their indices are `0..tiles()`.
    fn tiles(&self) -> u64;

    /// Returns the smallest number of neighbouring tiles that a worker should claim at once. A kernel returns more than
    /// 1 if starting at a new place is costly.
    fn grain(&self) -> u64 {
        1
    }

    /// Returns plain data from which another process can rebuild the kernel. `None`, the default, means that the kernel
    /// cannot leave this process.
    fn spec(&self) -> Option<JobSpec> {
        None
    }

    /// Creates the working memory of one worker.
    fn scratch(&self) -> Self::Scratch;

    /// Runs one tile and returns its partial result. Drivers beat the pulse before each tile. A tile that takes more
    /// than a millisecond also beats it while it runs.
    ///
    /// # Errors
    /// [`Stopped`] if the pulse returned it, and only then.
    fn tile<P: Pulse>(&self, index: u64, scratch: &mut Self::Scratch, pulse: &P) -> Result<Self::Partial, Stopped>;
}

/// The check that a kernel makes while it works, like an interpreter's eval breaker. A kernel calls it after every few
/// microseconds to one millisecond of work.
pub trait Pulse {
    /// Checks whether the work may go on. The call may block while another thread runs.
    ///
    /// # Errors
    /// [`Stopped`] if the work must end here.
    fn beat(&self) -> Result<(), Stopped>;
}

impl<P: Pulse + ?Sized> Pulse for &P {
    fn beat(&self) -> Result<(), Stopped> {
        (**self).beat()
    }
}

/// The work must end, because a [`Pulse`] said so. It carries no reason: the code that stopped the pulse knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Runs neighbouring tiles in order and folds their partial results. It beats the pulse before each tile.
///
/// This is the simplest driver. [`Watch::fold_tiles`](crate::Watch::fold_tiles) also counts finished tiles.
///
/// # Errors
/// [`Stopped`] if the pulse returned it.
pub fn fold_tiles<K: Kernel, P: Pulse>(
    kernel: &K,
    tiles: Range<u64>,
    scratch: &mut K::Scratch,
    pulse: &P,
) -> Result<K::Partial, Stopped> {
    let mut folded = K::Partial::identity();
    for index in tiles {
        pulse.beat()?;
        folded = folded.combine(kernel.tile(index, scratch, pulse)?);
    }
    Ok(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel that overrides no default method.
    struct Bare;

    impl Kernel for Bare {
        type Scratch = ();
        type Partial = ();

        fn phase(&self) -> &'static str {
            "bare"
        }

        fn tiles(&self) -> u64 {
            1
        }

        fn scratch(&self) {}

        fn tile<P: Pulse>(&self, _: u64, (): &mut (), _: &P) -> Result<(), Stopped> {
            Ok(())
        }
    }

    #[test]
    fn by_default_a_kernel_is_claimed_tile_by_tile_and_stays_in_its_process() {
        assert_eq!((Bare.grain(), Bare.spec()), (1, None));
    }
}
