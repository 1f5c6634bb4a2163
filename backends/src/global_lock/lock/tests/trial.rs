//! What the threads of the checker do at the lock, and what the test checks meanwhile.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex as Plain, MutexGuard as PlainGuard, PoisonError};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::atomic::AtomicU64 as Scheduled;
use shuttle::sync::{Condvar, Mutex, MutexGuard};
use shuttle::thread::{self, ThreadId};

use super::super::Lock;
use crate::global_lock::monitor::Monitor;
use crate::global_lock::protocol::{Rules, Signal};
use crate::global_lock::state::State;
use crate::global_lock::trace::{Entry, Recorder, Recording, What};

/// The probabilities that a wait ends without a signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chances {
    /// The probability that a wait with a timeout times out.
    pub(super) expired: f64,
    /// The probability that a wait ends spuriously.
    pub(super) spurious: f64,
}

impl Chances {
    pub(super) const NONE: Self = Self { expired: 0.0, spurious: 0.0 };
    pub(super) const SOME: Self = Self { expired: 0.5, spurious: 0.2 };
}

/// How often certain things happened in all schedules of a trial. A test in which nothing happened proves little.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    forced: AtomicU64,
    requests: AtomicU64,
    refrained: AtomicU64,
    spurious: AtomicU64,
}

impl Coverage {
    /// Returns the numbers of forced switches, requests, waiters that timed out and did not ask, and spurious wake-ups.
    pub(super) fn read(&self) -> [u64; 4] {
        [&self.forced, &self.requests, &self.refrained, &self.spurious].map(|count| count.load(Relaxed))
    }
}

/// The mutex and the condition variables of the checker, which have no timeouts. A wait that should time out only lets
/// other threads run first.
pub(super) struct CheckedMonitor {
    state: Mutex<State<ThreadId>>,
    conditions: [Condvar; 2],
    waiting: [AtomicU64; 2],
    chances: Chances,
    coverage: &'static Coverage,
    /// What each waiter that timed out must do, in order.
    expected: Plain<Vec<What>>,
}

impl Monitor for CheckedMonitor {
    type Thread = ThreadId;
    type Guard<'a> = MutexGuard<'a, State<ThreadId>>;

    fn current() -> ThreadId {
        thread::current().id()
    }

    fn lock(&self) -> Self::Guard<'_> {
        self.state.lock().unwrap()
    }

    fn wait<'a>(
        &'a self,
        guard: Self::Guard<'a>,
        signal: Signal,
        timeout: Option<Duration>,
    ) -> (Self::Guard<'a>, bool) {
        let expired = timeout.is_some() && thread_rng().gen_bool(self.chances.expired);
        let spurious = !expired && thread_rng().gen_bool(self.chances.spurious);
        let switches = guard.protocol().switches();
        self.waiting[signal as usize].fetch_add(1, Relaxed);
        let guard = if expired || spurious {
            drop(guard);
            thread::yield_now();
            self.lock()
        } else {
            self.conditions[signal as usize].wait(guard).unwrap()
        };
        self.waiting[signal as usize].fetch_sub(1, Relaxed);
        self.coverage.spurious.fetch_add(u64::from(spurious), Relaxed);
        if expired && guard.protocol().holder().is_some() {
            let changed = guard.protocol().switches() != switches;
            self.expected().push(if changed { What::Refrains } else { What::Requests });
        }
        (guard, expired)
    }

    fn signal(&self, signal: Signal) {
        assert!(self.waiting[signal as usize].load(Relaxed) > 0, "a signal without a waiter");
        match signal {
            Signal::Dropped => self.conditions[0].notify_one(),
            Signal::Taken => self.conditions[1].notify_all(),
        }
    }
}

impl CheckedMonitor {
    fn expected(&self) -> PlainGuard<'_, Vec<What>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a thread does with the lock that it takes while it is detached.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inner {
    /// It drops the lock before it takes it for good again, as scopes make it do.
    Ends,
    /// It still holds the lock then, and drops it later, as a token could that leaves its scope.
    Outlives,
}

/// What runs under each schedule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub(super) rules: Rules,
    pub(super) threads: usize,
    pub(super) chances: Chances,
    pub(super) inner: Inner,
}

/// The lock and what it guards.
struct Fixture {
    lock: Lock<CheckedMonitor>,
    /// A count that is read, and written back later. Only the lock makes this indivisible.
    count: Scheduled,
    /// What an outside observer knows. The checker does not schedule this mutex.
    observer: Plain<Observer>,
}

#[derive(Default)]
struct Observer {
    inside: Option<ThreadId>,
    last: Option<ThreadId>,
    switches: u64,
}

impl Trial {
    /// Runs one schedule: each thread counts, passes check sites, detaches, counts for a while under the lock, and
    /// counts again.
    pub(super) fn run(self, coverage: &'static Coverage) {
        let lock = self.lock(Some(Recorder::new(10_000)), coverage);
        let fixture = Fixture { lock, count: Scheduled::new(0), observer: Plain::default() };
        thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| fixture.hold_and_work(self.inner));
            }
        });
        fixture.check_end(self.threads as u64, coverage);
    }

    pub(super) fn lock(
        self,
        recorder: Option<Recorder<ThreadId>>,
        coverage: &'static Coverage,
    ) -> Lock<CheckedMonitor> {
        let has_recorder = recorder.is_some();
        let monitor = CheckedMonitor {
            state: Mutex::new(State::new(self.rules, recorder)),
            conditions: Default::default(),
            waiting: Default::default(),
            chances: self.chances,
            coverage,
            expected: Plain::default(),
        };
        Lock::new(monitor, has_recorder)
    }
}

impl Fixture {
    fn hold_and_work(&self, inner: Inner) {
        match inner {
            Inner::Ends => assert_eq!(self.lock.hold(|| self.work(inner)), Some(())),
            // The guard of a hold would drop a lock that this thread does not have, and hide the law that was broken.
            Inner::Outlives => {
                assert!(self.lock.take());
                self.work(inner);
                self.lock.release();
            }
        }
    }

    fn work(&self, inner: Inner) {
        self.enter(false);
        self.count_up();
        self.pass_check_site();
        self.count_up();
        self.detach(inner);
        self.count_up();
        self.pass_check_site();
        self.leave();
    }

    fn count_up(&self) {
        let before = self.count.load(Relaxed);
        self.count.store(before + 1, Relaxed);
    }

    fn pass_check_site(&self) {
        let asked = self.leave();
        self.lock.check();
        self.enter(asked);
    }

    fn detach(&self, inner: Inner) {
        let asked = self.leave();
        let asked_again = match inner {
            Inner::Ends => self.lock.without(|| self.lock.hold(|| self.attached_again(asked)).unwrap()),
            Inner::Outlives => {
                self.lock.release();
                self.lock.record(What::Detaches);
                assert!(self.lock.take());
                let asked = self.attached_again(asked);
                self.lock.record(What::Returns);
                assert!(!self.lock.take(), "the inner hold has ended");
                self.lock.release();
                asked
            }
        };
        self.enter(asked_again);
    }

    /// Counts while it holds the lock inside of a detached time. Returns whether it is asked to drop the lock.
    fn attached_again(&self, asked: bool) -> bool {
        self.enter(asked);
        self.count_up();
        self.leave()
    }

    fn observer(&self) -> PlainGuard<'_, Observer> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that this thread has the lock. `asked` is whether it was asked to drop the lock when it last left.
    fn enter(&self, asked: bool) {
        let me = Some(CheckedMonitor::current());
        let mut observer = self.observer();
        assert_eq!(observer.inside, None, "two holders");
        assert!(!(asked && observer.last == me), "the dropper is the next holder");
        observer.switches += u64::from(observer.last.is_some() && observer.last != me);
        (observer.inside, observer.last) = (me, me);
    }

    /// Notes that this thread may drop the lock from now on. Returns whether it is asked to drop it. Only the holder
    /// can end such a request.
    fn leave(&self) -> bool {
        assert_eq!(self.observer().inside.take(), Some(CheckedMonitor::current()), "two holders");
        self.lock.drop_requested()
    }

    fn check_end(&self, threads: u64, coverage: &Coverage) {
        assert_eq!(self.count.load(Relaxed), 4 * threads, "lost update");
        let mut state = self.lock.state();
        assert_eq!((state.protocol().holder(), self.lock.drop_requested()), (None, false));
        assert_eq!(state.protocol().switches(), self.observer().switches, "miscounted");
        let recording = state.recorder().map(Recorder::take).unwrap();
        check_recording(&recording);
        let recorded = |kind: fn(&What) -> bool| -> Vec<What> {
            recording.entries.iter().map(|entry| entry.what).filter(kind).collect()
        };
        let count = |kind| recorded(kind).len() as u64;
        assert_eq!(count(|what| *what == What::Detaches), threads);
        assert_eq!(count(|what| *what == What::Returns), threads);
        let decisions = recorded(|what| matches!(what, What::Requests | What::Refrains));
        assert_eq!(decisions, *self.lock.monitor.expected(), "wrong requests");
        coverage.requests.fetch_add(count(|what| *what == What::Requests), Relaxed);
        coverage.refrained.fetch_add(count(|what| *what == What::Refrains), Relaxed);
        coverage.forced.fetch_add(count(|what| *what == What::Drops { forced: true }), Relaxed);
    }
}

/// Checks that the recording has one holder at a time, and that each wait and each forced wait ends.
fn check_recording(recording: &Recording) {
    let mut holder = None;
    let mut doing = vec![None; recording.threads.len()];
    for &Entry { thread, what, .. } in &recording.entries {
        match what {
            What::Waits => assert_eq!(doing[thread].replace(what), None),
            What::Requests | What::Refrains => assert_eq!(doing[thread], Some(What::Waits)),
            What::Takes { .. } => {
                assert_eq!(holder.replace(thread), None, "two holders");
                assert!(matches!(doing[thread].take(), None | Some(What::Waits)));
            }
            What::Drops { forced } => {
                assert_eq!(holder.take(), Some(thread));
                doing[thread] = forced.then_some(what);
            }
            What::SwitchSeen => assert_eq!(doing[thread].take(), Some(What::Drops { forced: true })),
            What::Detaches | What::Returns => assert_eq!(doing[thread], None),
        }
    }
    assert_eq!((holder, doing), (None, vec![None; recording.threads.len()]));
}
