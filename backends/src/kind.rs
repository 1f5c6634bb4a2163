//! The lanes by name. This is the only file that knows all of them.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use primelanes_core::environment::variable;
use primelanes_core::{Backend, Control, Crew, Error, Kernel, PrimeCounter, Pulse, Stopped};

#[cfg(unix)]
use crate::Processes;
use crate::team::{MAX_PROCESSES, MAX_THREADS, check_workers};
use crate::{GlobalLock, Rayon, ScopedThreads, SingleThread};

/// The name of a lane.
///
/// ```
/// use primelanes_backends::BackendKind;
///
/// assert_eq!("rayon".parse::<BackendKind>()?, BackendKind::Rayon);
/// assert_eq!("auto".parse::<BackendKind>()?, BackendKind::auto());
/// # Ok::<(), primelanes_backends::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackendKind {
    /// [`SingleThread`].
    SingleThread,
    /// [`ScopedThreads`].
    ScopedThreads,
    /// [`Rayon`], with its own pool.
    Rayon,
    /// [`GlobalLock`], with its own lock.
    GlobalLock,
    /// `Processes`, which run the registered worker program. Available on Unix.
    Processes,
}

impl BackendKind {
    /// All lanes.
    pub const ALL: &'static [Self] =
        &[Self::SingleThread, Self::ScopedThreads, Self::Rayon, Self::GlobalLock, Self::Processes];

    /// The name that stands for [`BackendKind::auto`] wherever a lane is named.
    pub const AUTO: &'static str = "auto";

    /// The environment variable that [`BackendKind::from_env`] reads.
    pub const VARIABLE: &'static str = "PRIMELANES_BACKEND";

    /// Returns the name of the lane on the command line and in reports.
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

    /// Returns a description of the lane in one line.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::SingleThread => "the calling thread; the baseline",
            Self::ScopedThreads => "threads that are started for each count",
            Self::Rayon => "a rayon pool, kept alive between counts",
            Self::GlobalLock => "threads under one lock, so that only one runs at a time, as in CPython",
            Self::Processes => "worker processes, kept alive between counts, each with its own lock",
        }
    }

    /// Returns the largest number of workers that the lane takes.
    #[must_use]
    pub const fn max_workers(self) -> NonZeroUsize {
        match self {
            Self::SingleThread => NonZeroUsize::MIN,
            Self::ScopedThreads | Self::Rayon | Self::GlobalLock => MAX_THREADS,
            Self::Processes => MAX_PROCESSES,
        }
    }

    /// Returns whether tiles run in this process. Such a lane runs every kernel. The other lanes run only kernels that
    /// have a [`JobSpec`](crate::JobSpec).
    #[must_use]
    pub const fn is_in_process(self) -> bool {
        !matches!(self, Self::Processes)
    }

    /// Returns the crew of the lane with this many workers. A [`Plan`](crate::Plan) can be made for it before the lane is
    /// opened.
    #[must_use]
    pub const fn crew(self, workers: NonZeroUsize) -> Crew {
        if self.is_in_process() { Crew::together(workers) } else { Crew::apart(workers) }
    }

    /// Returns whether the lane is available on this system.
    #[must_use]
    pub const fn is_available(self) -> bool {
        cfg!(unix) || self.is_in_process()
    }

    /// Returns the lanes that are available on this system.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| kind.is_available())
    }

    /// Checks that the lane takes this many workers.
    ///
    /// # Errors
    /// [`Error::TooManyWorkers`] if `workers` is more than [`max_workers`](BackendKind::max_workers).
    pub const fn check(self, workers: NonZeroUsize) -> Result<(), Error> {
        check_workers(self.name(), workers.get(), self.max_workers())
    }

    /// Returns the default lane: scoped threads. It needs no pool and leaves nothing behind. With one worker, it runs
    /// on the calling thread.
    #[must_use]
    pub const fn auto() -> Self {
        Self::ScopedThreads
    }

    /// Returns the lane that the environment variable [`VARIABLE`](Self::VARIABLE) names, or
    /// [`auto`](BackendKind::auto) if it is unset or empty.
    ///
    /// # Errors
    /// [`Error::BadVariable`] if the variable does not name a lane.
    pub fn from_env() -> Result<Self, Error> {
        Ok(variable(Self::VARIABLE, str::parse)?.unwrap_or(Self::auto()))
    }

    /// Opens the lane with `workers` workers.
    ///
    /// # Errors
    /// [`Error::TooManyWorkers`] above [`max_workers`](BackendKind::max_workers), [`Error::Spawn`] if the system cannot
    /// start the threads or processes of a pool, or [`Error::Unavailable`] if the lane does not exist on this system or
    /// worker processes cannot be used, for example because no worker program is registered.
    pub fn open(self, workers: NonZeroUsize) -> Result<AnyBackend, Error> {
        self.open_with(workers, &Control::new())
    }

    /// Opens the lane like [`open`](BackendKind::open), but stops when the cancel flag of the control is set. This
    /// matters for worker processes, which may take seconds to start.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the flag is set, or any error of [`open`](BackendKind::open).
    pub fn open_with(self, workers: NonZeroUsize, control: &Control<'_>) -> Result<AnyBackend, Error> {
        self.check(workers)?;
        control.beat().map_err(|Stopped| Error::Cancelled)?;
        Ok(match self {
            Self::SingleThread => AnyBackend::SingleThread(SingleThread),
            Self::ScopedThreads => AnyBackend::ScopedThreads(ScopedThreads::new(workers)),
            Self::Rayon => AnyBackend::Rayon(Rayon::new(workers)?),
            Self::GlobalLock => AnyBackend::GlobalLock(GlobalLock::new(workers)),
            #[cfg(unix)]
            Self::Processes => AnyBackend::Processes(Processes::registered(workers, control)?),
            #[cfg(not(unix))]
            Self::Processes => {
                let reason = "worker processes need a Unix system".to_owned();
                return Err(Error::Unavailable { what: self.name().into(), reason });
            }
        })
    }

    /// Opens the lane with `workers` workers, as a counter.
    ///
    /// # Errors
    /// The same as [`open`](BackendKind::open).
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
        if name == Self::AUTO {
            return Ok(Self::auto());
        }
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or_else(|| Error::UnknownName {
            what: "backend".into(),
            given: name.to_owned(),
            known: [Self::AUTO]
                .into_iter()
                .chain(Self::ALL.iter().map(|kind| kind.name()))
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

/// A lane that was chosen at run time. It is itself a [`Backend`], so that anything that wraps a backend can wrap it.
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

/// Evaluates an expression with `$lane` bound to the backend in an [`AnyBackend`].
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

    fn crew(&self) -> Crew {
        on_lane!(self, lane => lane.crew())
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        on_lane!(self, lane => lane.fold_run(kernel, tiles, control))
    }

    fn fold_run_beside<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        control: &Control<'_>,
        beside: &mut dyn FnMut(),
    ) -> Result<K::Partial, Error> {
        on_lane!(self, lane => lane.fold_run_beside(kernel, tiles, control, beside))
    }

    fn time_elsewhere(&self) -> Duration {
        on_lane!(self, lane => lane.time_elsewhere())
    }
}

/// Returns the number of cores that this process can run on, or 1 if the system does not report it.
#[must_use]
pub fn available_workers() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lanes that need no worker program.
    fn in_process() -> impl Iterator<Item = BackendKind> {
        BackendKind::ALL.iter().copied().filter(|kind| kind.is_in_process())
    }

    #[cfg(unix)]
    #[test]
    fn no_program_is_run_again_that_did_not_say_so() {
        assert_eq!(BackendKind::Processes.name(), Processes::NAME);
        let error = BackendKind::Processes.open(NonZeroUsize::MIN).unwrap_err().to_string();
        let said = "processes is not available: no worker program is registered: call worker::register first, or use \
                    Processes::with_command";
        assert_eq!(error, said);
    }

    #[test]
    fn names_are_unique_and_name_their_lane() {
        for &kind in BackendKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for kind in in_process() {
            let lane = kind.open(NonZeroUsize::MIN).unwrap();
            assert_eq!((lane.label(), lane.workers()), (kind.name(), NonZeroUsize::MIN));
            assert_eq!(lane.crew(), kind.crew(NonZeroUsize::MIN));
            assert_eq!(kind.build(NonZeroUsize::MIN).unwrap().name(), kind.name());
            assert_eq!(lane.time_elsewhere(), Duration::ZERO);
        }
        let error = "gpu".parse::<BackendKind>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown backend 'gpu': expected one of auto, single-thread, scoped-threads, rayon, global-lock, processes"
        );
    }

    #[test]
    fn a_lane_has_the_workers_that_were_asked_for_or_says_why_not() {
        let seven = NonZeroUsize::new(7).unwrap();
        for kind in in_process() {
            let (backend, max) = (kind.name(), kind.max_workers());
            match kind.open(seven) {
                Ok(lane) => assert!(lane.workers() == seven && max >= seven),
                Err(error) => {
                    assert_eq!(error, Error::TooManyWorkers { backend: backend.into(), requested: 7, max: 1 });
                }
            }
        }
        for &kind in BackendKind::ALL {
            let (backend, max) = (kind.name(), kind.max_workers());
            let requested = max.get() + 1;
            let refused = kind.open(NonZeroUsize::new(requested).unwrap()).err();
            assert_eq!(refused, Some(Error::TooManyWorkers { backend: backend.into(), requested, max: max.get() }));
        }
    }

    #[test]
    fn every_lane_is_described_in_words_of_its_own() {
        for (place, kind) in BackendKind::ALL.iter().enumerate() {
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
