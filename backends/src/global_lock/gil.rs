//! The global lock for threads of the operating system.

use std::marker::PhantomData;
use std::thread::ThreadId;
use std::time::Duration;

use primelanes_core::Error;

use super::lock::Lock;
use super::monitor::System;
use super::protocol::{Regime, Rules};
use super::state::State;
use super::trace::{Recorder, Recording};

/// A global interpreter lock.
///
/// ```
/// use std::time::Duration;
/// use primelanes_backends::Gil;
///
/// let gil = Gil::new(Duration::from_millis(5));
/// let text = gil.attach(|attached| {           // waits for the lock, and drops it at the end
///     for _step in 0..1000 {
///         // .. run a little ..
///         attached.check();                    // hands the lock over if another thread has asked for it
///     }
///     assert!(gil.attach(|_| ()).is_err(), "this thread already holds it");
///     attached.detach(|| "as read from a file".to_owned())  // meanwhile, others run
/// })?;
/// assert_eq!(text, "as read from a file");
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

    /// Waits until the lock is free, runs `work` with it, and drops it, even if `work` panics.
    ///
    /// The [`Attached`] that `work` gets cannot be returned, kept, sent to another thread, or used during its own
    /// [`detach`](Attached::detach). So only one thread at a time holds the lock, whatever safe code does.
    ///
    /// # Errors
    /// [`Error::AlreadyAttached`] if this thread already holds the lock, since it would wait for itself. In that case,
    /// `work` does not run.
    pub fn attach<R>(&self, work: impl for<'s> FnOnce(&mut Attached<'s>) -> R) -> Result<R, Error> {
        let attached = || work(&mut Attached { lock: &self.lock, of_this_thread: PhantomData });
        self.lock.hold(attached).ok_or(Error::AlreadyAttached)
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

/// Proof that this thread holds the lock, inside [`Gil::attach`].
#[derive(Debug)]
pub struct Attached<'s> {
    lock: &'s Lock<System>,
    /// The thread that took the lock must drop it.
    of_this_thread: PhantomData<*const ()>,
}

impl Attached<'_> {
    /// Passes a check site: if another thread has asked for the lock, hands the lock over and takes it again.
    pub fn check(&self) {
        self.lock.check();
    }

    /// Runs `work` without the lock, and takes the lock again afterwards, also during a panic. Use it for a call that
    /// blocks, or for native code that does not need the lock.
    ///
    /// `work` may attach to the lock again, for a part of its time.
    pub fn detach<R>(&mut self, work: impl FnOnce() -> R) -> R {
        self.lock.without(work)
    }
}

#[cfg(doctest)]
mod escapes;

#[cfg(test)]
mod tests;
