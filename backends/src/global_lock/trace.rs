//! Recordings of what happened at a lock, and when. Every driver of the protocol records the same events, and every
//! picture is drawn from them.

use std::time::{Duration, Instant};

use super::protocol::{Event, Then};

/// What a thread did at the lock, or what happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The thread started to wait for the lock.
    Waits,
    /// The thread asked the holder to drop the lock.
    Requests,
    /// The thread timed out but did not ask, since the lock had changed hands during its wait.
    Refrains,
    /// The thread took the lock.
    Takes {
        /// Whether another thread held it before.
        switch: bool,
    },
    /// The thread dropped the lock.
    Drops {
        /// Whether the thread must wait until another holds it.
        forced: bool,
    },
    /// The thread's wait for a switch is over.
    SwitchSeen,
    /// The thread goes on without the lock for a while: it blocks, or calls code that needs no lock.
    Detaches,
    /// The thread wants the lock again.
    Returns,
}

impl What {
    /// Returns the entry to record for a step of the protocol, if any.
    pub(super) const fn of(event: Event, then: Then) -> Option<Self> {
        Some(match (event, then) {
            (Event::Take, Then::AwaitDrop { .. }) => Self::Waits,
            (Event::Expired { .. }, Then::AwaitDrop { requested: true, .. }) => Self::Requests,
            (Event::Expired { .. }, Then::AwaitDrop { requested: false, .. }) => Self::Refrains,
            (_, Then::Hold { switch }) => Self::Takes { switch },
            (Event::Drop, Then::AwaitSwitch) => Self::Drops { forced: true },
            (Event::Drop, Then::Leave) => Self::Drops { forced: false },
            (Event::Switched, Then::Leave) => Self::SwitchSeen,
            _ => return None,
        })
    }
}

/// One event of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The time since the recording began.
    pub at: Duration,
    /// Index into [`Recording::threads`].
    pub thread: usize,
    /// What happened.
    pub what: What,
}

/// The events at one lock, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The names of the threads, in the order of their first events.
    pub threads: Vec<String>,
    /// The first events, as many as the capacity of the recording.
    pub entries: Vec<Entry>,
    /// The number of later events that were left out.
    pub left_out: u64,
}

/// What a thread does during a [`Span`]. At other times it has nothing to do with the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doing {
    /// The thread holds the lock.
    Hold,
    /// The thread waits for the lock.
    Wait,
    /// The thread has dropped the lock on request, and waits until another thread holds it.
    ForcedWait,
    /// The thread goes on without the lock: it blocks, or runs code that needs no lock.
    Detached,
}

/// A period of one thread's time. The spans of a thread are in order and do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Index into [`Recording::threads`].
    pub thread: usize,
    /// What the thread does.
    pub doing: Doing,
    /// When the span starts, as the time since the recording began.
    pub from: Duration,
    /// When the span ends. A span that is not over at the end of the recording ends there.
    pub to: Duration,
}

/// A drop request, and its answer: the next time that the lock was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// When the waiter asked, as the time since the recording began.
    pub at: Duration,
    /// The thread that asked, as an index into [`Recording::threads`].
    pub by: usize,
    /// When the lock was taken, and by which thread. It is not always the thread that asked. `None` if the lock was not
    /// taken before the recording ended.
    pub answer: Option<(Duration, usize)>,
}

impl Recording {
    /// Returns the end of the recording, which is the time of the last event.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.entries.last().map_or(Duration::ZERO, |entry| entry.at)
    }

    /// Returns the spans of all threads, thread by thread.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let mut open: Vec<Option<(Doing, Duration)>> = vec![None; self.threads.len()];
        let mut spans = Vec::new();
        for &Entry { at, thread, what } in &self.entries {
            let next = match what {
                What::Requests | What::Refrains => continue,
                What::Waits => Some(Doing::Wait),
                What::Takes { .. } => Some(Doing::Hold),
                What::Drops { forced: true } => Some(Doing::ForcedWait),
                What::Detaches => Some(Doing::Detached),
                What::Drops { forced: false } | What::SwitchSeen | What::Returns => None,
            };
            let before = std::mem::replace(&mut open[thread], next.map(|doing| (doing, at)));
            spans.extend(before.map(|(doing, from)| Span { thread, doing, from, to: at }));
        }
        for (thread, last) in open.into_iter().enumerate() {
            spans.extend(last.map(|(doing, from)| Span { thread, doing, from, to: self.end() }));
        }
        spans.sort_by_key(|span| (span.thread, span.from));
        spans
    }

    /// Returns the slices of the lock: which thread had the lock to itself, and for how long. A slice begins when a
    /// thread takes the lock from another, and ends at its last drop before another thread takes the lock. The last
    /// slice, which no switch ends, is left out.
    #[must_use]
    pub fn slices(&self) -> Vec<(usize, Duration)> {
        let mut slices = Vec::new();
        let mut present: Option<(usize, Duration, Duration)> = None;
        for &Entry { at, thread, what } in &self.entries {
            match (what, &mut present) {
                (What::Takes { .. }, Some((holder, ..))) if *holder == thread => {}
                (What::Takes { .. }, present) => {
                    slices.extend(present.map(|(holder, from, to)| (holder, to.saturating_sub(from))));
                    *present = Some((thread, at, at));
                }
                (What::Drops { .. }, Some((_, _, to))) => *to = at,
                _ => {}
            }
        }
        slices
    }

    /// Returns all drop requests, in order of time.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let mut requests: Vec<Request> = Vec::new();
        let mut answered = 0;
        for &Entry { at, thread, what } in &self.entries {
            match what {
                What::Requests => requests.push(Request { at, by: thread, answer: None }),
                What::Takes { .. } => {
                    for request in &mut requests[answered..] {
                        request.answer = Some((at, thread));
                    }
                    answered = requests.len();
                }
                _ => {}
            }
        }
        requests
    }

    /// Returns the number of threads that wait for the lock, at the time of each change.
    #[must_use]
    pub fn waiters(&self) -> Vec<(Duration, usize)> {
        let mut waits = vec![false; self.threads.len()];
        let mut changes = Vec::new();
        for &Entry { at, thread, what } in &self.entries {
            let now = match what {
                What::Waits => true,
                What::Takes { .. } => false,
                _ => continue,
            };
            if std::mem::replace(&mut waits[thread], now) != now {
                changes.push((at, waits.iter().filter(|&&waits| waits).count()));
            }
        }
        changes
    }
}

/// Keeps the first events at a lock, up to its capacity, and counts the others.
#[derive(Debug)]
pub(super) struct Recorder<T> {
    start: Instant,
    capacity: usize,
    threads: Vec<T>,
    recording: Recording,
}

impl<T: Copy + Eq> Recorder<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { start: Instant::now(), capacity, threads: Vec::new(), recording: Recording::default() }
    }

    /// Records what the calling thread does now.
    pub(super) fn record(&mut self, thread: T, what: What) {
        self.record_at(self.start.elapsed(), thread, what, || std::thread::current().name().map(str::to_owned));
    }

    /// Records what a thread does at time `at`, which must not be before the last event. Calls `name` if the thread is
    /// new.
    pub(super) fn record_at(&mut self, at: Duration, thread: T, what: What, name: impl FnOnce() -> Option<String>) {
        if self.recording.entries.len() >= self.capacity {
            self.recording.left_out += 1;
            return;
        }
        let known = self.threads.iter().position(|&known| known == thread);
        let thread = known.unwrap_or_else(|| {
            self.threads.push(thread);
            let number = self.threads.len();
            self.recording.threads.push(name().unwrap_or_else(|| format!("thread {number}")));
            number - 1
        });
        self.recording.entries.push(Entry { at, thread, what });
    }

    /// Takes what was recorded so far. The next recording starts at time 0, with the same threads.
    pub(super) fn take(&mut self) -> Recording {
        self.start = Instant::now();
        let threads = self.recording.threads.clone();
        std::mem::replace(&mut self.recording, Recording { threads, ..Recording::default() })
    }
}

#[cfg(test)]
mod tests;
