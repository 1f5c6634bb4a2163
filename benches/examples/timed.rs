//! Runs one task on one thread, and prints the seconds that it takes in this process, and the answer. `benches/peers
//! --primes` compares these. Sums wrap around.

use std::env::args;
use std::hint::black_box;
use std::time::Instant;

use primelanes_backends::{is_prime, next_prime, previous_prime, primes};
use primelanes_benches::random_numbers;

const USAGE: &str =
    "usage: timed for|fold|primal START STOP, or timed [is-prime|is-prime-of-primes|next-prime][-primal] N";

fn main() {
    let task = args().nth(1).expect(USAGE);
    let numbers: Vec<u64> = args().skip(2).map(|number| number.parse().expect(USAGE)).collect();
    let (seconds, answer) = match numbers[..] {
        [start, stop] => sum(&task, start, stop),
        [count] => test(&task, count as usize),
        _ => panic!("{USAGE}"),
    };
    println!("{seconds} {answer}");
}

/// Sums the primes of a range.
fn sum(task: &str, start: u64, stop: u64) -> (f64, u64) {
    match task {
        "for" => timed(|| {
            let mut sum = 0_u64;
            for prime in primes(start..=stop) {
                sum = sum.wrapping_add(prime);
            }
            sum
        }),
        "fold" => timed(|| primes(start..=stop).fold(0, u64::wrapping_add)),
        "primal" => timed(|| {
            let primes = primal::Primes::all().map(|prime| prime as u64);
            primes.skip_while(|&prime| prime < start).take_while(|&prime| prime <= stop).fold(0, u64::wrapping_add)
        }),
        _ => panic!("{USAGE}"),
    }
}

/// Tests random numbers, or finds the next primes.
fn test(task: &str, count: usize) -> (f64, u64) {
    let numbers: Vec<u64> = random_numbers().take(count).collect();
    let primes = || -> Vec<u64> { numbers.iter().filter_map(|&number| previous_prime(number)).collect() };
    let tested = |numbers: &[u64], is_prime: fn(u64) -> bool| {
        timed(|| black_box(numbers).iter().filter(|&&number| is_prime(number)).count() as u64)
    };
    let found = |next: fn(u64) -> Option<u64>| {
        timed(|| black_box(&numbers).iter().filter_map(|&number| next(number)).fold(0, u64::wrapping_add))
    };
    match task {
        "is-prime" => tested(&numbers, is_prime),
        "is-prime-primal" => tested(&numbers, primal::is_prime),
        "is-prime-of-primes" => tested(&primes(), is_prime),
        "is-prime-of-primes-primal" => tested(&primes(), primal::is_prime),
        "next-prime" => found(next_prime),
        "next-prime-primal" => found(|number| (number.checked_add(1)?..=u64::MAX).find(|&next| primal::is_prime(next))),
        _ => panic!("{USAGE}"),
    }
}

fn timed(task: impl FnOnce() -> u64) -> (f64, u64) {
    let clock = Instant::now();
    let answer = task();
    (clock.elapsed().as_secs_f64(), answer)
}
