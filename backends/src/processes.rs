//! Runs tiles in worker processes, which share no lock and no memory with this process.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::process::Command;
use std::time::Duration;

use primelanes_core::{Backend, Control, Crew, Error, Kernel, guard};

use crate::remote::checkout::Checkout;
use crate::remote::dispatch::Dispatch;
use crate::remote::pace::Pace;
use crate::remote::pool::Pool;
use crate::remote::worker;
use crate::team::{MAX_PROCESSES, check_workers};
use crate::{Ledger, remote};

/// Runs tiles in worker processes. They are started once and live as long as this value.
///
/// Each process has its own locks, so all of them run at the same time. However, work and results cross a socket, which
/// costs about ten microseconds per run of tiles.
///
/// A worker that dies, stalls or sends malformed data is replaced, and its run is done again. If three workers are lost
/// on the same tiles, the count ends with [`Error::WorkersLost`]. The workers end with this process, even if it is
/// killed.
///
/// Counts that run at once share the workers. If there are more counts than workers, a worker must set up a kernel
/// again each time it switches to another count. A count that is cancelled or fails ends the workers that are busy with
/// it; they are replaced when they are needed.
///
/// A worker runs another program, or this program again: see [`worker`].
#[derive(Debug)]
pub struct Processes {
    pool: Box<Pool>,
    timeout: Duration,
}

impl Processes {
    /// The lane's name.
    pub const NAME: &'static str = "processes";

    /// How long a worker may send nothing, by default.
    const TIMEOUT: Duration = Duration::from_secs(2);

    /// Starts workers of the [registered](crate::worker::register) program.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if no program is registered, or any error of [`with_command`](Processes::with_command).
    pub fn new(workers: NonZeroUsize) -> Result<Self, Error> {
        Self::registered(workers, &Control::new())
    }

    /// Starts workers of the registered program, unless the control is cancelled.
    pub(crate) fn registered(workers: NonZeroUsize, control: &Control<'_>) -> Result<Self, Error> {
        let missing = "no worker program is registered: call worker::register first, or use Processes::with_command";
        let command = worker::registered()
            .ok_or_else(|| Error::Unavailable { what: Self::NAME.into(), reason: missing.to_owned() })?;
        Self::start(workers, command, control)
    }

    /// Starts workers that each run this command. The program must call [`worker::serve`].
    ///
    /// This function sets the command's standard input, standard output, standard error and process group, and an
    /// environment variable that keeps a worker from starting workers. Everything else stays as the caller has set it.
    ///
    /// A worker may print anything on standard output and standard error. The last lines are quoted if the worker is lost;
    /// everything else is dropped.
    ///
    /// # Errors
    /// [`Error::TooManyWorkers`] above 256 workers, [`Error::Spawn`] if the program cannot be started, or
    /// [`Error::Unavailable`] if it does not greet as a worker of this version within ten seconds, or if this process
    /// is itself a worker.
    pub fn with_command(workers: NonZeroUsize, command: Command) -> Result<Self, Error> {
        Self::start(workers, command, &Control::new())
    }

    /// Starts workers like [`with_command`](Processes::with_command), but stops when the cancel flag of the control is
    /// set. This is useful for programs that take a while to start, such as an interpreter.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the flag is set, or any error of [`with_command`](Processes::with_command).
    pub fn start(workers: NonZeroUsize, command: Command, control: &Control<'_>) -> Result<Self, Error> {
        check_workers(Self::NAME, workers.get(), MAX_PROCESSES)?;
        let pool = Pool::start(Self::NAME, workers, command, control)?;
        Ok(Self { pool: Box::new(pool), timeout: Self::TIMEOUT })
    }

    /// Sets how long a worker may send nothing before it is replaced; two seconds by default.
    ///
    /// A worker reports ten times per second as long as its kernel beats the pulse, so a timeout below 0.2
    /// seconds is raised to that. If twenty times the expected time of a run is longer than the timeout, the worker
    /// gets that time. A worker that was just started gets ten seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.max(2 * worker::HEARTBEAT);
        self
    }

    /// Returns the process IDs of the workers. A worker that exited while it had no run is listed until the next count.
    #[must_use]
    pub fn process_ids(&self) -> Vec<u32> {
        self.pool.ids()
    }

    /// Returns the processor time of all workers so far, as of their last answers.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        self.pool.processor_time()
    }

    /// Returns the number of workers that were started to replace others.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.pool.replaced()
    }
}

impl Backend for Processes {
    fn label(&self) -> &str {
        Self::NAME
    }

    fn workers(&self) -> NonZeroUsize {
        self.pool.size()
    }

    fn crew(&self) -> Crew {
        Crew::apart(self.workers())
    }

    fn time_elsewhere(&self) -> Duration {
        self.processor_time()
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, self.workers(), kernel.grain());
        // Tiles do not panic in this process, but combining their results may.
        guard(kernel.phase(), || {
            let workers = Checkout::new(&self.pool)?;
            Dispatch::new(Self::NAME, kernel, ledger, workers, Pace::new(self.timeout), &watch)?.run()
        })
    }

    fn fold_run_beside<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        control: &Control<'_>,
        beside: &mut dyn FnMut(),
    ) -> Result<K::Partial, Error> {
        remote::serve_beside(Self::NAME, || self.fold_run(kernel, tiles, control), beside)
    }
}
