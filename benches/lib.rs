//! What the benches share. Each bench is a file beside this one and answers one question.

use std::iter::successors;
use std::num::NonZeroUsize;

use primelanes_backends::{AnyBackend, BackendKind, available_workers, worker};

/// Serves as a worker process if this process was started as one: worker processes run the program of the bench.
/// Every bench that opens the lane `processes` calls this first in `main`.
///
/// # Panics
/// If the system does not tell the path of the program.
pub fn start() {
    if std::env::args().nth(1).as_deref() == Some("worker") {
        let served = worker::serve(std::io::stdin());
        std::process::exit(i32::from(served.is_err()));
    }
    worker::register(std::env::current_exe().expect("the system tells the path of the program"), ["worker"]);
}

/// Returns the same 64-bit numbers on every call, which are as good as random. Source: Marsaglia, "Xorshift RNGs" (2003).
pub fn random_numbers() -> impl Iterator<Item = u64> {
    successors(Some(0x9e37_79b9_7f4a_7c15_u64), |&number| {
        let number = number ^ number << 13;
        let number = number ^ number >> 7;
        Some(number ^ number << 17)
    })
}

/// The lanes of [`lanes`] that run in this process. Only they run kernels that a bench defines itself.
///
/// # Panics
/// As [`lanes`].
pub fn lanes_in_process() -> impl Iterator<Item = (String, AnyBackend)> {
    open(BackendKind::ALL.iter().copied().filter(|kind| kind.is_in_process()))
}

/// Every lane with 1, 2, 4, .. workers up to the number of cores, as far as the lane takes them, each with its name.
///
/// Lanes are opened one by one as the iterator advances, so that no pool idles beside another lane's run.
///
/// # Panics
/// If the system refuses the threads or processes of a pool.
pub fn lanes() -> impl Iterator<Item = (String, AnyBackend)> {
    open(BackendKind::available())
}

fn open(kinds: impl Iterator<Item = BackendKind>) -> impl Iterator<Item = (String, AnyBackend)> {
    let cores = available_workers().get();
    let doubled = successors(Some(1), |workers| Some(2 * workers)).take_while(move |&workers| workers < cores);
    let numbers = doubled.chain([cores]).filter_map(NonZeroUsize::new);
    let lanes = kinds.flat_map(move |kind| numbers.clone().map(move |workers| (kind, workers)));
    lanes.filter(|(kind, workers)| *workers <= kind.max_workers()).map(|(kind, workers)| {
        let lane = kind.open(workers).expect("the system grants the threads or processes of a pool");
        (format!("{kind}/{workers}"), lane)
    })
}
