//! What a backend can and cannot do.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// The capabilities that a backend declares. The laws test only these.
///
/// ```
/// use primelanes_harness::conformance::{Ability, Caps};
/// let caps = Caps::full().at_most(4).without(Ability::Cancellation);
/// assert_eq!(caps.declared(), ["at most 4 workers", "no cancellation"]);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Caps {
    max_workers: Option<NonZeroUsize>,
    lacking: Vec<Ability>,
    timeout: Duration,
}

/// Something that some backends cannot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ability {
    /// Stops when the cancel flag is set.
    Cancellation,
    /// Reports progress to an observer.
    Progress,
    /// Counts from inside a worker of a rayon pool.
    Nesting,
    /// Runs tiles in the memory of this process, where the suite can observe them.
    SharedMemory,
}

impl Caps {
    /// Declares all abilities, any number of workers, and a timeout of one minute.
    pub const fn full() -> Self {
        // A law takes a second or two, so a backend that needs a minute has hung.
        Self { max_workers: None, lacking: Vec::new(), timeout: Duration::from_mins(1) }
    }

    /// Limits the number of workers.
    ///
    /// # Panics
    /// If `workers` is 0.
    pub const fn at_most(mut self, workers: usize) -> Self {
        self.max_workers = Some(NonZeroUsize::new(workers).expect("a backend has at least one worker"));
        self
    }

    /// Leaves out the laws that need an ability.
    pub fn without(mut self, ability: Ability) -> Self {
        self.lacking.push(ability);
        self
    }

    /// Sets the time after which a backend counts as hung, which breaks the law. The time applies per 32 cases, rounded
    /// up. Choose a generous time.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Returns descriptions of what the backend cannot do, one per limitation.
    #[must_use]
    pub fn declared(&self) -> Vec<String> {
        let abilities = self.lacking.iter().map(|ability| format!("no {ability}"));
        self.declared_limit().into_iter().chain(abilities).collect()
    }

    /// Returns whether the backend has an ability.
    #[must_use]
    pub fn has(&self, ability: Ability) -> bool {
        !self.lacking.contains(&ability)
    }

    /// Returns whether the backend takes this number of workers.
    #[must_use]
    pub fn takes(&self, workers: NonZeroUsize) -> bool {
        self.max_workers.is_none_or(|max| workers <= max)
    }

    pub(super) fn declared_limit(&self) -> Option<String> {
        let plural = |max: NonZeroUsize| if max.get() == 1 { "" } else { "s" };
        self.max_workers.map(|max| format!("at most {max} worker{}", plural(max)))
    }

    pub(super) const fn get_timeout(&self) -> Duration {
        self.timeout
    }
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cancellation => "cancellation",
            Self::Progress => "progress",
            Self::Nesting => "nesting in rayon",
            Self::SharedMemory => "shared memory",
        })
    }
}
