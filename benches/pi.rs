//! How long does pi(x) take by the combinatorial method, on one worker and on all? `benches/peers --pi` compares it with
//! primecount.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use primelanes_backends::{Algorithm, PrimeCounter, Query, ScopedThreads, SingleThread, available_workers};

fn up_to_powers_of_ten(criterion: &mut Criterion) {
    let workers = available_workers();
    let threads = ScopedThreads::new(workers);
    for exponent in [9, 11, 12, 13] {
        let mut group = criterion.benchmark_group(format!("pi/1e{exponent}"));
        group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
        let query = Query::up_to(10_u128.pow(exponent)).algorithm(Algorithm::Combinatorial);
        let lanes: [(BenchmarkId, &dyn PrimeCounter); 2] = [
            (BenchmarkId::new("single-thread", 1), &SingleThread),
            (BenchmarkId::new("scoped-threads", workers), &threads),
        ];
        for (name, lane) in lanes {
            group.bench_function(name, |bencher| {
                bencher.iter(|| lane.count(black_box(&query)).expect("nothing cancels it"));
            });
        }
        group.finish();
    }
}

criterion_group!(pi, up_to_powers_of_ten);
criterion_main!(pi);
