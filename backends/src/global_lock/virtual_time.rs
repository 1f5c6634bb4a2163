//! The protocol in virtual time: any number of threads and cores, any regime, and the same result for the same seed.
//!
//! A [`SimulatedThread`] goes through a list of steps. A few [`Costs`] say how much time the system adds to them. The
//! costs are measured on a real machine, and not fitted to what the simulation should predict.
//!
//! The model of the machine:
//!
//! - A core runs one thread at a time.
//! - A thread that wakes up gets an idle core, or replaces the thread that has run longest. Otherwise, a thread keeps
//!   its core for a time slice while others want it.
//! - If several threads wait, a signal wakes a random one. The system does not specify the order, and on a real
//!   machine, the waiter that has just asked is often still awake and wins.
//!
//! The model leaves out caches, cores that share a pipeline, clock frequency, and load from other programs.

mod engine;
mod processor;
mod random;
mod thread;

use std::time::Duration;

use primelanes_core::{Control, Pulse, Stopped};

use self::engine::Engine;
use super::protocol::Rules;
use super::trace::Recording;

/// The times that the operating system takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// The time from a signal until the woken thread runs.
    pub wake_up: Duration,
    /// How late a wait for the lock times out.
    pub timer: Duration,
    /// How late a sleep ends.
    pub sleep: Duration,
    /// The processor time to take or to drop the lock.
    pub hand_over: Duration,
    /// The additional processor time for each thread that this wakes.
    pub signal: Duration,
    /// The time from one check site to the next in a thread that computes. In the counted regime, this is the mean.
    pub check: Duration,
    /// How long a thread keeps its core while others want one.
    pub time_slice: Duration,
    /// The largest relative deviation of wake-ups and timers from their cost, 0 to 1. Deviations are uniformly
    /// distributed.
    pub jitter: f64,
}

/// One step of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Computes with the lock, and passes check sites.
    Compute(Duration),
    /// A native call that keeps the lock. It computes with the lock, and passes no check site.
    Hold(Duration),
    /// A native call that computes without the lock.
    Release(Duration),
    /// Sleeps without the lock. Ends late, as every timer does.
    Sleep(Duration),
    /// Waits without the lock for something outside, such as a read. Ends on time.
    Block(Duration),
}

impl Step {
    const fn length(self) -> Duration {
        match self {
            Self::Compute(length)
            | Self::Hold(length)
            | Self::Release(length)
            | Self::Sleep(length)
            | Self::Block(length) => length,
        }
    }
}

/// A thread of the simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedThread {
    /// The name of the thread in recordings.
    pub name: String,
    /// The interpreter that the thread belongs to. Each interpreter has its own lock.
    pub interpreter: usize,
    /// What the thread does, in order. It takes the lock before the first step and drops it after the last.
    pub steps: Vec<Step>,
    /// Whether the thread starts again after the last step.
    pub forever: bool,
}

impl SimulatedThread {
    /// Creates a thread of the first interpreter that does these steps once.
    #[must_use]
    pub fn once(name: impl Into<String>, steps: impl Into<Vec<Step>>) -> Self {
        Self { name: name.into(), interpreter: 0, steps: steps.into(), forever: false }
    }

    /// Creates a thread of the first interpreter that repeats these steps forever.
    #[must_use]
    pub fn forever(name: impl Into<String>, steps: impl Into<Vec<Step>>) -> Self {
        Self { forever: true, ..Self::once(name, steps) }
    }
}

/// A machine, the rules of its locks, and the threads that run on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// The number of cores: how many threads can run at the same time.
    pub cores: usize,
    /// The times that the operating system takes.
    pub costs: Costs,
    /// The rules of the lock of each interpreter.
    pub rules: Rules,
    /// The factor by which each [`Step::Compute`] takes longer than its duration. It is usually 1, and more if
    /// reference counts are atomic, for example.
    pub slowdown: f64,
    /// The threads, which all start at the same time.
    pub threads: Vec<SimulatedThread>,
    /// The largest number of events in the recording of each lock.
    pub capacity: usize,
    /// The seed for the jitter and for the choice of the thread that a signal wakes.
    pub seed: u64,
}

/// The result of a simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// When the simulation ended: with the last thread, or at the time limit.
    pub end: Duration,
    /// When each thread finished, if it finished.
    pub finished: Vec<Option<Duration>>,
    /// For each thread, how much of its [`Step::Compute`] it did, without the slowdown.
    pub computed: Vec<Duration>,
    /// For each [`Step::Sleep`] and [`Step::Block`] that is over: the thread, and how much longer than the step it was
    /// away.
    pub delays: Vec<(usize, Duration)>,
    /// The threads that are not yet back from such a step at the end, and how late they are.
    pub overdue: Vec<(usize, Duration)>,
    /// How often the lock of each interpreter changed hands.
    pub switches: Vec<u64>,
    /// The recording of the lock of each interpreter.
    pub recordings: Vec<Recording>,
}

impl Simulation {
    /// Runs the threads until all have finished, or until the time limit `until`.
    ///
    /// # Panics
    /// If there is no core, or if a thread that runs forever takes no time.
    #[must_use]
    pub fn run(&self, until: Duration) -> Outcome {
        self.run_with(until, &Control::new()).expect("nothing stops this pulse")
    }

    /// Runs the threads like [`run`](Simulation::run), and beats a pulse, which can stop the simulation. Each event takes
    /// up to a microsecond of real time.
    ///
    /// # Errors
    /// [`Stopped`] if the pulse returns it.
    ///
    /// # Panics
    /// If there is no core, or if a thread that runs forever takes no time.
    pub fn run_with(&self, until: Duration, pulse: &impl Pulse) -> Result<Outcome, Stopped> {
        assert!(self.cores > 0, "a machine needs a core");
        let advances = |thread: &SimulatedThread| {
            !thread.forever || thread.steps.iter().any(|step| step.length() > Duration::ZERO)
        };
        assert!(self.threads.iter().all(advances), "a thread that runs forever must take time");
        Engine::new(self).run(nanoseconds(until), pulse)
    }
}

/// Virtual time, in nanoseconds since the start.
type Time = u64;

fn nanoseconds(duration: Duration) -> Time {
    duration.as_nanos().try_into().unwrap_or(Time::MAX / 4)
}

#[cfg(test)]
mod tests;
