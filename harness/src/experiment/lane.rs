//! How the tasks of an experiment are run.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;

use primelanes_backends::{AnyBackend, BackendKind, Error, Gil, GlobalLock, Rayon, ScopedThreads, SingleThread};
use serde::{Serialize, Serializer};

/// A way to run several tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// One after another on one thread.
    Sequential,
    /// All at once, a thread each, through one global lock.
    GlobalLock,
    /// All at once, a thread each, no lock.
    ScopedThreads,
    /// All at once in one rayon pool with a thread for each task.
    Rayon,
}

/// What a lane runs on: who runs the tasks, and what counts inside each.
pub(super) struct Track {
    pub(super) team: AnyBackend,
    pub(super) counter: AnyBackend,
    pub(super) gil: Option<Arc<Gil>>,
}

impl Lane {
    /// All lanes, in the order of a report.
    pub const ALL: [Self; 4] = [Self::Sequential, Self::GlobalLock, Self::ScopedThreads, Self::Rayon];

    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::GlobalLock => GlobalLock::NAME,
            Self::ScopedThreads => ScopedThreads::NAME,
            Self::Rayon => Rayon::NAME,
        }
    }

    /// Whether the lane can run so many tasks.
    pub(super) fn check(self, tasks: NonZeroUsize) -> Result<(), Error> {
        let (team, workers) = self.team(tasks);
        team.check(workers)
    }

    pub(super) fn open(self, tasks: NonZeroUsize) -> Result<Track, Error> {
        let (team, workers) = self.team(tasks);
        let lock = (self == Self::GlobalLock).then(|| GlobalLock::new(NonZeroUsize::MIN));
        Ok(Track {
            team: team.open(workers)?,
            gil: lock.as_ref().map(|lock| Arc::clone(lock.gil())),
            counter: lock.map_or(AnyBackend::SingleThread(SingleThread), AnyBackend::GlobalLock),
        })
    }

    /// Who runs the tasks.
    const fn team(self, tasks: NonZeroUsize) -> (BackendKind, NonZeroUsize) {
        match self {
            Self::Sequential => (BackendKind::SingleThread, NonZeroUsize::MIN),
            Self::GlobalLock | Self::ScopedThreads => (BackendKind::ScopedThreads, tasks),
            Self::Rayon => (BackendKind::Rayon, tasks),
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Lane {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|lane| lane.name() == name).ok_or_else(|| Error::UnknownName {
            what: "lane",
            given: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

impl Serialize for Lane {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_its_lane() {
        for lane in Lane::ALL {
            assert_eq!(lane.to_string().parse(), Ok(lane));
        }
        let error = "gil".parse::<Lane>().unwrap_err().to_string();
        assert_eq!(error, "unknown lane 'gil': one of sequential, global-lock, scoped-threads, rayon");
    }
}
