//! The leaves of one prime in one segment: where they lie, a batch at a time.

use std::ops::Range;

use super::segment::Segment;
use crate::algorithm::combinatorial::division::quotient;
use crate::algorithm::combinatorial::factor_table::{self, largest_up_to, rank};
use crate::algorithm::combinatorial::tables::Tables;
use crate::algorithm::combinatorial::wheel::PER_WORD;

/// The largest number of leaves in a batch.
const BATCH: usize = 2048;

/// Room for the leaves of a block of the factor table: a power of two, so that an index can be cut to it for free.
const ROOM: usize = factor_table::COPRIME.next_power_of_two();

/// Below this, a quotient of doubles is exact when it is rounded down: it differs from the next whole number by at least
/// 1 / divisor, and its rounding error is smaller.
const EXACT: u128 = 1 << 52;

/// The memory of a batch.
#[derive(Debug)]
pub(super) struct Leaves {
    /// Numbers with their Moebius function: 2 (m - base), plus 1 if it is -1.
    signed: Box<[u32; BATCH]>,
    places: Box<[(u32, u32); BATCH]>,
}

/// The sum over some leaves of -mu(m) phi, the sum of -mu(m), and their number.
type Found = (i64, i64, usize);

impl Leaves {
    pub(super) fn new() -> Self {
        Self { signed: Box::new([0; BATCH]), places: Box::new([(0, 0); BATCH]) }
    }

    /// Finds the leaves of the m in a range (its start is left out, its end is not) with no prime factor up to the b-th.
    #[inline(always)]
    pub(super) fn of_composites(
        &mut self,
        tables: &Tables,
        b: usize,
        x: u128,
        low: u64,
        range: Range<u64>,
        segment: &Segment,
    ) -> Found {
        let (mut first, end) = (rank(range.start), rank(range.end));
        let (mut sum, mut weight, mut number) = (0, 0, 0);
        let least = largest_up_to(b);
        while first < end {
            let base = factor_table::base(first);
            let mut length = 0;
            while first < end && length + ROOM <= BATCH {
                let (residues, entries) = tables.factors.block(first, end);
                let above = 2 * (factor_table::base(first) - base) as u32;
                let free: &mut [u32] = &mut self.signed[length..length + ROOM];
                let mut found = 0;
                for (&residue, &entry) in residues.iter().zip(entries) {
                    // Each number is written, and the next overwrites it if it is not a leaf.
                    free[found % ROOM] = above + 2 * residue + u32::from(entry & 1);
                    found += usize::from(entry > least);
                }
                length += found;
                first += entries.len();
            }
            let signed = &self.signed[..length];
            place(x, low, signed.iter().map(|&signed| base + u64::from(signed / 2)), &mut self.places[..length]);
            let sign = |i: usize| 2 * i64::from(signed[i] & 1) - 1;
            sum += segment.weighted_sum(&self.places[..length], sign);
            weight += (0..length).map(sign).sum::<i64>();
            number += length;
        }
        (sum, weight, number)
    }

    /// Finds the leaves of the primes in a range.
    #[inline(always)]
    pub(super) fn of_primes(
        &mut self,
        tables: &Tables,
        x: u128,
        low: u64,
        range: Range<u64>,
        segment: &Segment,
    ) -> Found {
        let primes = &tables.primes[tables.pi.indices(range)];
        let mut sum = 0;
        for batch in primes.chunks(BATCH) {
            let places = &mut self.places[..batch.len()];
            place(x, low, batch.iter().map(|&prime| u64::from(prime)), places);
            sum += segment.weighted_sum(places, |_| 1);
        }
        (sum, primes.len() as i64, primes.len())
    }
}

/// Finds the places in the segment of x / m: its word, and the number in the word.
#[inline(always)]
fn place(x: u128, low: u64, numbers: impl Iterator<Item = u64>, places: &mut [(u32, u32)]) {
    if x >= EXACT {
        for (place, m) in places.iter_mut().zip(numbers) {
            let number = quotient(x, m) as u64 - low;
            *place = ((number / PER_WORD) as u32, (number % PER_WORD) as u32);
        }
        return;
    }
    let (x, low) = (x as f64, low as f64);
    for (place, m) in places.iter_mut().zip(numbers) {
        let number = (x / m as f64).floor() - low;
        let word = ((number + 0.5) * (1.0 / PER_WORD as f64)).floor();
        *place = (to_u32(word), to_u32(number - word * PER_WORD as f64));
    }
}

/// Converts a whole number below 2^32. The last bits of a double that is 2^52 larger hold it.
#[inline(always)]
fn to_u32(whole: f64) -> u32 {
    (whole + EXACT as f64).to_bits() as u32
}
