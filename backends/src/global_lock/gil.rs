//! The lock itself, on threads of the operating system.
//!
//! Rules of CPython 3.2 to 3.13 (`Python/ceval_gil.c`): a waiter that has waited for the switch interval without
//! seeing a switch asks the holder to drop the lock; the holder looks at its check sites, drops it, and waits until
//! another thread has taken it.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use primelanes_core::Error;

/// A global interpreter lock.
#[derive(Debug)]
pub struct Gil {
    interval: Duration,
    state: Mutex<State>,
    /// Signalled when the lock is dropped.
    dropped: Condvar,
    /// Signalled when the lock is taken.
    taken: Condvar,
    /// Set by a waiter whose patience is at its end; outside of the mutex, so that a check site costs one load.
    drop_requested: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    holder: Option<ThreadId>,
    last_holder: Option<ThreadId>,
    switches: u64,
}

impl Gil {
    /// A lock that nobody holds; a waiter asks for it after `interval`.
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        let state = State { holder: None, last_holder: None, switches: 0 };
        Self {
            interval,
            state: Mutex::new(state),
            dropped: Condvar::new(),
            taken: Condvar::new(),
            drop_requested: AtomicBool::new(false),
        }
    }

    /// Waits until the lock is free and takes it. It is dropped when the returned value is.
    ///
    /// # Errors
    /// [`Error::AlreadyAttached`] if this thread holds it: it would wait for itself.
    pub fn attach(&self) -> Result<Attached<'_>, Error> {
        self.check_not_held()?;
        self.take();
        Ok(Attached { gil: self, of_this_thread: PhantomData })
    }

    /// That this thread does not hold the lock.
    ///
    /// # Errors
    /// [`Error::AlreadyAttached`] if it does.
    pub(super) fn check_not_held(&self) -> Result<(), Error> {
        let held = self.state().holder == Some(thread::current().id());
        if held { Err(Error::AlreadyAttached) } else { Ok(()) }
    }

    /// How often the lock went from one thread to another.
    #[must_use]
    pub fn switches(&self) -> u64 {
        self.state().switches
    }

    fn take(&self) {
        let me = Some(thread::current().id());
        let mut state = self.state();
        while state.holder.is_some() {
            let seen = state.switches;
            let (reacquired, waited) =
                self.dropped.wait_timeout(state, self.interval).unwrap_or_else(PoisonError::into_inner);
            state = reacquired;
            if waited.timed_out() && state.holder.is_some() && state.switches == seen {
                self.drop_requested.store(true, Ordering::Relaxed);
            }
        }
        state.holder = me;
        if state.last_holder != me {
            state.switches += u64::from(state.last_holder.is_some());
            state.last_holder = me;
        }
        self.drop_requested.store(false, Ordering::Relaxed);
        self.taken.notify_all();
    }

    fn release(&self) {
        let mut state = self.state();
        let me = state.holder.take();
        self.dropped.notify_one();
        // Forced switch: whoever asked is waiting, and the dropper is not the next to get the lock.
        if self.drop_requested.load(Ordering::Relaxed) {
            while state.last_holder == me {
                state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under the mutex can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Proof that this thread holds the lock; drops it at its end, in a panic too.
#[derive(Debug)]
pub struct Attached<'a> {
    gil: &'a Gil,
    /// The lock must be dropped by the thread that took it.
    of_this_thread: PhantomData<*const ()>,
}

impl Attached<'_> {
    /// A check site: hands the lock over if another thread asked for it, and takes it again after.
    pub fn check(&self) {
        if self.gil.drop_requested.load(Ordering::Relaxed) {
            self.gil.release();
            self.gil.take();
        }
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.gil.release();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::thread::scope;
    use std::time::Instant;

    use super::*;

    /// Generous: a test that takes longer hangs.
    const WATCHDOG: Duration = Duration::from_mins(1);

    #[test]
    fn attaching_twice_is_an_error_and_not_a_deadlock() {
        let gil = Gil::new(Duration::from_millis(5));
        let attached = gil.attach().unwrap();
        assert_eq!(gil.attach().err(), Some(Error::AlreadyAttached));
        drop(attached);
        assert!(gil.attach().is_ok());
    }

    #[test]
    fn taking_ones_own_dropped_lock_again_is_no_switch() {
        let gil = Gil::new(Duration::from_millis(5));
        for _ in 0..3 {
            gil.attach().unwrap().check();
        }
        assert_eq!(gil.switches(), 0);
        scope(|scope| scope.spawn(|| drop(gil.attach())).join().unwrap());
        assert_eq!(gil.switches(), 1);
    }

    #[test]
    fn a_panic_while_attached_frees_the_lock() {
        let gil = Gil::new(Duration::from_millis(5));
        let died = scope(|scope| {
            let holder = scope.spawn(|| {
                let _attached = gil.attach().unwrap();
                panic!("while attached");
            });
            holder.join()
        });
        assert!(died.is_err());
        assert!(gil.attach().is_ok());
    }

    #[test]
    fn one_thread_at_a_time_and_no_update_is_lost() {
        let gil = Gil::new(Duration::from_micros(200));
        let (inside, count) = (AtomicU64::new(0), AtomicU64::new(0));
        scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let attached = gil.attach().unwrap();
                    for _ in 0..20_000 {
                        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0, "two holders");
                        // Read, add, write back: indivisible only because of the lock.
                        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                        inside.fetch_sub(1, Ordering::Relaxed);
                        attached.check();
                    }
                });
            }
        });
        assert_eq!(count.into_inner(), 60_000);
    }

    #[test]
    fn who_was_asked_to_drop_the_lock_is_not_the_next_to_get_it() {
        let gil = Gil::new(Duration::from_micros(100));
        let others = AtomicU64::new(0);
        let begun = Instant::now();
        let until_requested = || {
            while !gil.drop_requested.load(Ordering::Relaxed) {
                assert!(begun.elapsed() < WATCHDOG, "nobody asks for the lock");
                std::hint::spin_loop();
            }
        };
        scope(|scope| {
            let attached = gil.attach().unwrap();
            scope.spawn(|| {
                for _ in 0..100 {
                    let _attached = gil.attach().unwrap();
                    others.fetch_add(1, Ordering::Relaxed);
                    until_requested();
                }
            });
            while others.load(Ordering::Relaxed) < 100 {
                until_requested();
                let before = others.load(Ordering::Relaxed);
                attached.check();
                assert!(others.load(Ordering::Relaxed) > before, "the dropper took the lock again");
            }
        });
        assert!(gil.switches() >= 199, "{} switches", gil.switches());
    }

    #[test]
    fn with_nobody_waiting_nothing_is_requested() {
        let gil = Gil::new(Duration::ZERO);
        let attached = gil.attach().unwrap();
        for _ in 0..1000 {
            attached.check();
        }
        assert_eq!((gil.switches(), gil.drop_requested.load(Ordering::Relaxed)), (0, false));
    }
}
