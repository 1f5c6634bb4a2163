//! Threads that run programs at one lock. A [`Step`] decides everything that is left to chance: which thread acts, when
//! a wait times out, and which thread a signal wakes. The protocol is driven in the same way as by the driver for real
//! threads.

use super::super::{Event, Protocol, Rules, Signal, Then};
use super::laws::{Coverage, Ghost, Law};

/// An operation of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Take,
    Check,
    Drop,
}

/// The programs of the threads, and the rules of the lock.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) rules: Rules,
    pub(super) programs: Vec<Vec<Op>>,
    /// Whether waits may end spuriously.
    pub(super) spurious: bool,
}

impl Case {
    /// One program per thread, with a letter per operation: `t` takes the lock, `c` is a check site, `d` drops the
    /// lock. `(` and `)` are the beginning and the end of a detached time: a drop, and a take.
    pub(super) fn new(rules: Rules, programs: &[&str]) -> Self {
        let op = |letter| match letter {
            't' | ')' => Op::Take,
            'c' => Op::Check,
            'd' | '(' => Op::Drop,
            _ => panic!("no operation {letter:?}"),
        };
        Self {
            rules,
            programs: programs.iter().map(|program| program.chars().map(op).collect()).collect(),
            spurious: false,
        }
    }

    pub(super) fn with_spurious_wakes(self) -> Self {
        Self { spurious: true, ..self }
    }
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A thread that is awake does its next operation, or goes on after a wait. If it drops the lock, the signal wakes
    /// the thread in `wakes`.
    Acts { thread: usize, wakes: Option<usize> },
    /// A wait times out. The thread reacts later.
    TimesOut(usize),
    /// A wait ends spuriously. The thread reacts later.
    WakesUp(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Runs,
    AwaitsDrop { seen: u64 },
    AwaitsSwitch,
}

/// The state of a wait. Once the wait is over, the thread cannot be woken again. It reacts later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wake {
    Asleep,
    Awake,
    TimedOut,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Thread {
    /// The number of operations of its program that the thread has started.
    started: usize,
    /// What the thread must do after a check site before its program goes on: drop and take, or only take.
    owed: &'static [Op],
    place: Place,
    wake: Wake,
}

/// A state of the threads and their lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    lock: Protocol<usize>,
    threads: Vec<Thread>,
    ghost: Ghost,
}

impl World {
    pub(super) fn new(case: &Case) -> Self {
        let thread = Thread { started: 0, owed: &[], place: Place::Runs, wake: Wake::Awake };
        Self {
            lock: Protocol::new(case.rules),
            threads: vec![thread; case.programs.len()],
            ghost: Ghost::new(case.rules.regime),
        }
    }

    /// Returns whether all programs have ended.
    pub(super) fn is_over(&self, case: &Case) -> bool {
        (0..self.threads.len()).all(|thread| self.is_done(case, thread))
    }

    pub(super) fn place(&self, thread: usize) -> Place {
        self.threads[thread].place
    }

    /// Returns whether the thread sleeps in a wait.
    pub(super) fn is_asleep(&self, thread: usize) -> bool {
        self.threads[thread].wake == Wake::Asleep
    }

    /// Returns whether the thread's next step is to pass a check site.
    pub(super) fn is_at_check_site(&self, case: &Case, thread: usize) -> bool {
        self.place(thread) == Place::Runs && !self.is_done(case, thread) && self.next_op(case, thread) == Op::Check
    }

    pub(super) fn switches(&self) -> u64 {
        self.lock.switches()
    }

    /// Returns all steps that can happen now.
    pub(super) fn steps(&self, case: &Case) -> Vec<Step> {
        let mut steps = Vec::new();
        for (name, thread) in self.threads.iter().enumerate() {
            if thread.wake != Wake::Asleep {
                self.push_acts(case, name, &mut steps);
            } else if case.spurious {
                steps.push(Step::WakesUp(name));
            }
            // This holds for a woken thread too, since a system may report a timeout although a signal came as well.
            let timed = self.lock.timeout().is_some() && matches!(thread.place, Place::AwaitsDrop { .. });
            if timed && thread.wake != Wake::TimedOut {
                steps.push(Step::TimesOut(name));
            }
        }
        steps
    }

    /// Does a step, and checks that it keeps the laws.
    pub(super) fn apply(&mut self, case: &Case, step: Step, coverage: &mut Coverage) -> Result<(), Law> {
        match step {
            Step::Acts { thread, wakes } => self.act(case, thread, wakes, coverage)?,
            Step::TimesOut(thread) => self.threads[thread].wake = Wake::TimedOut,
            Step::WakesUp(thread) => {
                coverage.spurious += 1;
                self.threads[thread].wake = Wake::Awake;
            }
        }
        self.check_progress(case)
    }

    fn is_done(&self, case: &Case, thread: usize) -> bool {
        let Thread { started, owed, place, .. } = &self.threads[thread];
        *place == Place::Runs && owed.is_empty() && *started == case.programs[thread].len()
    }

    fn push_acts(&self, case: &Case, thread: usize, steps: &mut Vec<Step>) {
        if self.is_done(case, thread) {
            return;
        }
        let before = steps.len();
        if self.threads[thread].place == Place::Runs && self.next_op(case, thread) == Op::Drop {
            steps.extend(self.sleepers().map(|sleeper| Step::Acts { thread, wakes: Some(sleeper) }));
        }
        if steps.len() == before {
            steps.push(Step::Acts { thread, wakes: None });
        }
    }

    fn next_op(&self, case: &Case, thread: usize) -> Op {
        let Thread { started, owed, .. } = &self.threads[thread];
        *owed.first().unwrap_or_else(|| &case.programs[thread][*started])
    }

    /// Returns the threads that the signal of a drop can wake.
    fn sleepers(&self) -> impl Iterator<Item = usize> {
        let sleeps = |thread: &Thread| thread.wake == Wake::Asleep && matches!(thread.place, Place::AwaitsDrop { .. });
        (0..self.threads.len()).filter(move |&name| sleeps(&self.threads[name]))
    }

    fn waiters(&self) -> impl Iterator<Item = (usize, &Thread)> {
        let threads = self.threads.iter().enumerate();
        threads.filter(|(_, thread)| matches!(thread.place, Place::AwaitsDrop { .. }))
    }

    /// Returns the next event of the thread at the lock.
    fn event(&mut self, case: &Case, me: usize) -> Event {
        match self.threads[me] {
            Thread { place: Place::AwaitsDrop { seen }, wake: Wake::TimedOut, .. } => Event::Expired { seen },
            Thread { place: Place::AwaitsDrop { .. }, .. } => Event::Woken,
            Thread { place: Place::AwaitsSwitch, .. } => Event::Switched,
            Thread { place: Place::Runs, .. } => {
                let op = self.next_op(case, me);
                let thread = &mut self.threads[me];
                match thread.owed {
                    [_, rest @ ..] => thread.owed = rest,
                    [] => thread.started += 1,
                }
                op.event()
            }
        }
    }

    fn act(&mut self, case: &Case, me: usize, wakes: Option<usize>, coverage: &mut Coverage) -> Result<(), Law> {
        let event = self.event(case, me);
        if !self.ghost.may_act(me, event)? {
            return Ok(());
        }
        let others_awake = self.waiters().any(|(name, thread)| name != me && thread.wake != Wake::Asleep);
        let reaction = self.lock.on(me, event);
        self.ghost.judge(me, event, reaction.then, coverage)?;
        self.ghost.compare(&self.lock)?;
        coverage.barged +=
            u64::from(event == Event::Take && others_awake && reaction.then == Then::Hold { switch: true });
        let thread = &mut self.threads[me];
        (thread.place, thread.wake) = match reaction.then {
            Then::AwaitDrop { seen, .. } => (Place::AwaitsDrop { seen }, Wake::Asleep),
            Then::AwaitSwitch => (Place::AwaitsSwitch, Wake::Asleep),
            Then::Hold { .. } | Then::KeepOn | Then::HandOver | Then::Leave => (Place::Runs, Wake::Awake),
        };
        if reaction.then == Then::HandOver {
            thread.owed = &[Op::Drop, Op::Take];
        }
        if let Some(signal) = reaction.signal {
            self.deliver(signal, wakes, coverage);
        }
        self.ghost.waits(me, matches!(reaction.then, Then::AwaitDrop { .. }));
        Ok(())
    }

    /// Wakes the threads that a signal reaches.
    fn deliver(&mut self, signal: Signal, wakes: Option<usize>, coverage: &mut Coverage) {
        match (signal, wakes) {
            (Signal::Dropped, Some(sleeper)) => self.threads[sleeper].wake = Wake::Awake,
            (Signal::Dropped, None) => coverage.unheard += u64::from(self.waiters().next().is_some()),
            (Signal::Taken, _) => {
                for thread in self.threads.iter_mut().filter(|thread| thread.place == Place::AwaitsSwitch) {
                    thread.wake = Wake::Awake;
                }
            }
        }
    }

    /// Checks that there is no lost wake-up and no deadlock. Timeouts and spurious wake-ups do not count as progress.
    fn check_progress(&self, case: &Case) -> Result<(), Law> {
        let mut waiters = self.waiters().map(|(_, thread)| thread).peekable();
        if self.ghost.is_free() && waiters.peek().is_some() && waiters.all(|waiter| waiter.wake == Wake::Asleep) {
            return Err(Law::NoLostWakeUp);
        }
        let acts = |name: usize| !self.is_asleep(name) && !self.is_done(case, name);
        if (0..self.threads.len()).any(acts) || self.is_over(case) { Ok(()) } else { Err(Law::NoDeadlock) }
    }
}

impl Op {
    const fn event(self) -> Event {
        match self {
            Self::Take => Event::Take,
            Self::Check => Event::CheckSite,
            Self::Drop => Event::Drop,
        }
    }
}
