//! The one body of all folds that run elsewhere.
//!
//! Cuts the tiles into runs, has at most one run in flight with each worker, and deposits the answers in the ledger, which
//! demands each tile exactly once. A run whose worker is lost is given to another, in shorter pieces. Whatever happens, the
//! fold ends with the right answer or with an error.

use std::ops::Range;
use std::time::Duration;

use primelanes_core::{Error, JobSpec, Kernel, Monoid, Pulse, Stopped, Watch, Wire};

use super::AWAKE;
use super::pace::Pace;
use super::wire::Outcome;
use crate::Ledger;

/// So many workers may be lost on the same tiles: then the tiles are at fault, or the machine.
const MOST_DEATHS: u32 = 3;

/// So long, and as long again for each loss before, a lost run waits: what ended one worker may be ending others, which
/// do not show it yet.
const RESPITE: Duration = Duration::from_millis(5);

/// How often the cancel flag is looked at while nothing happens.
const TICK: Duration = Duration::from_millis(10);

/// Who has not listened for so long was held up, and cannot say that others were silent.
const PAUSE: Duration = Duration::from_millis(200);

/// One of a crew's workers.
pub(crate) type WorkerId = usize;

/// The workers of one fold: what a transport has to offer. Dropping it ends those that still have a run.
pub(crate) trait Crew {
    /// Time since some moment.
    fn now(&self) -> Duration;

    /// A free worker, for this fold alone from now on; waits at most for so long.
    ///
    /// # Errors
    /// There is none, with a run or without, nor can one be started.
    fn hire(&mut self, wait: Duration) -> Result<Option<WorkerId>, Error>;

    /// Gives a hired worker a run. The worker may take so long to show its first sign of life, beyond what the run may.
    ///
    /// # Errors
    /// Why it cannot be reached: it is lost, and no longer this fold's.
    fn send(&mut self, worker: WorkerId, spec: &JobSpec, run: &Range<u64>) -> Result<Duration, String>;

    /// Waits at most for so long until something happens, and tells all that has happened. `soon`: probably it does at
    /// once.
    fn next(&mut self, wait: Duration, soon: bool) -> Vec<Event>;

    /// Ends a worker: it is lost, and no longer this fold's.
    fn give_up(&mut self, worker: WorkerId);
}

/// What happens to a worker that has a run.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) worker: WorkerId,
    pub(crate) news: News,
}

#[derive(Debug)]
pub(crate) enum News {
    /// It is at work.
    Alive,
    /// It has answered its run, is free, and no longer this fold's.
    Answered {
        outcome: Outcome,
        /// How long the tiles took.
        busy: Duration,
    },
    /// It is no more, for this reason, and no longer this fold's.
    Lost(String),
}

/// Folds a kernel on workers elsewhere.
#[derive(Debug)]
pub(crate) struct Dispatch<'a, C, P> {
    backend: &'static str,
    phase: &'static str,
    spec: JobSpec,
    crew: C,
    watch: &'a Watch<'a>,
    ledger: Ledger<P>,
    pace: Pace,
    /// Runs that were lost, or that found no free worker.
    waiting: Vec<Run>,
    in_flight: Vec<Flight>,
    /// When the crew was last listened to.
    heard: Duration,
}

#[derive(Clone, Debug)]
struct Run {
    tiles: Range<u64>,
    /// Workers that were lost on it.
    deaths: u32,
    /// It is not sent before that.
    due: Duration,
}

#[derive(Debug)]
struct Flight {
    run: Run,
    worker: WorkerId,
    since: Duration,
    /// The worker's last sign of life.
    alive: Duration,
    patience: Duration,
}

impl Flight {
    /// When its worker is given up, without another sign of life.
    const fn deadline(&self) -> Duration {
        self.alive.saturating_add(self.patience)
    }
}

impl<'a, C: Crew, P: Monoid + Wire> Dispatch<'a, C, P> {
    /// The fold of `kernel` over the ledger's tiles. Workers without a sign of life are given up after `patience`, or
    /// after twenty times what their run should take, whichever is longer.
    ///
    /// # Errors
    /// [`Error::NotPortable`].
    pub(crate) fn new<K: Kernel<Partial = P>>(
        backend: &'static str,
        kernel: &K,
        ledger: Ledger<P>,
        crew: C,
        patience: Duration,
        watch: &'a Watch<'a>,
    ) -> Result<Self, Error> {
        let phase = kernel.phase();
        let spec = kernel.spec().ok_or(Error::NotPortable { backend: backend.into(), phase: phase.into() })?;
        let pace = Pace::new(patience);
        let (waiting, in_flight, heard) = (Vec::new(), Vec::new(), crew.now());
        Ok(Self { backend, phase, spec, crew, watch, ledger, pace, waiting, in_flight, heard })
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// The first thing that went wrong.
    pub(crate) fn run(mut self) -> Result<P, Error> {
        loop {
            self.send_all()?;
            if self.in_flight.is_empty() && self.waiting.is_empty() {
                return self.ledger.finish(self.watch);
            }
            self.hear()?;
        }
    }

    /// Sends runs as long as there are some, and free workers; waits for one if this fold has none.
    fn send_all(&mut self) -> Result<(), Error> {
        while let Some(run) = self.next_run() {
            self.beat()?;
            let wait = if self.in_flight.is_empty() { TICK } else { Duration::ZERO };
            let Some(worker) = self.crew.hire(wait)? else {
                self.waiting.push(run);
                break;
            };
            let (since, patience) = (self.crew.now(), self.pace.deadline(length(&run.tiles)));
            let mut flight = Flight { run, worker, since, alive: since, patience };
            match self.crew.send(worker, &self.spec, &flight.run.tiles) {
                Ok(grace) => {
                    flight.patience = patience.max(grace);
                    self.in_flight.push(flight);
                }
                Err(reason) => self.lost(flight, reason)?,
            }
        }
        Ok(())
    }

    /// A run that waits, or a new one.
    fn next_run(&mut self) -> Option<Run> {
        let (most, now) = (self.pace.most(), self.crew.now());
        let Some(place) = self.waiting.iter().rposition(|run| run.due <= now) else {
            return self.ledger.claim_at_most(most).map(|tiles| Run { tiles, deaths: 0, due: now });
        };
        let mut run = self.waiting.swap_remove(place);
        // What was lost is tried in shorter pieces, even below the grain.
        let most = most.min(length(&run.tiles) >> run.deaths).max(1);
        if run.deaths > 0 && length(&run.tiles) > most {
            let rest = run.tiles.start + most..run.tiles.end;
            run.tiles.end = rest.start;
            self.waiting.push(Run { tiles: rest, ..run });
        }
        Some(run)
    }

    /// Waits a little for something to happen, and sees to it.
    fn hear(&mut self) -> Result<(), Error> {
        self.beat()?;
        let now = self.crew.now();
        // After a long pause, of this process or of the whole machine, workers are given the time to show that they live.
        if now.saturating_sub(self.heard) > PAUSE {
            self.in_flight.iter_mut().for_each(|flight| flight.alive = now);
        }
        self.heard = now;
        // Until somebody is to be given up, or a run's respite is over; one that is due already waits for a free worker.
        let respites = self.waiting.iter().map(|run| run.due).filter(|&due| due > now);
        let next = self.in_flight.iter().map(Flight::deadline).chain(respites).min();
        let wait = match next {
            Some(next) => next.saturating_sub(now).min(TICK),
            None => Duration::ZERO,
        };
        for Event { worker, news } in self.crew.next(wait, self.is_due_soon(now)) {
            let place = self.in_flight.iter().position(|flight| flight.worker == worker);
            let place = place.expect("there is news of those alone that have a run");
            match news {
                News::Alive => {
                    let flight = &mut self.in_flight[place];
                    flight.alive = self.crew.now();
                    flight.patience = self.pace.deadline(length(&flight.run.tiles));
                }
                News::Answered { outcome, busy } => {
                    let flight = self.in_flight.swap_remove(place);
                    self.answered(flight, outcome, busy)?;
                }
                News::Lost(reason) => {
                    let flight = self.in_flight.swap_remove(place);
                    self.lost(flight, reason)?;
                }
            }
        }
        // By the time before the crew was asked: what came while this process was held up has been heard by now.
        self.give_up_stalled(now)
    }

    fn is_due_soon(&self, now: Duration) -> bool {
        let due = |flight: &Flight| flight.since.saturating_add(self.pace.expected(length(&flight.run.tiles)));
        self.in_flight.iter().any(|flight| due(flight).abs_diff(now) <= AWAKE)
    }

    fn answered(&mut self, flight: Flight, outcome: Outcome, busy: Duration) -> Result<(), Error> {
        let tiles = flight.run.tiles;
        let count = length(&tiles);
        match outcome {
            Outcome::Partial(bytes) => {
                self.pace.answered(count, self.crew.now().saturating_sub(flight.since), busy);
                self.ledger.deposit(tiles, P::decode(&bytes)?)?;
                self.watch.advance(count);
                Ok(())
            }
            Outcome::Panicked(message) => Err(Error::Panicked { phase: self.phase.into(), message }),
            Outcome::Failed(reason) => Err(Error::Unavailable { what: "the answer of a worker".into(), reason }),
        }
    }

    fn lost(&mut self, flight: Flight, reason: String) -> Result<(), Error> {
        self.pace.lost();
        let Run { tiles: run, deaths, .. } = flight.run;
        let deaths = deaths + 1;
        if deaths == MOST_DEATHS {
            return Err(Error::WorkersLost { backend: self.backend.into(), run, deaths, reason });
        }
        self.waiting.push(Run { tiles: run, deaths, due: self.crew.now() + RESPITE * deaths });
        Ok(())
    }

    fn give_up_stalled(&mut self, now: Duration) -> Result<(), Error> {
        let stalled = |flight: &Flight| now >= flight.deadline();
        while let Some(place) = self.in_flight.iter().position(stalled) {
            let flight = self.in_flight.swap_remove(place);
            self.crew.give_up(flight.worker);
            let reason = format!("it showed no sign of life for {:?}", flight.patience);
            self.lost(flight, reason)?;
        }
        Ok(())
    }

    fn beat(&self) -> Result<(), Error> {
        self.watch.beat().map_err(|Stopped| self.watch.cause())
    }
}

const fn length(tiles: &Range<u64>) -> u64 {
    tiles.end - tiles.start
}

#[cfg(test)]
mod tests;
