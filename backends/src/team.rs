//! Limits on the number of workers, and threads that live as long as one fold.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use crossbeam::thread::scope;
use primelanes_core::{Error, Monoid, Watch};

use crate::Ledger;

/// The largest number of threads that a lane starts. More threads than cores gain nothing. With 20,000 threads the
/// program aborted without an error: each thread takes several of the 65,530 memory mappings that Linux grants a
/// process by default, and a thread that cannot map its guard page ends the process. A rayon pool of 4096 threads took
/// 81 s for tiny tasks that a pool of 1024 finished in 0.05 s.
pub(crate) const MAX_THREADS: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// The largest number of worker processes that a lane starts. Each takes two open files, and many systems limit a
/// process to 1024.
pub(crate) const MAX_PROCESSES: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// # Errors
/// [`Error::TooManyWorkers`] above `max`.
pub(crate) const fn check_workers(backend: &'static str, requested: usize, max: NonZeroUsize) -> Result<(), Error> {
    let max = max.get();
    if requested > max {
        Err(Error::TooManyWorkers { backend: Cow::Borrowed(backend), requested, max })
    } else {
        Ok(())
    }
}

/// Starts as many threads as the ledger has work for, calls `work` on each, and waits for all of them. Meanwhile, the calling
/// thread calls `beside`. If there is work for only one thread, the calling thread does it itself, after `beside`.
///
/// Otherwise, the calling thread does not work. Linux often puts a new thread on the core of the thread that started it, and
/// if that one keeps working, moves the new one to a free core only milliseconds later. 1e8 numbers took 5.4 ms if the
/// calling thread was one of two workers, and 4.3 ms if it was not (Sapphire Rapids, Linux 6.18, November 2026).
///
/// If the system cannot start a thread, the ledger records that as the failure, and the other threads end. `work` must
/// not panic; it catches its own panics.
pub(crate) fn run<P: Monoid + Send>(
    backend: &'static str,
    ledger: &Ledger<P>,
    watch: &Watch<'_>,
    beside: &mut dyn FnMut(),
    work: &(impl Fn() + Sync),
) {
    let size = ledger.threads();
    if size == 0 {
        return beside();
    }
    if let Err(refusal) = check_workers(backend, size, MAX_THREADS) {
        return ledger.fail(refusal);
    }
    let scoped = scope(|scope| {
        let started = if size == 1 { 0 } else { size };
        for _ in 0..started {
            let spawned = scope.builder().name(backend.to_owned()).spawn(|_| work());
            if let Err(refusal) = spawned {
                ledger.fail(Error::Spawn { backend: backend.into(), requested: size, reason: refusal.to_string() });
                watch.halt();
                return;
            }
        }
        beside();
        if started == 0 {
            work();
        }
    });
    scoped.expect("work is guarded and does not panic");
}
