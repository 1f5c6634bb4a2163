//! The global lock for threads of the operating system.

use std::marker::PhantomData;
use std::thread::ThreadId;
use std::time::Duration;

use primelanes_core::Error;

use super::lock::Lock;
use super::monitor::System;
use super::protocol::{Regime, Rules};
use super::state::State;
use super::trace::{Recorder, Recording, What};

/// A global interpreter lock.
///
/// ```
/// use std::time::Duration;
/// use primelanes_backends::Gil;
///
/// let gil = Gil::new(Duration::from_millis(5));
/// let mut attached = gil.attach()?;            // waits for the lock
/// for _step in 0..1000 {
///     // .. run a little ..
///     attached.check();                        // hands the lock over if another thread has asked for it
/// }
/// let text = attached.detach(|| "as read from a file".to_owned());  // meanwhile, others run
/// assert!(gil.attach().is_err(), "this thread already holds it");
/// drop(attached);
/// # Ok::<(), primelanes_backends::Error>(())
/// ```
#[derive(Debug)]
pub struct Gil {
    interval: Duration,
    lock: Lock<System>,
}

impl Gil {
    /// Creates a free lock. A thread that waits asks for the lock after `interval`.
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self::with(interval, None)
    }

    /// Creates a lock like [`new`](Gil::new) that records its first `capacity` events, of 32 bytes each.
    #[must_use]
    pub fn recorded(interval: Duration, capacity: usize) -> Self {
        Self::with(interval, Some(Recorder::new(capacity)))
    }

    const fn with(interval: Duration, recorder: Option<Recorder<ThreadId>>) -> Self {
        let has_recorder = recorder.is_some();
        let state = State::new(Rules::new(Regime::Timed { interval }), recorder);
        Self { interval, lock: Lock::new(System::new(state), has_recorder) }
    }

    /// Returns the switch interval.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// Waits until the lock is free and takes it. Dropping the returned value drops the lock.
    ///
    /// # Errors
    /// [`Error::AlreadyAttached`] if this thread already holds the lock, since it would wait for itself.
    pub fn attach(&self) -> Result<Attached<'_>, Error> {
        let taken = self.lock.take();
        taken.then(|| Attached { gil: self, of_this_thread: PhantomData }).ok_or(Error::AlreadyAttached)
    }

    /// Checks that this thread does not hold the lock.
    ///
    /// # Errors
    /// [`Error::AlreadyAttached`] if it holds the lock.
    pub(super) fn check_not_held(&self) -> Result<(), Error> {
        if self.lock.is_held_by_me() { Err(Error::AlreadyAttached) } else { Ok(()) }
    }

    /// Returns how often the lock has gone from one thread to another.
    #[must_use]
    pub fn switches(&self) -> u64 {
        self.lock.state().protocol().switches()
    }

    /// Takes the recording of what has happened since the start, or since the last call. It is empty unless the lock is
    /// [`recorded`](Gil::recorded).
    #[must_use]
    pub fn take_recording(&self) -> Recording {
        self.lock.state().recorder().map(Recorder::take).unwrap_or_default()
    }
}

/// Proof that this thread holds the lock. Dropping it drops the lock, also during a panic.
#[derive(Debug)]
pub struct Attached<'a> {
    gil: &'a Gil,
    /// The thread that took the lock must drop it.
    of_this_thread: PhantomData<*const ()>,
}

impl Attached<'_> {
    /// Passes a check site: if another thread has asked for the lock, hands the lock over and takes it again.
    pub fn check(&self) {
        self.gil.lock.check();
    }

    /// Runs `work` without the lock, and takes the lock again afterwards, also during a panic. Use it for a call that
    /// blocks, or for native code that does not need the lock.
    pub fn detach<R>(&mut self, work: impl FnOnce() -> R) -> R {
        struct Reattach<'a>(&'a Gil);

        impl Drop for Reattach<'_> {
            fn drop(&mut self) {
                self.0.lock.record(What::Returns);
                self.0.lock.take();
            }
        }

        self.gil.lock.release();
        self.gil.lock.record(What::Detaches);
        let _reattach = Reattach(self.gil);
        work()
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.gil.lock.release();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread::scope;
    use std::time::Instant;

    use super::*;

    /// A test that takes longer than this has hung.
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
    fn taking_your_own_dropped_lock_again_is_no_switch() {
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
    fn others_run_while_a_thread_is_detached_and_it_has_the_lock_afterwards() {
        let gil = Gil::new(Duration::from_millis(5));
        let mut attached = gil.attach().unwrap();
        let from_inside = attached.detach(|| {
            scope(|scope| scope.spawn(|| drop(gil.attach().unwrap())).join().unwrap());
            // The thread is no longer attached, and may attach again.
            drop(gil.attach().unwrap());
            7
        });
        assert_eq!((from_inside, gil.switches()), (7, 2));
        assert_eq!(gil.attach().err(), Some(Error::AlreadyAttached));
    }

    #[test]
    fn a_panic_while_detached_ends_attached_and_frees_the_lock() {
        let gil = Gil::new(Duration::from_millis(5));
        let died = scope(|scope| {
            let detached = || gil.attach().unwrap().detach(|| panic!("while detached"));
            scope.spawn(detached).join().is_err()
        });
        assert!(died && gil.attach().is_ok());
    }

    #[test]
    fn events_are_recorded_on_request() {
        let gil = Gil::recorded(Duration::from_millis(5), 7);
        let mut attached = gil.attach().unwrap();
        attached.detach(|| ());
        drop(attached);
        let recording = gil.take_recording();
        let what: Vec<What> = recording.entries.iter().map(|entry| entry.what).collect();
        let (takes, drops) = (What::Takes { switch: false }, What::Drops { forced: false });
        assert_eq!(what, [takes, drops, What::Detaches, What::Returns, takes, drops]);
        drop(gil.attach());
        assert_eq!((gil.take_recording().entries.len(), gil.take_recording().entries.len()), (2, 0));
        (0..5).for_each(|_| drop(gil.attach()));
        assert_eq!(gil.take_recording().left_out, 3);
        let silent = Gil::new(Duration::from_millis(5));
        drop(silent.attach());
        assert_eq!(silent.take_recording(), Recording::default());
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
                        // Read, add and write back. Only the lock makes this indivisible.
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
    fn a_thread_that_was_asked_to_drop_the_lock_is_not_the_next_holder() {
        let gil = Gil::new(Duration::from_micros(100));
        let others = AtomicU64::new(0);
        let start = Instant::now();
        let until_requested = || {
            while !gil.lock.drop_requested() {
                assert!(start.elapsed() < WATCHDOG, "nobody asks for the lock");
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
    fn without_waiters_no_drop_is_requested() {
        let gil = Gil::new(Duration::ZERO);
        let attached = gil.attach().unwrap();
        for _ in 0..1000 {
            attached.check();
        }
        assert_eq!((gil.switches(), gil.lock.drop_requested()), (0, false));
    }
}
