//! How fast are the primes of a range read in order, one by one, by a fold and from the back, compared with primal? One
//! thread. Throughput is in numbers per second. `benches/peers --primes` compares with primesieve.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use primelanes_backends::primes;

fn reads(criterion: &mut Criterion) {
    for (name, start, width) in [
        ("1e4", 0, 10_000),
        ("1e6", 0, 1_000_000),
        ("1e8", 0, 100_000_000),
        ("1e15+1e4", 10_u64.pow(15), 10_000),
        ("1e15+1e8", 10_u64.pow(15), 100_000_000),
    ] {
        let range = start..=start + width;
        let mut group = criterion.benchmark_group(format!("primes/{name}"));
        group.throughput(Throughput::Elements(width)).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        group.bench_function("for", |bencher| {
            bencher.iter(|| {
                let mut sum = 0_u64;
                for prime in primes(black_box(range.clone())) {
                    sum = sum.wrapping_add(prime);
                }
                sum
            });
        });
        group.bench_function("fold", |bencher| {
            bencher.iter(|| primes(black_box(range.clone())).fold(0, u64::wrapping_add));
        });
        group.bench_function("from the back", |bencher| {
            bencher.iter(|| primes(black_box(range.clone())).rev().fold(0, u64::wrapping_add));
        });
        // Primal begins at 2.
        if start == 0 {
            group.bench_function("primal", |bencher| {
                let stop = width as usize;
                bencher.iter(|| primal::Primes::all().take_while(|&prime| prime <= black_box(stop)).sum::<usize>());
            });
        }
        group.finish();
    }
}

/// Most readers want only a few primes.
fn first_prime(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("primes/first");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    for (name, start) in [("0", 0), ("1e12", 10_u64.pow(12)), ("1e18", 10_u64.pow(18))] {
        group.bench_function(name, |bencher| bencher.iter(|| primes(black_box(start)..=u64::MAX).next()));
    }
    group.finish();
}

criterion_group!(benches, reads, first_prime);
criterion_main!(benches);
