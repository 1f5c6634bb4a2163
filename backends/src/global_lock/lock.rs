//! Drives the protocol with threads that really wait.

use std::sync::atomic::{AtomicBool, Ordering};

use super::monitor::Monitor;
use super::protocol::{Event, Signal, Then};
use super::trace::What;

/// A lock of the timed regime, on any monitor. A check site calls the protocol only if a drop is requested.
#[derive(Debug)]
pub(super) struct Lock<M> {
    monitor: M,
    /// A copy of the protocol's own flag outside the mutex, so that a check site costs one load.
    drop_requested: AtomicBool,
    /// Whether there is a recorder, which can be read without the mutex.
    recorded: bool,
}

impl<M> Lock<M> {
    pub(super) const fn new(monitor: M, recorded: bool) -> Self {
        Self { monitor, drop_requested: AtomicBool::new(false), recorded }
    }

    /// Returns whether the holder is asked to drop the lock, as far as this thread can tell without the mutex.
    pub(super) fn drop_requested(&self) -> bool {
        self.drop_requested.load(Ordering::Relaxed)
    }
}

impl<M: Monitor> Lock<M> {
    pub(super) fn state(&self) -> M::Guard<'_> {
        self.monitor.lock()
    }

    pub(super) fn is_held_by_me(&self) -> bool {
        self.state().protocol().holder() == Some(M::current())
    }

    /// Waits until the lock is free, runs `work` with it, and drops it, even if `work` panics. Returns `None` without
    /// running `work` if this thread already holds the lock.
    pub(super) fn hold<R>(&self, work: impl FnOnce() -> R) -> Option<R> {
        struct Release<'a, M: Monitor>(&'a Lock<M>);

        impl<M: Monitor> Drop for Release<'_, M> {
            fn drop(&mut self) {
                self.0.release();
            }
        }

        self.take().then(|| {
            let _release = Release(self);
            work()
        })
    }

    /// Drops the lock, which this thread holds, runs `work` without it, and takes it again, even if `work` panics.
    pub(super) fn without<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Retake<'a, M: Monitor>(&'a Lock<M>);

        impl<M: Monitor> Drop for Retake<'_, M> {
            fn drop(&mut self) {
                self.0.record(What::Returns);
                let taken = self.0.take();
                debug_assert!(taken, "whatever held the lock meanwhile has dropped it");
            }
        }

        self.release();
        self.record(What::Detaches);
        let _retake = Retake(self);
        work()
    }

    /// Waits until the lock is free and takes it. Returns false if this thread already holds it.
    fn take(&self) -> bool {
        let state = self.state();
        let mine = state.protocol().holder() == Some(M::current());
        if !mine {
            self.drive(state, Event::Take);
        }
        !mine
    }

    /// Drops the lock. If a drop was requested, waits until another thread holds the lock.
    fn release(&self) {
        self.drive(self.state(), Event::Drop);
    }

    /// Passes a check site of the holder.
    pub(super) fn check(&self) {
        if self.drop_requested() && self.drive(self.state(), Event::CheckSite) == Then::HandOver {
            self.release();
            self.take();
        }
    }

    /// Records something that is not an event of the protocol, if there is a recorder.
    pub(super) fn record(&self, what: What) {
        if self.recorded {
            self.state().record(M::current(), what);
        }
    }

    /// Passes an event of this thread to the protocol, and waits for as long as the protocol says.
    fn drive<'a>(&'a self, state: M::Guard<'a>, event: Event) -> Then {
        let me = M::current();
        let (mut state, mut event) = (state, event);
        loop {
            let reaction = state.on(me, event);
            self.drop_requested.store(state.protocol().drop_requested(), Ordering::Relaxed);
            if let Some(signal) = reaction.signal {
                self.monitor.signal(signal);
            }
            let (signal, timeout) = match reaction.then {
                Then::AwaitDrop { .. } => (Signal::Dropped, state.protocol().timeout()),
                Then::AwaitSwitch => (Signal::Taken, None),
                then => return then,
            };
            state.start_wait(signal);
            let (mut awake, expired) = self.monitor.wait(state, signal, timeout);
            awake.end_wait(signal);
            state = awake;
            event = match reaction.then {
                Then::AwaitDrop { seen, .. } if expired => Event::Expired { seen },
                Then::AwaitDrop { .. } => Event::Woken,
                _ => Event::Switched,
            };
        }
    }
}

#[cfg(test)]
mod tests;
