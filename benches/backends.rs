//! Which lane makes the most of all cores, and what does it make of each algorithm? How it gets there from one worker on
//! is the question of `scaling`.

use criterion::{Criterion, Throughput, criterion_group};
use primelanes_backends::{Algorithm, BackendKind, PrimeCounter, Query, available_workers};

fn every_lane(criterion: &mut Criterion) {
    for (algorithm, limit) in [(Algorithm::TrialDivision, 1_000_000), (Algorithm::Sieve, 100_000_000)] {
        let mut group = criterion.benchmark_group(format!("backends/{algorithm}/{limit:e}"));
        group.throughput(Throughput::Elements(limit)).sample_size(10);
        let query = Query::up_to(limit.into()).algorithm(algorithm);
        for kind in BackendKind::available() {
            // Opened outside the timed part and dropped before the next, so that no pool idles beside another's run.
            let workers = available_workers().min(kind.max_workers());
            let lane = kind.open(workers).expect("a lane takes what it says it takes");
            group.bench_function(format!("{kind}/{workers}"), |bencher| {
                bencher.iter(|| lane.count(&query).expect("nothing cancels it"));
            });
        }
        group.finish();
    }
}

criterion_group!(backends, every_lane);
fn main() {
    primelanes_benches::start();
    backends();
    Criterion::default().configure_from_args().final_summary();
}
