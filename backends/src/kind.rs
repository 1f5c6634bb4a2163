//! The lanes by name: the one file that knows them all.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use primelanes_core::{Backend, Control, Error, Kernel, PrimeCounter};

#[cfg(unix)]
use crate::Processes;
use crate::team::{MAX_PROCESSES, MAX_THREADS, check_workers};
use crate::{GlobalLock, Rayon, ScopedThreads, SingleThread};

/// A lane's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackendKind {
    /// [`SingleThread`].
    SingleThread,
    /// [`ScopedThreads`].
    ScopedThreads,
    /// [`Rayon`], with a pool of its own.
    Rayon,
    /// [`GlobalLock`], with a lock of its own.
    GlobalLock,
    /// `Processes`, of the registered worker program; on Unix.
    Processes,
}

impl BackendKind {
    /// All lanes.
    pub const ALL: [Self; 5] =
        [Self::SingleThread, Self::ScopedThreads, Self::Rayon, Self::GlobalLock, Self::Processes];

    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SingleThread => SingleThread::NAME,
            Self::ScopedThreads => ScopedThreads::NAME,
            Self::Rayon => Rayon::NAME,
            Self::GlobalLock => GlobalLock::NAME,
            Self::Processes => "processes",
        }
    }

    /// What it is, in a line.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::SingleThread => "the calling thread; the baseline",
            Self::ScopedThreads => "threads started for a count and joined at its end",
            Self::Rayon => "a rayon pool, kept from count to count",
            Self::GlobalLock => "threads under one lock, of which one at a time may run, as in CPython",
            Self::Processes => "worker processes, kept from count to count; a lock each",
        }
    }

    /// The most workers that it can have.
    #[must_use]
    pub const fn max_workers(self) -> NonZeroUsize {
        match self {
            Self::SingleThread => NonZeroUsize::MIN,
            Self::ScopedThreads | Self::Rayon | Self::GlobalLock => MAX_THREADS,
            Self::Processes => MAX_PROCESSES,
        }
    }

    /// Whether tiles run in this process, so that every kernel can; one without a [`JobSpec`](crate::JobSpec) cannot leave
    /// it.
    #[must_use]
    pub const fn is_in_process(self) -> bool {
        !matches!(self, Self::Processes)
    }

    /// Whether the lane can be had on this system.
    #[must_use]
    pub const fn is_available(self) -> bool {
        cfg!(unix) || self.is_in_process()
    }

    /// The lanes that can be had on this system.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.is_available())
    }

    /// Whether the lane can have so many workers.
    ///
    /// # Errors
    /// [`Error::TooManyWorkers`].
    pub const fn check(self, workers: NonZeroUsize) -> Result<(), Error> {
        check_workers(self.name(), workers.get(), self.max_workers())
    }

    /// The lane for who does not care: scoped threads. There is no pool to build for one count, nothing is left
    /// behind it, and one worker is the calling thread.
    #[must_use]
    pub const fn auto() -> Self {
        Self::ScopedThreads
    }

    /// The lane with so many workers.
    ///
    /// # Errors
    /// [`Error::TooManyWorkers`], [`Error::Spawn`] if a pool's threads or processes cannot be had, or
    /// [`Error::Unavailable`] if there is no worker program.
    pub fn open(self, workers: NonZeroUsize) -> Result<AnyBackend, Error> {
        self.check(workers)?;
        Ok(match self {
            Self::SingleThread => AnyBackend::SingleThread(SingleThread),
            Self::ScopedThreads => AnyBackend::ScopedThreads(ScopedThreads::new(workers)),
            Self::Rayon => AnyBackend::Rayon(Rayon::new(workers)?),
            Self::GlobalLock => AnyBackend::GlobalLock(GlobalLock::new(workers)),
            #[cfg(unix)]
            Self::Processes => AnyBackend::Processes(Processes::new(workers)?),
            #[cfg(not(unix))]
            Self::Processes => {
                let reason = "this system has no poll for pipes".to_owned();
                return Err(Error::Unavailable { what: self.name().into(), reason });
            }
        })
    }

    /// The lane with so many workers, as a counter.
    ///
    /// # Errors
    /// As [`open`](BackendKind::open).
    pub fn build(self, workers: NonZeroUsize) -> Result<Box<dyn PrimeCounter>, Error> {
        Ok(Box::new(self.open(workers)?))
    }
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for BackendKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| Error::UnknownName {
            what: "backend".into(),
            given: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

/// A lane that was chosen at run time; itself a [`Backend`], so that whatever decorates a backend works on it too.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyBackend {
    /// The calling thread.
    SingleThread(SingleThread),
    /// Threads of a scope.
    ScopedThreads(ScopedThreads),
    /// A rayon pool.
    Rayon(Rayon),
    /// Threads under one lock.
    GlobalLock(GlobalLock),
    /// Worker processes.
    #[cfg(unix)]
    Processes(Processes),
}

impl AnyBackend {
    /// Processor time that the lane's workers have taken outside of this process.
    #[must_use]
    pub fn time_elsewhere(&self) -> Duration {
        match self {
            #[cfg(unix)]
            Self::Processes(processes) => processes.processor_time(),
            _ => Duration::ZERO,
        }
    }
}

/// Evaluates an expression with `$lane` bound to the backend inside.
macro_rules! on_lane {
    ($any:expr, $lane:ident => $body:expr) => {
        match $any {
            AnyBackend::SingleThread($lane) => $body,
            AnyBackend::ScopedThreads($lane) => $body,
            AnyBackend::Rayon($lane) => $body,
            AnyBackend::GlobalLock($lane) => $body,
            #[cfg(unix)]
            AnyBackend::Processes($lane) => $body,
        }
    };
}

impl Backend for AnyBackend {
    fn label(&self) -> &str {
        on_lane!(self, lane => lane.label())
    }

    fn workers(&self) -> NonZeroUsize {
        on_lane!(self, lane => lane.workers())
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        on_lane!(self, lane => lane.fold_run(kernel, tiles, control))
    }
}

/// As many workers as this process has cores to run on; one where the system does not say.
#[must_use]
pub fn available_workers() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lanes that need no other program.
    fn in_process() -> impl Iterator<Item = BackendKind> {
        BackendKind::ALL.into_iter().filter(|kind| kind.is_in_process())
    }

    #[cfg(unix)]
    #[test]
    fn no_program_is_run_again_that_did_not_say_so() {
        assert_eq!(BackendKind::Processes.name(), Processes::NAME);
        let error = BackendKind::Processes.open(NonZeroUsize::MIN).unwrap_err().to_string();
        let said = "processes is not available: no worker program is known: call worker::register first, or use \
                    Processes::with_command";
        assert_eq!(error, said);
    }

    #[test]
    fn names_are_unique_and_name_their_lane() {
        for kind in BackendKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for kind in in_process() {
            let lane = kind.open(NonZeroUsize::MIN).unwrap();
            assert_eq!((lane.label(), lane.workers()), (kind.name(), NonZeroUsize::MIN));
            assert_eq!(kind.build(NonZeroUsize::MIN).unwrap().name(), kind.name());
            assert_eq!(lane.time_elsewhere(), Duration::ZERO);
        }
        let error = "gpu".parse::<BackendKind>().unwrap_err().to_string();
        assert_eq!(error, "unknown backend 'gpu': one of single-thread, scoped-threads, rayon, global-lock, processes");
    }

    #[test]
    fn a_lane_has_the_workers_that_were_asked_for_or_says_why_not() {
        let seven = NonZeroUsize::new(7).unwrap();
        for kind in in_process() {
            let (backend, max) = (kind.name(), kind.max_workers());
            match kind.open(seven) {
                Ok(lane) => assert!(lane.workers() == seven && max >= seven),
                Err(error) => {
                    assert_eq!(error, Error::TooManyWorkers { backend: backend.into(), requested: 7, max: 1 })
                }
            }
        }
        for kind in BackendKind::ALL {
            let (backend, max) = (kind.name(), kind.max_workers());
            let requested = max.get() + 1;
            let refused = kind.open(NonZeroUsize::new(requested).unwrap()).err();
            assert_eq!(refused, Some(Error::TooManyWorkers { backend: backend.into(), requested, max: max.get() }));
        }
    }

    #[test]
    fn every_lane_is_described_in_words_of_its_own() {
        for (place, kind) in BackendKind::ALL.into_iter().enumerate() {
            let words = kind.description().split_whitespace().count();
            assert!((3..20).contains(&words), "{kind}: {}", kind.description());
            assert!(BackendKind::ALL[..place].iter().all(|other| other.description() != kind.description()));
        }
    }

    #[test]
    fn a_worker_for_each_core_that_the_system_grants() {
        assert_eq!(std::thread::available_parallelism().ok(), Some(available_workers()));
    }
}
