//! Threads with programs at one lock. All that is left to chance, which thread acts, when a timer expires and whom a
//! signal reaches, is a [`Step`]; the driver's part is played as the driver for threads plays it.

use super::super::{Event, Protocol, Rules, Signal, Then};
use super::laws::{Ghost, Law, Sights};

/// What a program does at the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Take,
    Check,
    Drop,
}

/// What threads run, and under which rules.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) rules: Rules,
    pub(super) programs: Vec<Vec<Op>>,
    /// Whether waits may end for no reason.
    pub(super) spurious: bool,
}

impl Case {
    /// One thread a word: `t` takes the lock, `c` is a check site, `d` drops the lock.
    pub(super) fn new(rules: Rules, words: &[&str]) -> Self {
        let op = |letter| match letter {
            't' => Op::Take,
            'c' => Op::Check,
            'd' => Op::Drop,
            _ => panic!("no operation {letter:?}"),
        };
        Self { rules, programs: words.iter().map(|word| word.chars().map(op).collect()).collect(), spurious: false }
    }

    pub(super) fn with_spurious_wakes(self) -> Self {
        Self { spurious: true, ..self }
    }
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A thread that is awake does its next operation, or goes on after a wait; if it drops the lock, the signal wakes
    /// the thread that it `calls`.
    Acts { thread: usize, calls: Option<usize> },
    /// The timer of a wait expires; the thread acts on it later.
    Expires(usize),
    /// A wait ends for no reason.
    Stirs(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Runs,
    AwaitsDrop { seen: u64 },
    AwaitsSwitch,
}

/// Where a wait is. One that is over leaves the queue of sleepers at once, and is acted on later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wake {
    Asleep,
    Awake,
    Expired,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Thread {
    /// Operations of its program that it has begun.
    begun: usize,
    /// What a check site told it to do before its program goes on: to drop and to take, or only to take.
    owed: &'static [Op],
    place: Place,
    wake: Wake,
}

/// A state that the threads can be in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    lock: Protocol<usize>,
    threads: Vec<Thread>,
    ghost: Ghost,
}

impl World {
    pub(super) fn new(case: &Case) -> Self {
        let thread = Thread { begun: 0, owed: &[], place: Place::Runs, wake: Wake::Awake };
        Self {
            lock: Protocol::new(case.rules),
            threads: vec![thread; case.programs.len()],
            ghost: Ghost::new(case.rules.regime),
        }
    }

    /// Whether all programs are at their end.
    pub(super) fn is_over(&self, case: &Case) -> bool {
        (0..self.threads.len()).all(|thread| self.is_done(case, thread))
    }

    pub(super) fn place(&self, thread: usize) -> Place {
        self.threads[thread].place
    }

    /// Whether the thread sleeps in a wait.
    pub(super) fn is_asleep(&self, thread: usize) -> bool {
        self.threads[thread].wake == Wake::Asleep
    }

    /// Whether the thread's next step is to pass a check site.
    pub(super) fn is_at_check_site(&self, case: &Case, thread: usize) -> bool {
        self.place(thread) == Place::Runs && !self.is_done(case, thread) && self.next_op(case, thread) == Op::Check
    }

    pub(super) fn switches(&self) -> u64 {
        self.lock.switches()
    }

    /// Everything that can happen now.
    pub(super) fn steps(&self, case: &Case) -> Vec<Step> {
        let mut steps = Vec::new();
        for (name, thread) in self.threads.iter().enumerate() {
            if thread.wake != Wake::Asleep {
                self.push_acts(case, name, &mut steps);
            } else if case.spurious {
                steps.push(Step::Stirs(name));
            }
            // Called or not: a system may say that a wait expired although a signal came as well.
            let timed = self.lock.patience().is_some() && matches!(thread.place, Place::AwaitsDrop { .. });
            if timed && thread.wake != Wake::Expired {
                steps.push(Step::Expires(name));
            }
        }
        steps
    }

    /// What happens, and that it is lawful.
    pub(super) fn apply(&mut self, case: &Case, step: Step, sights: &mut Sights) -> Result<(), Law> {
        match step {
            Step::Acts { thread, calls } => self.act(case, thread, calls, sights)?,
            Step::Expires(thread) => self.threads[thread].wake = Wake::Expired,
            Step::Stirs(thread) => {
                sights.stirred += 1;
                self.threads[thread].wake = Wake::Awake;
            }
        }
        self.check_progress(case)
    }

    fn is_done(&self, case: &Case, thread: usize) -> bool {
        let Thread { begun, owed, place, .. } = &self.threads[thread];
        *place == Place::Runs && owed.is_empty() && *begun == case.programs[thread].len()
    }

    fn push_acts(&self, case: &Case, thread: usize, steps: &mut Vec<Step>) {
        if self.is_done(case, thread) {
            return;
        }
        let before = steps.len();
        if self.threads[thread].place == Place::Runs && self.next_op(case, thread) == Op::Drop {
            steps.extend(self.sleepers().map(|called| Step::Acts { thread, calls: Some(called) }));
        }
        if steps.len() == before {
            steps.push(Step::Acts { thread, calls: None });
        }
    }

    fn next_op(&self, case: &Case, thread: usize) -> Op {
        let Thread { begun, owed, .. } = &self.threads[thread];
        *owed.first().unwrap_or_else(|| &case.programs[thread][*begun])
    }

    /// Whom a signal for a drop can wake.
    fn sleepers(&self) -> impl Iterator<Item = usize> {
        let sleeps = |thread: &Thread| thread.wake == Wake::Asleep && matches!(thread.place, Place::AwaitsDrop { .. });
        (0..self.threads.len()).filter(move |&name| sleeps(&self.threads[name]))
    }

    fn waiters(&self) -> impl Iterator<Item = (usize, &Thread)> {
        let threads = self.threads.iter().enumerate();
        threads.filter(|(_, thread)| matches!(thread.place, Place::AwaitsDrop { .. }))
    }

    /// The event with which the thread comes to the lock.
    fn event(&mut self, case: &Case, me: usize) -> Event {
        match self.threads[me] {
            Thread { place: Place::AwaitsDrop { seen }, wake: Wake::Expired, .. } => Event::Expired { seen },
            Thread { place: Place::AwaitsDrop { .. }, .. } => Event::Woken,
            Thread { place: Place::AwaitsSwitch, .. } => Event::Switched,
            Thread { place: Place::Runs, .. } => {
                let op = self.next_op(case, me);
                let thread = &mut self.threads[me];
                match thread.owed {
                    [_, rest @ ..] => thread.owed = rest,
                    [] => thread.begun += 1,
                }
                op.event()
            }
        }
    }

    fn act(&mut self, case: &Case, me: usize, calls: Option<usize>, sights: &mut Sights) -> Result<(), Law> {
        let event = self.event(case, me);
        let others_awake = self.waiters().any(|(name, thread)| name != me && thread.wake != Wake::Asleep);
        let reaction = self.lock.on(me, event);
        self.ghost.judge(me, event, reaction.then, sights)?;
        self.ghost.compare(&self.lock)?;
        sights.barged +=
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
            self.deliver(signal, calls, sights);
        }
        self.ghost.waits(me, matches!(reaction.then, Then::AwaitDrop { .. }));
        Ok(())
    }

    /// Wakes whom a signal reaches, if there is anyone.
    fn deliver(&mut self, signal: Signal, calls: Option<usize>, sights: &mut Sights) {
        match (signal, calls) {
            (Signal::Dropped, Some(called)) => self.threads[called].wake = Wake::Awake,
            (Signal::Dropped, None) => sights.unheard += u64::from(self.waiters().next().is_some()),
            (Signal::Taken, _) => {
                for thread in self.threads.iter_mut().filter(|thread| thread.place == Place::AwaitsSwitch) {
                    thread.wake = Wake::Awake;
                }
            }
        }
    }

    /// No lost wake-up and no deadlock. Timers and spurious wakes do not count as progress.
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
