//! Locks that were simulated.

use std::fmt;

use serde::Serialize;

use super::{Measured, Quantiles};
use crate::gil::Scene;
use crate::text::plural;

/// The rules of a simulated lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LockRules {
    /// One lock for all threads, as in CPython since 3.2.
    OneLock,
    /// A lock for each thread's interpreter.
    LockEach,
    /// No lock, as in free-threaded Python.
    NoLock,
    /// The lock before Python 3.2.
    Before32,
}

/// One simulated case: threads that compute, and one that sleeps for half a millisecond, over and over.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Case {
    /// The rules of the lock.
    pub(crate) rules: LockRules,
    /// The switch interval, if the rules have one.
    pub(crate) interval_ms: Option<u64>,
    /// The number of computing threads.
    pub(crate) threads: usize,
    /// The number of cores of the machine.
    pub(crate) cores: usize,
    /// The work of the computing threads, relative to one thread alone.
    pub(crate) throughput: Measured,
    /// How long after its sleep the other thread runs. `None` if it never ran.
    pub(crate) delay_ms: Option<Quantiles>,
    /// What happened at the lock.
    #[serde(skip)]
    pub(crate) scene: Scene,
}

/// How much slower a thread is without a lock.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Overhead {
    /// The additional time in percent.
    pub(crate) percent: f64,
    /// Whether it was measured, with two interpreters of one version.
    pub(crate) measured: bool,
}

impl fmt::Display for LockRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneLock => "one lock",
            Self::LockEach => "a lock for each interpreter",
            Self::NoLock => "no lock",
            Self::Before32 => "the lock before Python 3.2",
        })
    }
}

/// The rules, the interval, the threads and the cores.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rules)?;
        self.interval_ms.map_or(Ok(()), |interval| write!(f, ", interval {interval} ms"))?;
        write!(f, ": {} and a sleeper, ", plural(self.threads, "computing thread"))?;
        f.write_str(&plural(self.cores, "core"))
    }
}
