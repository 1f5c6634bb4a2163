//! Runs tiles on a rayon pool.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use primelanes_core::{Backend, Control, Error, Kernel, guard};
use rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use crate::Ledger;
use crate::team::{MAX_THREADS, check_workers};

/// Runs tiles on a rayon pool, next to the other work of the pool. It holds no mutex while rayon runs work, so you may
/// count from inside a worker of the same pool.
///
/// In that case, rayon's own rule applies: a worker that waits for its count may run any other work of the pool. If that
/// work takes a lock that the worker already holds, the worker waits for itself. So do not hold such a lock during a count.
#[derive(Clone)]
pub struct Rayon {
    /// `None` means the pool that the calling thread belongs to, or the global pool.
    pool: Option<Arc<ThreadPool>>,
}

impl Rayon {
    /// The lane's name.
    pub const NAME: &'static str = "rayon";

    /// Creates a backend with its own pool of `workers` threads. The pool lives as long as this value or a clone of it.
    ///
    /// # Errors
    /// [`Error::TooManyWorkers`] above 1024 workers, or [`Error::Spawn`] if the system cannot start the threads.
    pub fn new(workers: NonZeroUsize) -> Result<Self, Error> {
        let requested = workers.get();
        check_workers(Self::NAME, requested, MAX_THREADS)?;
        let pool = ThreadPoolBuilder::new().num_threads(requested).build();
        pool.map(|pool| Self::with_pool(Arc::new(pool))).map_err(|refusal| Error::Spawn {
            backend: Self::NAME.into(),
            requested,
            reason: refusal.to_string(),
        })
    }

    /// Creates a backend that uses the pool of the thread that counts, or the global pool if that thread belongs to
    /// none.
    #[must_use]
    pub const fn current() -> Self {
        Self { pool: None }
    }

    /// Creates a backend that uses an existing pool.
    #[must_use]
    pub const fn with_pool(pool: Arc<ThreadPool>) -> Self {
        Self { pool: Some(pool) }
    }

    /// Runs `work` on the calling thread, and what it spawns in the pool.
    fn scope<'scope>(&self, work: impl FnOnce(&Scope<'scope>)) {
        match &self.pool {
            Some(pool) => pool.in_place_scope(work),
            None => rayon::in_place_scope(work),
        }
    }
}

impl Backend for Rayon {
    fn label(&self) -> &str {
        Self::NAME
    }

    fn workers(&self) -> NonZeroUsize {
        let threads = self.pool.as_ref().map_or_else(rayon::current_num_threads, |pool| pool.current_num_threads());
        NonZeroUsize::new(threads).expect("a pool has threads")
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
        // The global pool starts when it is first used, and panics if it cannot start.
        let workers = guard(Self::NAME, || Ok(self.workers()))?;
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, workers, kernel.grain());
        self.scope(|scope| {
            for _ in 0..ledger.threads() {
                scope.spawn(|_| ledger.work(kernel, &watch, &watch));
            }
            beside();
        });
        ledger.finish(&watch)
    }
}

impl fmt::Debug for Rayon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rayon").field("workers", &self.workers()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_its_workers() {
        let three = Rayon::new(NonZeroUsize::new(3).expect("not zero"));
        assert_eq!(format!("{three:?}"), "Ok(Rayon { workers: 3 })");
    }
}
