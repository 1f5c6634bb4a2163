//! Worker processes: out of the reach of this one's locks, and of its memory.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::process::Command;
use std::time::Duration;

use primelanes_core::{Backend, Control, Error, Kernel, guard};

use crate::Ledger;
use crate::remote::dispatch::Dispatch;
use crate::remote::lease::Lease;
use crate::remote::pool::Pool;
use crate::remote::worker;
use crate::team::{MAX_PROCESSES, check_workers};

/// Runs tiles in worker processes, which are started once and kept as long as this value.
///
/// Processes have a lock each, and so run at once; the price is that work and results cross a pipe, about ten
/// microseconds a run of tiles. A worker that dies, stalls or talks nonsense is replaced, and its run done again; three that
/// are lost on the same tiles end the count with [`Error::WorkersLost`]. The workers end with this process, even
/// if that is killed. Counts that run at once share the workers; where there are more counts than workers,
/// a worker sets up its kernel again for each that it comes back to. Cancelled or failed counts end the workers that are
/// busy with them; others are started when they are needed.
///
/// A worker runs another program, or this one again: see [`worker`](crate::worker).
#[derive(Debug)]
pub struct Processes {
    pool: Box<Pool>,
    patience: Duration,
}

impl Processes {
    /// The lane's name.
    pub const NAME: &'static str = "processes";

    /// A worker that shows no sign of life for so long is replaced, unless it is said.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Starts so many workers of the program that was [registered](crate::worker::register).
    ///
    /// # Errors
    /// [`Error::Unavailable`] if none was, else as [`with_command`](Processes::with_command).
    pub fn new(workers: NonZeroUsize) -> Result<Self, Error> {
        let missing = "no worker program is known: call worker::register first, or use Processes::with_command";
        let command = worker::registered()
            .ok_or_else(|| Error::Unavailable { what: Self::NAME.into(), reason: missing.to_owned() })?;
        Self::with_command(workers, command)
    }

    /// Starts so many workers: each runs this command, which calls [`worker::serve`](crate::worker::serve).
    ///
    /// Standard input, standard output and process group of the command are set here, and an environment variable by which
    /// a worker is kept from starting workers; all else is as the caller says.
    ///
    /// # Errors
    /// [`Error::TooManyWorkers`] above 256, [`Error::Spawn`] if the program cannot be started, [`Error::Unavailable`] if
    /// it does not greet as a worker of this version within ten seconds.
    pub fn with_command(workers: NonZeroUsize, command: Command) -> Result<Self, Error> {
        Self::start(workers, command, &Control::new())
    }

    /// [`with_command`](Processes::with_command), unless the cancel flag of the control is set meanwhile: interpreters, say,
    /// take their time to start.
    ///
    /// # Errors
    /// [`Error::Cancelled`], or as [`with_command`](Processes::with_command).
    pub fn start(workers: NonZeroUsize, command: Command, control: &Control<'_>) -> Result<Self, Error> {
        check_workers(Self::NAME, workers.get(), MAX_PROCESSES)?;
        let pool = Pool::start(Self::NAME, workers, command, control)?;
        Ok(Self { pool: Box::new(pool), patience: Self::PATIENCE })
    }

    /// Replaces a worker that shows no sign of life for so long; two seconds, unless it is said. One at work shows one ten
    /// times a second, as long as its kernel beats, so that less than 0.2 s is taken for that. A run that should take
    /// longer, by the rate of those before, has twenty times as long; a worker that has just been started has ten seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience.max(2 * worker::HEARTBEAT);
        self
    }

    /// The workers' processes, by number. One that ended without a run is listed until the next count.
    #[must_use]
    pub fn process_ids(&self) -> Vec<u32> {
        self.pool.ids()
    }

    /// Processor time of all workers so far, as of their last answers.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        self.pool.processor_time()
    }

    /// How many workers were started in the place of others.
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

    fn time_elsewhere(&self) -> Duration {
        self.processor_time()
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, self.workers(), kernel.grain());
        // Tiles do not panic here, but combining their results may.
        guard(kernel.phase(), || {
            let lease = Lease::new(&self.pool)?;
            Dispatch::new(Self::NAME, kernel, ledger, lease, self.patience, &watch)?.run()
        })
    }
}
