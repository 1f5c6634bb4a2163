//! Threads under one lock, of which one at a time may run: what CPython's global interpreter lock does to them.
//!
//! Why there is such a lock: CPython counts the references to each object, and a count that two threads read, add to
//! and write back at once loses an update. One lock over the whole interpreter makes each such step indivisible, and
//! makes threads that compute take turns.

mod gil;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use primelanes_core::{Backend, Control, Error, Kernel, Pulse, Stopped, Watch};

pub use self::gil::{Attached, Gil};
use crate::{Ledger, team};

/// Runs tiles on threads of its own, each of which holds the lock while it runs and hands it over at a pulse once
/// another has waited for the switch interval.
///
/// Two threads that count through *one* such backend of one worker are two Python threads that compute.
///
/// A count from inside of a count on the same lock is [`Error::AlreadyAttached`]. A count that waits for the lock looks
/// at its cancel flag when it has it. The lock covers the fold: what an algorithm sets up before it, as the sieving
/// primes, is set up without.
#[derive(Clone, Debug)]
pub struct GlobalLock {
    gil: Arc<Gil>,
    workers: NonZeroUsize,
}

impl GlobalLock {
    /// The lane's name.
    pub const NAME: &'static str = "global-lock";

    /// CPython's switch interval unless `sys.setswitchinterval` says otherwise.
    pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

    /// Up to `workers` threads for each count, under a lock of its own with CPython's switch interval. A count that
    /// would start more than 1024 gives [`Error::TooManyWorkers`].
    #[must_use]
    pub fn new(workers: NonZeroUsize) -> Self {
        Self::sharing(&Arc::new(Gil::new(Self::SWITCH_INTERVAL)), workers)
    }

    /// One more handle on a lock.
    #[must_use]
    pub fn sharing(gil: &Arc<Gil>, workers: NonZeroUsize) -> Self {
        Self { gil: Arc::clone(gil), workers }
    }

    /// The lock.
    #[must_use]
    pub const fn gil(&self) -> &Arc<Gil> {
        &self.gil
    }
}

impl Backend for GlobalLock {
    fn label(&self) -> &str {
        Self::NAME
    }

    fn workers(&self) -> NonZeroUsize {
        self.workers
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        // Workers would wait for this thread's lock, and this thread for them.
        self.gil.check_not_held()?;
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, self.workers, kernel.grain());
        team::run(Self::NAME, &ledger, &watch, &|| match self.gil.attach() {
            Ok(attached) => ledger.work(kernel, &watch, &CheckSite { watch: &watch, attached }),
            Err(fault) => {
                ledger.fail(fault);
                watch.halt();
            }
        });
        ledger.finish(&watch)
    }
}

/// A pulse at which the lock is handed over if another thread asked for it.
struct CheckSite<'a> {
    watch: &'a Watch<'a>,
    attached: Attached<'a>,
}

impl Pulse for CheckSite<'_> {
    fn beat(&self) -> Result<(), Stopped> {
        self.watch.beat()?;
        self.attached.check();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use primelanes_core::{Algorithm, PrimeCounter, Query};

    use super::*;

    #[test]
    fn handles_share_a_lock_and_clones_too() {
        let one = GlobalLock::new(NonZeroUsize::MIN);
        let other = GlobalLock::sharing(one.gil(), NonZeroUsize::MIN);
        assert!(Arc::ptr_eq(one.gil(), other.gil()) && Arc::ptr_eq(one.gil(), one.clone().gil()));
        let attached = one.gil().attach().unwrap();
        assert_eq!(other.count_primes(100), Err(Error::AlreadyAttached));
        let many = GlobalLock::sharing(one.gil(), NonZeroUsize::new(3).unwrap());
        assert_eq!(many.count_primes(20_000_000), Err(Error::AlreadyAttached));
        drop(attached);
        assert_eq!(other.count_primes(100), Ok(25));
    }

    #[test]
    fn two_threads_through_one_lock_hand_it_over_while_they_count() {
        let gil = Arc::new(Gil::new(Duration::from_micros(100)));
        let lane = GlobalLock::sharing(&gil, NonZeroUsize::MIN);
        let stop = AtomicBool::new(false);
        // Far too much to finish: the lock can change hands at pulses alone.
        let query = Query::up_to(u64::MAX).algorithm(Algorithm::TrialDivision).cancel(&stop);
        std::thread::scope(|scope| {
            let counts = [0, 1].map(|_| scope.spawn(|| lane.count(&query)));
            let begun = Instant::now();
            while gil.switches() < 10 && begun.elapsed() < Duration::from_mins(1) {
                std::thread::sleep(Duration::from_millis(1));
            }
            stop.store(true, Ordering::Relaxed);
            assert_eq!(counts.map(|count| count.join().unwrap()), [const { Err(Error::Cancelled) }; 2]);
        });
        assert!(gil.switches() >= 10);
    }
}
