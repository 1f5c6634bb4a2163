//! What the checker's threads do at the lock, and what is watched meanwhile.

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

/// How probable it is that a wait ends without a signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chances {
    /// Of a timed wait: that it expires.
    pub(super) expires: f64,
    /// That it ends for no reason.
    pub(super) stirs: f64,
}

impl Chances {
    pub(super) const NONE: Self = Self { expires: 0.0, stirs: 0.0 };
    pub(super) const SOME: Self = Self { expires: 0.5, stirs: 0.2 };
}

/// What happened, over all schedules of a trial: that all went well where nothing happened says little.
#[derive(Debug, Default)]
pub(super) struct Sights {
    forced: AtomicU64,
    requests: AtomicU64,
    refrained: AtomicU64,
    stirred: AtomicU64,
}

impl Sights {
    /// Forced switches, requests, waiters that expired and did not ask, and wakes for no reason.
    pub(super) fn read(&self) -> [u64; 4] {
        [&self.forced, &self.requests, &self.refrained, &self.stirred].map(|count| count.load(Relaxed))
    }
}

/// The checker's mutex and conditions. Its conditions know no time: a wait that is to expire is none, but lets others
/// go first.
pub(super) struct Checked {
    state: Mutex<State<ThreadId>>,
    conditions: [Condvar; 2],
    waiting: [AtomicU64; 2],
    chances: Chances,
    sights: &'static Sights,
    /// What each waiter whose wait expired should have done, in order.
    asks: Plain<Vec<What>>,
}

impl Monitor for Checked {
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
        patience: Option<Duration>,
    ) -> (Self::Guard<'a>, bool) {
        let expires = patience.is_some() && thread_rng().gen_bool(self.chances.expires);
        let stirs = !expires && thread_rng().gen_bool(self.chances.stirs);
        let switches = guard.protocol().switches();
        self.waiting[signal as usize].fetch_add(1, Relaxed);
        let guard = if expires || stirs {
            drop(guard);
            thread::yield_now();
            self.lock()
        } else {
            self.conditions[signal as usize].wait(guard).unwrap()
        };
        self.waiting[signal as usize].fetch_sub(1, Relaxed);
        self.sights.stirred.fetch_add(u64::from(stirs), Relaxed);
        if expires && guard.protocol().holder().is_some() {
            let changed = guard.protocol().switches() != switches;
            self.asks().push(if changed { What::Refrains } else { What::Requests });
        }
        (guard, expires)
    }

    fn signal(&self, signal: Signal) {
        assert!(self.waiting[signal as usize].load(Relaxed) > 0, "a signal that nobody waits for");
        match signal {
            Signal::Dropped => self.conditions[0].notify_one(),
            Signal::Taken => self.conditions[1].notify_all(),
        }
    }
}

impl Checked {
    fn asks(&self) -> PlainGuard<'_, Vec<What>> {
        self.asks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is run under each schedule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub(super) rules: Rules,
    pub(super) threads: usize,
    pub(super) chances: Chances,
}

/// The lock and what it guards.
struct Bench {
    lock: Lock<Checked>,
    /// Read, and written back later: indivisible only because of the lock.
    count: Scheduled,
    /// What an onlooker knows, beside the checker's schedule.
    onlooker: Plain<Onlooker>,
}

#[derive(Default)]
struct Onlooker {
    inside: Option<ThreadId>,
    last: Option<ThreadId>,
    switches: u64,
}

impl Trial {
    /// One schedule: each thread counts, passes check sites, blocks, and counts again.
    pub(super) fn run(self, sights: &'static Sights) {
        let lock = self.lock(Some(Recorder::new(10_000)), sights);
        let bench = Bench { lock, count: Scheduled::new(0), onlooker: Plain::default() };
        thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| bench.work());
            }
        });
        bench.check_end(self.threads as u64, sights);
    }

    pub(super) fn lock(self, recorder: Option<Recorder<ThreadId>>, sights: &'static Sights) -> Lock<Checked> {
        let kept = recorder.is_some();
        let monitor = Checked {
            state: Mutex::new(State::new(self.rules, recorder)),
            conditions: Default::default(),
            waiting: Default::default(),
            chances: self.chances,
            sights,
            asks: Plain::default(),
        };
        Lock::new(monitor, kept)
    }
}

impl Bench {
    fn work(&self) {
        assert!(self.lock.take());
        self.enter(false);
        self.count_up();
        self.pass_check_site();
        self.count_up();
        self.block();
        self.count_up();
        self.pass_check_site();
        self.leave();
        self.lock.release();
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

    fn block(&self) {
        let asked = self.leave();
        self.lock.release();
        self.lock.note(What::Detaches);
        thread::yield_now();
        self.lock.note(What::Returns);
        assert!(self.lock.take());
        self.enter(asked);
    }

    fn onlooker(&self) -> PlainGuard<'_, Onlooker> {
        self.onlooker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This thread has the lock; `asked`: it was asked to drop it when it last left.
    fn enter(&self, asked: bool) {
        let me = Some(Checked::current());
        let mut onlooker = self.onlooker();
        assert_eq!(onlooker.inside, None, "two holders");
        assert!(!(asked && onlooker.last == me), "the dropper is the next holder");
        onlooker.switches += u64::from(onlooker.last.is_some() && onlooker.last != me);
        (onlooker.inside, onlooker.last) = (me, me);
    }

    /// This thread may drop the lock from now on; true: it is asked to. Only the holder can end that.
    fn leave(&self) -> bool {
        assert_eq!(self.onlooker().inside.take(), Some(Checked::current()), "two holders");
        self.lock.drop_requested()
    }

    fn check_end(&self, threads: u64, sights: &Sights) {
        assert_eq!(self.count.load(Relaxed), 3 * threads, "an update is lost");
        let mut state = self.lock.state();
        assert_eq!((state.protocol().holder(), self.lock.drop_requested()), (None, false));
        assert_eq!(state.protocol().switches(), self.onlooker().switches, "miscounted");
        let recording = state.recorder().map(Recorder::take).unwrap();
        check_recording(&recording);
        let noted = |kind: fn(&What) -> bool| -> Vec<What> {
            recording.entries.iter().map(|entry| entry.what).filter(kind).collect()
        };
        let count = |kind| noted(kind).len() as u64;
        assert_eq!(count(|what| *what == What::Detaches), threads);
        assert_eq!(count(|what| *what == What::Returns), threads);
        let asks = noted(|what| matches!(what, What::Requests | What::Refrains));
        assert_eq!(asks, *self.lock.monitor.asks(), "asks out of turn");
        sights.requests.fetch_add(count(|what| *what == What::Requests), Relaxed);
        sights.refrained.fetch_add(count(|what| *what == What::Refrains), Relaxed);
        sights.forced.fetch_add(count(|what| *what == What::Drops { forced: true }), Relaxed);
    }
}

/// That the recording tells of one holder at a time, and each wait and each forced wait comes to its end.
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
