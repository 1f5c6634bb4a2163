//! The protocol, driven by threads that wait.

use std::sync::atomic::{AtomicBool, Ordering};

use super::monitor::Monitor;
use super::protocol::{Event, Protocol, Rules, Signal, Then};
use super::trace::{Recorder, What};

/// What the monitor's mutex guards.
#[derive(Debug)]
pub(super) struct State<T> {
    protocol: Protocol<T>,
    /// Threads in a wait for a drop, and for a switch: a signal that nobody waits for costs nothing.
    waiting: [usize; 2],
    recorder: Option<Recorder<T>>,
}

impl<T: Copy + Eq> State<T> {
    pub(super) const fn new(rules: Rules, recorder: Option<Recorder<T>>) -> Self {
        Self { protocol: Protocol::new(rules), waiting: [0; 2], recorder }
    }

    pub(super) const fn protocol(&self) -> &Protocol<T> {
        &self.protocol
    }

    /// The recorder, if the lock has one.
    pub(super) const fn recorder(&mut self) -> Option<&mut Recorder<T>> {
        self.recorder.as_mut()
    }
}

/// One lock of the timed regime on some monitor: check sites tell the protocol nothing unless it asks.
#[derive(Debug)]
pub(super) struct Lock<M> {
    monitor: M,
    /// The protocol's own, copied out of the mutex so that a check site costs one load.
    drop_requested: AtomicBool,
    /// Whether there is a recorder, known without the mutex.
    recorded: bool,
}

impl<M> Lock<M> {
    pub(super) const fn new(monitor: M, recorded: bool) -> Self {
        Self { monitor, drop_requested: AtomicBool::new(false), recorded }
    }

    /// Whether the holder is asked to drop the lock, as far as this thread can know without the mutex.
    pub(super) fn drop_requested(&self) -> bool {
        self.drop_requested.load(Ordering::Relaxed)
    }
}

impl<M: Monitor> Lock<M> {
    pub(super) fn state(&self) -> M::Guard<'_> {
        self.monitor.lock()
    }

    pub(super) fn is_held_by_me(&self) -> bool {
        self.state().protocol.holder() == Some(M::current())
    }

    /// Waits until the lock is free and takes it; false: this thread has it already.
    pub(super) fn take(&self) -> bool {
        let state = self.state();
        let mine = state.protocol.holder() == Some(M::current());
        if !mine {
            self.drive(state, Event::Take);
        }
        !mine
    }

    /// Drops the lock; if that was asked for, waits until another thread has it.
    pub(super) fn release(&self) {
        self.drive(self.state(), Event::Drop);
    }

    /// A check site of the holder.
    pub(super) fn check(&self) {
        if self.drop_requested() && self.drive(self.state(), Event::CheckSite) == Then::HandOver {
            self.release();
            self.take();
        }
    }

    /// What the recorder, if there is one, is told beside the events.
    pub(super) fn note(&self, what: What) {
        if !self.recorded {
            return;
        }
        if let Some(recorder) = &mut self.state().recorder {
            recorder.note(M::current(), what);
        }
    }

    /// Tells the protocol of an event of this thread and does what it says, until that is not to wait.
    fn drive<'a>(&'a self, state: M::Guard<'a>, event: Event) -> Then {
        let me = M::current();
        let (mut state, mut event) = (state, event);
        loop {
            let reaction = state.protocol.on(me, event);
            self.drop_requested.store(state.protocol.drop_requested(), Ordering::Relaxed);
            if let (Some(recorder), Some(what)) = (&mut state.recorder, What::of(event, reaction.then)) {
                recorder.note(me, what);
            }
            if let Some(signal) = reaction.signal.filter(|&signal| state.waiting[signal as usize] > 0) {
                self.monitor.signal(signal);
            }
            let (signal, patience) = match reaction.then {
                Then::AwaitDrop { .. } => (Signal::Dropped, state.protocol.patience()),
                Then::AwaitSwitch => (Signal::Taken, None),
                then => return then,
            };
            state.waiting[signal as usize] += 1;
            let (mut awake, expired) = self.monitor.wait(state, signal, patience);
            awake.waiting[signal as usize] -= 1;
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
