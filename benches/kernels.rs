//! How fast is each algorithm on one thread, compared with primal? Throughput is in numbers per second.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use primelanes_backends::{Algorithm, PrimeCounter, Query, SingleThread};

fn up_to_a_limit(criterion: &mut Criterion) {
    for limit in [100_000, 1_000_000, 10_000_000, 100_000_000_u64] {
        let mut group = criterion.benchmark_group(format!("kernels/{limit:e}"));
        group.throughput(Throughput::Elements(limit)).sample_size(10);
        for algorithm in [Algorithm::TrialDivision, Algorithm::Sieve] {
            if algorithm == Algorithm::TrialDivision && limit > 1_000_000 {
                continue; // this would take seconds to minutes
            }
            let query = Query::up_to(limit.into()).algorithm(algorithm);
            group.bench_function(algorithm.name(), |bencher| {
                bencher.iter(|| SingleThread.count(black_box(&query)).expect("nothing cancels it"));
            });
        }
        group.bench_function("primal", |bencher| {
            bencher.iter(|| primal::StreamingSieve::prime_pi(black_box(limit as usize)));
        });
        group.finish();
    }
}

fn high_window(criterion: &mut Criterion) {
    let (start, width) = (1_000_000_000_000_000, 10_000_000);
    let mut group = criterion.benchmark_group("kernels/1e15+1e7");
    group.throughput(Throughput::Elements(width)).sample_size(10);
    let query = Query::from(start..=start + width).algorithm(Algorithm::Sieve);
    group.bench_function("sieve", |bencher| {
        bencher.iter(|| SingleThread.count(black_box(&query)).expect("nothing cancels it"));
    });
    group.finish();
}

criterion_group!(kernels, up_to_a_limit, high_window);
criterion_main!(kernels);
