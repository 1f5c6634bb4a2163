//! Worker processes that are started once and shared by all folds.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::num::NonZeroUsize;
use std::process::{Command, id as this_process};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use primelanes_core::Error;

use super::dispatch::WorkerId;
use super::process::{Process, await_any};

/// How long a program may take to say that it is a worker. An interpreter on a busy machine takes a second.
const GREETING_PATIENCE: Duration = Duration::from_secs(10);

/// A number of worker processes of one program.
#[derive(Debug)]
pub(crate) struct Pool {
    backend: &'static str,
    size: NonZeroUsize,
    /// The process that the workers belong to.
    owner: u32,
    command: Mutex<Command>,
    state: Mutex<State>,
    /// A worker became free, or the line moved.
    pub(super) freed: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    /// Workers without a run; `None` for one that is to be started when it gets one.
    pub(super) free: Vec<(WorkerId, Option<Process>)>,
    /// The tickets of folds that have no worker, in line.
    pub(super) line: VecDeque<u64>,
    pub(super) next_ticket: u64,
    pub(super) processor: Duration,
    ids: BTreeSet<u32>,
    started: u64,
}

impl Pool {
    /// Starts all workers and waits for their greetings.
    pub(crate) fn start(backend: &'static str, size: NonZeroUsize, command: Command) -> Result<Self, Error> {
        let state = State {
            free: Vec::with_capacity(size.get()),
            line: VecDeque::new(),
            next_ticket: 0,
            processor: Duration::ZERO,
            ids: BTreeSet::new(),
            started: 0,
        };
        let (command, state) = (Mutex::new(command), Mutex::new(state));
        let pool = Self { backend, size, owner: this_process(), command, state, freed: Condvar::new() };
        pool.start_all()?;
        Ok(pool)
    }

    fn start_all(&self) -> Result<(), Error> {
        let refused = |refusal: io::Error| {
            let reason = format!("{}: {refusal}", self.program());
            Error::Spawn { backend: self.backend, requested: self.size.get(), reason }
        };
        let foreign = |reason: String| {
            let reason = format!("{} is no worker that this program understands: {reason}", self.program());
            Error::Unavailable { what: self.backend, reason }
        };
        let mut processes = Vec::with_capacity(self.size.get());
        for _ in 0..self.size.get() {
            processes.push(self.start_one().map_err(refused)?);
        }
        let deadline = Instant::now() + GREETING_PATIENCE;
        processes.iter_mut().try_for_each(|process| await_greeting(process, deadline)).map_err(foreign)?;
        self.state().free.extend(processes.into_iter().map(Some).enumerate());
        Ok(())
    }

    /// Starts a worker; it has not greeted yet.
    pub(super) fn start_one(&self) -> io::Result<Process> {
        let process = Process::start(&mut self.command.lock().unwrap_or_else(PoisonError::into_inner))?;
        let mut state = self.state();
        state.ids.insert(process.id());
        state.started += 1;
        Ok(process)
    }

    /// Ends a worker, whatever it does.
    pub(super) fn end(&self, process: Process) {
        self.state().ids.remove(&process.id());
        drop(process);
    }

    pub(crate) const fn size(&self) -> NonZeroUsize {
        self.size
    }

    /// The workers' processes.
    pub(crate) fn ids(&self) -> Vec<u32> {
        self.state().ids.iter().copied().collect()
    }

    /// Processor time of all workers that ever were, as they last said.
    pub(crate) fn processor_time(&self) -> Duration {
        self.state().processor
    }

    /// How many workers were started in the place of others.
    pub(crate) fn replaced(&self) -> u64 {
        self.state().started.saturating_sub(self.size.get() as u64)
    }

    /// That the workers are this process's own, and not those of one that it is a copy of, made by fork.
    pub(super) fn check_owner(&self) -> Result<(), Error> {
        if this_process() == self.owner {
            return Ok(());
        }
        let reason = format!("its workers belong to process {}, of which this one is a copy", self.owner);
        Err(Error::Unavailable { what: self.backend, reason })
    }

    fn program(&self) -> String {
        let command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
        format!("'{}'", command.get_program().display())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let ours = self.check_owner().is_ok();
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut processes: Vec<_> = state.free.drain(..).filter_map(|(_, process)| process).collect();
        if ours {
            // First all are told to end, and then each is waited for.
            processes.iter_mut().for_each(Process::dismiss);
        } else {
            processes.into_iter().for_each(Process::forget);
        }
    }
}

/// Waits until the process has said who it is, or says why it does not.
fn await_greeting(process: &mut Process, deadline: Instant) -> Result<(), String> {
    loop {
        // Nothing was asked yet, so this is about the greeting alone.
        process.reply().map_err(|loss| loss.to_string())?;
        if process.has_greeted() {
            return Ok(());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if await_any(&[&*process], left) == [true] {
            process.receive().map_err(|loss| loss.to_string())?;
        } else if left.is_zero() {
            return Err(format!("it did not greet within {GREETING_PATIENCE:?}"));
        }
    }
}
