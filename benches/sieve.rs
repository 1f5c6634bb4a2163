//! How much faster is the sieve on each instruction set, and below which width does sieve-and-test win? One thread.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use primelanes_backends::algorithm::{Sieve, SieveAndTest, Tuning};
use primelanes_backends::machine::Cpu;
use primelanes_backends::{Backend, Control, SingleThread};

fn count(range: &RangeInclusive<u64>, tuning: Tuning, cpu: Cpu) -> u64 {
    let sieve = Sieve::with(range.clone(), tuning, cpu, &Control::new()).expect("a valid tuning");
    SingleThread.fold(&sieve, &Control::new()).expect("nothing cancels it")
}

fn instruction_sets(criterion: &mut Criterion) {
    for (name, range) in [
        ("1e8", 0..=100_000_000),
        ("1e9", 0..=1_000_000_000),
        ("1e15+1e9", 10_u64.pow(15)..=10_u64.pow(15) + 1_000_000_000),
    ] {
        let mut group = criterion.benchmark_group(format!("sieve/{name}"));
        group.throughput(Throughput::Elements(range.end() - range.start())).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
        let tuning = Tuning::for_range(&range, NonZeroUsize::MIN);
        for cpu in Cpu::available() {
            group.bench_function(cpu.name(), |bencher| {
                bencher.iter(|| count(black_box(&range), tuning, cpu));
            });
        }
        group.finish();
    }
}

/// `Plan` estimates that the two are equally fast at a width between these.
fn narrow_windows(criterion: &mut Criterion) {
    for (name, start, width) in [("1e12+1e5", 10_u64.pow(12), 100_000), ("1e12+2e5", 10_u64.pow(12), 200_000)] {
        let range = start..=start + width;
        let mut group = criterion.benchmark_group(format!("sieve/{name}"));
        group.throughput(Throughput::Elements(width)).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
        group.bench_function("sieve", |bencher| {
            bencher.iter(|| count(black_box(&range), Tuning::for_range(&range, NonZeroUsize::MIN), Cpu::best()));
        });
        group.bench_function("sieve-and-test", |bencher| {
            bencher.iter(|| SingleThread.fold(&SieveAndTest::new(black_box(range.clone())), &Control::new()));
        });
        group.finish();
    }
}

criterion_group!(sieve, instruction_sets, narrow_windows);
criterion_main!(sieve);
