//! Starts counts.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use primelanes_backends::{
    Algorithm, Control, Error, Observer, PrimeCounter, Query, SingleThread, available_workers, guard,
};
use pyo3::prelude::*;

use super::failure::{failure, invalid};
use super::handle::{CountOrFailure, Handle, Product};
use super::lane::{Arguments, choose, opener};
use super::numbers::{Number, range};
use crate::running::Running;

/// By default, a count up to this limit is an entry of a table. It takes a microsecond, so it needs no thread and keeps the
/// lock. It has one worker by default, because to ask the system for the number of cores takes longer: 0.03 ms.
const TABLE_LIMIT: u128 = 262_142;

/// What a function that counts returns: the result, if it was found at once.
#[derive(IntoPyObject)]
pub(super) enum Started {
    Done(CountOrFailure),
    Running(Handle),
}

/// What is counted, and how.
pub(super) struct Counting {
    query: Query<'static>,
    is_short: bool,
    is_table: bool,
    /// Whether somebody wants to know of progress.
    observed: bool,
}

impl Counting {
    pub(super) fn new(
        limit: Number,
        start: Number,
        algorithm: &str,
        double_check: bool,
        memory: Option<Number>,
        observed: bool,
    ) -> PyResult<Self> {
        let algorithm = algorithm.parse::<Algorithm>().map_err(invalid)?;
        let query = Query::range(range(start, limit)).algorithm(algorithm);
        let query = memory.map(Number::bytes).transpose()?.into_iter().fold(query, Query::memory);
        let is_short = *query.get_range().end() <= TABLE_LIMIT;
        let is_table = is_short && algorithm == Algorithm::Auto && !double_check;
        let query = if double_check { query.double_check() } else { query };
        Ok(Self { query, is_short, is_table, observed })
    }

    /// Starts the count, on a lane that the other thread opens. If it needs no thread, counts.
    pub(super) fn start<L: PrimeCounter>(
        self,
        in_process: bool,
        open: impl FnOnce(&Control<'_>) -> Result<L, Error> + Send + 'static,
    ) -> PyResult<Started> {
        let Self { query, observed, .. } = self;
        if self.is_table && in_process && !observed {
            return CountOrFailure::new(guard("count", || SingleThread.count(&query))).map(Started::Done);
        }
        let count = move |cancel: &AtomicBool, observer: &Observer<'_>| {
            let query = query.cancel(cancel);
            let lane = open(query.get_control())?;
            lane.count(&if observed { query.progress(observer) } else { query }).map(Product::Count)
        };
        match Running::start(count) {
            Ok(running) => Ok(Started::Running(Handle(running))),
            Err(error) => failure(&error).map(CountOrFailure::Failure).map(Started::Done),
        }
    }
}

/// Start to count the primes from `start` to `limit` on a new lane. A short count is done at once.
///
/// `command` is the command of a worker process, if the lane has some. `observed` is whether the handle reports progress.
#[expect(clippy::too_many_arguments, reason = "Python has checked none of them")]
#[pyfunction]
pub(super) fn count(
    limit: Number,
    start: Number,
    algorithm: &str,
    double_check: bool,
    memory: Option<Number>,
    backend: &str,
    workers: Option<Number>,
    command: Option<Arguments>,
    observed: bool,
) -> PyResult<Started> {
    let counting = Counting::new(limit, start, algorithm, double_check, memory, observed)?;
    let default = if counting.is_short { NonZeroUsize::MIN } else { available_workers() };
    let (kind, workers) = choose(backend, workers, default)?;
    counting.start(kind.is_in_process(), opener(kind, workers, command, None))
}

/// Count the primes from `start` to `limit` without releasing the lock.
#[pyfunction]
pub(super) fn count_holding_lock(
    limit: Number,
    start: Number,
    algorithm: &str,
    double_check: bool,
    memory: Option<Number>,
) -> PyResult<CountOrFailure> {
    let Counting { query, .. } = Counting::new(limit, start, algorithm, double_check, memory, false)?;
    CountOrFailure::new(guard("count", || SingleThread.count(&query)))
}
