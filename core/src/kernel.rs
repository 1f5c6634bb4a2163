//! *What*: one phase of an algorithm, cut into independent tiles.

use std::ops::Range;

use crate::{JobSpec, Monoid, Wire};

/// One phase of an algorithm, cut into tiles that can be run in any order, on any worker.
///
/// The tile is the unit of scheduling: 0.1 to 2 ms of work where possible. The [`Pulse`] is the unit of interruption.
///
/// ```
/// use primelanes_core::{Control, Kernel, Pulse, Stopped, fold_tiles};
///
/// /// Sums the squares below a limit, a thousand to a tile.
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
    /// Working memory, one for each worker, reused from tile to tile. It may carry state from a tile to its
    /// neighbour, but a tile's result must not depend on it.
    type Scratch;

    /// The result of a run of neighbouring tiles.
    type Partial: Monoid + Wire + Send;

    /// The name of the phase, in progress reports and errors.
    fn phase(&self) -> &'static str;

    /// How many tiles there are: `0..tiles()`.
    fn tiles(&self) -> u64;

    /// The fewest neighbouring tiles that are worth one claim, where starting somewhere else is costly.
    fn grain(&self) -> u64 {
        1
    }

    /// Plain data from which the kernel can be rebuilt in another process; `None`: it stays in this one.
    fn spec(&self) -> Option<JobSpec> {
        None
    }

    /// Fresh working memory.
    fn scratch(&self) -> Self::Scratch;

    /// The partial result of one tile. Drivers beat the pulse before each tile; a tile of more than a millisecond
    /// beats it within.
    ///
    /// # Errors
    /// [`Stopped`] if the pulse said so, and only then.
    fn tile<P: Pulse>(&self, index: u64, scratch: &mut Self::Scratch, pulse: &P) -> Result<Self::Partial, Stopped>;
}

/// The kernel's check site, as an interpreter's eval breaker: called every few microseconds to a millisecond of work.
pub trait Pulse {
    /// Looks whether to go on; may block while another thread has its turn.
    ///
    /// # Errors
    /// [`Stopped`] if the work is to end here.
    fn beat(&self) -> Result<(), Stopped>;
}

impl<P: Pulse + ?Sized> Pulse for &P {
    fn beat(&self) -> Result<(), Stopped> {
        (**self).beat()
    }
}

/// A pulse said that the work is to end. Whoever set the flag knows why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Runs neighbouring tiles in order and folds their partial results, beating the pulse before each.
///
/// The plainest driver; [`Watch::fold_tiles`](crate::Watch::fold_tiles) is the one that counts finished tiles.
///
/// # Errors
/// [`Stopped`] if the pulse said so.
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

    /// A kernel that leaves all to the defaults.
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
    fn a_kernel_is_claimed_tile_by_tile_and_stays_here_unless_it_says_otherwise() {
        assert_eq!((Bare.grain(), Bare.spec()), (1, None));
    }
}
