//! Cores, and the threads that want a core.

use std::collections::VecDeque;

use super::Time;

/// A thread on a core.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub(super) thread: usize,
    /// When its time slice began, not counting the time that it was displaced.
    pub(super) since: Time,
}

/// A thread that wants a core.
#[derive(Clone, Copy, Debug)]
struct Ready {
    thread: usize,
    /// How much of its time slice it has used.
    used: Time,
}

/// The threads that have a core, and those that wait for one.
#[derive(Debug)]
pub(super) struct Processor {
    cores: Vec<Option<Running>>,
    ready: VecDeque<Ready>,
}

impl Processor {
    pub(super) fn new(cores: usize) -> Self {
        Self { cores: vec![None; cores], ready: VecDeque::new() }
    }

    /// Returns how much longer a thread may keep its core. `None` if it lost the core because others want it.
    pub(super) fn slice_left(&mut self, thread: usize, now: Time, slice: Time) -> Option<Time> {
        let core = self.cores.iter_mut().find(|core| core.is_some_and(|running| running.thread == thread))?;
        let since = core.map_or(now, |running| running.since);
        if now - since < slice {
            return Some(since + slice - now);
        }
        // If no other thread is ready, the thread gets another time slice.
        *core = self.ready.is_empty().then_some(Running { thread, since: now });
        core.map(|_| slice)
    }

    /// Puts a thread that wakes up at the front of the queue for a core. Returns the thread that loses its core to it, and
    /// is the next to get one, for the rest of its time slice.
    pub(super) fn wake(&mut self, thread: usize, now: Time) -> Option<usize> {
        self.ready.push_front(Ready { thread, used: 0 });
        if self.cores.iter().any(Option::is_none) {
            return None;
        }
        let longest = *self.cores.iter().flatten().min_by_key(|running| running.since)?;
        self.leave(longest.thread);
        self.ready.insert(1, Ready { thread: longest.thread, used: now - longest.since });
        Some(longest.thread)
    }

    /// Puts a thread at the end of the queue for a core.
    pub(super) fn queue(&mut self, thread: usize) {
        self.ready.push_back(Ready { thread, used: 0 });
    }

    /// Takes the core from a thread, if it has one.
    pub(super) fn leave(&mut self, thread: usize) {
        for core in &mut self.cores {
            if core.is_some_and(|running| running.thread == thread) {
                *core = None;
            }
        }
    }

    /// Gives an idle core to the first thread in the queue, and returns that thread.
    pub(super) fn dispatch(&mut self, now: Time) -> Option<usize> {
        let idle = self.cores.iter_mut().find(|core| core.is_none())?;
        let Ready { thread, used } = self.ready.pop_front()?;
        *idle = Some(Running { thread, since: now.saturating_sub(used) });
        Some(thread)
    }
}
