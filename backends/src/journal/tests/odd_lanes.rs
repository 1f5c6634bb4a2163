//! Backends that do not do what a journal expects.

use std::num::NonZeroUsize;
use std::ops::Range;

use primelanes_core::{Backend, Control, Error, Kernel, fold_tiles};

use crate::SingleThread;

/// Must not be asked to work.
pub(super) struct Idle;

impl Backend for Idle {
    fn label(&self) -> &'static str {
        "odd"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, _: &K, tiles: Range<u64>, _: &Control<'_>) -> Result<K::Partial, Error> {
        panic!("asked to run {tiles:?}");
    }
}

/// Runs tiles without a watch, so nothing is recorded.
pub(super) struct Blind;

impl Backend for Blind {
    fn label(&self) -> &'static str {
        "odd"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        fold_tiles(kernel, tiles, &mut kernel.scratch(), control).map_err(|_| Error::Cancelled)
    }
}

/// Passes each result on twice.
pub(super) struct Twice;

impl Backend for Twice {
    fn label(&self) -> &'static str {
        "odd"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        SingleThread.fold_run(kernel, tiles.clone(), control)?;
        SingleThread.fold_run(kernel, tiles, control)
    }
}
