//! What one fold has of a pool: workers that are hired for a run each.
//!
//! A fold that has workers gets another only while nobody waits who has none; those wait in line. So folds that run at
//! once share the pool, whichever came first, and one alone has all of it.

use std::ops::Range;
use std::sync::{MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_core::{Error, JobSpec};

use super::AWAKE;
use super::dispatch::{Crew, Event, News, WorkerId};
use super::pool::{GREETING_PATIENCE, Pool, State};
use super::process::{Process, await_any};

/// The workers of one fold. Dropping it ends those that have a run, and leaves the line.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    pool: &'a Pool,
    hired: Vec<(WorkerId, Process)>,
    /// Its place in the line of those that have no worker.
    ticket: Option<u64>,
    since: Instant,
}

impl<'a> Lease<'a> {
    pub(crate) fn new(pool: &'a Pool) -> Result<Self, Error> {
        pool.check_owner()?;
        pool.reap();
        Ok(Self { pool, hired: Vec::new(), ticket: None, since: Instant::now() })
    }

    /// A free place in the pool, with its worker if that is there, as soon as it is this fold's turn.
    fn take_free(&mut self, wait: Duration) -> Option<(WorkerId, Option<Process>)> {
        let mut state = self.pool.state();
        if self.hired.is_empty() && self.ticket.is_none() {
            self.ticket = Some(state.queue_up());
        }
        let must_wait = |state: &mut State| state.free.is_empty() || state.line.front().copied() != self.ticket;
        if must_wait(&mut state) {
            let waited = self.pool.freed.wait_timeout_while(state, wait, must_wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if must_wait(&mut state) {
                return None;
            }
        }
        state.free.pop()
    }

    /// Which of the hired have something to say, after at most so long.
    fn ready(&self, wait: Duration, soon: bool) -> Vec<WorkerId> {
        let (workers, processes): (Vec<_>, Vec<_>) =
            self.hired.iter().map(|(worker, process)| (*worker, process)).unzip();
        let mut ready = vec![false; workers.len()];
        let awake = if soon { AWAKE.min(wait) } else { Duration::ZERO };
        let since = Instant::now();
        while !ready.contains(&true) && since.elapsed() < awake {
            ready = await_any(&processes, Duration::ZERO);
            thread::yield_now();
        }
        if !ready.contains(&true) {
            ready = await_any(&processes, wait);
        }
        workers.into_iter().zip(ready).filter_map(|(worker, ready)| ready.then_some(worker)).collect()
    }

    /// Reads what a worker has said.
    fn read(&mut self, worker: WorkerId) -> News {
        let process = self.process(worker);
        match process.receive().and_then(|()| process.answer()) {
            Ok(None) => News::Alive,
            Ok(Some((answer, processor))) => {
                self.release(worker, processor);
                News::Answered { outcome: answer.outcome, busy: answer.busy }
            }
            Err(loss) => {
                self.give_up(worker);
                News::Lost(loss.to_string())
            }
        }
    }

    /// Gives back a worker that has answered.
    fn release(&mut self, worker: WorkerId, processor: Duration) {
        let process = self.take(worker);
        let mut state = self.pool.state();
        state.processor = state.processor.saturating_add(processor);
        state.free.push((worker, Some(process)));
        self.freed(state);
    }

    fn process(&mut self, worker: WorkerId) -> &mut Process {
        let hired = self.hired.iter_mut().find(|(hired, _)| *hired == worker);
        &mut hired.expect("it is one of the hired").1
    }

    fn take(&mut self, worker: WorkerId) -> Process {
        let place = self.hired.iter().position(|(hired, _)| *hired == worker);
        self.hired.swap_remove(place.expect("it is one of the hired")).1
    }

    fn freed(&self, state: MutexGuard<'_, State>) {
        drop(state);
        self.pool.freed.notify_all();
    }
}

impl Crew for Lease<'_> {
    fn now(&self) -> Duration {
        self.since.elapsed()
    }

    fn hire(&mut self, wait: Duration) -> Result<Option<WorkerId>, Error> {
        let Some((worker, mut process)) = self.take_free(wait) else { return Ok(None) };
        // One that ended while it had no run is nobody's fault.
        if let Some(ended) = process.take_if(|process| !process.is_running()) {
            self.pool.end(ended);
        }
        let started = process.map_or_else(|| self.pool.start_one(), Ok);
        let mut state = self.pool.state();
        let hired = match started {
            Ok(process) => {
                if let Some(ticket) = self.ticket.take() {
                    state.line.retain(|&other| other != ticket);
                }
                self.hired.push((worker, process));
                Ok(Some(worker))
            }
            Err(refusal) => {
                // Workers that are there are hired first; it is tried again when none is free.
                state.free.insert(0, (worker, None));
                if state.any_left() { Ok(None) } else { Err(refusal) }
            }
        };
        self.freed(state);
        if let Ok(None) = hired {
            thread::sleep(wait);
        }
        hired
    }

    fn send(&mut self, worker: WorkerId, spec: &JobSpec, run: &Range<u64>) -> Result<Duration, String> {
        let process = self.process(worker);
        // A worker that has just been started is given the time to start.
        let grace = if process.has_greeted() { Duration::ZERO } else { GREETING_PATIENCE };
        let sent = process.send(spec, run);
        sent.map(|()| grace).map_err(|refusal| {
            self.give_up(worker);
            format!("it could not be given a run: {refusal}")
        })
    }

    fn next(&mut self, wait: Duration, soon: bool) -> Vec<Event> {
        let ready = self.ready(wait, soon);
        ready.into_iter().map(|worker| Event { worker, news: self.read(worker) }).collect()
    }

    fn give_up(&mut self, worker: WorkerId) {
        let process = self.take(worker);
        self.pool.end(process);
        let mut state = self.pool.state();
        // Workers that are there are hired first.
        state.free.insert(0, (worker, None));
        self.freed(state);
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        while let Some(&(worker, _)) = self.hired.last() {
            self.give_up(worker);
        }
        if let Some(ticket) = self.ticket {
            let mut state = self.pool.state();
            state.line.retain(|&other| other != ticket);
            self.freed(state);
        }
    }
}
