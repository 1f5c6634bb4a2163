//! Runs tiles on the calling thread only.

use std::num::NonZeroUsize;
use std::ops::Range;

use primelanes_core::{Backend, Control, Error, Kernel, guard};

/// Runs all tiles in order on the calling thread. It is the baseline, and the oracle for the folds of the other lanes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SingleThread;

impl SingleThread {
    /// The lane's name.
    pub const NAME: &'static str = "single-thread";
}

impl Backend for SingleThread {
    fn label(&self) -> &str {
        Self::NAME
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let folded = guard(kernel.phase(), || watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch))?;
        watch.finish().map(|()| folded)
    }
}
