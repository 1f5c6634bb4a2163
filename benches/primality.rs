//! How fast is a number tested, and how fast is the prime after it found, compared with primal's test? One thread.
//! Throughput is in numbers that are tested, or after which the next prime is found, per second.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use primelanes_backends::{is_prime, is_prime_u128, next_prime, previous_prime};
use primelanes_benches::random_numbers;

/// How many numbers are tested at a time.
const NUMBERS: usize = 10_000;

fn random(bits: u32) -> impl Iterator<Item = u64> {
    random_numbers().map(move |number| number >> (64 - bits))
}

fn tests(criterion: &mut Criterion) {
    let sets: [(&str, Vec<u64>); 3] = [
        ("random, 32 bits", random(32).take(NUMBERS).collect()),
        ("random, 64 bits", random(64).take(NUMBERS).collect()),
        ("primes, 64 bits", random(64).filter_map(previous_prime).take(NUMBERS).collect()),
    ];
    for (name, numbers) in &sets {
        let mut group = criterion.benchmark_group(format!("primality/{name}"));
        group.throughput(Throughput::Elements(NUMBERS as u64)).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
        for (name, is_prime) in [("is_prime", is_prime as fn(u64) -> bool), ("primal", primal::is_prime)] {
            group.bench_function(name, |bencher| {
                bencher.iter(|| black_box(numbers).iter().filter(|&&number| is_prime(number)).count());
            });
        }
        group.finish();
    }
}

fn tests_beyond_64_bits(criterion: &mut Criterion) {
    let numbers: Vec<u128> = random(64).map(|number| u128::from(number) << 16 | 1).take(NUMBERS).collect();
    let mut group = criterion.benchmark_group("primality/odd, 80 bits");
    group.throughput(Throughput::Elements(NUMBERS as u64)).sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    group.bench_function("is_prime_u128", |bencher| {
        let is_prime = |number| is_prime_u128(number).expect("80 bits are proven");
        bencher.iter(|| black_box(&numbers).iter().filter(|&&number| is_prime(number)).count());
    });
    group.finish();
}

fn next_primes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("primality/next_prime");
    group.throughput(Throughput::Elements(NUMBERS as u64)).sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    for bits in [20, 40, 64] {
        let numbers: Vec<u64> = random(bits).take(NUMBERS).collect();
        group.bench_function(format!("{bits} bits"), |bencher| {
            bencher.iter(|| black_box(&numbers).iter().filter_map(|&number| next_prime(number)).max());
        });
    }
    group.finish();
}

criterion_group!(primality, tests, tests_beyond_64_bits, next_primes);
criterion_main!(primality);
