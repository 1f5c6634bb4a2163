//! How much faster does each lane get with each worker? One count with 1, 2, 4, .. workers up to the number of cores.
//! `primelanes race` measures the same, with all samples and a picture.

use criterion::{Criterion, Throughput, criterion_group};
use primelanes_backends::{Algorithm, PrimeCounter, Query};
use primelanes_benches::lanes;

/// At 80 ms on one thread, the start of threads is negligible.
const LIMIT: u64 = 100_000_000;

fn scaling(criterion: &mut Criterion) {
    let query = Query::up_to(LIMIT.into()).algorithm(Algorithm::Sieve);
    let mut group = criterion.benchmark_group("scaling/sieve/1e8");
    group.throughput(Throughput::Elements(LIMIT)).sample_size(10);
    for (name, lane) in lanes() {
        group.bench_function(name, |bencher| bencher.iter(|| lane.count(&query).expect("nothing cancels it")));
    }
    group.finish();
}

criterion_group!(benches, scaling);
fn main() {
    primelanes_benches::start();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
