//! What happened at a lock, and when: one model of events for every driver of the protocol and every picture of it.

use std::time::{Duration, Instant};

use super::protocol::{Event, Then};

/// What a thread did at the lock, or what befell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It began to wait for the lock.
    Waits,
    /// It asked the holder to drop the lock.
    Requests,
    /// It would have asked, but the lock had changed hands while it waited.
    Refrains,
    /// It took the lock.
    Takes {
        /// Whether another had it before.
        switch: bool,
    },
    /// It dropped the lock.
    Drops {
        /// Whether it has to wait until another has it.
        forced: bool,
    },
    /// It need not wait for a switch any more.
    SwitchSeen,
    /// It does without the lock for a while: blocks, or calls what needs none.
    Detaches,
    /// It wants the lock again.
    Returns,
}

impl What {
    /// What is to be told of a step of the protocol, if anything.
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
    /// Since the recording began.
    pub at: Duration,
    /// Index into [`Recording::threads`].
    pub thread: usize,
    /// The event.
    pub what: What,
}

/// What happened at one lock, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The names of the threads, in the order in which they first came.
    pub threads: Vec<String>,
    /// The first events, as many as there was room for.
    pub entries: Vec<Entry>,
    /// How many events came after those.
    pub left_out: u64,
}

/// What a thread is at over a stretch of time. One that is at nothing has nothing to do with the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doing {
    /// It holds the lock.
    Hold,
    /// It waits for the lock.
    Wait,
    /// It has dropped the lock because it was asked to, and waits until another has it.
    ForcedWait,
    /// It does without the lock: blocks, or runs what needs none.
    Detached,
}

/// A stretch of one thread's time. Those of one thread lie side by side or apart, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Index into [`Recording::threads`].
    pub thread: usize,
    /// What it is at.
    pub doing: Doing,
    /// Since the recording began.
    pub from: Duration,
    /// The same, later or at once. What was not over at the end of the recording ends with it.
    pub to: Duration,
}

/// A drop request, and the taking of the lock that answered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// When a waiter asked.
    pub at: Duration,
    /// Who asked.
    pub by: usize,
    /// When the lock was taken, and who took it: not always who asked. `None`: not before the recording ended.
    pub answer: Option<(Duration, usize)>,
}

impl Recording {
    /// The end of the recording: the time of the last event.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.entries.last().map_or(Duration::ZERO, |entry| entry.at)
    }

    /// What each thread was at, thread by thread.
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

    /// How long one thread had the lock to itself, before another took it: who, and from its first taking to its last
    /// drop. The last slice, which no switch ends, is not among them.
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

    /// Every drop request, in order of time.
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

    /// How many threads wait for the lock, from each change on.
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

/// Keeps the first events at a lock, up to a number of them, and counts the others.
#[derive(Debug)]
pub(super) struct Recorder<T> {
    begun: Instant,
    capacity: usize,
    threads: Vec<T>,
    recording: Recording,
}

impl<T: Copy + Eq> Recorder<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { begun: Instant::now(), capacity, threads: Vec::new(), recording: Recording::default() }
    }

    /// Notes what the calling thread does now.
    pub(super) fn note(&mut self, thread: T, what: What) {
        self.note_at(self.begun.elapsed(), thread, what, || std::thread::current().name().map(str::to_owned));
    }

    /// Notes what a thread does at a time, which must not be before the last one; `name` is asked if the thread is new.
    pub(super) fn note_at(&mut self, at: Duration, thread: T, what: What, name: impl FnOnce() -> Option<String>) {
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

    /// What was recorded so far; begins anew, with the same threads and at time 0.
    pub(super) fn take(&mut self) -> Recording {
        self.begun = Instant::now();
        let threads = self.recording.threads.clone();
        std::mem::replace(&mut self.recording, Recording { threads, ..Recording::default() })
    }
}

#[cfg(test)]
mod tests;
