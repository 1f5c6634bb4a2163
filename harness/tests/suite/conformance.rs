//! The conformance suite on all lanes of primelanes, and on a backend with declared limits.

use std::num::NonZeroUsize;
use std::ops::Range;
#[cfg(unix)]
use std::process::Command;

#[cfg(unix)]
use primelanes_backends::Processes;
use primelanes_backends::job::Heartbeat;
use primelanes_backends::{
    Backend, Control, Error, GlobalLock, Kernel, Ledger, LockMode, Rayon, ScopedThreads, SingleThread, Wire, guard,
};
use primelanes_harness::conformance;
use primelanes_harness::conformance::{Ability, Caps, Law, Verdict, check};

conformance!(single_thread, |_| SingleThread, Caps::full().at_most(1));
conformance!(scoped_threads, ScopedThreads::new);
conformance!(rayon, |workers| Rayon::new(workers).unwrap());
conformance!(global_lock, GlobalLock::new);
#[cfg(unix)]
conformance!(processes, worker_processes, Caps::full().without(Ability::SharedMemory));
conformance!(global_lock_released, |workers| GlobalLock::new(workers).with_mode(LockMode::Release));

#[cfg(unix)]
fn worker_processes(workers: NonZeroUsize) -> Processes {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_primelanes"));
    worker.arg("worker");
    Processes::with_command(workers, worker).unwrap()
}

/// Sends all work and all results as bytes, like a worker process, and cannot be stopped.
struct Wired;

impl Backend for Wired {
    fn label(&self) -> &'static str {
        "wired"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, self.workers(), kernel.grain());
        let not_portable = || Error::NotPortable { backend: "wired".into(), phase: kernel.phase().into() };
        let run_all = || {
            let mut job = kernel.spec().ok_or_else(not_portable)?.open(&Heartbeat::new())?;
            while let Some(run) = ledger.claim() {
                let bytes = job.run(run.clone(), &Heartbeat::new())?;
                watch.advance(run.end - run.start);
                ledger.deposit(run, K::Partial::decode(&bytes)?)?;
            }
            Ok(())
        };
        if let Err(fault) = guard(kernel.phase(), run_all) {
            ledger.fail(fault);
        }
        ledger.finish(&watch)
    }
}

fn wired_caps() -> Caps {
    Caps::full().at_most(1).without(Ability::Cancellation).without(Ability::SharedMemory)
}

conformance!(wired, |_| Wired, wired_caps());

#[test]
fn what_is_declared_is_reported_and_not_asked() {
    let report = check(|_| Wired, wired_caps(), 3, 4);
    assert!(report.passed(), "{report}");
    assert_eq!(report.declared, ["at most 1 worker", "no cancellation", "no shared memory"]);
    let not_asked: Vec<_> =
        report.laws.iter().filter(|finding| finding.verdict != Verdict::Holds).map(|finding| finding.law).collect();
    assert_eq!(
        not_asked,
        [
            Law::AtMostWorkers,
            Law::CancelBefore,
            Law::CancelDuring,
            Law::CancelAfter,
            Law::CancelLatency,
            Law::ObserverEnds
        ]
    );
    // Without the declarations, it breaks the laws, except that it never cancels after the end.
    let found: Vec<_> = check(|_| Wired, Caps::full().at_most(1), 3, 4).broken().collect();
    let cancellation = [Law::CancelBefore, Law::CancelDuring, Law::CancelLatency, Law::ObserverEnds];
    assert_eq!(found, [&[Law::AtMostWorkers][..], &cancellation, &[Law::TilePanics]].concat());
}
