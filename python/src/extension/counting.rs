//! Counts, with the lock released or held.
#![expect(clippy::doc_markdown, reason = "these are docstrings, which Python shows as they are")]

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use primelanes_backends::{Algorithm, PrimeCounter, Progress, Query, SingleThread, available_workers, guard};
use pyo3::prelude::*;

use super::callback::Callback;
use super::exceptions::{Error, exception};
use super::names::lane;
use super::numbers::{Number, range};
use super::worker::opener;
use crate::attended::{Ending, Observer, attended};

/// Up to here a count takes milliseconds, whatever finds the primes. Nobody interrupts that, and to start a thread for it, or
/// to ask the system for the number of cores, would take longer than most: 0.08 and 0.03 ms, where 1,000 numbers take 0.001.
const SHORT: u128 = 100_000;

/// Count the primes from `start` to `limit`, both ends counted.
///
/// The global interpreter lock is released for the whole count, so that other Python threads run meanwhile, and several
/// counts at once. Ctrl-C raises KeyboardInterrupt within a tenth of a second if the main thread counts, as the only one
/// that sees signals; it leaves no thread and no process behind.
///
/// Parameters
/// ----------
/// limit : int
///     The last number that counts. Anything with `__index__` will do. If it is negative, there are none. Today's
///     algorithms count up to 2**64 - 1.
/// start : int
///     The first number that counts.
/// algorithm : str
///     How primes are found, as `algorithms()` lists: "sieve", the fast one, or "trial-division", in which each number is
///     divided by those up to its root. "auto" picks the fastest.
/// backend : str
///     What the work runs in, as `backends()` lists. "auto" picks threads that are started for the count. "processes"
///     starts interpreters, which takes some 30 ms.
/// workers : int
///     How many threads or processes. By default there is one for each core, or a single one if `limit` is at most
///     100,000.
/// progress : callable
///     Called with a `Progress` now and then, in this thread; whatever it raises ends the count.
///
/// Returns
/// -------
/// int
///     How many primes there are, exactly.
///
/// Raises
/// ------
/// OverflowError
///     If a number is above 2**128 - 1, or `limit` is beyond what the algorithm can count.
/// TypeError
///     If it is no integer: 1e9 is a float, 10**9 is not.
/// ValueError
///     If an algorithm or a backend is unknown, or a number of workers is impossible.
/// Error
///     If workers were lost, or could not be started.
///
/// Examples
/// --------
/// >>> import primelanes
/// >>> primelanes.count_primes(10**6)
/// 78498
/// >>> primelanes.count_primes(10**12 + 10**6, start=10**12)
/// 36249
#[pyfunction]
#[pyo3(signature = (limit, *, start = Number::ZERO, algorithm = "auto", backend = "auto", workers = None, progress = None))]
#[pyo3(text_signature = "(limit, *, start=0, algorithm='auto', backend='auto', workers=None, progress=None)")]
pub(super) fn count_primes(
    py: Python<'_>,
    limit: Number,
    start: Number,
    algorithm: &str,
    backend: &str,
    workers: Option<Number>,
    progress: Option<Callback>,
) -> PyResult<u128> {
    let algorithm = algorithm.parse::<Algorithm>().map_err(exception)?;
    let query = Query::range(range(start, limit)).algorithm(algorithm);
    let short = *query.get_range().end() <= SHORT;
    let default = if short { NonZeroUsize::MIN } else { available_workers() };
    let (kind, workers) = lane(backend, workers.map(Number::workers).transpose()?, default)?;
    let open = opener(py, kind, workers)?;
    let observed = progress.is_some();
    let count = move |query: &Query<'_>| open(query.get_control())?.count(query);
    if short && kind.is_in_process() && !observed {
        return py.detach(|| guard("count", || count(&query))).map_err(exception);
    }
    let count = |cancel: &AtomicBool, observer: &Observer| {
        let query = query.cancel(cancel);
        count(&if observed { query.progress(observer) } else { query })
    };
    let attend = move |news| attend(news, progress.as_ref());
    py.detach(|| attended(count, attend)).map_err(|ending| match ending {
        Ending::Attendant(raised) => raised.unwrap_or_else(|| Error::new_err("the interpreter is about to end")),
        Ending::Count(fault) => exception(fault),
    })
}

/// What there is to do while a count is under way: to tell of its progress, and to look at signals. An exception ends the
/// count, and so does the end of the interpreter, in which there are no exceptions any more.
fn attend(news: Option<Progress>, callback: Option<&Callback>) -> Result<(), Option<PyErr>> {
    let attended = Python::try_attach(|py| {
        if let (Some(report), Some(callback)) = (news, callback) {
            callback.tell(py, report)?;
        }
        // Not all that can be called looks at signals itself.
        py.check_signals()
    });
    attended.ok_or(None)?.map_err(Some)
}

/// Count the primes from `start` to `limit` as an extension does that does not release the global interpreter lock.
///
/// For demonstrations: no other Python thread runs until the count is over, and Ctrl-C is not seen before. It counts in
/// this one thread. Parameters and exceptions are those of `count_primes`.
///
/// Examples
/// --------
/// >>> import primelanes
/// >>> primelanes.count_primes_holding_gil(10**6)
/// 78498
#[pyfunction]
#[pyo3(signature = (limit, *, start = Number::ZERO, algorithm = "auto"))]
#[pyo3(text_signature = "(limit, *, start=0, algorithm='auto')")]
pub(super) fn count_primes_holding_gil(limit: Number, start: Number, algorithm: &str) -> PyResult<u128> {
    let algorithm = algorithm.parse::<Algorithm>().map_err(exception)?;
    let query = Query::range(range(start, limit)).algorithm(algorithm);
    guard("count", || SingleThread.count(&query)).map_err(exception)
}
