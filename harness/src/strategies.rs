//! Generators of the numbers and ranges at which a count goes wrong if it goes wrong anywhere.

use std::ops::RangeInclusive;

use proptest::prelude::*;

/// The modulus of the largest wheel of the sieve, and so a multiple of all their moduli.
pub const WHEEL: u64 = 30_030;

/// The limit of counts that must be quick because there are many of them.
pub const LOW: u64 = 10_000_000;

/// Numbers up to `max`, most of them [`seams`].
pub fn limits(max: u64) -> impl Strategy<Value = u64> {
    prop_oneof![3 => seams(max), 1 => 0..=max]
}

/// Numbers up to `max` at which an off-by-one error shows, and their neighbours: the low end, squares of primes, powers
/// of two, multiples of the wheel.
pub fn seams(max: u64) -> impl Strategy<Value = u64> {
    let roots: Vec<u64> = primal::Primes::all().map(|prime| prime as u64).take_while(|p| p * p < max).collect();
    let squares = proptest::sample::select(roots).prop_map(|root| root * root);
    let powers = (1..max.ilog2()).prop_map(|k| 1 << k);
    let multiples = (1..(max / WHEEL).max(2)).prop_map(|k| k * WHEEL);
    let seams = prop_oneof![Just(1), Just(2), squares, powers, multiples];
    (seams, 0..3_u64).prop_map(move |(seam, off)| (seam + off - 1).min(max))
}

/// Ranges of up to `width` + 1 numbers that begin or end at one of `limits`.
pub fn windows(limits: impl Strategy<Value = u64>, width: u64) -> impl Strategy<Value = RangeInclusive<u64>> {
    (limits, 0..=width, any::<bool>()).prop_map(|(limit, width, ends)| {
        if ends { limit.saturating_sub(width)..=limit } else { limit..=limit.saturating_add(width) }
    })
}
