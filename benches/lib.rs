//! What the benches share: one file a question, each beside this one.

use primelanes_backends::{AnyBackend, BackendKind};
use primelanes_harness::race::Race;

/// Every lane with 1, 2, 4, .. workers up to the number of cores, as in a race.
///
/// Lanes are opened one by one as the iterator advances, so that no pool idles beside another lane's run.
///
/// # Panics
/// If the system refuses the threads of a pool.
pub fn lanes() -> impl Iterator<Item = (String, AnyBackend)> {
    let lanes = Race::lanes(&BackendKind::ALL, &Race::default_workers()).expect("every lane takes one worker");
    lanes.into_iter().map(|(kind, workers)| {
        let lane = kind.open(workers).expect("a lane takes what it says it takes");
        (format!("{kind}/{workers}"), lane)
    })
}
