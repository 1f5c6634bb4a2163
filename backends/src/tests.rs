//! Tests of single lanes, and of what holds for all lanes beyond the laws of the conformance suite.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::probe::Probe;
use crate::{
    Algorithm, AnyBackend, Backend, BackendKind, Control, Error, Gil, Kernel, Ledger, PrimeCounter, Pulse, Query,
    Rayon, ScopedThreads, Stopped,
};

/// Calls a function in each tile.
struct Each<F>(u64, F);

impl<F: Fn(u64) + Sync> Kernel for Each<F> {
    type Scratch = ();
    type Partial = ();

    fn phase(&self) -> &'static str {
        "each"
    }

    fn tiles(&self) -> u64 {
        self.0
    }

    fn scratch(&self) {}

    fn tile<P: Pulse>(&self, index: u64, (): &mut (), _: &P) -> Result<(), Stopped> {
        self.1(index);
        Ok(())
    }
}

/// Returns the lanes that stay in this process.
fn kinds() -> Vec<BackendKind> {
    BackendKind::ALL.iter().copied().filter(|kind| kind.is_in_process()).collect()
}

/// Every lane, with each of several numbers of workers that it takes.
fn lanes() -> Vec<AnyBackend> {
    let workers = [1, 2, 3, 7].map(|workers| NonZeroUsize::new(workers).unwrap());
    let lanes: Vec<_> = kinds()
        .into_iter()
        .flat_map(|kind| workers.into_iter().filter_map(move |workers| kind.open(workers).ok()))
        .collect();
    assert_eq!(lanes.len(), 4 * kinds().len() - 3, "only the single thread refuses more workers");
    lanes
}

fn tiles_of(lane: &AnyBackend, tiles: u64) -> Result<Vec<u64>, Error> {
    lane.fold(&Probe::new(tiles), &Control::new()).map(|visits| visits.iter().map(|visit| visit.tile).collect())
}

/// Counts by a fold, and not by a look at a table.
fn sieve(lane: &impl Backend, limit: u128) -> Result<u128, Error> {
    lane.count(&Query::up_to(limit).algorithm(Algorithm::Sieve))
}

#[test]
fn a_thousand_workers_for_three_tiles() {
    let thousand = NonZeroUsize::new(1000).unwrap();
    for lane in kinds().into_iter().filter_map(|kind| kind.open(thousand).ok()) {
        assert_eq!(tiles_of(&lane, 3), Ok(vec![0, 1, 2]), "{lane:?}");
    }
}

#[test]
fn the_first_cause_wins() {
    for lane in lanes() {
        let stop = AtomicBool::new(false);
        let cancel_and_panic = |_| {
            stop.store(true, Ordering::SeqCst);
            std::panic::resume_unwind(Box::new("first"));
        };
        let failed = lane.fold(&Each(1, cancel_and_panic), &Control::new().cancel(&stop));
        assert_eq!(failed, Err(Error::Panicked { phase: "each".into(), message: "first".into() }), "{lane:?}");
    }
}

#[test]
fn a_rayon_lane_joins_the_pool_that_it_is_called_in() {
    let pools = [1, 2].map(|threads| ::rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    for pool in pools.map(Arc::new) {
        for lane in [Rayon::current(), Rayon::with_pool(Arc::clone(&pool))] {
            let (left, right) = pool.install(|| ::rayon::join(|| sieve(&lane, 10_000), || sieve(&lane, 20_000)));
            assert_eq!((left, right), (Ok(1229), Ok(2262)));
            assert_eq!(pool.install(|| lane.workers()).get(), pool.current_num_threads());
        }
    }
}

#[test]
fn a_count_inside_a_count() {
    // A tile counts primes on the same lane. Only the global lock cannot be taken twice.
    for lane in lanes() {
        let inner = Mutex::new(None);
        let again = |_| *inner.lock().unwrap() = Some(sieve(&lane, 9_000_000));
        lane.fold(&Each(1, again), &Control::new()).unwrap();
        let expected = if lane.label() == "global-lock" { Err(Error::AlreadyAttached) } else { Ok(602_489) };
        assert_eq!(inner.into_inner().unwrap(), Some(expected), "{lane:?}");
        assert_eq!(tiles_of(&lane, 3), Ok(vec![0, 1, 2]), "{lane:?}, afterwards");
    }
}

#[test]
fn a_lane_is_not_opened_once_it_is_cancelled() {
    for kind in BackendKind::available() {
        let opened = kind.open_with(NonZeroUsize::MIN, &Control::new().cancel(&AtomicBool::new(true)));
        assert_eq!(opened.map(|lane| lane.label().to_owned()), Err(Error::Cancelled), "{kind}");
    }
}

#[test]
fn one_scoped_worker_is_the_calling_thread() {
    let here = std::thread::current().id();
    let check = |_| assert_eq!(std::thread::current().id(), here);
    assert_eq!(ScopedThreads::new(NonZeroUsize::MIN).fold(&Each(5, check), &Control::new()), Ok(()));
}

/// The test runs itself again in a process in which only the main thread can run: the stack of any other thread would
/// not fit in the address space.
#[test]
fn threads_that_cannot_start_are_an_error() {
    const NAME: &str = "tests::threads_that_cannot_start_are_an_error";
    let (variable, huge) = ("RUST_MIN_STACK", (1_u64 << 60).to_string());
    if std::env::var(variable).ok().as_ref() != Some(&huge) {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", NAME, "--test-threads=1"]).env(variable, huge).output().unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
        return;
    }
    let three = NonZeroUsize::new(3).unwrap();
    for kind in [BackendKind::ScopedThreads, BackendKind::Rayon, BackendKind::GlobalLock] {
        let refused = kind.open(three).and_then(|lane| tiles_of(&lane, 100));
        assert!(matches!(refused, Err(Error::Spawn { requested: 3, .. })), "{kind}: {refused:?}");
    }
    let alone = BackendKind::ScopedThreads.open(NonZeroUsize::MIN).unwrap();
    assert_eq!(tiles_of(&alone, 100), Ok((0..100).collect()));
    // The global rayon pool cannot start either.
    let current = Rayon::current().fold(&Probe::new(100), &Control::new());
    assert!(matches!(current, Err(Error::Panicked { ref phase, .. }) if phase == "rayon"), "{current:?}");
}

#[test]
fn lanes_cross_threads() {
    fn assert_shareable<T: Send + Sync + 'static>() {}
    assert_shareable::<AnyBackend>();
    assert_shareable::<Box<dyn PrimeCounter>>();
    assert_shareable::<Gil>();
    assert_shareable::<Ledger<u64>>();
}
