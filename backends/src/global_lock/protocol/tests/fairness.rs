//! Tests of fairness. Which thread gets the lock depends on which thread a signal wakes, and on which thread finds the
//! lock free first. If it is always the thread that has waited longest, no thread starves. If an adversary chooses, a
//! third thread can starve.
//!
//! Waking sleepers in order is not enough. A waiter that times out falls asleep again behind the others, and a thread
//! that arrives between a drop and the wake-up of a sleeper takes the lock.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{Regime, Rules};
use super::laws::Coverage;
use super::random::programs;
use super::world::{Case, Op, Place, Step, World};

const TIMED: Regime = Regime::Timed { interval: Duration::from_millis(5) };

/// A wait times out before the holder has passed more than this many check sites.
const TIMEOUT: u32 = 4;

/// A thread that waits for the lock.
struct Waiter {
    thread: usize,
    /// The number of waiters that came before this one.
    earlier: u64,
    switches: u64,
    /// The number of check sites that the holder has passed since the waiter last fell asleep.
    slept: u32,
    /// The number of check sites that the holder has passed since the waiter came, or since the lock last changed
    /// hands.
    passed: u32,
}

struct Fair {
    case: Case,
    world: World,
    /// The waiters, in order of arrival.
    waiters: Vec<Waiter>,
}

impl Fair {
    fn new(programs: Vec<Vec<Op>>) -> Self {
        let case = Case { rules: Rules::new(TIMED), programs, spurious: false };
        Self { world: World::new(&case), case, waiters: Vec::new() }
    }

    /// Returns the step that fairness demands next. `None` if any step is fair.
    fn due(&self) -> Option<Step> {
        let awake = self.waiters.iter().find(|waiter| !self.world.is_asleep(waiter.thread));
        let late = || self.waiters.iter().find(|waiter| waiter.slept >= TIMEOUT);
        let acts = awake.map(|waiter| Step::Acts { thread: waiter.thread, wakes: None });
        acts.or_else(|| late().map(|waiter| Step::TimesOut(waiter.thread)))
    }

    /// Returns the same step, but if it wakes a thread, it wakes the one that has waited longest.
    fn in_order(&self, step: Step) -> Step {
        let first = || self.waiters.iter().map(|waiter| waiter.thread).find(|&thread| self.world.is_asleep(thread));
        match step {
            Step::Acts { thread, wakes: Some(_) } => Step::Acts { thread, wakes: first() },
            other => other,
        }
    }

    fn apply(&mut self, step: Step) -> Result<(), TestCaseError> {
        let (Step::Acts { thread, .. } | Step::TimesOut(thread) | Step::WakesUp(thread)) = step;
        let passes = matches!(step, Step::Acts { .. }) && self.world.is_at_check_site(&self.case, thread);
        let before = self.world.switches();
        let lawful = self.world.apply(&self.case, step, &mut Coverage::default());
        prop_assert_eq!(lawful, Ok(()));
        let waits = matches!(self.world.place(thread), Place::AwaitsDrop { .. });
        match self.waiters.iter().position(|waiter| waiter.thread == thread) {
            Some(place) if !waits => drop(self.waiters.remove(place)),
            Some(place) if matches!(step, Step::Acts { .. }) => self.waiters[place].slept = 0,
            None if waits => {
                let earlier = self.waiters.len() as u64;
                self.waiters.push(Waiter { thread, earlier, switches: before, slept: 0, passed: 0 });
            }
            _ => {}
        }
        let switched = self.world.switches() != before;
        for waiter in &mut self.waiters {
            waiter.passed = if switched { 0 } else { waiter.passed + u32::from(passes) };
            waiter.slept += u32::from(passes);
        }
        Ok(())
    }

    /// Checks that no later thread got the lock first, and that no holder stays for longer than two waits: one that saw
    /// a switch, and one that asks.
    fn check(&self) -> Result<(), TestCaseError> {
        for waiter in &self.waiters {
            let served = self.world.switches() - waiter.switches;
            prop_assert!(served <= waiter.earlier, "{} switches while {} waits", served, waiter.thread);
            prop_assert!(waiter.passed <= 2 * TIMEOUT + 1, "{} check sites while one waits", waiter.passed);
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn if_wake_ups_are_fair_threads_are_served_in_order(
        programs in programs(60),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 500),
    ) {
        let mut fair = Fair::new(programs);
        for choice in choices.iter().cycle().take(20_000) {
            // Waits time out when they are due, and sometimes before.
            let steps = fair.world.steps(&fair.case);
            if steps.is_empty() {
                break;
            }
            let step = fair.due().unwrap_or_else(|| fair.in_order(*choice.get(&steps)));
            fair.apply(step)?;
            fair.check()?;
        }
        prop_assert!(fair.world.is_over(&fair.case), "no end");
    }
}

/// Two threads that compute, and a third that wants the lock once. The first thread holds the lock, and the others
/// wait.
struct Starving {
    case: Case,
    world: World,
    coverage: Coverage,
    /// The threads that sleep in a wait for the lock, in the order in which they fell asleep.
    asleep: Vec<usize>,
}

const THIRD: usize = 2;

impl Starving {
    fn new() -> Self {
        let long = format!("t{}d", "c".repeat(200));
        let case = Case::new(Rules::new(TIMED), &[&long, &long, "td"]);
        let mut this = Self { world: World::new(&case), case, coverage: Coverage::default(), asleep: Vec::new() };
        for thread in [0, THIRD, 1] {
            this.act(thread);
        }
        this
    }

    fn apply(&mut self, step: Step) {
        self.world.apply(&self.case, step, &mut self.coverage).unwrap();
        let (Step::Acts { thread, .. } | Step::TimesOut(thread) | Step::WakesUp(thread)) = step;
        self.asleep.retain(|&other| other != thread && self.world.is_asleep(other));
        if self.world.is_asleep(thread) && matches!(self.world.place(thread), Place::AwaitsDrop { .. }) {
            self.asleep.push(thread);
        }
    }

    fn act(&mut self, thread: usize) {
        self.apply(Step::Acts { thread, wakes: None });
    }

    fn time_out(&mut self, thread: usize) {
        self.apply(Step::TimesOut(thread));
        self.act(thread);
    }

    /// The holder hands over to another thread, and waits for the lock again.
    fn hand_over(&mut self, holder: usize, to: usize) {
        self.act(holder);
        self.apply(Step::Acts { thread: holder, wakes: Some(to) });
        // One thread takes the lock. The other sees the switch, and wants the lock again.
        for thread in [to, holder, holder] {
            self.act(thread);
        }
    }

    fn check(&self, switches: u64) {
        assert_eq!(self.world.switches(), switches);
        assert!(matches!(self.world.place(THIRD), Place::AwaitsDrop { .. }));
    }
}

#[test]
fn with_arbitrary_wake_ups_a_third_thread_can_starve() {
    let mut this = Starving::new();
    for round in 0..200 {
        let (holder, other) = (round % 2, (round + 1) % 2);
        this.time_out(other);
        this.hand_over(holder, other);
        // The third thread times out as it should, but no signal ever wakes it.
        this.time_out(THIRD);
    }
    this.check(200);
    assert_eq!(this.coverage.refrained, 200);
}

#[test]
fn with_arbitrary_timeouts_a_third_thread_can_starve_even_if_sleepers_are_woken_in_order() {
    let mut this = Starving::new();
    for round in 0..200 {
        let (holder, other) = (round % 2, (round + 1) % 2);
        // A thread that times out falls asleep behind the others. The third thread is the last to fall asleep.
        for thread in [THIRD, other, THIRD] {
            this.time_out(thread);
        }
        assert_eq!(this.asleep, [other, THIRD]);
        this.hand_over(holder, other);
    }
    this.check(200);
}
