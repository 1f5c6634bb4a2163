//! What does each lane make of one, two and all workers? Pools are built outside the timed part and dropped before
//! the next lane.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use primelanes_backends::{Algorithm, PrimeCounter, Query};
use primelanes_benches::lanes;

fn every_lane(criterion: &mut Criterion) {
    for (algorithm, limit) in [(Algorithm::TrialDivision, 1_000_000), (Algorithm::Sieve, 100_000_000)] {
        let mut group = criterion.benchmark_group(format!("backends/{algorithm}/{limit:e}"));
        group.throughput(Throughput::Elements(limit)).sample_size(10);
        let query = Query::up_to(limit).algorithm(algorithm);
        for (name, lane) in lanes() {
            group.bench_function(name, |bencher| bencher.iter(|| lane.count(&query).expect("nothing cancels it")));
        }
        group.finish();
    }
}

criterion_group!(backends, every_lane);
criterion_main!(backends);
