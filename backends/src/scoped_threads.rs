//! Threads that are started for each count, and joined when it ends.

use std::num::NonZeroUsize;
use std::ops::Range;

use primelanes_core::{Backend, Control, Error, Kernel};

use crate::{Ledger, available_workers, team};

/// Runs tiles on scoped threads, so that there is no pool to keep. The calling thread waits for them, or runs
/// the tiles itself if there is work for only one thread.
#[derive(Clone, Copy, Debug)]
pub struct ScopedThreads {
    workers: NonZeroUsize,
}

impl ScopedThreads {
    /// The lane's name.
    pub const NAME: &'static str = "scoped-threads";

    /// Creates a backend that uses up to `workers` threads for each count, but no more than the count has work for. A
    /// count that would use more than 1024 threads fails with [`Error::TooManyWorkers`].
    #[must_use]
    pub const fn new(workers: NonZeroUsize) -> Self {
        Self { workers }
    }
}

/// One thread per core.
impl Default for ScopedThreads {
    fn default() -> Self {
        Self::new(available_workers())
    }
}

impl Backend for ScopedThreads {
    fn label(&self) -> &str {
        Self::NAME
    }

    fn workers(&self) -> NonZeroUsize {
        self.workers
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        self.fold_run_beside(kernel, tiles, control, &mut || {})
    }

    fn fold_run_beside<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        control: &Control<'_>,
        beside: &mut dyn FnMut(),
    ) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, self.workers, kernel.grain());
        team::run(Self::NAME, &ledger, &watch, beside, &|| ledger.work(kernel, &watch, &watch));
        ledger.finish(&watch)
    }
}
