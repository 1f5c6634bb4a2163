//! Threads under one lock, of which one at a time may run: what CPython's global interpreter lock does to them.
//!
//! # Why there is a lock
//!
//! CPython counts the references to each object. A count is read, changed and written back; two threads that do so at
//! once lose an update, and the object is freed too early or never. One lock over the whole interpreter makes each such
//! step indivisible, for one cheap check every few instructions. Atomic counts would do as well, at a price paid on
//! every one of them, which is why free threading took until Python 3.13. (`primelanes gil integrity` loses updates
//! before one's eyes, and shows both prices.)
//!
//! # The protocol
//!
//! What a thread does, from [`attach`](Gil::attach) to the end:
//!
//! ```text
//!               take, the lock is held                       a drop signalled, or for no reason:
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
//! From this follows all that users of CPython see. Threads that compute take turns of one interval, and together get
//! as much done as one. A thread that has blocked waits a whole interval beside one that computes, however little it
//! needs (the *convoy*). A call that never reaches a check site stalls everybody for its length. Calls that release the
//! lock overlap.
//!
//! The rules stand once, in [`protocol`], without threads or a clock. [`Gil`] drives them with threads of the system,
//! [`virtual_time`] with a simulated machine, and tests try every schedule of a few threads. What happens at a lock can
//! be recorded ([`trace`]).
//!
//! # What is modelled, and what is not
//!
//! Rules of CPython 3.2 to 3.13 (`Python/ceval_gil.c`), with three differences that no experiment shows: who waits for a
//! forced switch goes on waiting if it wakes up for no reason, where CPython would take its chance; the first taking of
//! all is no switch; and a thread that drops the lock for the last time is forced to a switch like any other, which 3.13
//! has done away with. There is no bytecode: a kernel's pulse is
//! the check site. There are no reference counts, signals, pending calls, or a garbage collector, which use the same
//! check sites; and no thread that is killed as the interpreter ends.

mod gil;
mod lock;
mod monitor;
pub mod protocol;
mod state;
pub mod trace;
pub mod virtual_time;

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
/// at its cancel flag when it has it, as a Python thread does. The lock covers the fold: what an algorithm sets up
/// before it, as the sieving primes, is set up without.
#[derive(Clone, Debug)]
pub struct GlobalLock {
    gil: Arc<Gil>,
    workers: NonZeroUsize,
    mode: LockMode,
}

/// What a worker does with the lock while it runs tiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LockMode {
    /// Holds it, and hands it over at a pulse if that was asked for: pure Python.
    #[default]
    Hold,
    /// Detaches for as long as it has work, and beats without the lock: an extension that releases it.
    Release,
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
        Self { gil: Arc::clone(gil), workers, mode: LockMode::Hold }
    }

    /// The same lane in that mode.
    #[must_use]
    pub const fn with_mode(mut self, mode: LockMode) -> Self {
        self.mode = mode;
        self
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
        team::run(Self::NAME, &ledger, &watch, &|| match (self.gil.attach(), self.mode) {
            (Ok(attached), LockMode::Hold) => ledger.work(kernel, &watch, &CheckSite { watch: &watch, attached }),
            (Ok(mut attached), LockMode::Release) => attached.detach(|| ledger.work(kernel, &watch, &watch)),
            (Err(fault), _) => {
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
    use std::sync::Barrier;
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
    fn a_released_lock_is_free_while_tiles_run() {
        let two = NonZeroUsize::new(2).unwrap();
        let lane = GlobalLock::new(two).with_mode(LockMode::Release);
        let inside = Barrier::new(3);
        let all_at_once = Meet(&inside);
        std::thread::scope(|scope| {
            let fold = scope.spawn(|| lane.fold(&all_at_once, &Control::new()));
            // Both workers are inside of a tile, and this thread gets the lock.
            inside.wait();
            assert!(lane.gil().attach().is_ok());
            inside.wait();
            assert_eq!(fold.join().unwrap(), Ok(2));
        });
    }

    #[test]
    fn a_released_lock_lets_a_count_count() {
        let lane = GlobalLock::new(NonZeroUsize::MIN).with_mode(LockMode::Release);
        assert_eq!(lane.count_primes(1000), Ok(168));
        let attached = lane.gil().attach().unwrap();
        assert_eq!(lane.count_primes(1000), Err(Error::AlreadyAttached));
        drop(attached);
    }

    /// Two tiles that meet twice with whoever waits for them.
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
    fn two_threads_through_one_lock_hand_it_over_while_they_count() {
        let gil = Arc::new(Gil::new(Duration::from_micros(100)));
        let lane = GlobalLock::sharing(&gil, NonZeroUsize::MIN);
        let stop = AtomicBool::new(false);
        // Far too much to finish: the lock can change hands at pulses alone.
        let query = Query::up_to(u64::MAX.into()).algorithm(Algorithm::TrialDivision).cancel(&stop);
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
