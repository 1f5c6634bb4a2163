//! The loop over events in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::processor::Processor;
use super::random::Random;
use super::thread::{Next, Stage, Thread};
use super::{Outcome, Simulation, Step, Time, nanoseconds};
use crate::global_lock::protocol::{Event, Protocol, Signal, Then};
use crate::global_lock::trace::{Recorder, What};

/// By which part of its mean the distance of check sites varies where they are counted: byte codes differ.
const COUNTED_SPREAD: f64 = 0.5;

/// The lock of one interpreter.
struct Lock {
    protocol: Protocol<usize>,
    recorder: Recorder<usize>,
    waiting: Vec<usize>,
    switching: Vec<usize>,
}

/// What is to happen to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Alarm {
    /// Its work, or its time slice, is done.
    Core,
    /// It wakes up.
    Wake,
    /// Its wait for the lock times out.
    Expire,
}

/// An alarm that was set; the first of an order is due first. It is void if its thread has been set another since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Time,
    /// Of two at the same time, the one that was set first is first.
    number: u64,
    thread: usize,
    alarm: Alarm,
}

pub(super) struct Engine<'a> {
    simulation: &'a Simulation,
    now: Time,
    threads: Vec<Thread<'a>>,
    locks: Vec<Lock>,
    processor: Processor,
    alarms: BinaryHeap<Reverse<Due>>,
    alarms_set: u64,
    random: Random,
    delays: Vec<(usize, Duration)>,
}

impl<'a> Engine<'a> {
    pub(super) fn new(simulation: &'a Simulation) -> Self {
        let locks = simulation.scripts.iter().map(|script| script.interpreter + 1).max().unwrap_or(0);
        let lock = || Lock {
            protocol: Protocol::new(simulation.rules),
            recorder: Recorder::new(simulation.capacity),
            waiting: Vec::new(),
            switching: Vec::new(),
        };
        Self {
            simulation,
            now: 0,
            threads: simulation.scripts.iter().map(Thread::new).collect(),
            locks: std::iter::repeat_with(lock).take(locks).collect(),
            processor: Processor::new(simulation.cores),
            alarms: BinaryHeap::new(),
            alarms_set: 0,
            random: Random::new(simulation.seed),
            delays: Vec::new(),
        }
    }

    pub(super) fn run(mut self, until: Time) -> Outcome {
        for thread in 0..self.threads.len() {
            self.begin(thread, Stage::Take(Event::Take));
            self.processor.queue(thread);
        }
        self.dispatch();
        while let Some(Reverse(Due { at, number, thread, alarm })) = self.alarms.pop() {
            if self.threads[thread].alarm != Some(number) {
                continue;
            }
            self.now = at.min(until);
            if at > until {
                break;
            }
            self.ring(thread, alarm);
        }
        self.outcome()
    }

    fn outcome(mut self) -> Outcome {
        for thread in 0..self.threads.len() {
            self.charge(thread);
        }
        let overdue = |thread: &Thread<'_>| {
            let (begun, length) = thread.away?;
            self.now.checked_sub(begun + length).map(Duration::from_nanos)
        };
        let nominal = |thread: &Thread<'_>| Duration::from_nanos(thread.computed).div_f64(self.simulation.slowdown);
        Outcome {
            end: Duration::from_nanos(self.now),
            finished: self.threads.iter().map(|thread| thread.finished.map(Duration::from_nanos)).collect(),
            computed: self.threads.iter().map(nominal).collect(),
            delays: self.delays,
            overdue: self
                .threads
                .iter()
                .enumerate()
                .filter_map(|(thread, this)| Some((thread, overdue(this)?)))
                .collect(),
            switches: self.locks.iter().map(|lock| lock.protocol.switches()).collect(),
            recordings: self.locks.iter_mut().map(|lock| lock.recorder.take()).collect(),
        }
    }

    fn ring(&mut self, thread: usize, alarm: Alarm) {
        match alarm {
            Alarm::Core => {
                self.charge(thread);
                if self.threads[thread].work == 0 {
                    self.proceed(thread);
                } else {
                    self.go_on(thread);
                }
            }
            Alarm::Wake => self.wake(thread),
            Alarm::Expire => {
                let lock = self.threads[thread].script.interpreter;
                self.locks[lock].waiting.retain(|&waiting| waiting != thread);
                self.wake(thread);
            }
        }
    }

    /// The thread wants a core, to go on with its stage.
    fn wake(&mut self, thread: usize) {
        if let Some(displaced) = self.processor.wake(thread) {
            self.charge(displaced);
            self.threads[displaced].since = None;
            self.threads[displaced].alarm = None;
        }
        self.dispatch();
    }

    fn dispatch(&mut self) {
        while let Some(thread) = self.processor.dispatch(self.now) {
            self.go_on(thread);
        }
    }

    /// Lets a thread that has a core work on, unless its time slice is over and others want the core.
    fn go_on(&mut self, thread: usize) {
        let slice = nanoseconds(self.simulation.costs.time_slice).max(1);
        let this = &mut self.threads[thread];
        let Some(slice_left) = self.processor.slice_left(thread, self.now, slice) else {
            this.since = None;
            this.alarm = None;
            self.processor.queue(thread);
            return self.dispatch();
        };
        this.since = Some(self.now);
        let stretch = this.work.min(slice_left);
        self.set_alarm(thread, self.now + stretch, Alarm::Core);
    }

    /// Books the time since the thread got its core, or since this was last done.
    fn charge(&mut self, thread: usize) {
        let this = &mut self.threads[thread];
        let Some(since) = this.since else { return };
        let spent = self.now - since;
        this.since = Some(self.now);
        this.work -= spent;
        if matches!(this.stage, Stage::Run) {
            this.left -= spent;
            if matches!(this.script.steps[this.at], Step::Compute(_)) {
                this.computed += spent;
                this.unchecked += spent;
            }
        }
    }

    /// The stage's work is done: what it is followed by.
    fn proceed(&mut self, thread: usize) {
        match self.threads[thread].stage {
            Stage::Take(event) => self.tell(thread, event, Next::Retake),
            Stage::Run => self.reach_end_or_check_site(thread),
            Stage::Drop(next) => self.tell(thread, Event::Drop, next),
            Stage::Switched(next) => self.tell(thread, Event::Switched, next),
            Stage::Outside => {
                self.record(thread, What::Returns);
                self.continue_with(thread, Stage::Take(Event::Take));
            }
            Stage::Finished => {}
        }
    }

    /// Tells the lock of an event, and does what it says.
    fn tell(&mut self, thread: usize, event: Event, next: Next) {
        let lock = self.threads[thread].script.interpreter;
        let reaction = self.locks[lock].protocol.on(thread, event);
        if let Some(what) = What::of(event, reaction.then) {
            self.record(thread, what);
        }
        match reaction.signal {
            Some(Signal::Dropped) => {
                let waiting = &mut self.locks[lock].waiting;
                if !waiting.is_empty() {
                    let woken = waiting.swap_remove(self.random.below(waiting.len()));
                    self.signal(thread, woken);
                }
            }
            Some(Signal::Taken) => {
                for switching in std::mem::take(&mut self.locks[lock].switching) {
                    self.signal(thread, switching);
                }
            }
            None => {}
        }
        match reaction.then {
            Then::Hold { .. } => self.hold(thread),
            Then::AwaitDrop { seen, requested } => {
                self.locks[lock].waiting.push(thread);
                self.sleep(thread, Stage::Take(Event::Woken));
                if let Some(timeout) = self.locks[lock].protocol.timeout() {
                    self.threads[thread].stage = Stage::Take(Event::Expired { seen });
                    let expiry = self.now + nanoseconds(timeout) + self.jittered(self.simulation.costs.timer);
                    self.set_alarm(thread, expiry, Alarm::Expire);
                }
                if requested {
                    self.hurry_holder(lock);
                }
            }
            Then::AwaitSwitch => {
                self.locks[lock].switching.push(thread);
                self.sleep(thread, Stage::Switched(next));
            }
            Then::Leave => self.after_drop(thread, next),
            Then::HandOver | Then::KeepOn => unreachable!("said at a check site only"),
        }
    }

    /// A thread that waits is woken by another's signal.
    fn signal(&mut self, by: usize, thread: usize) {
        self.threads[by].signalling += nanoseconds(self.simulation.costs.signal);
        let this = &mut self.threads[thread];
        if let Stage::Take(event) = &mut this.stage {
            *event = Event::Woken;
        }
        let at = self.now + self.jittered(self.simulation.costs.wake_up);
        self.set_alarm(thread, at, Alarm::Wake);
    }

    /// The thread has the lock: on with its script.
    fn hold(&mut self, thread: usize) {
        let now = self.now;
        let check = self.check_distance(thread);
        let this = &mut self.threads[thread];
        this.check = check;
        if let Some((begun, length)) = this.away.take() {
            self.delays.push((thread, Duration::from_nanos(now - begun - length)));
        }
        self.enter_step(thread);
    }

    /// Begins, or goes on with, the step that the thread is at.
    fn enter_step(&mut self, thread: usize) {
        let slowdown = self.simulation.slowdown;
        let this = &mut self.threads[thread];
        if this.at == this.script.steps.len() {
            if !this.script.forever {
                return self.continue_with(thread, Stage::Drop(Next::Finish));
            }
            this.at = 0;
        }
        match this.script.steps[this.at] {
            Step::Compute(length) if this.left == 0 => this.left = nanoseconds(length.mul_f64(slowdown)),
            // Goes on where the lock was handed over.
            Step::Compute(_) => {}
            Step::Hold(length) => this.left = nanoseconds(length),
            Step::Sleep(length) | Step::Block(length) => {
                this.away = Some((self.now, nanoseconds(length)));
                return self.continue_with(thread, Stage::Drop(Next::Detach));
            }
            Step::Release(_) => return self.continue_with(thread, Stage::Drop(Next::Detach)),
        }
        self.continue_with(thread, Stage::Run);
    }

    fn reach_end_or_check_site(&mut self, thread: usize) {
        let this = &mut self.threads[thread];
        let lock = &mut self.locks[this.script.interpreter];
        while this.unchecked >= this.check {
            this.unchecked -= this.check;
            if lock.protocol.checks_until_hand_over().is_none() {
                // It does not matter how often it is told.
                this.unchecked %= this.check;
            }
            if lock.protocol.on(thread, Event::CheckSite).then == Then::HandOver {
                if this.left == 0 {
                    this.at += 1;
                }
                return self.continue_with(thread, Stage::Drop(Next::Retake));
            }
        }
        // Work ends at a check site at which the lock is handed over, or with the step.
        this.at += 1;
        self.enter_step(thread);
    }

    /// The holder is asked to drop the lock: its work ends at its next check site.
    fn hurry_holder(&mut self, lock: usize) {
        let Some(holder) = self.locks[lock].protocol.holder() else { return };
        self.charge(holder);
        if !matches!(self.threads[holder].stage, Stage::Run) {
            return;
        }
        self.threads[holder].work = self.stretch(holder);
        if self.threads[holder].since.is_some() {
            self.go_on(holder);
        }
    }

    /// How long a thread that runs under the lock can do so before anything happens.
    fn stretch(&self, thread: usize) -> Time {
        let this = &self.threads[thread];
        let protocol = &self.locks[this.script.interpreter].protocol;
        match (this.script.steps[this.at], protocol.checks_until_hand_over()) {
            (Step::Compute(_), Some(checks)) => {
                this.left.min(u64::from(checks).saturating_mul(this.check) - this.unchecked % this.check)
            }
            _ => this.left,
        }
    }

    /// The lock is dropped, and a switch need not be waited for any more.
    fn after_drop(&mut self, thread: usize, next: Next) {
        match next {
            Next::Retake => return self.continue_with(thread, Stage::Take(Event::Take)),
            Next::Finish => {
                self.threads[thread].finished = Some(self.now);
                return self.sleep(thread, Stage::Finished);
            }
            Next::Detach => {}
        }
        self.record(thread, What::Detaches);
        let step = self.threads[thread].script.steps[self.threads[thread].at];
        self.threads[thread].at += 1;
        let late = match step {
            Step::Sleep(_) => self.jittered(self.simulation.costs.sleep),
            Step::Block(_) => 0,
            Step::Release(length) | Step::Compute(length) | Step::Hold(length) => {
                self.begin(thread, Stage::Outside);
                self.threads[thread].work = nanoseconds(length);
                return self.go_on(thread);
            }
        };
        self.sleep(thread, Stage::Outside);
        self.set_alarm(thread, self.now + nanoseconds(step.length()) + late, Alarm::Wake);
    }

    /// A thread that has a core enters a stage.
    fn continue_with(&mut self, thread: usize, stage: Stage) {
        self.begin(thread, stage);
        self.go_on(thread);
    }

    /// A thread gives up its core; it will wake up in that stage.
    fn sleep(&mut self, thread: usize, stage: Stage) {
        self.begin(thread, stage);
        self.threads[thread].since = None;
        self.processor.leave(thread);
        self.dispatch();
    }

    fn begin(&mut self, thread: usize, stage: Stage) {
        let hand_over = nanoseconds(self.simulation.costs.hand_over);
        self.threads[thread].stage = stage;
        self.threads[thread].work = match stage {
            Stage::Take(_) | Stage::Drop(_) => hand_over + std::mem::take(&mut self.threads[thread].signalling),
            Stage::Run => self.stretch(thread),
            Stage::Switched(_) | Stage::Outside | Stage::Finished => 0,
        };
    }

    fn set_alarm(&mut self, thread: usize, at: Time, alarm: Alarm) {
        self.alarms_set += 1;
        self.threads[thread].alarm = Some(self.alarms_set);
        self.alarms.push(Reverse(Due { at, number: self.alarms_set, thread, alarm }));
    }

    fn record(&mut self, thread: usize, what: What) {
        let script = self.threads[thread].script;
        let recorder = &mut self.locks[script.interpreter].recorder;
        recorder.record_at(Duration::from_nanos(self.now), thread, what, || Some(script.name.clone()));
    }

    /// Between two check sites of a thread that has just taken the lock. Where they are counted it matters that no two
    /// stretches of an interpreter's work are alike: threads would fall into step, and one of them never get the lock.
    fn check_distance(&mut self, thread: usize) -> Time {
        let check = self.simulation.costs.check;
        let protocol = &self.locks[self.threads[thread].script.interpreter].protocol;
        let counted = protocol.checks_until_hand_over().is_some();
        let spread = if counted { self.random.spread(check, COUNTED_SPREAD) } else { nanoseconds(check) };
        spread.max(1)
    }

    /// A cost, give or take.
    fn jittered(&mut self, cost: Duration) -> Time {
        self.random.spread(cost, self.simulation.costs.jitter)
    }
}
