//! What one fold has of a pool: workers that are hired for a run each.
//!
//! A fold that has workers gets another only while nobody waits who has none; those wait in line. So folds that run at
//! once share the pool, whichever came first, and one alone has all of it.

use std::ops::Range;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use primelanes_core::{Error, JobSpec};

use super::dispatch::{Crew, Event, News, WorkerId};
use super::pool::{Pool, State};
use super::process::{Process, await_any};
use super::wire::{Answer, Reply, Request};

/// How long to stay awake for an answer that is due: on a virtual machine it takes as long to be woken up.
const AWAKE: Duration = Duration::from_micros(50);

/// The workers of one fold. Dropping it ends those that have a run, and leaves the line.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    pool: &'a Pool,
    hired: Vec<Hired>,
    /// Its place in the line of those that have no worker.
    ticket: Option<u64>,
    /// Of the last request.
    turn: u64,
    since: Instant,
}

/// A worker with a run.
#[derive(Debug)]
struct Hired {
    worker: WorkerId,
    process: Option<Process>,
    /// Of the request that it has to answer.
    turn: u64,
}

impl<'a> Lease<'a> {
    pub(crate) fn new(pool: &'a Pool) -> Result<Self, Error> {
        pool.check_owner()?;
        Ok(Self { pool, hired: Vec::new(), ticket: None, turn: 0, since: Instant::now() })
    }

    /// Which of the hired have something to say, after at most so long.
    fn ready(&self, wait: Duration, soon: bool) -> Vec<WorkerId> {
        let (workers, processes): (Vec<_>, Vec<_>) =
            self.hired.iter().filter_map(|hired| Some((hired.worker, hired.process.as_ref()?))).unzip();
        let mut ready = vec![false; workers.len()];
        let awake = if soon { AWAKE.min(wait) } else { Duration::ZERO };
        let since = Instant::now();
        while !ready.contains(&true) && since.elapsed() < awake {
            ready = await_any(&processes, Duration::ZERO);
            std::thread::yield_now();
        }
        if !ready.contains(&true) {
            ready = await_any(&processes, wait);
        }
        workers.into_iter().zip(ready).filter_map(|(worker, ready)| ready.then_some(worker)).collect()
    }

    /// Reads what a worker has said; gives its answer, if that is there.
    fn read(&mut self, worker: WorkerId) -> Result<Option<Answer>, String> {
        let hired = self.hired.iter_mut().find(|hired| hired.worker == worker).expect("it has just been heard");
        let process = hired.process.as_mut().expect("it has just been heard");
        process.receive().map_err(|loss| loss.to_string())?;
        let mut answer = None;
        while let Some(reply) = process.reply().map_err(|loss| loss.to_string())? {
            match reply {
                Reply::Alive => {}
                Reply::Answer(due) if due.turn == hired.turn && answer.is_none() => answer = Some(due),
                Reply::Answer(other) => return Err(format!("it answered request {}, not {}", other.turn, hired.turn)),
            }
        }
        if let Some(Answer { processor, .. }) = &answer {
            self.pool.state().processor += processor.saturating_sub(process.processor);
            process.processor = *processor;
        }
        Ok(answer)
    }

    /// The process for a run: the worker's own, if it is still there, or a new one.
    fn process(&mut self, worker: WorkerId, turn: u64) -> std::io::Result<&mut Process> {
        let pool = self.pool;
        let hired = self.hired.iter_mut().find(|hired| hired.worker == worker).expect("runs are sent to the hired");
        hired.turn = turn;
        // One that ended while it had no run is nobody's fault.
        if let Some(ended) = hired.process.take_if(|process| !process.is_running()) {
            pool.end(ended);
        }
        match &mut hired.process {
            Some(process) => Ok(process),
            missing => Ok(missing.insert(pool.start_one()?)),
        }
    }

    /// Gives a worker back, with its process if that can be used again.
    fn give_back(&mut self, worker: WorkerId, usable: bool) {
        let place = self.hired.iter().position(|hired| hired.worker == worker).expect("who is given back was hired");
        let process = self.hired.swap_remove(place).process;
        let (kept, ended) = if usable { (process, None) } else { (None, process) };
        if let Some(process) = ended {
            self.pool.end(process);
        }
        self.pool.state().free.push((worker, kept));
        self.pool.freed.notify_all();
    }
}

impl Crew for Lease<'_> {
    fn now(&self) -> Duration {
        self.since.elapsed()
    }

    fn hire(&mut self, wait: Duration) -> Option<WorkerId> {
        let mut state = self.pool.state();
        if self.hired.is_empty() && self.ticket.is_none() {
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            state.line.push_back(ticket);
            self.ticket = Some(ticket);
        }
        let must_wait = |state: &mut State| state.free.is_empty() || state.line.front().copied() != self.ticket;
        if must_wait(&mut state) {
            let waited = self.pool.freed.wait_timeout_while(state, wait, must_wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if must_wait(&mut state) {
                return None;
            }
        }
        let (worker, process) = state.free.pop()?;
        if self.ticket.take().is_some() {
            state.line.pop_front();
            self.pool.freed.notify_all();
        }
        self.hired.push(Hired { worker, process, turn: 0 });
        Some(worker)
    }

    fn send(&mut self, worker: WorkerId, spec: &JobSpec, run: &Range<u64>) -> Result<(), String> {
        self.turn += 1;
        let request = Request { turn: self.turn, spec: spec.clone(), first: run.start, end: run.end };
        let sent = self.process(worker, self.turn).and_then(|process| process.send(&request));
        sent.map_err(|refusal| {
            self.give_back(worker, false);
            format!("it could not be given a run: {refusal}")
        })
    }

    fn next(&mut self, wait: Duration, soon: bool) -> Vec<Event> {
        let mut events = Vec::new();
        for worker in self.ready(wait, soon) {
            let news = match self.read(worker) {
                Ok(None) => News::Alive,
                Ok(Some(Answer { outcome, busy, .. })) => {
                    self.give_back(worker, true);
                    News::Answered { outcome, busy }
                }
                Err(reason) => {
                    self.give_back(worker, false);
                    News::Lost(reason)
                }
            };
            events.push(Event { worker, news });
        }
        events
    }

    fn give_up(&mut self, worker: WorkerId) {
        self.give_back(worker, false);
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        while let Some(worker) = self.hired.last().map(|hired| hired.worker) {
            self.give_back(worker, false);
        }
        if let Some(ticket) = self.ticket {
            self.pool.state().line.retain(|&other| other != ticket);
            self.pool.freed.notify_all();
        }
    }
}
