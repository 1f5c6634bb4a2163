//! What do a fold and each of its tiles cost if the tiles do nothing, compared with rayon used directly? `ipc` measures
//! the same for worker processes.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use primelanes_backends::{Backend, Control, Kernel, Pulse, Stopped, available_workers};
use primelanes_benches::lanes_in_process;
use rayon::prelude::*;

/// Tiles that return their index.
struct Empty {
    tiles: u64,
}

impl Kernel for Empty {
    type Scratch = ();
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "empty"
    }

    fn tiles(&self) -> u64 {
        self.tiles
    }

    fn scratch(&self) {}

    fn tile<P: Pulse>(&self, index: u64, (): &mut (), _: &P) -> Result<u64, Stopped> {
        Ok(black_box(index))
    }
}

fn fold(criterion: &mut Criterion) {
    // With as many tiles as workers, this is the cost of starting all workers.
    let mut group = criterion.benchmark_group("overhead/fold");
    bench_lanes(&mut group, |workers| workers);
    group.finish();
}

fn tile(criterion: &mut Criterion) {
    const TILES: u64 = 1_000_000;
    let mut group = criterion.benchmark_group("overhead/tile");
    group.throughput(Throughput::Elements(TILES));
    bench_lanes(&mut group, |_| TILES);
    group.finish();
}

fn bench_lanes(group: &mut BenchmarkGroup<'_, WallTime>, tiles: impl Fn(u64) -> u64) {
    group.sample_size(10).measurement_time(Duration::from_secs(2));
    for (name, lane) in lanes_in_process() {
        let kernel = Empty { tiles: tiles(lane.workers().get() as u64) };
        group.bench_function(name, |bencher| bencher.iter(|| lane.fold(&kernel, &Control::new())));
    }
    let threads = available_workers().get();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool for each core");
    let tiles = tiles(threads as u64);
    group.bench_function(format!("map_init-reduce/{threads}"), |bencher| {
        bencher.iter(|| {
            pool.install(|| {
                (0..tiles).into_par_iter().map_init(|| (), |(), index| black_box(index)).reduce(|| 0, |a, b| a + b)
            })
        });
    });
}

criterion_group!(overhead, fold, tile);
criterion_main!(overhead);
