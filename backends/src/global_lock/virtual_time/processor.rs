//! Cores, and the threads that want one.

use std::collections::VecDeque;

use super::Time;

/// A thread on a core.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub(super) thread: usize,
    /// When it got the core.
    pub(super) since: Time,
}

/// Who has a core, and who waits for one.
#[derive(Debug)]
pub(super) struct Processor {
    cores: Vec<Option<Running>>,
    ready: VecDeque<usize>,
}

impl Processor {
    pub(super) fn new(cores: usize) -> Self {
        Self { cores: vec![None; cores], ready: VecDeque::new() }
    }

    /// How much longer a thread may keep its core; `None`: it had to give it up, since others want it.
    pub(super) fn slice_left(&mut self, thread: usize, now: Time, slice: Time) -> Option<Time> {
        let core = self.cores.iter_mut().find(|core| core.is_some_and(|running| running.thread == thread))?;
        let since = core.map_or(now, |running| running.since);
        if now - since < slice {
            return Some(since + slice - now);
        }
        // Nobody else: another slice.
        *core = self.ready.is_empty().then_some(Running { thread, since: now });
        core.map(|_| slice)
    }

    /// A thread that was woken wants a core at once; gives the thread that has to make room for it.
    pub(super) fn wake(&mut self, thread: usize) -> Option<usize> {
        self.ready.push_front(thread);
        if self.cores.iter().any(Option::is_none) {
            return None;
        }
        let longest = self.cores.iter().flatten().min_by_key(|running| running.since)?.thread;
        self.leave(longest);
        self.ready.insert(1, longest);
        Some(longest)
    }

    /// A thread without a core wants one, after all others that do.
    pub(super) fn queue(&mut self, thread: usize) {
        self.ready.push_back(thread);
    }

    /// A thread gives up its core, if it has one.
    pub(super) fn leave(&mut self, thread: usize) {
        for core in &mut self.cores {
            if core.is_some_and(|running| running.thread == thread) {
                *core = None;
            }
        }
    }

    /// Gives an idle core to the thread that has the first claim to one, and names it.
    pub(super) fn dispatch(&mut self, now: Time) -> Option<usize> {
        let idle = self.cores.iter_mut().find(|core| core.is_none())?;
        let thread = self.ready.pop_front()?;
        *idle = Some(Running { thread, since: now });
        Some(thread)
    }
}
