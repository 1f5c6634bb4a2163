//! Numbers and ranges where a count goes wrong if it goes wrong anywhere.

use std::ops::RangeInclusive;

use proptest::prelude::*;

/// Where the wheels of the sieve have all turned: a multiple of the largest one's modulus, and so of all.
pub const TURN: u64 = 30_030;

/// The most that many small counts go up to.
pub const LOW: u64 = 10_000_000;

/// Numbers up to `most`, most of them [`seams`].
pub fn limits(most: u64) -> impl Strategy<Value = u64> {
    prop_oneof![3 => seams(most), 1 => 0..=most]
}

/// Numbers up to `most` where an off-by-one shows, and their neighbours: the low end, squares of primes, powers of
/// two, turns of the wheels.
pub fn seams(most: u64) -> impl Strategy<Value = u64> {
    let roots: Vec<u64> = primal::Primes::all().map(|prime| prime as u64).take_while(|p| p * p < most).collect();
    let squares = proptest::sample::select(roots).prop_map(|root| root * root);
    let powers = (1..most.ilog2()).prop_map(|k| 1 << k);
    let turns = (1..(most / TURN).max(2)).prop_map(|k| k * TURN);
    let seams = prop_oneof![Just(1), Just(2), squares, powers, turns];
    (seams, 0..3_u64).prop_map(move |(seam, off)| (seam + off - 1).min(most))
}

/// Windows of up to `width` numbers that begin or end at a number of `limits`.
pub fn windows(limits: impl Strategy<Value = u64>, width: u64) -> impl Strategy<Value = RangeInclusive<u64>> {
    (limits, 0..=width, any::<bool>()).prop_map(|(limit, width, ends)| {
        if ends { limit.saturating_sub(width)..=limit } else { limit..=limit.saturating_add(width) }
    })
}
