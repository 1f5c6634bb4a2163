//! The state that the mutex of a lock guards.

use super::protocol::{Event, Protocol, Reaction, Rules, Signal};
use super::trace::{Recorder, What};

/// The protocol, and what its driver keeps in addition.
#[derive(Debug)]
pub(super) struct State<T> {
    protocol: Protocol<T>,
    /// The number of threads that wait for each [`Signal`]. A signal for which no thread waits is skipped.
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

    /// Returns the recorder, if the lock has one.
    pub(super) const fn recorder(&mut self) -> Option<&mut Recorder<T>> {
        self.recorder.as_mut()
    }

    /// Passes an event to the protocol and records it. The reaction has a signal only if a thread waits for it.
    pub(super) fn on(&mut self, thread: T, event: Event) -> Reaction {
        let Reaction { then, signal } = self.protocol.on(thread, event);
        if let Some(what) = What::of(event, then) {
            self.record(thread, what);
        }
        Reaction { then, signal: signal.filter(|&signal| self.waiting[signal as usize] > 0) }
    }

    /// Records what the calling thread does, if the lock has a recorder.
    pub(super) fn record(&mut self, thread: T, what: What) {
        if let Some(recorder) = &mut self.recorder {
            recorder.record(thread, what);
        }
    }

    /// Notes that a thread starts to wait for the signal.
    pub(super) const fn start_wait(&mut self, signal: Signal) {
        self.waiting[signal as usize] += 1;
    }

    /// Notes that a thread's wait for the signal is over.
    pub(super) const fn end_wait(&mut self, signal: Signal) {
        self.waiting[signal as usize] -= 1;
    }
}
