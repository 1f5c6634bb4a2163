//! The protocol in virtual time: any number of threads and cores, any regime, and the same answer for the same seed.
//!
//! A thread follows a [`Script`]. What the system does to it is a handful of [`Costs`], which are measured on the
//! machine at hand and not fitted to what they are to foretell.
//!
//! The model of the machine: a core runs one thread at a time. A thread that is woken gets an idle core, or takes the
//! place of the one that has run longest; beyond that, who has a core keeps it for a time slice while others want one.
//! Of several threads that wait, a signal wakes any, drawn from the seed: who is first is not specified, and on a real
//! machine the waiter that has just asked is often still awake and wins. Not modelled: caches, cores that share a pipeline, frequency,
//! and any load but the scripts.

mod engine;
mod processor;
mod random;
mod thread;

use std::time::Duration;

use self::engine::Engine;
use super::protocol::Rules;
use super::trace::Recording;

/// What the system takes its time for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// From a signal until the thread that waited for it runs.
    pub wake_up: Duration,
    /// How much later than asked a timed wait for the lock ends.
    pub timer: Duration,
    /// How much later than asked a sleep ends.
    pub sleep: Duration,
    /// Processor time to take or to drop the lock.
    pub hand_over: Duration,
    /// Processor time, on top of that, for each thread that is woken by it.
    pub signal: Duration,
    /// Between two check sites of a thread that computes; where they are counted, the mean of that.
    pub check: Duration,
    /// How long a thread keeps its core while others want one.
    pub time_slice: Duration,
    /// Each wake-up and each timer takes up to this part more or less than its cost, evenly spread; 0 to 1.
    pub jitter: f64,
}

/// A stretch of what a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Runs under the lock, with check sites.
    Compute(Duration),
    /// A native call that keeps the lock: runs under it, without a check site.
    Hold(Duration),
    /// A native call that releases the lock and computes without it.
    Release(Duration),
    /// Releases the lock and sleeps: ends late, as every timer does.
    Sleep(Duration),
    /// Releases the lock and waits for something outside, as a read: ends on time.
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

/// What a thread does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its name in recordings.
    pub name: String,
    /// Which interpreter it belongs to: each has a lock of its own.
    pub interpreter: usize,
    /// One after another; the lock is taken before the first and dropped after the last.
    pub steps: Vec<Step>,
    /// Whether it begins again at the end.
    pub forever: bool,
}

impl Script {
    /// A thread of the first interpreter that does this once.
    #[must_use]
    pub fn once(name: impl Into<String>, steps: impl Into<Vec<Step>>) -> Self {
        Self { name: name.into(), interpreter: 0, steps: steps.into(), forever: false }
    }

    /// A thread of the first interpreter that does this again and again.
    #[must_use]
    pub fn forever(name: impl Into<String>, steps: impl Into<Vec<Step>>) -> Self {
        Self { forever: true, ..Self::once(name, steps) }
    }
}

/// A machine, its rules, and what is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// How many threads can run at once.
    pub cores: usize,
    /// What the system takes its time for.
    pub costs: Costs,
    /// How the lock of each interpreter works.
    pub rules: Rules,
    /// How much longer each [`Step::Compute`] lasts than it says; 1 unless, say, reference counts are atomic.
    pub slowdown: f64,
    /// The threads, all of which start at once.
    pub scripts: Vec<Script>,
    /// How many events each lock's recording has room for.
    pub capacity: usize,
    /// Decides on jitter, and on whom a signal wakes.
    pub seed: u64,
}

/// What came of a simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// When it ended: as the last thread did, or at the time that was set.
    pub end: Duration,
    /// When each thread was done, if it was.
    pub finished: Vec<Option<Duration>>,
    /// For each thread, how much of its [`Step::Compute`] it did, by the script's measure.
    pub computed: Vec<Duration>,
    /// For each [`Step::Sleep`] and [`Step::Block`] that is over: which thread, and how much longer it was away than
    /// the step says.
    pub delays: Vec<(usize, Duration)>,
    /// Who should be back from such a step at the end and is not, and for how long.
    pub overdue: Vec<(usize, Duration)>,
    /// How often each interpreter's lock changed hands.
    pub switches: Vec<u64>,
    /// What happened at each interpreter's lock.
    pub recordings: Vec<Recording>,
}

impl Simulation {
    /// Lets the threads run until all are done, but no longer than that.
    ///
    /// # Panics
    /// If there is no core, or a script that goes on forever takes no time.
    #[must_use]
    pub fn run(&self, until: Duration) -> Outcome {
        assert!(self.cores > 0, "a machine has a core");
        let ends = |script: &Script| !script.forever || script.steps.iter().any(|step| step.length() > Duration::ZERO);
        assert!(self.scripts.iter().all(ends), "what goes on forever takes time");
        Engine::new(self).run(nanoseconds(until))
    }
}

/// Virtual time: nanoseconds since the beginning.
type Time = u64;

fn nanoseconds(duration: Duration) -> Time {
    duration.as_nanos().try_into().unwrap_or(Time::MAX / 4)
}

#[cfg(test)]
mod tests;
