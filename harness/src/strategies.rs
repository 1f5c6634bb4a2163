//! Generators of the numbers and ranges at which a wrong count is most likely.

use std::ops::RangeInclusive;

use proptest::prelude::*;

/// The modulus of the sieve's largest wheel. It is a multiple of the moduli of all its wheels.
pub const WHEEL: u64 = 30_030;

/// The largest limit for counts that must be quick because there are many of them.
pub const LOW: u64 = 10_000_000;

/// Generates numbers up to `max`, most of them [`seams`].
pub fn limits(max: u64) -> impl Strategy<Value = u64> {
    prop_oneof![3 => seams(max), 1 => 0..=max]
}

/// Generates numbers up to `max` that reveal off-by-one errors: the lowest numbers, and squares of primes, powers of
/// two, multiples of [`WHEEL`] and their neighbours.
pub fn seams(max: u64) -> impl Strategy<Value = u64> {
    let roots: Vec<u64> = primal::Primes::all().map(|prime| prime as u64).take_while(|p| p * p < max).collect();
    let squares = proptest::sample::select(roots).prop_map(|root| root * root);
    let powers = (1..max.ilog2()).prop_map(|k| 1 << k);
    let multiples = (1..(max / WHEEL).max(2)).prop_map(|k| k * WHEEL);
    let seams = prop_oneof![Just(1), Just(2), squares, powers, multiples];
    (seams, 0..3_u64).prop_map(move |(seam, off)| (seam + off - 1).min(max))
}

/// Generates ranges of up to `width` + 1 numbers that begin or end at one of `limits`.
pub fn windows(limits: impl Strategy<Value = u64>, width: u64) -> impl Strategy<Value = RangeInclusive<u64>> {
    (limits, 0..=width, any::<bool>()).prop_map(|(limit, width, ends)| {
        if ends { limit.saturating_sub(width)..=limit } else { limit..=limit.saturating_add(width) }
    })
}
