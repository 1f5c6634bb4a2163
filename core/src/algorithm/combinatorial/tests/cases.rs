//! Random numbers and parameters, with the edges more likely than the rest.

use std::ops::RangeInclusive;

use proptest::prelude::*;
use proptest::sample::select;

use crate::algorithm::Parameters;
use crate::algorithm::combinatorial::parameters::MIN_X;
use crate::algorithm::combinatorial::roots::root;
use crate::algorithm::combinatorial::tables::largest_prime;
use crate::machine::Cpu;

/// A number, the parameters to count the primes up to it, and the instruction set.
pub(super) type Case = (u64, Parameters, Cpu);

/// The smallest number that the method counts to.
pub(super) const LEAST: u64 = MIN_X as u64;

/// Returns the bounds of y. Windows begin after y, and hold no primes up to 149.
pub(super) fn bounds(x: u64) -> (u64, u64) {
    let root = x.isqrt();
    (largest_prime(x.into()).max(root.min(149)), root)
}

/// Generates numbers whose logarithms are uniform.
pub(super) fn log_uniform(range: RangeInclusive<u64>) -> impl Strategy<Value = u64> {
    let (least, most) = (*range.start(), *range.end());
    let ratio = most as f64 / least as f64;
    (0.0..=1.0).prop_map(move |part: f64| ((least as f64 * ratio.powf(part)) as u64).clamp(least, most))
}

/// Generates numbers up to `max` that are powers of primes or the neighbours of such powers, and numbers at which a
/// bound of y changes: fifth powers and squares.
pub(super) fn edges(max: u64) -> impl Strategy<Value = u64> {
    let powers = |exponent: u32, least: u64| {
        let largest = root(max.into(), exponent) as u64 - 1;
        log_uniform(least..=largest).prop_map(move |base| (base, exponent))
    };
    let of_primes = prop_oneof![powers(2, 32), powers(3, 11), powers(4, 6)]
        .prop_map(|(base, exponent)| next_prime(base).pow(exponent));
    let of_all = prop_oneof![powers(2, 33), powers(5, 5)].prop_map(|(base, exponent)| base.pow(exponent));
    (prop_oneof![of_primes, of_all], 0..3_u64).prop_map(move |(power, off)| (power + off - 1).clamp(LEAST, max))
}

/// Generates parameters for x. Either bound of y is as likely as a quarter of the values between.
pub(super) fn parameters(x: u64) -> impl Strategy<Value = Parameters> {
    let (least, most) = bounds(x);
    let y = prop_oneof![1 => Just(least), 1 => Just(most), 4 => log_uniform(least..=most)];
    let segment = log_uniform(1..=256).prop_map(|blocks| 512 * blocks as u32);
    let window = log_uniform(1..=1024).prop_map(|blocks| 64 * blocks as u32);
    (y, segment, window, log_uniform(1..=2000)).prop_map(move |(y, segment, window, tiles)| Parameters {
        y,
        segment,
        window,
        tiles: tiles as u32,
    })
}

/// Generates cases for these numbers.
pub(super) fn cases(numbers: impl Strategy<Value = u64>) -> impl Strategy<Value = Case> {
    let cpus: Vec<_> = Cpu::available().collect();
    numbers.prop_flat_map(move |x| (Just(x), parameters(x), select(cpus.clone())))
}

/// Returns whether n is prime, by trial division.
pub(super) fn is_prime(n: u64) -> bool {
    n > 1 && (2..=n.isqrt()).all(|divisor| !n.is_multiple_of(divisor))
}

/// By Bertrand's postulate, the next prime is less than twice as large.
fn next_prime(from: u64) -> u64 {
    (from..2 * from).find(|&n| is_prime(n)).unwrap()
}
