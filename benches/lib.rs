//! What the benches share: one file a question, each beside this one.

use std::num::NonZeroUsize;

use primelanes_backends::{AnyBackend, Backend, BackendKind, available_workers};

/// Every lane with one worker, with two, and with one for each core, where it takes them and they differ.
///
/// Lanes are opened one by one as the iterator advances, so that no pool idles beside another lane's run.
pub fn lanes() -> impl Iterator<Item = (String, AnyBackend)> {
    let mut workers = vec![NonZeroUsize::MIN, NonZeroUsize::MIN.saturating_add(1), available_workers()];
    workers.sort_unstable();
    workers.dedup();
    BackendKind::ALL.into_iter().flat_map(move |kind| {
        let taken = workers.clone().into_iter().filter(move |&workers| workers <= kind.max_workers());
        taken.map(move |workers| open(kind, workers))
    })
}

fn open(kind: BackendKind, workers: NonZeroUsize) -> (String, AnyBackend) {
    let lane = kind.open(workers).expect("a lane takes what it says it takes");
    (format!("{}/{}", lane.label(), lane.workers()), lane)
}
