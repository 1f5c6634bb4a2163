//! The dispatcher of all folds that run outside this process.
//!
//! It splits the tiles into runs, keeps at most one run in flight per worker, and deposits the answers in the ledger,
//! which requires each tile exactly once. If a worker is lost, its run goes to other workers in shorter pieces. The
//! fold always ends with the right answer or with an error.

use std::ops::Range;
use std::time::Duration;

use primelanes_core::{Error, JobSpec, Kernel, Monoid, Stopped, Watch, Wire};

use super::pace::Pace;
use super::wire::Outcome;
use super::{CANCEL_CHECK_INTERVAL, SPIN_TIME};
use crate::Ledger;

/// The fold fails once this many workers are lost on the same tiles, since the fault is then in the tiles or in the
/// machine.
const MAX_DEATHS: u32 = 3;

/// How long a lost run waits before it is sent again, multiplied by the number of its losses. Whatever ended one worker
/// may also be ending others, and that may not be visible yet.
const BACKOFF: Duration = Duration::from_millis(5);

/// A longer gap between two polls means that this process was delayed. Silent workers are then not to blame.
const MAX_POLL_GAP: Duration = Duration::from_millis(200);

/// A worker of a fold.
pub(crate) type WorkerId = usize;

/// The workers that a transport offers to one fold. Dropping it ends the workers that still have a run.
pub(crate) trait Workers {
    /// Returns the time since a fixed moment.
    fn now(&self) -> Duration;

    /// Checks out a free worker, which then belongs to this fold alone. Waits for one at most `wait`.
    ///
    /// # Errors
    /// If there is no worker, free or busy, and none can be started.
    fn check_out(&mut self, wait: Duration) -> Result<Option<WorkerId>, Error>;

    /// Sends a run to a worker that is checked out. Returns the time that the worker may take for its first sign of
    /// life even if its run takes less.
    ///
    /// # Errors
    /// The reason why the worker cannot be reached. The worker is then lost, and no longer checked out.
    fn send(&mut self, worker: WorkerId, spec: &JobSpec, run: &Range<u64>) -> Result<Duration, String>;

    /// Waits at most `wait` for an event, and returns all events so far. `soon` says that an event is expected at once.
    fn poll(&mut self, wait: Duration, soon: bool) -> Vec<(WorkerId, Event)>;

    /// Handles an answer of a worker that does not decode. Returns the reason why the run counts as lost. By default, the
    /// error ends the fold: bytes that arrive whole were encoded like that.
    ///
    /// # Errors
    /// The error that ends the fold.
    fn reject(&mut self, _worker: WorkerId, error: Error) -> Result<String, Error> {
        Err(error)
    }

    /// Ends a worker. The worker is then lost, and no longer checked out.
    fn give_up(&mut self, worker: WorkerId);
}

/// What happens to a worker that has a run.
#[derive(Debug)]
pub(crate) enum Event {
    /// The worker shows that it is working.
    Alive,
    /// The worker has answered its run. It is free, and no longer checked out.
    Answered {
        outcome: Outcome,
        /// How long the tiles took.
        busy: Duration,
    },
    /// The worker is lost for this reason, and no longer checked out.
    Lost(String),
}

/// Folds a kernel on workers outside this process.
#[derive(Debug)]
pub(crate) struct Dispatch<'a, W, P> {
    backend: &'static str,
    phase: &'static str,
    spec: JobSpec,
    workers: W,
    watch: &'a Watch<'a>,
    ledger: Ledger<P>,
    pace: Pace,
    /// Runs that were lost, or that found no free worker.
    pending: Vec<Run>,
    in_flight: Vec<Flight>,
    /// When the workers were last polled.
    last_poll: Duration,
}

#[derive(Clone, Debug)]
struct Run {
    tiles: Range<u64>,
    /// The number of workers that were lost on this run.
    deaths: u32,
    /// The run is not sent before this time.
    not_before: Duration,
}

#[derive(Debug)]
struct Flight {
    run: Run,
    worker: WorkerId,
    sent: Duration,
    /// When the worker last sent something.
    alive: Duration,
    /// How long the worker may be silent.
    timeout: Duration,
}

impl Flight {
    /// Returns the time at which the worker is given up if it stays silent.
    const fn deadline(&self) -> Duration {
        self.alive.saturating_add(self.timeout)
    }
}

impl<'a, W: Workers, P: Monoid + Wire> Dispatch<'a, W, P> {
    /// Prepares the fold of `kernel` over the ledger's tiles.
    ///
    /// # Errors
    /// [`Error::NotPortable`] if the kernel has no [`JobSpec`].
    pub(crate) fn new<K: Kernel<Partial = P>>(
        backend: &'static str,
        kernel: &K,
        ledger: Ledger<P>,
        workers: W,
        pace: Pace,
        watch: &'a Watch<'a>,
    ) -> Result<Self, Error> {
        let phase = kernel.phase();
        let spec = kernel.spec().ok_or(Error::NotPortable { backend: backend.into(), phase: phase.into() })?;
        let (pending, in_flight, last_poll) = (Vec::new(), Vec::new(), workers.now());
        Ok(Self { backend, phase, spec, workers, watch, ledger, pace, pending, in_flight, last_poll })
    }

    /// Runs the fold to its end.
    ///
    /// # Errors
    /// The first failure.
    pub(crate) fn run(mut self) -> Result<P, Error> {
        loop {
            self.send_runs()?;
            if self.in_flight.is_empty() && self.pending.is_empty() {
                return self.ledger.finish(self.watch);
            }
            self.poll()?;
        }
    }

    /// Sends runs while there are runs and free workers. It waits for a worker only if this fold has none.
    fn send_runs(&mut self) -> Result<(), Error> {
        while let Some(run) = self.next_run() {
            self.beat()?;
            let wait = if self.in_flight.is_empty() { CANCEL_CHECK_INTERVAL } else { Duration::ZERO };
            let Some(worker) = self.workers.check_out(wait)? else {
                self.pending.push(run);
                break;
            };
            let (sent, timeout) = (self.workers.now(), self.pace.timeout(length(&run.tiles)));
            let mut flight = Flight { run, worker, sent, alive: sent, timeout };
            match self.workers.send(worker, &self.spec, &flight.run.tiles) {
                Ok(start_up) => {
                    flight.timeout = timeout.max(start_up);
                    self.in_flight.push(flight);
                }
                Err(reason) => self.on_loss(flight, reason)?,
            }
        }
        Ok(())
    }

    /// A pending run, or a new one.
    fn next_run(&mut self) -> Option<Run> {
        let (max, now) = (self.pace.max_tiles(), self.workers.now());
        let Some(place) = self.pending.iter().rposition(|run| run.not_before <= now) else {
            return self.ledger.claim_at_most(max).map(|tiles| Run { tiles, deaths: 0, not_before: now });
        };
        let mut run = self.pending.swap_remove(place);
        // A lost run is tried in shorter pieces, even below the grain.
        let max = max.min(length(&run.tiles) >> run.deaths).max(1);
        if run.deaths > 0 && length(&run.tiles) > max {
            let rest = run.tiles.start + max..run.tiles.end;
            run.tiles.end = rest.start;
            self.pending.push(Run { tiles: rest, ..run });
        }
        Some(run)
    }

    /// Waits for events for a short time, and handles them.
    fn poll(&mut self) -> Result<(), Error> {
        self.beat()?;
        let now = self.workers.now();
        // After a long gap, whether of this process or of the whole machine, workers get time to show that they are
        // alive.
        if now.saturating_sub(self.last_poll) > MAX_POLL_GAP {
            self.in_flight.iter_mut().for_each(|flight| flight.alive = now);
        }
        self.last_poll = now;
        for (worker, event) in self.workers.poll(self.wait(now), self.is_answer_due(now)) {
            self.on_event(worker, event)?;
        }
        // Use the time before the poll, since everything that arrived while this process was delayed has been handled
        // by now.
        self.give_up_silent(now)
    }

    /// Returns how long to wait for events: until a worker must be given up or the backoff of a run is over.
    fn wait(&self, now: Duration) -> Duration {
        // A run whose backoff is over already waits for a free worker.
        let backoffs = self.pending.iter().map(|run| run.not_before).filter(|&time| time > now);
        let next = self.in_flight.iter().map(Flight::deadline).chain(backoffs).min();
        next.map_or(Duration::ZERO, |next| next.saturating_sub(now).min(CANCEL_CHECK_INTERVAL))
    }

    fn is_answer_due(&self, now: Duration) -> bool {
        let due = |flight: &Flight| flight.sent.saturating_add(self.pace.expected(length(&flight.run.tiles)));
        self.in_flight.iter().any(|flight| due(flight).abs_diff(now) <= SPIN_TIME)
    }

    fn on_event(&mut self, worker: WorkerId, event: Event) -> Result<(), Error> {
        let place = self.in_flight.iter().position(|flight| flight.worker == worker);
        let place = place.expect("only workers that have a run have events");
        match event {
            Event::Alive => {
                let flight = &mut self.in_flight[place];
                flight.alive = self.workers.now();
                flight.timeout = self.pace.timeout(length(&flight.run.tiles));
                Ok(())
            }
            Event::Answered { outcome, busy } => {
                let flight = self.in_flight.swap_remove(place);
                self.on_answer(flight, outcome, busy)
            }
            Event::Lost(reason) => {
                let flight = self.in_flight.swap_remove(place);
                self.on_loss(flight, reason)
            }
        }
    }

    fn on_answer(&mut self, flight: Flight, outcome: Outcome, busy: Duration) -> Result<(), Error> {
        let tiles = flight.run.tiles.clone();
        let count = length(&tiles);
        match outcome {
            Outcome::Partial(bytes) => {
                let partial = match P::decode(&bytes) {
                    Ok(partial) => partial,
                    Err(error) => {
                        let reason = self.workers.reject(flight.worker, error)?;
                        return self.on_loss(flight, reason);
                    }
                };
                self.pace.on_answer(count, self.workers.now().saturating_sub(flight.sent), busy);
                self.ledger.deposit(tiles.clone(), partial)?;
                self.watch.record(tiles, &bytes)?;
                self.watch.advance(count);
                Ok(())
            }
            Outcome::Failed(error) => Err(self.failure(error)),
        }
    }

    /// Converts an error in a worker to the error of the fold. An error that is not about the fold itself is a failure
    /// of the worker.
    fn failure(&self, error: Error) -> Error {
        match error {
            Error::Cancelled => Error::Cancelled,
            // A worker that panics while it sets up a kernel does not know the name of the phase.
            Error::Panicked { message, .. } => Error::Panicked { phase: self.phase.into(), message },
            cause => Error::WorkerFailed { backend: self.backend.into(), cause: Box::new(cause) },
        }
    }

    fn on_loss(&mut self, flight: Flight, reason: String) -> Result<(), Error> {
        self.pace.on_loss();
        let Run { tiles: run, deaths, .. } = flight.run;
        let deaths = deaths + 1;
        if deaths == MAX_DEATHS {
            return Err(Error::WorkersLost { backend: self.backend.into(), run, deaths, reason });
        }
        self.pending.push(Run { tiles: run, deaths, not_before: self.workers.now() + BACKOFF * deaths });
        Ok(())
    }

    fn give_up_silent(&mut self, now: Duration) -> Result<(), Error> {
        while let Some(place) = self.in_flight.iter().position(|flight| now >= flight.deadline()) {
            let flight = self.in_flight.swap_remove(place);
            self.workers.give_up(flight.worker);
            let reason = format!("it sent nothing for {:?}", flight.timeout);
            self.on_loss(flight, reason)?;
        }
        Ok(())
    }

    fn beat(&self) -> Result<(), Error> {
        self.watch.report();
        self.watch.check().map_err(|Stopped| self.watch.cause())
    }
}

const fn length(tiles: &Range<u64>) -> u64 {
    tiles.end - tiles.start
}

#[cfg(test)]
mod tests;
