//! What the benches share: one file a question, each beside this one.

use primelanes_backends::{AnyBackend, BackendKind, worker};
use primelanes_harness::race::Race;

/// The beginning of the `main` of a bench in which worker processes take part: they run the bench's own program.
///
/// # Panics
/// If the system does not say which program that is.
pub fn start() {
    if std::env::args().nth(1).as_deref() == Some("worker") {
        let served = worker::serve(std::io::stdin(), std::io::stdout());
        std::process::exit(i32::from(served.is_err()));
    }
    worker::register(std::env::current_exe().expect("a program knows itself"), ["worker"]);
}

/// The kernels of their own that some benches run stay in this process.
pub fn lanes_in_process() -> impl Iterator<Item = (String, AnyBackend)> {
    open(BackendKind::ALL.iter().copied().filter(|kind| kind.is_in_process()))
}

/// Every lane with 1, 2, 4, .. workers up to the number of cores, as in a race.
///
/// Lanes are opened one by one as the iterator advances, so that no pool idles beside another lane's run.
///
/// # Panics
/// If the system refuses the threads or processes of a pool.
pub fn lanes() -> impl Iterator<Item = (String, AnyBackend)> {
    open(BackendKind::available())
}

fn open(kinds: impl Iterator<Item = BackendKind>) -> impl Iterator<Item = (String, AnyBackend)> {
    let kinds: Vec<_> = kinds.collect();
    let lanes = Race::lanes(&kinds, &Race::default_workers()).expect("every lane takes one worker");
    lanes.into_iter().map(|(kind, workers)| {
        let lane = kind.open(workers).expect("a lane takes what it says it takes");
        (format!("{kind}/{workers}"), lane)
    })
}
