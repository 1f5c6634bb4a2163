//! How a thread acts at its lock, and how it goes from one step to the next.

use std::time::Duration;

use super::{Alarm, Engine};
use crate::global_lock::protocol::{Event, Signal, Then};
use crate::global_lock::trace::What;
use crate::global_lock::virtual_time::thread::{Next, Stage};
use crate::global_lock::virtual_time::{Step, Time, nanoseconds};

/// The largest relative deviation of the distance of two check sites from its mean in the counted regime. It varies
/// because bytecodes differ.
const COUNTED_SPREAD: f64 = 0.5;

impl Engine<'_> {
    /// Continues after the work of a stage is done.
    pub(super) fn proceed(&mut self, thread: usize) {
        match self.threads[thread].stage {
            Stage::Take(event) => self.drive(thread, event, Next::Retake),
            Stage::Run => self.reach_end_or_check_site(thread),
            Stage::Drop(next) => self.drive(thread, Event::Drop, next),
            Stage::Switched(next) => self.drive(thread, Event::Switched, next),
            Stage::Outside => {
                self.record(thread, What::Returns);
                self.continue_with(thread, Stage::Take(Event::Take));
            }
            Stage::Finished => {}
        }
    }

    /// Passes an event to the lock, and does what the lock says.
    fn drive(&mut self, thread: usize, event: Event, next: Next) {
        let lock = self.threads[thread].spec.interpreter;
        let reaction = self.locks[lock].protocol.on(thread, event);
        if let Some(what) = What::of(event, reaction.then) {
            self.record(thread, what);
        }
        if let Some(signal) = reaction.signal {
            self.send_signal(thread, lock, signal);
        }
        match reaction.then {
            Then::Hold { .. } => self.hold(thread),
            Then::AwaitDrop { seen, requested } => {
                self.await_drop(thread, lock, seen);
                if requested {
                    self.interrupt_holder(lock);
                }
            }
            Then::AwaitSwitch => {
                self.locks[lock].switching.push(thread);
                self.sleep(thread, Stage::Switched(next));
            }
            Then::Leave => self.after_drop(thread, next),
            Then::HandOver | Then::KeepOn => unreachable!("these are reactions to a check site"),
        }
    }

    fn send_signal(&mut self, by: usize, lock: usize, signal: Signal) {
        match signal {
            Signal::Dropped => {
                let waiting = &mut self.locks[lock].waiting;
                if !waiting.is_empty() {
                    let woken = waiting.swap_remove(self.random.below(waiting.len()));
                    self.wake_by_signal(by, woken);
                }
            }
            Signal::Taken => {
                for switching in std::mem::take(&mut self.locks[lock].switching) {
                    self.wake_by_signal(by, switching);
                }
            }
        }
    }

    fn await_drop(&mut self, thread: usize, lock: usize, seen: u64) {
        self.locks[lock].waiting.push(thread);
        self.sleep(thread, Stage::Take(Event::Woken));
        if let Some(timeout) = self.locks[lock].protocol.timeout() {
            self.threads[thread].stage = Stage::Take(Event::Expired { seen });
            let end = self.now + nanoseconds(timeout) + self.jittered(self.simulation.costs.timer);
            self.set_alarm(thread, end, Alarm::TimeOut);
        }
    }

    /// Lets a thread wake another one by a signal.
    fn wake_by_signal(&mut self, by: usize, thread: usize) {
        self.threads[by].signalling += nanoseconds(self.simulation.costs.signal);
        let this = &mut self.threads[thread];
        if let Stage::Take(event) = &mut this.stage {
            *event = Event::Woken;
        }
        let at = self.now + self.jittered(self.simulation.costs.wake_up);
        self.set_alarm(thread, at, Alarm::Wake);
    }

    /// Lets a thread that has the lock go on with its steps.
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

    /// Starts or continues the current step of a thread.
    fn enter_step(&mut self, thread: usize) {
        let slowdown = self.simulation.slowdown;
        let this = &mut self.threads[thread];
        if this.at == this.spec.steps.len() {
            if !this.spec.forever {
                return self.continue_with(thread, Stage::Drop(Next::Finish));
            }
            this.at = 0;
        }
        match this.spec.steps[this.at] {
            Step::Compute(length) if this.left == 0 => this.left = nanoseconds(length.mul_f64(slowdown)),
            // Continue where the lock was handed over.
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
        let lock = &mut self.locks[this.spec.interpreter];
        while this.unchecked >= this.check {
            this.unchecked -= this.check;
            if lock.protocol.checks_until_hand_over().is_none() {
                // The number of calls does not matter, so take the remainder.
                this.unchecked %= this.check;
            }
            if lock.protocol.on(thread, Event::CheckSite).then == Then::HandOver {
                if this.left == 0 {
                    this.at += 1;
                }
                return self.continue_with(thread, Stage::Drop(Next::Retake));
            }
        }
        // There was no hand-over, so this is the end of the step.
        this.at += 1;
        self.enter_step(thread);
    }

    /// Ends the work of the holder at its next check site, since it was asked to drop the lock.
    fn interrupt_holder(&mut self, lock: usize) {
        let Some(holder) = self.locks[lock].protocol.holder() else { return };
        self.account(holder);
        if !matches!(self.threads[holder].stage, Stage::Run) {
            return;
        }
        self.threads[holder].work = self.stretch(holder);
        if self.threads[holder].since.is_some() {
            self.resume(holder);
        }
    }

    /// Returns how long a thread runs with the lock before anything happens.
    pub(super) fn stretch(&self, thread: usize) -> Time {
        let this = &self.threads[thread];
        let protocol = &self.locks[this.spec.interpreter].protocol;
        match (this.spec.steps[this.at], protocol.checks_until_hand_over()) {
            (Step::Compute(_), Some(checks)) => {
                this.left.min(u64::from(checks).saturating_mul(this.check) - this.unchecked % this.check)
            }
            _ => this.left,
        }
    }

    /// Continues after the lock is dropped and the thread need not wait for a switch any more.
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
        let step = self.threads[thread].spec.steps[self.threads[thread].at];
        self.threads[thread].at += 1;
        let late = match step {
            Step::Sleep(_) => self.jittered(self.simulation.costs.sleep),
            Step::Block(_) => 0,
            Step::Release(length) | Step::Compute(length) | Step::Hold(length) => {
                self.begin(thread, Stage::Outside);
                self.threads[thread].work = nanoseconds(length);
                return self.resume(thread);
            }
        };
        self.sleep(thread, Stage::Outside);
        self.set_alarm(thread, self.now + nanoseconds(step.length()) + late, Alarm::Wake);
    }

    fn record(&mut self, thread: usize, what: What) {
        let spec = self.threads[thread].spec;
        let recorder = &mut self.locks[spec.interpreter].recorder;
        recorder.record_at(Duration::from_nanos(self.now), thread, what, || Some(spec.name.clone()));
    }

    /// Returns the time between two check sites of a thread that has just taken the lock. In the counted regime, this
    /// time must vary as it does in an interpreter. Otherwise, threads could fall into step, and one of them might
    /// never get the lock.
    fn check_distance(&mut self, thread: usize) -> Time {
        let check = self.simulation.costs.check;
        let protocol = &self.locks[self.threads[thread].spec.interpreter].protocol;
        let counted = protocol.checks_until_hand_over().is_some();
        let spread = if counted { self.random.spread(check, COUNTED_SPREAD) } else { nanoseconds(check) };
        spread.max(1)
    }

    /// A cost with its jitter.
    fn jittered(&mut self, cost: Duration) -> Time {
        self.random.spread(cost, self.simulation.costs.jitter)
    }
}
