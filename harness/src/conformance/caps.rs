//! What a backend declares that it cannot do.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// What the laws ask of a backend, as far as it has not declared otherwise.
///
/// ```
/// use primelanes_harness::conformance::{Ability, Caps};
/// let caps = Caps::full().at_most(4).without(Ability::Cancellation);
/// assert_eq!(caps.declared(), ["at most 4 workers", "no cancellation"]);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Caps {
    most_workers: Option<NonZeroUsize>,
    lacking: Vec<Ability>,
    patience: Duration,
}

/// Something that most backends can do, and some cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ability {
    /// To stop when the cancel flag is set.
    Cancellation,
    /// To tell an observer how far the work is.
    Progress,
    /// To count from inside a worker of a rayon pool.
    Nesting,
    /// To run tiles where they share this process's memory, so that the suite can watch them.
    SharedMemory,
}

impl Caps {
    /// Everything, with any number of workers.
    pub const fn full() -> Self {
        // A law takes a second or two; who needs a minute hangs.
        Self { most_workers: None, lacking: Vec::new(), patience: Duration::from_mins(1) }
    }

    /// Never asked for more than so many workers.
    ///
    /// # Panics
    /// If `workers` is 0.
    pub const fn at_most(mut self, workers: usize) -> Self {
        self.most_workers = Some(NonZeroUsize::new(workers).expect("a backend has at least one worker"));
        self
    }

    /// Not asked for what needs this.
    pub fn without(mut self, ability: Ability) -> Self {
        self.lacking.push(ability);
        self
    }

    /// A law that takes longer is broken: the backend hangs. A minute unless it is said, and as much
    /// again for every 32 cases more; be generous.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The declarations, one line each.
    #[must_use]
    pub fn declared(&self) -> Vec<String> {
        let abilities = self.lacking.iter().map(|ability| format!("no {ability}"));
        self.declared_limit().into_iter().chain(abilities).collect()
    }

    /// Whether the backend can do it.
    #[must_use]
    pub fn has(&self, ability: Ability) -> bool {
        !self.lacking.contains(&ability)
    }

    /// Whether the backend takes so many workers.
    #[must_use]
    pub fn takes(&self, workers: NonZeroUsize) -> bool {
        self.most_workers.is_none_or(|most| workers <= most)
    }

    pub(super) fn declared_limit(&self) -> Option<String> {
        let plural = |most: NonZeroUsize| if most.get() == 1 { "" } else { "s" };
        self.most_workers.map(|most| format!("at most {most} worker{}", plural(most)))
    }

    pub(super) const fn get_patience(&self) -> Duration {
        self.patience
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
