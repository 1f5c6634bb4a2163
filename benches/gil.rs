//! What does the global lock cost? Uncontended, at a check site, recorded, and handed over.

#![allow(missing_docs, reason = "the macros of criterion make public functions")]

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use primelanes_backends::{Attached, Gil, GlobalLock};

const INTERVAL: Duration = GlobalLock::SWITCH_INTERVAL;

/// One thread has the lock to itself.
fn uncontended(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gil/uncontended");
    let gil = Gil::new(INTERVAL);
    group.bench_function("attach and drop", |bencher| bencher.iter(|| gil.attach(|_| black_box(()))));
    attached(&gil, |attached| {
        group.bench_function("detach and attach", |bencher| bencher.iter(|| attached.detach(|| black_box(()))));
        group.bench_function("check", |bencher| bencher.iter(|| black_box(&*attached).check()));
    });
    // There is room for all events of a bench.
    let recorded = Gil::recorded(INTERVAL, usize::MAX);
    let detach = |attached: &mut Attached<'_>, iterations| {
        drop(recorded.take_recording());
        let begun = Instant::now();
        for _ in 0..iterations {
            attached.detach(|| black_box(()));
        }
        begun.elapsed()
    };
    attached(&recorded, |attached| {
        group.bench_function("detach and attach, recorded", |bencher| {
            bencher.iter_custom(|iterations| detach(attached, iterations));
        });
    });
    group.finish();
}

/// Runs `work` with the lock.
fn attached(gil: &Gil, work: impl FnOnce(&mut Attached<'_>)) {
    gil.attach(work).expect("this thread is not attached");
}

/// Hands the lock from one thread to another, which waits and requests it at once.
fn hand_over(criterion: &mut Criterion) {
    criterion.bench_function("gil/hand-over", |bencher| {
        bencher.iter_custom(|iterations| {
            let (gil, stop) = (Gil::new(Duration::ZERO), AtomicBool::new(false));
            let compute = || {
                attached(&gil, |attached| {
                    while !stop.load(Ordering::Relaxed) {
                        attached.check();
                    }
                });
            };
            thread::scope(|scope| {
                let threads = [scope.spawn(compute), scope.spawn(compute)];
                while gil.switches() == 0 {
                    thread::yield_now();
                }
                let (begun, before) = (Instant::now(), gil.switches());
                while gil.switches() < before + iterations {
                    thread::sleep(Duration::from_micros(200));
                }
                let (took, made) = (begun.elapsed(), gil.switches() - before);
                stop.store(true, Ordering::Relaxed);
                for thread in threads {
                    thread.join().expect("the thread does not panic");
                }
                // There were a few more switches than requested.
                took.mul_f64(iterations as f64 / made as f64)
            })
        });
    });
}

criterion_group!(benches, uncontended, hand_over);
criterion_main!(benches);
