//! How far a thread of the simulation is.

use super::{Script, Time};
use crate::global_lock::protocol::Event;

/// What a thread does with its core, or wakes up to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Tells the lock that it wants it, or why it woke up while it waited.
    Take(Event),
    /// Runs the step under the lock.
    Run,
    /// Drops the lock.
    Drop(Next),
    /// Woke up from the wait for a switch.
    Switched(Next),
    /// Runs without the lock, or has slept or waited without it; is back with its work done.
    Outside,
    Finished,
}

/// What a thread dropped the lock for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    Retake,
    Detach,
    Finish,
}

/// A thread and its script.
pub(super) struct Thread<'a> {
    pub(super) script: &'a Script,
    /// Index of the step that it is at.
    pub(super) at: usize,
    /// Processor time to be spent in this stage before anything happens.
    pub(super) work: Time,
    /// Of a step that runs, what is left of it, `work` included.
    pub(super) left: Time,
    pub(super) stage: Stage,
    /// Time spent in [`Step::Compute`] so far.
    pub(super) computed: Time,
    /// Processor time for signals that it has sent, still to be spent.
    pub(super) signalling: Time,
    /// Between two of its check sites, as long as it has the lock.
    pub(super) check: Time,
    /// How long it has run since the last check site that the lock was told of.
    pub(super) unchecked: Time,
    /// When it began to do without the lock, and how long that should last.
    pub(super) away: Option<(Time, Time)>,
    /// Since when the present stretch of work is going on, if it is on a core.
    pub(super) since: Option<Time>,
    /// When it was done with its script.
    pub(super) finished: Option<Time>,
    /// The number of the one alarm that counts.
    pub(super) alarm: Option<u64>,
}

impl<'a> Thread<'a> {
    /// About to take the lock for the first time.
    pub(super) const fn new(script: &'a Script) -> Self {
        Self {
            script,
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
