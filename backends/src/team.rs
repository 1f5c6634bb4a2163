//! Threads that live as long as one fold.

use crossbeam::thread::scope;
use primelanes_core::{Error, Monoid, Watch};

use crate::Ledger;

/// Calls `work` on as many threads as the ledger has work for, the calling thread among them, and waits for all.
///
/// A thread that cannot be had is the ledger's fault, and the others end. `work` must not panic: it is guarded
/// within.
pub(crate) fn run<P: Monoid + Send>(
    backend: &'static str,
    ledger: &Ledger<P>,
    watch: &Watch<'_>,
    work: &(impl Fn() + Sync),
) {
    let size = ledger.crew();
    if size == 0 {
        return;
    }
    let scoped = scope(|scope| {
        for _ in 1..size {
            let spawned = scope.builder().name(backend.to_owned()).spawn(|_| work());
            if let Err(refusal) = spawned {
                ledger.fail(Error::Spawn { backend, requested: size, reason: refusal.to_string() });
                watch.halt();
                return;
            }
        }
        work();
    });
    scoped.expect("work is guarded and does not panic");
}
