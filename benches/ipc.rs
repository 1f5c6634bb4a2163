//! What do worker processes cost? A round trip, the start of a pool, long answers, and memory. If there is a `python3`,
//! Python's `multiprocessing.Pool` is measured too.

use std::fs;
use std::num::NonZeroUsize;
use std::process::Command;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group};
use primelanes_backends::probe::Probe;
use primelanes_backends::{Backend, Control, Processes, Wire, available_workers};

fn pool(workers: NonZeroUsize) -> Processes {
    Processes::new(workers).expect("this program is its own worker")
}

/// A run without work, from the call to its return.
fn round_trip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ipc/round-trip");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    let lane = pool(NonZeroUsize::MIN);
    group.bench_function("processes", |bencher| {
        bencher.iter(|| lane.fold(&Probe::new(1), &Control::new()).expect("an empty tile does not fail"));
    });
    drop(lane);
    if python_pool(1).is_some() {
        group.bench_function("multiprocessing.Pool", |bencher| {
            bencher.iter_custom(|calls| python_pool(calls).expect("python3 has just worked"));
        });
    } else {
        eprintln!("skipped multiprocessing.Pool: there is no python3");
    }
    group.finish();
}

/// The time of a number of empty calls through a pool of one process in Python, without the start of the pool.
fn python_pool(calls: u64) -> Option<Duration> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/multiprocessing_pool.py");
    let output = Command::new("python3").arg(script).arg(calls.to_string()).output().ok()?;
    let seconds: f64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    Some(Duration::from_secs_f64(seconds))
}

/// The start of a pool, until its workers have greeted.
fn start(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ipc/start");
    group.sample_size(10).measurement_time(Duration::from_secs(2));
    for workers in [NonZeroUsize::MIN, available_workers()] {
        group.bench_function(format!("{workers}"), |bencher| {
            bencher.iter_custom(|pools| {
                let start_one = || {
                    let clock = Instant::now();
                    let lane = pool(workers);
                    let elapsed = clock.elapsed();
                    drop(lane);
                    elapsed
                };
                (0..pools).map(|_| start_one()).sum()
            });
        });
    }
    group.finish();
}

/// One run with a long answer, which is made, written, read, checked and decoded.
fn bytes(criterion: &mut Criterion) {
    const TILES: u64 = 200_000;
    let lane = pool(NonZeroUsize::MIN);
    let probe = Probe { grain: TILES, ..Probe::new(TILES) };
    let answer =
        lane.fold(&probe, &Control::new()).and_then(|visits| visits.encode()).expect("the answer fits a frame");
    let mut group = criterion.benchmark_group("ipc/bytes");
    group.sample_size(10).throughput(Throughput::Bytes(answer.len() as u64));
    group.bench_function(format!("{}", answer.len()), |bencher| bencher.iter(|| lane.fold(&probe, &Control::new())));
    group.finish();
    if let Some(private) = private_memory(lane.process_ids()[0]) {
        eprintln!("a worker after that: {private} KiB of private memory");
    }
    let fresh = pool(NonZeroUsize::MIN);
    if let Some(private) = private_memory(fresh.process_ids()[0]) {
        eprintln!("an idle worker: {private} KiB of private memory");
    }
}

/// The private memory of a process in KiB, which only Linux tells.
fn private_memory(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let sizes = text.lines().filter(|line| line.starts_with("Private_"));
    sizes.map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}

criterion_group!(ipc, round_trip, start, bytes);

fn main() {
    primelanes_benches::start();
    ipc();
    Criterion::default().configure_from_args().final_summary();
}
