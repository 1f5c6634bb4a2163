//! The state of a thread in the simulation.

use super::{SimulatedThread, Time};
use crate::global_lock::protocol::Event;

/// What a thread does with its core, or will do when it wakes up.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Asks for the lock, or reports to it why a wait is over.
    Take(Event),
    /// Runs a step under the lock.
    Run,
    /// Drops the lock.
    Drop(Next),
    /// Wakes up from its wait for a switch.
    Switched(Next),
    /// Computes, sleeps or waits without the lock. Is back when its work is done.
    Outside,
    Finished,
}

/// Why a thread has dropped the lock.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    Retake,
    Detach,
    Finish,
}

/// A thread, and how far it is.
pub(super) struct Thread<'a> {
    pub(super) spec: &'a SimulatedThread,
    /// The index of its current step.
    pub(super) at: usize,
    /// The processor time that it needs in this stage before anything happens.
    pub(super) work: Time,
    /// What is left of the current step under the lock, including `work`.
    pub(super) left: Time,
    pub(super) stage: Stage,
    /// The time spent in [`Step::Compute`](super::Step::Compute) so far.
    pub(super) computed: Time,
    /// The processor time that it still needs for signals that it has sent.
    pub(super) signalling: Time,
    /// The time between two of its check sites while it has the lock.
    pub(super) check: Time,
    /// How long it has run since the last check site that was passed to the lock.
    pub(super) unchecked: Time,
    /// When it started to sleep or wait without the lock, and how long that should last.
    pub(super) away: Option<(Time, Time)>,
    /// The start of the time on a core that is not accounted for yet, if it has a core.
    pub(super) since: Option<Time>,
    /// When it finished.
    pub(super) finished: Option<Time>,
    /// The number of its last alarm. Earlier alarms are void.
    pub(super) alarm: Option<u64>,
}

impl<'a> Thread<'a> {
    /// A thread that is about to take the lock for the first time.
    pub(super) const fn new(spec: &'a SimulatedThread) -> Self {
        Self {
            spec,
            at: 0,
            work: 0,
            left: 0,
            stage: Stage::Take(Event::Take),
            computed: 0,
            signalling: 0,
            check: 1,
            unchecked: 0,
            away: None,
            since: None,
            finished: None,
            alarm: None,
        }
    }
}
