//! What the lock needs from the system: a mutex with two condition variables, and the ID of the current thread. This is
//! a trait, so that a schedule checker can take the place of the operating system.

use std::fmt::Debug;
use std::ops::DerefMut;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::protocol::Signal;
use super::state::State;

/// A mutex around the state of a lock, with a condition variable for each [`Signal`].
pub(super) trait Monitor {
    type Thread: Copy + Eq + Debug;
    type Guard<'a>: DerefMut<Target = State<Self::Thread>>
    where
        Self: 'a;

    /// Returns the calling thread.
    fn current() -> Self::Thread;

    fn lock(&self) -> Self::Guard<'_>;

    /// Releases the mutex and waits for the signal, for a spurious wake-up or for the timeout. Returns whether the
    /// timeout has expired.
    fn wait<'a>(&'a self, guard: Self::Guard<'a>, signal: Signal, timeout: Option<Duration>)
    -> (Self::Guard<'a>, bool);

    /// Wakes one thread that waits for [`Signal::Dropped`], or all threads that wait for [`Signal::Taken`].
    fn signal(&self, signal: Signal);
}

/// The monitor of the operating system.
#[derive(Debug)]
pub(super) struct System {
    state: Mutex<State<ThreadId>>,
    dropped: Condvar,
    taken: Condvar,
}

impl System {
    pub(super) const fn new(state: State<ThreadId>) -> Self {
        Self { state: Mutex::new(state), dropped: Condvar::new(), taken: Condvar::new() }
    }

    const fn condition(&self, signal: Signal) -> &Condvar {
        match signal {
            Signal::Dropped => &self.dropped,
            Signal::Taken => &self.taken,
        }
    }
}

thread_local! {
    /// Cached because every attach reads it, and [`thread::current`] would count references.
    static CURRENT: ThreadId = thread::current().id();
}

// No code that runs under the mutex can panic halfway, so a poisoned mutex still guards a valid state.
impl Monitor for System {
    type Thread = ThreadId;
    type Guard<'a> = MutexGuard<'a, State<ThreadId>>;

    fn current() -> ThreadId {
        // A thread that is being torn down has lost its thread-local values, but not its ID.
        CURRENT.try_with(|id| *id).unwrap_or_else(|_| thread::current().id())
    }

    fn lock(&self) -> MutexGuard<'_, State<ThreadId>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &'a self,
        guard: Self::Guard<'a>,
        signal: Signal,
        timeout: Option<Duration>,
    ) -> (Self::Guard<'a>, bool) {
        let condition = self.condition(signal);
        match timeout {
            Some(timeout) => {
                let (guard, waited) = condition.wait_timeout(guard, timeout).unwrap_or_else(PoisonError::into_inner);
                (guard, waited.timed_out())
            }
            None => (condition.wait(guard).unwrap_or_else(PoisonError::into_inner), false),
        }
    }

    fn signal(&self, signal: Signal) {
        match signal {
            Signal::Dropped => self.dropped.notify_one(),
            Signal::Taken => self.taken.notify_all(),
        }
    }
}
