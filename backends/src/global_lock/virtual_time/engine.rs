//! The engine of the simulation: alarms in order of time, and the cores that threads run on.

mod steps;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use primelanes_core::{Pulse, Stopped};

use super::processor::Processor;
use super::random::Random;
use super::thread::{Stage, Thread};
use super::{Outcome, Simulation, Step, Time, nanoseconds};
use crate::global_lock::protocol::{Event, Protocol};
use crate::global_lock::trace::Recorder;

/// The lock of one interpreter.
struct Lock {
    protocol: Protocol<usize>,
    recorder: Recorder<usize>,
    waiting: Vec<usize>,
    switching: Vec<usize>,
}

/// What happens to a thread at a certain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Alarm {
    /// The thread's work is done, or its time slice is over.
    Core,
    /// The thread wakes up.
    Wake,
    /// The thread's wait for the lock times out.
    TimeOut,
}

/// An alarm with its time. The smallest alarm is due first. An alarm is void if a later one was set for its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Time,
    /// Of two alarms at the same time, the one that was set first is due first.
    number: u64,
    thread: usize,
    alarm: Alarm,
}

/// A simulation in progress.
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
        let locks = simulation.threads.iter().map(|thread| thread.interpreter + 1).max().unwrap_or(0);
        let lock = || Lock {
            protocol: Protocol::new(simulation.rules),
            recorder: Recorder::new(simulation.capacity),
            waiting: Vec::new(),
            switching: Vec::new(),
        };
        Self {
            simulation,
            now: 0,
            threads: simulation.threads.iter().map(Thread::new).collect(),
            locks: std::iter::repeat_with(lock).take(locks).collect(),
            processor: Processor::new(simulation.cores),
            alarms: BinaryHeap::new(),
            alarms_set: 0,
            random: Random::new(simulation.seed),
            delays: Vec::new(),
        }
    }

    pub(super) fn run(mut self, until: Time, pulse: &impl Pulse) -> Result<Outcome, Stopped> {
        for thread in 0..self.threads.len() {
            self.begin(thread, Stage::Take(Event::Take));
            self.processor.queue(thread);
        }
        self.dispatch();
        while let Some(Reverse(Due { at, number, thread, alarm })) = self.alarms.pop() {
            pulse.beat()?;
            if self.threads[thread].alarm != Some(number) {
                continue;
            }
            self.now = at.min(until);
            if at > until {
                break;
            }
            self.ring(thread, alarm);
        }
        Ok(self.outcome())
    }

    fn outcome(mut self) -> Outcome {
        for thread in 0..self.threads.len() {
            self.account(thread);
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
                self.account(thread);
                if self.threads[thread].work == 0 {
                    self.proceed(thread);
                } else {
                    self.resume(thread);
                }
            }
            Alarm::Wake => self.wake(thread),
            Alarm::TimeOut => {
                let lock = self.threads[thread].spec.interpreter;
                self.locks[lock].waiting.retain(|&waiting| waiting != thread);
                self.wake(thread);
            }
        }
    }

    /// Lets a thread ask for a core, to go on with its stage.
    fn wake(&mut self, thread: usize) {
        if let Some(displaced) = self.processor.wake(thread, self.now) {
            self.account(displaced);
            self.threads[displaced].since = None;
            self.threads[displaced].alarm = None;
        }
        self.dispatch();
    }

    fn dispatch(&mut self) {
        while let Some(thread) = self.processor.dispatch(self.now) {
            self.resume(thread);
        }
    }

    /// Lets a thread with a core continue, unless its time slice is over and others want the core.
    fn resume(&mut self, thread: usize) {
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

    /// Accounts for the time since the thread got its core, or since the last call.
    fn account(&mut self, thread: usize) {
        let this = &mut self.threads[thread];
        let Some(since) = this.since else { return };
        let spent = self.now - since;
        this.since = Some(self.now);
        this.work -= spent;
        if matches!(this.stage, Stage::Run) {
            this.left -= spent;
            if matches!(this.spec.steps[this.at], Step::Compute(_)) {
                this.computed += spent;
                this.unchecked += spent;
            }
        }
    }

    /// Lets a thread with a core enter a stage.
    fn continue_with(&mut self, thread: usize, stage: Stage) {
        self.begin(thread, stage);
        self.resume(thread);
    }

    /// Takes the core from a thread. The thread will wake up in this stage.
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
}
