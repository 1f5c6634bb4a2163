//! Which lane is fastest on all cores, for each algorithm? `scaling` shows how each lane gets there from one worker.

use criterion::{Criterion, Throughput, criterion_group};
use primelanes_backends::{Algorithm, BackendKind, PrimeCounter, Query, available_workers};

fn every_lane(criterion: &mut Criterion) {
    for (algorithm, limit) in [(Algorithm::TrialDivision, 1_000_000), (Algorithm::Sieve, 100_000_000)] {
        let mut group = criterion.benchmark_group(format!("backends/{algorithm}/{limit:e}"));
        group.throughput(Throughput::Elements(limit)).sample_size(10);
        let query = Query::up_to(limit.into()).algorithm(algorithm);
        for kind in BackendKind::available() {
            // The lane is opened outside of the timed part, and dropped before the next one, so that no pool idles meanwhile.
            let workers = available_workers().min(kind.max_workers());
            let lane = kind.open(workers).expect("the system grants the threads or processes of a pool");
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
