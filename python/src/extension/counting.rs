//! Starts counts and searches for the nth prime.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use primelanes_backends::{
    Algorithm, Backend, Control, Error, Journaled, PrimeCounter, Query, SingleThread, available_workers, guard,
};
use pyo3::prelude::*;

use super::failure::{failure, invalid};
use super::handle::{Handle, NumberOrFailure, Product};
use super::lane::{Arguments, choose, opener};
use super::numbers::{Number, range};
use crate::running::{Line, Running};

/// By default, a count up to this limit is an entry of a table. It takes a microsecond, so it needs no thread and keeps the
/// lock. It has one worker by default, because to ask the system for the number of cores takes longer: 0.03 ms.
const TABLE_LIMIT: u128 = 262_142;

/// The number of primes up to that limit. To find one of these, some counts are looked up, and up to 1000 primes are listed.
const TABLE_PRIMES: u64 = 23_000;

/// What a function that counts returns: the result, if it was found at once.
#[derive(IntoPyObject)]
pub(super) enum Started {
    Done(NumberOrFailure),
    Running(Handle),
}

/// What a lane is asked for.
pub(super) enum Question {
    /// A count, and the file that its journal is kept in.
    Count(Query<'static>, Option<PathBuf>),
    NthPrime(u64),
}

impl Question {
    pub(super) fn count(
        limit: Number,
        start: Number,
        algorithm: &str,
        double_check: bool,
        memory: Option<Number>,
        journal: Option<PathBuf>,
    ) -> PyResult<Self> {
        let algorithm = algorithm.parse::<Algorithm>().map_err(invalid)?;
        let query = Query::range(range(start, limit)).algorithm(algorithm);
        let query = memory.map(Number::bytes).transpose()?.into_iter().fold(query, Query::memory);
        Ok(Self::Count(if double_check { query.double_check() } else { query }, journal))
    }

    pub(super) fn nth(n: Number) -> PyResult<Self> {
        n.place().map(Self::NthPrime)
    }

    /// Starts the work, on a lane that the other thread opens. If it needs no thread, does it at once. `observed` is whether
    /// somebody wants to know of progress.
    pub(super) fn start<L: Backend>(
        self,
        observed: bool,
        in_process: bool,
        open: impl FnOnce(&Control<'_>) -> Result<L, Error> + Send + 'static,
    ) -> PyResult<Started> {
        if self.needs_tables_only() && in_process && !observed {
            return self.answer_here().map(Started::Done);
        }
        let work = move |line: Line<'_>| {
            let lane = open(&Control::new().cancel(line.cancel))?;
            let control = Control::new().cancel(line.cancel);
            let control = if observed { control.progress(line.observer) } else { control };
            self.answer(&lane, &control, line.warn).map(Product::Number)
        };
        match Running::start(work) {
            Ok(running) => Ok(Started::Running(Handle(running))),
            Err(error) => failure(&error).map(NumberOrFailure::Failure).map(Started::Done),
        }
    }

    /// Starts the work on a lane that is opened for it.
    fn start_on_new_lane(
        self,
        backend: &str,
        workers: Option<Number>,
        command: Option<Arguments>,
        observed: bool,
    ) -> PyResult<Started> {
        let default = if self.is_short() { NonZeroUsize::MIN } else { available_workers() };
        let (kind, workers) = choose(backend, workers, default)?;
        self.start(observed, kind.is_in_process(), opener(kind, workers, command, None))
    }

    /// Does the work in this thread.
    fn answer_here(self) -> PyResult<NumberOrFailure> {
        NumberOrFailure::new(guard("count", || self.answer(&SingleThread, &Control::new(), |_| ())))
    }

    fn answer<L: Backend>(
        self,
        lane: &L,
        control: &Control<'_>,
        warn: impl Fn(&Error) + Send + Sync,
    ) -> Result<u128, Error> {
        match self {
            Self::Count(query, None) => lane.count(&query.with_control(*control)),
            Self::Count(query, Some(path)) => Journaled::new(lane, path, warn).count(&query.with_control(*control)),
            Self::NthPrime(n) => lane.nth_prime_with(n, control).map(u128::from),
        }
    }

    fn is_short(&self) -> bool {
        match self {
            Self::Count(query, _) => *query.get_range().end() <= TABLE_LIMIT,
            Self::NthPrime(n) => *n <= TABLE_PRIMES,
        }
    }

    fn needs_tables_only(&self) -> bool {
        let is_plain = match self {
            Self::Count(query, journal) => {
                query.get_algorithm() == Algorithm::Auto && !query.get_double_check() && journal.is_none()
            }
            Self::NthPrime(_) => true,
        };
        is_plain && self.is_short()
    }
}

/// Start to count the primes from `start` to `limit` on a new lane. A short count is done at once.
///
/// `journal` is the file of the journal, if one is kept. `command` is the command of a worker process, if the lane has some.
/// `observed` is whether the handle reports progress.
#[expect(clippy::too_many_arguments, reason = "Python has checked none of them")]
#[pyfunction]
pub(super) fn count(
    limit: Number,
    start: Number,
    algorithm: &str,
    double_check: bool,
    memory: Option<Number>,
    journal: Option<PathBuf>,
    backend: &str,
    workers: Option<Number>,
    command: Option<Arguments>,
    observed: bool,
) -> PyResult<Started> {
    let question = Question::count(limit, start, algorithm, double_check, memory, journal)?;
    question.start_on_new_lane(backend, workers, command, observed)
}

/// Count the primes from `start` to `limit` without releasing the lock.
#[pyfunction]
pub(super) fn count_holding_lock(
    limit: Number,
    start: Number,
    algorithm: &str,
    double_check: bool,
    memory: Option<Number>,
) -> PyResult<NumberOrFailure> {
    Question::count(limit, start, algorithm, double_check, memory, None)?.answer_here()
}

/// Start to find the nth prime on a new lane. A short search is done at once. The last arguments are those of `count`.
#[pyfunction]
pub(super) fn nth_prime(
    n: Number,
    backend: &str,
    workers: Option<Number>,
    command: Option<Arguments>,
    observed: bool,
) -> PyResult<Started> {
    Question::nth(n)?.start_on_new_lane(backend, workers, command, observed)
}
