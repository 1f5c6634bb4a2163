//! Worker processes that are started once and shared by all folds.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::process::{Command, id as this_process};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use primelanes_core::{Control, Error, Pulse, Stopped};

use super::CANCEL_CHECK_INTERVAL;
use super::dispatch::WorkerId;
use super::process::{Process, await_messages, shut_down};
use super::waiting_queue::WaitingQueue;

/// How long a program may take until it greets as a worker. An interpreter on a busy machine takes a second.
pub(super) const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// This variable is set for workers, so that a program that forgets to call `serve` does not start workers that start
/// workers.
const IS_WORKER: &str = "PRIMELANES_IS_WORKER";

/// The worker processes of one program.
#[derive(Debug)]
pub(crate) struct Pool {
    backend: &'static str,
    size: NonZeroUsize,
    /// The process that started the workers.
    owner: u32,
    command: Mutex<Command>,
    state: Mutex<State>,
    /// Signals that a worker is free, or that a fold has left the queue.
    pub(super) freed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// The workers without a run. `None` means that the process is started when the worker gets a run.
    pub(super) free: Vec<(WorkerId, Option<Process>)>,
    /// The folds that have no worker.
    pub(super) queue: WaitingQueue,
    /// The processor time of all workers so far.
    pub(super) processor: Duration,
    ids: BTreeSet<u32>,
    started: u64,
}

impl Pool {
    /// Starts all workers and waits for their greetings, unless the control is cancelled.
    pub(crate) fn start(
        backend: &'static str,
        size: NonZeroUsize,
        mut command: Command,
        control: &Control<'_>,
    ) -> Result<Self, Error> {
        if std::env::var_os(IS_WORKER).is_some() {
            let reason = "this process was itself started as a worker, so it must serve as one".to_owned();
            return Err(Error::Unavailable { what: backend.into(), reason });
        }
        command.env(IS_WORKER, "1");
        let (command, state) = (Mutex::new(command), Mutex::default());
        let pool = Self { backend, size, owner: this_process(), command, state, freed: Condvar::new() };
        pool.start_all(control)?;
        Ok(pool)
    }

    fn start_all(&self, control: &Control<'_>) -> Result<(), Error> {
        let check_cancel = || control.beat().map_err(|Stopped| Error::Cancelled);
        let start = |_| check_cancel().and_then(|()| self.start_one());
        let mut processes = (0..self.size.get()).map(start).collect::<Result<Vec<_>, _>>()?;
        let deadline = Instant::now() + GREETING_TIMEOUT;
        for process in &mut processes {
            while !await_greeting(process, deadline).map_err(|reason| self.not_a_worker(&reason))? {
                check_cancel()?;
            }
        }
        self.state().free.extend(processes.into_iter().map(Some).enumerate());
        Ok(())
    }

    fn not_a_worker(&self, reason: &str) -> Error {
        let program = self.command.lock().unwrap_or_else(PoisonError::into_inner).get_program().to_owned();
        let reason = format!("'{}' is not a worker that this program can use: {reason}", program.display());
        Error::Unavailable { what: self.backend.into(), reason }
    }

    /// Starts a worker. It has not greeted yet.
    pub(super) fn start_one(&self) -> Result<Process, Error> {
        let mut command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
        let process = Process::start(&mut command).map_err(|refusal| Error::Spawn {
            backend: self.backend.into(),
            requested: self.size.get(),
            reason: format!("'{}': {refusal}", command.get_program().display()),
        })?;
        let mut state = self.state();
        state.ids.insert(process.id());
        state.started += 1;
        Ok(process)
    }

    /// Ends a worker, even if it has a run.
    pub(super) fn end(&self, process: Process) {
        self.state().ids.remove(&process.id());
        drop(process);
    }

    pub(crate) const fn size(&self) -> NonZeroUsize {
        self.size
    }

    /// Reaps workers that exited while they had no run. They are replaced when they are needed.
    pub(super) fn reap(&self) {
        let mut state = self.state();
        let State { free, ids, .. } = &mut *state;
        for (_, process) in free.iter_mut() {
            if let Some(exited) = process.take_if(|process| !process.is_running()) {
                ids.remove(&exited.id());
            }
        }
    }

    /// Returns the process IDs of the workers.
    pub(crate) fn ids(&self) -> Vec<u32> {
        self.state().ids.iter().copied().collect()
    }

    /// Returns the processor time of all workers so far, as of their last answers. It includes workers that are gone.
    pub(crate) fn processor_time(&self) -> Duration {
        self.state().processor
    }

    /// Returns the number of workers that were started to replace others.
    pub(crate) fn replaced(&self) -> u64 {
        self.state().started.saturating_sub(self.size.get() as u64)
    }

    /// Checks that this process started the workers, and is not a copy made by fork.
    pub(super) fn check_owner(&self) -> Result<(), Error> {
        if this_process() == self.owner {
            return Ok(());
        }
        let reason = format!("its workers belong to process {}, and this process is a fork of it", self.owner);
        Err(Error::Unavailable { what: self.backend.into(), reason })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // No code that runs under the mutex leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns whether there is any worker process, with or without a run.
    pub(super) fn has_processes(&self) -> bool {
        !self.ids.is_empty()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let ours = self.check_owner().is_ok();
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let processes: Vec<_> = state.free.drain(..).filter_map(|(_, process)| process).collect();
        // The workers of another process keep running.
        if ours {
            shut_down(&processes);
        }
    }
}

/// Waits a moment for the process to greet. Returns whether it has greeted, or why it never will.
fn await_greeting(process: &mut Process, deadline: Instant) -> Result<bool, String> {
    // No request was sent yet, so this checks only the greeting.
    process.answer().map_err(|loss| process.explain(loss))?;
    if process.has_greeted() {
        return Ok(true);
    }
    let left = deadline.saturating_duration_since(Instant::now());
    if await_messages(&mut [&mut *process], left.min(CANCEL_CHECK_INTERVAL)) == [true] {
        process.receive().map_err(|loss| process.explain(loss))?;
    } else if left.is_zero() {
        return Err(process.explain(format_args!("it did not greet within {GREETING_TIMEOUT:?}")));
    }
    Ok(false)
}
