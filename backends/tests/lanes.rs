//! What holds for every lane, whatever the kernel.

#![allow(clippy::unwrap_used, reason = "in a test, what cannot be had fails it")]

mod probe;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use primelanes_backends::{
    AnyBackend, Backend, BackendKind, Control, Error, PrimeCounter, Progress, Query, Rayon, ScopedThreads,
};
use proptest::prelude::*;

use self::probe::Probe;

/// Every lane with every number of workers that it takes of these.
fn lanes() -> Vec<AnyBackend> {
    let workers = [1, 2, 3, 7].map(|workers| NonZeroUsize::new(workers).unwrap());
    let lanes: Vec<_> = BackendKind::ALL
        .into_iter()
        .flat_map(|kind| workers.into_iter().filter_map(move |workers| kind.open(workers).ok()))
        .collect();
    assert_eq!(lanes.len(), 4 * BackendKind::ALL.len() - 3, "only the single thread refuses more workers");
    lanes
}

fn assert_usable(lane: &AnyBackend) {
    assert_eq!(lane.fold(&Probe::new(10), &Control::new()), Ok((0..10).collect()), "{lane:?} afterwards");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_tile_is_folded_once_and_in_order(tiles in 0..2000_u64, cut in 0.0..1.0, end in 0.0..1.0, grain in 1..20_u64) {
        let first = (cut * tiles as f64) as u64;
        let last = first + (end * (tiles - first) as f64) as u64;
        let kernel = Probe { grain, ..Probe::new(tiles) };
        for lane in lanes() {
            prop_assert_eq!(lane.fold_run(&kernel, first..last, &Control::new()), Ok((first..last).collect()));
        }
    }
}

#[test]
fn no_tiles_give_the_identity() {
    for lane in lanes() {
        assert_eq!(lane.fold(&Probe::new(0), &Control::new()), Ok(vec![]), "{lane:?}");
        assert_eq!(lane.fold_run(&Probe::new(9), 4..4, &Control::new()), Ok(vec![]), "{lane:?}");
    }
}

#[test]
fn a_thousand_workers_for_three_tiles() {
    let thousand = NonZeroUsize::new(1000).unwrap();
    for lane in BackendKind::ALL.into_iter().filter_map(|kind| kind.open(thousand).ok()) {
        let kernel = Probe::new(3);
        assert_eq!(lane.fold(&kernel, &Control::new()), Ok(vec![0, 1, 2]), "{lane:?}");
        assert!(kernel.scratches.load(Ordering::Relaxed) <= 3, "{lane:?}");
    }
}

#[test]
fn a_worker_has_one_scratch() {
    for lane in lanes() {
        let kernel = Probe::new(500);
        lane.fold(&kernel, &Control::new()).unwrap();
        let scratches = kernel.scratches.load(Ordering::Relaxed);
        assert!((1..=lane.workers().get()).contains(&scratches), "{lane:?}: {scratches}");
    }
}

#[test]
fn a_panic_in_a_tile_is_named_and_survived() {
    for lane in lanes() {
        for tile in [0, 57, 99] {
            let kernel = Probe { panic_at: Some(tile), ..Probe::new(100) };
            let message = format!("tile {tile} is bad");
            assert_eq!(lane.fold(&kernel, &Control::new()), Err(Error::Panicked { phase: "probe", message }));
            assert_usable(&lane);
        }
    }
}

#[test]
fn a_panic_in_a_scratch_constructor_is_named_and_survived() {
    for lane in lanes() {
        let kernel = Probe { panic_in_scratch: true, ..Probe::new(100) };
        let message = "no scratch".to_owned();
        assert_eq!(lane.fold(&kernel, &Control::new()), Err(Error::Panicked { phase: "probe", message }));
        assert_usable(&lane);
    }
}

#[test]
fn a_panic_in_the_observer_is_named_and_survived() {
    for lane in lanes() {
        for bad in [0, 100] {
            let observer = |progress: Progress| assert!(progress.done != bad, "saw {bad}");
            let told = lane.fold(&Probe::new(100), &Control::new().progress(&observer));
            let message = format!("saw {bad}");
            assert_eq!(told, Err(Error::Panicked { phase: "progress observer", message }), "{lane:?}");
            assert_usable(&lane);
        }
    }
}

#[test]
fn cancelled_before_the_first_tile() {
    let stop = AtomicBool::new(true);
    for lane in lanes() {
        let kernel = Probe::new(100);
        assert_eq!(lane.fold(&kernel, &Control::new().cancel(&stop)), Err(Error::Cancelled), "{lane:?}");
        assert_eq!(kernel.runs.load(Ordering::Relaxed), 0, "{lane:?}");
        assert_eq!(lane.count(&Query::up_to(0).cancel(&stop)), Err(Error::Cancelled), "{lane:?}");
        assert_usable(&lane);
    }
}

#[test]
fn cancelled_within_a_tile_no_worker_begins_another() {
    for lane in lanes() {
        let stop = AtomicBool::new(false);
        let runs = AtomicUsize::new(0);
        let begun_before = AtomicUsize::new(0);
        let count = || {
            runs.fetch_add(1, Ordering::SeqCst);
        };
        let cancel = || {
            stop.store(true, Ordering::SeqCst);
            begun_before.store(runs.load(Ordering::SeqCst), Ordering::SeqCst);
        };
        let kernel = Probe { at_tile: Some((40, &cancel)), at_every_tile: Some(&count), ..Probe::new(1_000_000) };
        assert_eq!(lane.fold(&kernel, &Control::new().cancel(&stop)), Err(Error::Cancelled), "{lane:?}");
        // Whoever had looked at the flag just before may run the tile that it looked for.
        let begun_after = runs.into_inner() - begun_before.into_inner();
        assert!(begun_after <= lane.workers().get(), "{lane:?}: {begun_after}");
        assert_usable(&lane);
    }
}

#[test]
fn cancelled_after_the_end_the_count_stands() {
    for lane in lanes() {
        let stop = AtomicBool::new(false);
        let observer = |progress: Progress| stop.store(progress.done == progress.total, Ordering::Relaxed);
        let control = Control::new().cancel(&stop).progress(&observer);
        // The last tile is reported at the very end, when nothing is left to cancel.
        assert_eq!(lane.fold(&Probe::new(1), &control), Ok(vec![0]), "{lane:?}");
    }
}

#[test]
fn the_first_cause_wins() {
    for lane in lanes() {
        let stop = AtomicBool::new(false);
        let cancel = || stop.store(true, Ordering::SeqCst);
        let kernel = Probe { at_tile: Some((0, &cancel)), panic_at: Some(0), ..Probe::new(1) };
        let message = "tile 0 is bad".to_owned();
        let failed = lane.fold(&kernel, &Control::new().cancel(&stop));
        assert_eq!(failed, Err(Error::Panicked { phase: "probe", message }), "{lane:?}");
    }
}

#[test]
fn progress_grows_from_nothing_to_the_total() {
    for lane in lanes() {
        let seen = Mutex::new(Vec::new());
        let observer = |progress: Progress| seen.lock().unwrap().push(progress);
        // Tiles of a millisecond, so that reports fall between them.
        let pause = || std::thread::sleep(std::time::Duration::from_millis(1));
        let kernel = Probe { at_every_tile: Some(&pause), ..Probe::new(60) };
        lane.fold(&kernel, &Control::new().progress(&observer)).unwrap();
        let seen = seen.into_inner().unwrap();
        assert!(seen.iter().all(|progress| (progress.phase, progress.total) == ("probe", 60)), "{lane:?}");
        let done: Vec<_> = seen.iter().map(|progress| progress.done).collect();
        assert!(done.is_sorted_by(|a, b| a < b), "{lane:?}: {done:?}");
        assert_eq!((done[0], done[done.len() - 1]), (0, 60), "{lane:?}");
    }
}

#[test]
fn counts_at_once_on_one_instance() {
    for lane in lanes() {
        std::thread::scope(|scope| {
            let counts = [10_000, 20_000, 30_000, 40_000].map(|limit| {
                let lane = &lane;
                scope.spawn(move || lane.count_primes(limit))
            });
            let counts = counts.map(|thread| thread.join().unwrap().unwrap());
            assert_eq!(counts, [1229, 2262, 3245, 4203], "{lane:?}");
        });
    }
}

#[test]
fn a_count_from_inside_a_rayon_worker() {
    let pools = [1, 2].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    for pool in pools.map(Arc::new) {
        for lane in lanes() {
            assert_eq!(pool.install(|| lane.count_primes(10_000)), Ok(1229), "{lane:?}");
        }
        for lane in [Rayon::current(), Rayon::with_pool(Arc::clone(&pool))] {
            let (left, right) =
                pool.install(|| rayon::join(|| lane.count_primes(10_000), || lane.count_primes(20_000)));
            assert_eq!((left, right), (Ok(1229), Ok(2262)));
            assert_eq!(pool.install(|| lane.workers()).get(), pool.current_num_threads());
        }
    }
}

#[test]
fn a_count_inside_a_count() {
    // A tile that counts primes by the same lane; the global lock alone cannot be had twice.
    for lane in lanes() {
        let inner = Mutex::new(None);
        let again = || *inner.lock().unwrap() = Some(lane.count_primes(9_000_000));
        lane.fold(&Probe { at_every_tile: Some(&again), ..Probe::new(1) }, &Control::new()).unwrap();
        let expected = if lane.label() == "global-lock" { Err(Error::AlreadyAttached) } else { Ok(602_489) };
        assert_eq!(inner.into_inner().unwrap(), Some(expected), "{lane:?}");
        assert_usable(&lane);
    }
}

#[test]
fn one_scoped_worker_is_the_calling_thread() {
    let here = std::thread::current().id();
    let check = || assert_eq!(std::thread::current().id(), here);
    let kernel = Probe { at_every_tile: Some(&check), ..Probe::new(5) };
    assert!(ScopedThreads::new(NonZeroUsize::MIN).fold(&kernel, &Control::new()).is_ok());
}

/// Runs itself again, on the main thread of a process in which every other thread would have a stack beyond the
/// address space.
#[test]
fn threads_that_cannot_be_had_are_an_error() {
    const NAME: &str = "threads_that_cannot_be_had_are_an_error";
    let (variable, huge) = ("RUST_MIN_STACK", (1_u64 << 60).to_string());
    if std::env::var(variable).ok().as_ref() != Some(&huge) {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", NAME, "--test-threads=1"]).env(variable, huge).output().unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
        return;
    }
    let three = NonZeroUsize::new(3).unwrap();
    for kind in [BackendKind::ScopedThreads, BackendKind::Rayon, BackendKind::GlobalLock] {
        let told = kind.open(three).and_then(|lane| lane.fold(&Probe::new(100), &Control::new()));
        assert!(matches!(told, Err(Error::Spawn { requested: 3, .. })), "{kind}: {told:?}");
    }
    let alone = ScopedThreads::new(NonZeroUsize::MIN).fold(&Probe::new(100), &Control::new());
    assert_eq!(alone, Ok((0..100).collect()));
    // The global pool cannot be started either.
    let current = Rayon::current().fold(&Probe::new(100), &Control::new());
    assert!(matches!(current, Err(Error::Panicked { phase: "rayon", .. })), "{current:?}");
}

#[test]
fn lanes_cross_threads() {
    fn assert_shareable<T: Send + Sync + 'static>() {}
    assert_shareable::<AnyBackend>();
    assert_shareable::<Box<dyn PrimeCounter>>();
    assert_shareable::<primelanes_backends::Gil>();
    assert_shareable::<primelanes_backends::Ledger<u64>>();
}
