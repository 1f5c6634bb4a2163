//! The workers of a pool that one fold has checked out. Each is checked out for one run at a time.
//!
//! Folds without a worker wait in a queue. A fold that has a worker gets another one only while the queue is empty. So
//! folds that run at once share the pool, in whatever order they came, and a single fold gets all of it.

use std::ops::Range;
use std::sync::{MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_core::{Error, JobSpec};

use super::SPIN_TIME;
use super::dispatch::{Event, WorkerId, Workers};
use super::pool::{GREETING_TIMEOUT, Pool, State};
use super::process::{Process, await_messages};
use super::waiting_queue::Place;

/// The workers of one fold. Dropping it ends the workers that have a run, and leaves the queue.
#[derive(Debug)]
pub(crate) struct Checkout<'a> {
    pool: &'a Pool,
    workers: Vec<(WorkerId, Process)>,
    /// Its place in the queue of folds that have no worker.
    place: Option<Place>,
    start: Instant,
}

impl<'a> Checkout<'a> {
    pub(crate) fn new(pool: &'a Pool) -> Result<Self, Error> {
        pool.check_owner()?;
        pool.reap();
        Ok(Self { pool, workers: Vec::new(), place: None, start: Instant::now() })
    }

    /// Takes a free slot of the pool as soon as this fold is next, with the slot's process if it has one.
    fn take_free(&mut self, wait: Duration) -> Option<(WorkerId, Option<Process>)> {
        let mut state = self.pool.state();
        if self.workers.is_empty() && self.place.is_none() {
            self.place = Some(state.queue.join());
        }
        let must_wait = |state: &mut State| state.free.is_empty() || !state.queue.is_next(self.place);
        if must_wait(&mut state) {
            let waited = self.pool.freed.wait_timeout_while(state, wait, must_wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if must_wait(&mut state) {
                return None;
            }
        }
        state.free.pop()
    }

    /// Waits at most `wait` for messages, and returns the workers that have sent some.
    fn ready(&mut self, wait: Duration, soon: bool) -> Vec<WorkerId> {
        let (workers, mut processes): (Vec<_>, Vec<_>) =
            self.workers.iter_mut().map(|(worker, process)| (*worker, process)).unzip();
        let mut ready = vec![false; workers.len()];
        let spin = if soon { SPIN_TIME.min(wait) } else { Duration::ZERO };
        let start = Instant::now();
        while !ready.contains(&true) && start.elapsed() < spin {
            ready = await_messages(&mut processes, Duration::ZERO);
            thread::yield_now();
        }
        if !ready.contains(&true) {
            ready = await_messages(&mut processes, wait);
        }
        workers.into_iter().zip(ready).filter_map(|(worker, ready)| ready.then_some(worker)).collect()
    }

    /// Reads what a worker has sent.
    fn read(&mut self, worker: WorkerId) -> Event {
        let process = self.process(worker);
        match process.receive().and_then(|()| process.answer()) {
            Ok(None) => Event::Alive,
            Ok(Some((answer, processor))) => {
                self.give_back(worker, processor);
                Event::Answered { outcome: answer.outcome, busy: answer.busy }
            }
            Err(loss) => {
                let reason = process.explain(loss);
                self.give_up(worker);
                Event::Lost(reason)
            }
        }
    }

    /// Gives back a worker that has answered.
    fn give_back(&mut self, worker: WorkerId, processor: Duration) {
        let process = self.take(worker);
        let mut state = self.pool.state();
        state.processor = state.processor.saturating_add(processor);
        state.free.push((worker, Some(process)));
        self.notify(state);
    }

    fn process(&mut self, worker: WorkerId) -> &mut Process {
        let entry = self.workers.iter_mut().find(|(other, _)| *other == worker);
        &mut entry.expect("the worker is checked out").1
    }

    fn take(&mut self, worker: WorkerId) -> Process {
        let index = self.workers.iter().position(|(other, _)| *other == worker);
        self.workers.swap_remove(index.expect("the worker is checked out")).1
    }

    /// Wakes the folds that wait for a worker.
    fn notify(&self, state: MutexGuard<'_, State>) {
        drop(state);
        self.pool.freed.notify_all();
    }
}

impl Workers for Checkout<'_> {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn check_out(&mut self, wait: Duration) -> Result<Option<WorkerId>, Error> {
        let Some((worker, mut process)) = self.take_free(wait) else { return Ok(None) };
        // A process that exited while it had no run is not counted against any run.
        if let Some(exited) = process.take_if(|process| !process.is_running()) {
            self.pool.end(exited);
        }
        let started = process.map_or_else(|| self.pool.start_one(), Ok);
        let mut state = self.pool.state();
        let checked_out = match started {
            Ok(process) => {
                if let Some(place) = self.place.take() {
                    state.queue.leave(place);
                }
                self.workers.push((worker, process));
                Ok(Some(worker))
            }
            Err(refusal) => {
                // Slots with a process come first. This slot is tried again when no other is free.
                state.free.insert(0, (worker, None));
                if state.has_processes() { Ok(None) } else { Err(refusal) }
            }
        };
        self.notify(state);
        if let Ok(None) = checked_out {
            thread::sleep(wait);
        }
        checked_out
    }

    fn send(&mut self, worker: WorkerId, spec: &JobSpec, run: &Range<u64>) -> Result<Duration, String> {
        let process = self.process(worker);
        // A process that was just started gets time to start.
        let start_up = if process.has_greeted() { Duration::ZERO } else { GREETING_TIMEOUT };
        let sent = process.send(spec, run);
        sent.map(|()| start_up).map_err(|error| {
            let reason = self.process(worker).explain(format_args!("the run could not be sent to it: {error}"));
            self.give_up(worker);
            reason
        })
    }

    fn poll(&mut self, wait: Duration, soon: bool) -> Vec<(WorkerId, Event)> {
        let ready = self.ready(wait, soon);
        ready.into_iter().map(|worker| (worker, self.read(worker))).collect()
    }

    fn give_up(&mut self, worker: WorkerId) {
        let process = self.take(worker);
        self.pool.end(process);
        let mut state = self.pool.state();
        // Slots with a process come first.
        state.free.insert(0, (worker, None));
        self.notify(state);
    }
}

impl Drop for Checkout<'_> {
    fn drop(&mut self) {
        while let Some(&(worker, _)) = self.workers.last() {
            self.give_up(worker);
        }
        if let Some(place) = self.place {
            let mut state = self.pool.state();
            state.queue.leave(place);
            self.notify(state);
        }
    }
}
