//! The backend of counters that have none.

use std::num::NonZeroUsize;
use std::ops::Range;

use crate::{Backend, Control, Error, Kernel, guard};

/// Runs all tiles on the calling thread.
#[derive(Debug)]
pub(crate) struct Sequential;

impl Backend for Sequential {
    fn label(&self) -> &'static str {
        "sequential"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let fold = || watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch);
        let folded = guard(kernel.phase(), fold)?;
        watch.finish().map(|()| folded)
    }
}
