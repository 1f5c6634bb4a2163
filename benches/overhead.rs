//! What does a fold cost, and a tile of it, when the tiles do nothing? Beside rayon used directly. For worker processes it
//! is the question of `ipc`.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use primelanes_backends::{Backend, Control, Kernel, Pulse, Stopped, available_workers};
use primelanes_benches::lanes_in_process;
use rayon::prelude::*;

/// Tiles whose index is their result.
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
    // As many tiles as workers: what it costs to get everybody going.
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
