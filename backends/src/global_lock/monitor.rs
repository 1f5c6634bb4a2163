//! What the lock needs of the system: a mutex with two conditions, and names for threads. Behind a trait, so that a
//! checker of schedules can put its own in the place of the system's.

use std::fmt::Debug;
use std::ops::DerefMut;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::protocol::Signal;
use super::state::State;

/// A mutex around the state of a lock, and a condition for each [`Signal`].
pub(super) trait Monitor {
    type Thread: Copy + Eq + Debug;
    type Guard<'a>: DerefMut<Target = State<Self::Thread>>
    where
        Self: 'a;

    /// The calling thread.
    fn current() -> Self::Thread;

    fn lock(&self) -> Self::Guard<'_>;

    /// Lets go of the mutex and waits for the signal, or for no reason, but no longer than `patience`; true: it
    /// expired.
    fn wait<'a>(
        &'a self,
        guard: Self::Guard<'a>,
        signal: Signal,
        patience: Option<Duration>,
    ) -> (Self::Guard<'a>, bool);

    /// Wakes whom the signal is for.
    fn signal(&self, signal: Signal);
}

/// The operating system's.
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
    /// Asked for at every attach, and [`thread::current`] counts references.
    static CURRENT: ThreadId = thread::current().id();
}

// Nothing under the mutex can panic halfway, so that a poisoned one is whole.
impl Monitor for System {
    type Thread = ThreadId;
    type Guard<'a> = MutexGuard<'a, State<ThreadId>>;

    fn current() -> ThreadId {
        // A thread that is being torn down has lost its locals, but not its name.
        CURRENT.try_with(|id| *id).unwrap_or_else(|_| thread::current().id())
    }

    fn lock(&self) -> MutexGuard<'_, State<ThreadId>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &'a self,
        guard: Self::Guard<'a>,
        signal: Signal,
        patience: Option<Duration>,
    ) -> (Self::Guard<'a>, bool) {
        let condition = self.condition(signal);
        match patience {
            Some(patience) => {
                let (guard, waited) = condition.wait_timeout(guard, patience).unwrap_or_else(PoisonError::into_inner);
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
