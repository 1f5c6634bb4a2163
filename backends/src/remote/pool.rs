//! Worker processes that are started once and shared by all folds.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::process::{Command, id as this_process};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use primelanes_core::{Control, Error, Pulse, Stopped};

use super::dispatch::WorkerId;
use super::process::{Process, await_any, dismiss};

/// How long a program may take to say that it is a worker. An interpreter on a busy machine takes a second.
pub(super) const GREETING_PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks at whether those who wait for greetings still want the workers.
const LOOK: Duration = Duration::from_millis(10);

/// Set for workers, so that a program which forgets to serve does not start workers that start workers.
const IS_WORKER: &str = "PRIMELANES_IS_WORKER";

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
    last_ticket: u64,
    pub(super) processor: Duration,
    ids: BTreeSet<u32>,
    started: u64,
}

impl Pool {
    /// Starts all workers and waits for their greetings, unless that is cancelled.
    pub(crate) fn start(
        backend: &'static str,
        size: NonZeroUsize,
        mut command: Command,
        control: &Control<'_>,
    ) -> Result<Self, Error> {
        if std::env::var_os(IS_WORKER).is_some() {
            let reason = "this process was itself started as a worker, and is to call worker::serve".to_owned();
            return Err(Error::Unavailable { what: backend.into(), reason });
        }
        command.env(IS_WORKER, "1");
        let state = State {
            free: Vec::with_capacity(size.get()),
            line: VecDeque::new(),
            last_ticket: 0,
            processor: Duration::ZERO,
            ids: BTreeSet::new(),
            started: 0,
        };
        let (command, state) = (Mutex::new(command), Mutex::new(state));
        let pool = Self { backend, size, owner: this_process(), command, state, freed: Condvar::new() };
        pool.start_all(control)?;
        Ok(pool)
    }

    fn start_all(&self, control: &Control<'_>) -> Result<(), Error> {
        let look = || control.beat().map_err(|Stopped| Error::Cancelled);
        let foreign = |reason: String| {
            let program = self.command.lock().unwrap_or_else(PoisonError::into_inner).get_program().to_owned();
            let reason = format!("'{}' is no worker that this program understands: {reason}", program.display());
            Error::Unavailable { what: self.backend.into(), reason }
        };
        let start = |_| look().and_then(|()| self.start_one());
        let mut processes = (0..self.size.get()).map(start).collect::<Result<Vec<_>, _>>()?;
        let deadline = Instant::now() + GREETING_PATIENCE;
        for process in &mut processes {
            while !await_greeting(process, deadline).map_err(foreign)? {
                look()?;
            }
        }
        self.state().free.extend(processes.into_iter().map(Some).enumerate());
        Ok(())
    }

    /// Starts a worker; it has not greeted yet.
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

    /// Ends a worker, whatever it does.
    pub(super) fn end(&self, process: Process) {
        self.state().ids.remove(&process.id());
        drop(process);
    }

    pub(crate) const fn size(&self) -> NonZeroUsize {
        self.size
    }

    /// Reaps workers that ended without a run; others are started in their place when they are needed.
    pub(super) fn reap(&self) {
        let mut state = self.state();
        let State { free, ids, .. } = &mut *state;
        for (_, process) in free.iter_mut() {
            if let Some(ended) = process.take_if(|process| !process.is_running()) {
                ids.remove(&ended.id());
            }
        }
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
        Err(Error::Unavailable { what: self.backend.into(), reason })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A ticket at the end of the line.
    pub(super) fn queue_up(&mut self) -> u64 {
        self.last_ticket += 1;
        self.line.push_back(self.last_ticket);
        self.last_ticket
    }

    /// Whether there is a worker at all, with a run or without.
    pub(super) fn any_left(&self) -> bool {
        !self.ids.is_empty()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let ours = self.check_owner().is_ok();
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let processes: Vec<_> = state.free.drain(..).filter_map(|(_, process)| process).collect();
        // The workers of another process go on.
        if ours {
            dismiss(processes);
        }
    }
}

/// Waits a moment until the process has said who it is; whether it has, or why it does not.
fn await_greeting(process: &mut Process, deadline: Instant) -> Result<bool, String> {
    // Nothing was asked yet, so this is about the greeting alone.
    process.answer().map_err(|loss| loss.to_string())?;
    if process.has_greeted() {
        return Ok(true);
    }
    let left = deadline.saturating_duration_since(Instant::now());
    if await_any(&[&*process], left.min(LOOK)) == [true] {
        process.receive().map_err(|loss| loss.to_string())?;
    } else if left.is_zero() {
        return Err(format!("it did not greet within {GREETING_PATIENCE:?}"));
    }
    Ok(false)
}
