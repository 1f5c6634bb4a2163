//! The two functions that count: with the lock released, and with it held.
#![expect(clippy::doc_markdown, reason = "Python shows these docstrings as they are")]

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use primelanes_backends::{Algorithm, PrimeCounter, Progress, Query, SingleThread, available_workers, guard};
use pyo3::prelude::*;

use super::callback::Callback;
use super::exceptions::{Error, exception};
use super::names::lane;
use super::numbers::{Number, range};
use super::worker::backend_factory;
use crate::interruptible::{self, Failure, Observer};

/// A count up to this limit runs on the calling thread. By default, it is an entry of a table. It takes milliseconds with
/// any other algorithm, so nobody needs to interrupt it. To start a thread for it, or to ask the system for the number of
/// cores, would take much longer than to look into the table: 0.08 and 0.03 ms.
const SHORT_LIMIT: u128 = 262_142;

/// Count the primes from `start` to `limit`, both included.
///
/// The global interpreter lock is released for the whole count. Other Python threads run meanwhile, and several counts
/// can run at once. In the main thread, Ctrl-C raises KeyboardInterrupt within a tenth of a second and leaves no thread
/// and no process behind. Other threads do not see signals; there, raise an exception in `progress` to end a count.
///
/// Parameters
/// ----------
/// limit : int
///     The last number of the range. If it is negative, the count is 0. "auto" and "combinatorial" count up to 2**80 - 1,
///     the other algorithms up to 2**64 - 1. Like the other numbers, it can be any object with `__index__`.
/// start : int
///     The first number of the range. If it is above `limit`, the count is 0.
/// algorithm : str
///     How to count, one of `algorithms()`: "combinatorial", which counts the primes up to both ends of the range without
///     finding them; "sieve", which finds them; "trial-division", which divides each number by those up to its square
///     root; or "auto", which picks the fastest.
/// double_check : bool
///     Whether to count again with other parameters, and to check by an independent formula whether the count is odd or
///     even. That takes the time of the count once more, and about 40 seconds on one core if `limit` is 10**18.
/// backend : str
///     Where the work runs, one of `backends()`, or "auto", which starts threads for the count. "processes" starts
///     interpreters, which takes about 30 ms.
/// workers : int
///     The number of threads or processes. The default is one per core, or a single one if `limit` is at most 262,142.
/// progress : callable
///     Called with a `Progress` from time to time, in the thread that called this function. An exception that it raises
///     ends the count.
///
/// Returns
/// -------
/// int
///     The exact number of primes.
///
/// Raises
/// ------
/// OverflowError
///     If `limit` is beyond what the algorithm can count, or a number is above 2**128 - 1.
/// TypeError
///     If a number is not an integer: 1e9 is a float, 10**9 is not. Also if `progress` is not callable.
/// ValueError
///     If the algorithm or backend is unknown, or the number of workers is out of range.
/// primelanes.Error
///     If workers were lost or could not be started, or if a double check found different results.
///
/// Examples
/// --------
/// >>> import primelanes
/// >>> primelanes.count_primes(10**6)
/// 78498
/// >>> primelanes.count_primes(10**12 + 10**6, start=10**12)
/// 36249
#[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
#[pyfunction]
#[pyo3(signature = (
    limit, *, start = Number::ZERO, algorithm = "auto", double_check = false, backend = "auto", workers = None,
    progress = None
))]
#[pyo3(text_signature = "(limit, *, start=0, algorithm='auto', double_check=False, backend='auto', workers=None, \
                         progress=None)")]
pub(super) fn count_primes(
    py: Python<'_>,
    limit: Number,
    start: Number,
    algorithm: &str,
    double_check: bool,
    backend: &str,
    workers: Option<Number>,
    progress: Option<Callback>,
) -> PyResult<u128> {
    let query = query(limit, start, algorithm, double_check)?;
    let short = *query.get_range().end() <= SHORT_LIMIT;
    let default = if short { NonZeroUsize::MIN } else { available_workers() };
    let (kind, workers) = lane(backend, workers.map(Number::workers).transpose()?, default)?;
    let open = backend_factory(py, kind, workers)?;
    let observed = progress.is_some();
    let count = move |query: &Query<'_>| open(query.get_control())?.count(query);
    if short && kind.is_in_process() && !observed {
        return py.detach(|| guard("count", || count(&query))).map_err(exception);
    }
    let count = |cancel: &AtomicBool, observer: &Observer| {
        let query = query.cancel(cancel);
        count(&if observed { query.progress(observer) } else { query })
    };
    let poll = move |report| poll(report, progress.as_ref());
    py.detach(|| interruptible::run(count, poll)).map_err(|failure| match failure {
        Failure::Interrupt(raised) => raised.unwrap_or_else(|| Error::new_err("the interpreter is shutting down")),
        Failure::Count(error) => exception(error),
    })
}

fn query(limit: Number, start: Number, algorithm: &str, double_check: bool) -> PyResult<Query<'static>> {
    let algorithm = algorithm.parse::<Algorithm>().map_err(exception)?;
    let query = Query::range(range(start, limit)).algorithm(algorithm);
    Ok(if double_check { query.double_check() } else { query })
}

/// Passes progress to the callback and runs signal handlers. An exception from either ends the count. So does the shutdown
/// of the interpreter, when there can be no exceptions any more; then the error is `None`.
fn poll(report: Option<Progress>, callback: Option<&Callback>) -> Result<(), Option<PyErr>> {
    let attached = Python::try_attach(|py| {
        if let (Some(progress), Some(callback)) = (report, callback) {
            callback.call(py, progress)?;
        }
        // A callback that runs no Python code, such as `list.append`, does not check for signals itself.
        py.check_signals()
    });
    attached.ok_or(None)?.map_err(Some)
}

/// Count the primes from `start` to `limit` without releasing the global interpreter lock.
///
/// This is for demonstrations, and behaves like an extension that keeps the lock: no other Python thread runs until the
/// count is over, and Ctrl-C has no effect before that. It counts in the calling thread. Parameters and exceptions are
/// those of `count_primes`.
///
/// Examples
/// --------
/// >>> import primelanes
/// >>> primelanes.count_primes_holding_gil(10**6)
/// 78498
#[pyfunction]
#[pyo3(signature = (limit, *, start = Number::ZERO, algorithm = "auto", double_check = false))]
#[pyo3(text_signature = "(limit, *, start=0, algorithm='auto', double_check=False)")]
pub(super) fn count_primes_holding_gil(
    limit: Number,
    start: Number,
    algorithm: &str,
    double_check: bool,
) -> PyResult<u128> {
    let query = query(limit, start, algorithm, double_check)?;
    guard("count", || SingleThread.count(&query)).map_err(exception)
}
