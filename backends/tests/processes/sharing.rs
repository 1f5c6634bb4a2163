//! Several folds at once share one pool.

use std::ops::ControlFlow;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use primelanes_backends::probe::Probe;
use primelanes_backends::{Backend, Control, Progress, SingleThread};

use super::saboteur::open;
use super::system::{processes_of, sieve, slow, tiles_of};

super::trials! {
    a_late_fold_does_not_wait_for_the_end_of_an_early_one,
    two_folds_keep_both_workers_busy,
    folds_share_fewer_workers_than_there_are_folds,
}

fn a_late_fold_does_not_wait_for_the_end_of_an_early_one() {
    let lane = open(2, &[]);
    let (early_started, early_done) = (Barrier::new(2), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let begun = AtomicBool::new(false);
            let observer = |progress: Progress| {
                if progress.done > 0 && !begun.swap(true, Ordering::SeqCst) {
                    early_started.wait();
                }
                ControlFlow::Continue(())
            };
            let visits = lane.fold(&slow(2000), &Control::new().progress(&observer)).unwrap();
            early_done.store(true, Ordering::SeqCst);
            assert_eq!(tiles_of(&visits), (0..2000).collect::<Vec<_>>());
        });
        early_started.wait();
        assert_eq!(lane.fold(&slow(10), &Control::new()).map(|visits| visits.len()), Ok(10));
        assert!(
            !early_done.load(Ordering::SeqCst),
            "the early fold of two seconds ended before the late one of ten milliseconds"
        );
    });
}

fn two_folds_keep_both_workers_busy() {
    let lane = open(2, &[]);
    let start = Barrier::new(2);
    let fold = || {
        start.wait();
        lane.fold(&slow(300), &Control::new()).unwrap()
    };
    let (left, right) = thread::scope(|scope| {
        let left = scope.spawn(fold);
        (fold(), left.join().unwrap())
    });
    for visits in [&left, &right] {
        assert_eq!(tiles_of(visits), (0..300).collect::<Vec<_>>());
    }
    let all = processes_of(&[left, right].concat());
    assert!(all == lane.process_ids(), "both workers were busy: {all:?}");
}

fn folds_share_fewer_workers_than_there_are_folds() {
    let lane = open(2, &[]);
    thread::scope(|scope| {
        for limit in (0..7).map(|k| 100_000 + 1_000 * k) {
            let lane = &lane;
            scope.spawn(move || {
                for _ in 0..5 {
                    assert_eq!(sieve(lane, limit), sieve(&SingleThread, limit));
                    assert_eq!(lane.fold(&Probe::new(40), &Control::new()).map(|visits| visits.len()), Ok(40));
                }
            });
        }
    });
    assert_eq!((lane.process_ids().len(), lane.replaced()), (2, 0));
}
