//! Threads under one lock, which lets one of them run at a time, like CPython's global interpreter lock.
//!
//! # Why there is a lock
//!
//! CPython counts the references to each object. To update a count, a thread reads it, changes it and writes it back.
//! If two threads do this at once, an update is lost, and the object is freed too early or never. One lock over the
//! whole interpreter makes each update indivisible, at the price of one cheap check every few instructions. Atomic
//! counts would also work, but every update would cost more, which is why free threading took until Python 3.13.
//! (`primelanes gil integrity` shows lost updates, and both prices.)
//!
//! # The protocol
//!
//! The states of a thread, from [`attach`](Gil::attach) to the end:
//!
//! ```text
//!               take, the lock is held                       woken by a drop, or spuriously:
//!   ┌─────────┐ ─────────────────────────► ┌───────────────┐ still held ──┐
//!   │ outside │                            │ waits for a   │ ◄────────────┘
//!   └─────────┘ take, the lock is free     │ drop          │ the interval is over, and no switch meanwhile:
//!    ▲   ▲  │                              └───────────────┘ ── asks the holder to drop the lock, waits again
//!    │   │  │                                      │ the lock is free
//!    │   │  ▼                                      ▼
//!    │   │ ┌──────────────────────────────────────────────────┐  check site, nothing requested ──┐
//!    │   │ │ holds the lock: clears the request, counts a     │ ◄────────────────────────────────┘
//!    │   │ │ switch if another held it last, signals "taken"  │
//!    │   │ └──────────────────────────────────────────────────┘
//!    │   │       │ drop: signals one waiter          │ the same, with a request pending:
//!    │   │       │ (a call that may block, the end)  │ at a check site, or at any other drop
//!    │   └───────┘                                   ▼
//!    │                                   ┌───────────────────────────┐
//!    └────────────────────────────────── │ waits until another holds │  (then takes the lock again, if it was
//!              "taken" signalled         │ the lock: a forced switch │   at a check site)
//!                                        └───────────────────────────┘
//! ```
//!
//! This explains everything that users of CPython see. Threads that compute alternate, one interval each, and together
//! do as much work as one thread. A thread that returns from a blocking call waits a whole interval for a thread that
//! computes, however little time it needs (the *convoy* effect). A call that never reaches a check site stalls all
//! threads until it returns. Calls that release the lock overlap.
//!
//! The rules are written once, in [`protocol`], without threads or a clock. [`Gil`] drives them with threads of the
//! operating system, [`virtual_time`] drives them with simulated threads, and tests try every schedule of a few
//! threads. The events at a lock can be recorded (see [`trace`]).
//!
//! # What is modelled, and what is not
//!
//! The model has the rules of CPython 3.2 to 3.13 (`Python/ceval_gil.c`). It differs from them in three points, which
//! no experiment shows:
//!
//! - After a spurious wake-up, a thread that waits for a forced switch keeps waiting. In CPython it goes on.
//! - The first time that the lock is taken does not count as a switch.
//! - A thread that drops the lock for the last time must wait for a forced switch like any other. CPython 3.13 no
//!   longer does this.
//!
//! There is no bytecode: a kernel's pulse is the check site. There are no reference counts. There are no signals,
//! pending calls or garbage collector either, which use the same check sites in CPython. No thread is killed when the
//! interpreter ends.

mod gil;
mod lock;
mod monitor;
pub mod protocol;
mod state;
pub mod trace;
pub mod virtual_time;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use primelanes_core::{Backend, Control, Error, Kernel, Pulse, Stopped, Watch};

pub use self::gil::{Attached, Gil};
use crate::{Ledger, team};

/// Runs tiles on its own threads. Each thread holds the lock while it runs, and hands it over at a pulse once another
/// thread has waited for the switch interval.
///
/// Two threads that count through *one* such backend with one worker behave like two Python threads that compute.
///
/// A count inside another count on the same lock gives [`Error::AlreadyAttached`]. A progress observer is called without
/// the lock, so it may count, or wait for a thread that counts. A count that waits for the lock checks its cancel flag
/// once it holds the lock, as a Python thread does. The lock covers the fold. The set-up of an algorithm, such as the
/// search for sieving primes, runs without it.
#[derive(Clone, Debug)]
pub struct GlobalLock {
    gil: Arc<Gil>,
    workers: NonZeroUsize,
    mode: LockMode,
}

/// What a worker does with the lock while it runs tiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LockMode {
    /// The worker holds the lock, and hands it over at a pulse on request, like pure Python code.
    #[default]
    Hold,
    /// The worker runs all its tiles without the lock, like an extension that releases it.
    Release,
}

impl GlobalLock {
    /// The lane's name.
    pub const NAME: &'static str = "global-lock";

    /// CPython's default switch interval, which `sys.setswitchinterval` changes.
    pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

    /// Creates a backend with a new lock and CPython's switch interval. It uses up to `workers` threads for each count.
    /// A count that would use more than 1024 threads fails with [`Error::TooManyWorkers`].
    #[must_use]
    pub fn new(workers: NonZeroUsize) -> Self {
        Self::sharing(&Arc::new(Gil::new(Self::SWITCH_INTERVAL)), workers)
    }

    /// Creates a backend on an existing lock, with up to `workers` threads for each count.
    #[must_use]
    pub fn sharing(gil: &Arc<Gil>, workers: NonZeroUsize) -> Self {
        Self { gil: Arc::clone(gil), workers, mode: LockMode::Hold }
    }

    /// Sets what the workers do with the lock while they run tiles.
    #[must_use]
    pub const fn with_mode(mut self, mode: LockMode) -> Self {
        self.mode = mode;
        self
    }

    /// Returns the lock that the workers share.
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
        self.fold_run_beside(kernel, tiles, control, &mut || {})
    }

    fn fold_run_beside<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        control: &Control<'_>,
        beside: &mut dyn FnMut(),
    ) -> Result<K::Partial, Error> {
        // If this thread held the lock, the workers would wait for this thread to drop it, and this thread would wait
        // for the workers.
        self.gil.check_not_held()?;
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, self.workers, kernel.grain());
        team::run(Self::NAME, &ledger, &watch, beside, &|| {
            let worked = self.gil.attach(|attached| match self.mode {
                LockMode::Hold => ledger.work(kernel, &watch, &CheckSite { watch: &watch, attached: attached.into() }),
                LockMode::Release => attached.detach(|| ledger.work(kernel, &watch, &watch)),
            });
            if let Err(fault) = worked {
                ledger.fail(fault);
                watch.halt();
            }
        });
        ledger.finish(&watch)
    }
}

/// A pulse that is a check site: it hands the lock over if another thread has asked for it.
struct CheckSite<'a, 's> {
    watch: &'a Watch<'a>,
    attached: RefCell<&'a mut Attached<'s>>,
}

impl Pulse for CheckSite<'_, '_> {
    fn beat(&self) -> Result<(), Stopped> {
        self.watch.check()?;
        if self.watch.is_report_due() {
            // The observer may wait for another thread that needs the lock.
            self.attached.borrow_mut().detach(|| self.watch.report());
        } else {
            self.attached.borrow().check();
        }
        self.watch.check()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Instant;

    use primelanes_core::probe::{Probe, Trouble};
    use primelanes_core::{Algorithm, PrimeCounter, Progress, Query};

    use super::*;

    /// Counts by a fold, and not by a look at a table.
    fn sieve(lane: &GlobalLock, limit: u128) -> Result<u128, Error> {
        lane.count(&Query::up_to(limit).algorithm(Algorithm::Sieve))
    }

    #[test]
    fn clones_and_sharing_lanes_have_the_same_lock() {
        let one = GlobalLock::new(NonZeroUsize::MIN);
        let other = GlobalLock::sharing(one.gil(), NonZeroUsize::MIN);
        assert!(Arc::ptr_eq(one.gil(), other.gil()) && Arc::ptr_eq(one.gil(), one.clone().gil()));
        let attached = one.gil().attach(|_| {
            assert_eq!(sieve(&other, 100), Err(Error::AlreadyAttached));
            let many = GlobalLock::sharing(one.gil(), NonZeroUsize::new(3).unwrap());
            assert_eq!(sieve(&many, 20_000_000), Err(Error::AlreadyAttached));
        });
        assert_eq!(attached, Ok(()));
        assert_eq!(sieve(&other, 100), Ok(25));
    }

    #[test]
    fn a_released_lock_is_free_while_tiles_run() {
        let two = NonZeroUsize::new(2).unwrap();
        let lane = GlobalLock::new(two).with_mode(LockMode::Release);
        let inside = Barrier::new(3);
        let kernel = Meet(&inside);
        std::thread::scope(|scope| {
            let fold = scope.spawn(|| lane.fold(&kernel, &Control::new()));
            // Both workers are in a tile, and this thread gets the lock.
            inside.wait();
            assert!(lane.gil().attach(|_| ()).is_ok());
            inside.wait();
            assert_eq!(fold.join().unwrap(), Ok(2));
        });
    }

    #[test]
    fn a_lane_that_releases_the_lock_counts() {
        let lane = GlobalLock::new(NonZeroUsize::MIN).with_mode(LockMode::Release);
        assert_eq!(sieve(&lane, 1000), Ok(168));
        assert_eq!(lane.gil().attach(|_| sieve(&lane, 1000)), Ok(Err(Error::AlreadyAttached)));
    }

    /// Two tiles that meet twice at a barrier.
    struct Meet<'a>(&'a Barrier);

    impl Kernel for Meet<'_> {
        type Scratch = ();
        type Partial = u64;

        fn phase(&self) -> &'static str {
            "meet"
        }

        fn tiles(&self) -> u64 {
            2
        }

        fn scratch(&self) {}

        fn tile<P: Pulse>(&self, _: u64, (): &mut (), _: &P) -> Result<u64, Stopped> {
            self.0.wait();
            self.0.wait();
            Ok(1)
        }
    }

    #[test]
    fn an_observer_may_wait_for_a_count_of_another_thread() {
        let lane = GlobalLock::new(NonZeroUsize::MIN);
        let work = Probe { trouble: Some(Trouble::Work(0, Duration::from_mins(1))), ..Probe::new(1) };
        let reports = AtomicUsize::new(0);
        let observer = |_: Progress| {
            let counted = std::thread::scope(|scope| scope.spawn(|| sieve(&lane, 1000)).join().unwrap());
            assert_eq!((counted, sieve(&lane, 100)), (Ok(168), Ok(25)), "this thread may count, too");
            // The first report is made before the fold begins.
            if reports.fetch_add(1, Ordering::Relaxed) == 0 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        assert_eq!(lane.fold(&work, &Control::new().progress(&observer)), Err(Error::Cancelled));
        assert_eq!(reports.into_inner(), 2);
    }

    #[test]
    fn two_threads_through_one_lock_hand_it_over_while_they_count() {
        let gil = Arc::new(Gil::new(Duration::from_micros(100)));
        let lane = GlobalLock::sharing(&gil, NonZeroUsize::MIN);
        let stop = AtomicBool::new(false);
        // Neither count can finish, so the lock changes hands only at pulses.
        let query = Query::up_to(u64::MAX.into()).algorithm(Algorithm::TrialDivision).cancel(&stop);
        std::thread::scope(|scope| {
            let counts = [0, 1].map(|_| scope.spawn(|| lane.count(&query)));
            let start = Instant::now();
            while gil.switches() < 10 && start.elapsed() < Duration::from_mins(1) {
                std::thread::sleep(Duration::from_millis(1));
            }
            stop.store(true, Ordering::Relaxed);
            assert_eq!(counts.map(|count| count.join().unwrap()), [const { Err(Error::Cancelled) }; 2]);
        });
        assert!(gil.switches() >= 10);
    }
}
