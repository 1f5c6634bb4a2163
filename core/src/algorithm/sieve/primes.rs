//! The sieving primes, in the order in which they are crossed off.

use std::ops::Range;

use super::Tuning;
use super::wheel::Wheel;

/// The primes that are crossed off class by class, ordered by the loop that does it, ascending within each.
#[derive(Debug)]
pub(super) struct SievingPrimes {
    pub(super) primes: Vec<u32>,
    /// 2 / modulus modulo each prime: how much nearer its first multiple is in a class that is larger by 2.
    steps: Vec<u32>,
    /// Those congruent to 1, 3, 5 and 7 modulo 8 that are crossed off in groups.
    pub(super) groups: [Range<usize>; 4],
    /// Those that are crossed off chunk by chunk.
    pub(super) chunks: Range<usize>,
    /// Those that are crossed off segment by segment.
    pub(super) segments: Range<usize>,
}

impl SievingPrimes {
    /// Sorts ascending primes, none of which divides the wheel's modulus.
    pub(super) fn new(primes: &[u32], wheel: &Wheel, tuning: &Tuning) -> Self {
        let (grouped, single) = primes.split_at(primes.partition_point(|&prime| prime <= tuning.groups_to));
        let mut sorted = Vec::with_capacity(primes.len());
        let groups = [1, 3, 5, 7].map(|residue| {
            let first = sorted.len();
            sorted.extend(grouped.iter().filter(|&&prime| prime % 8 == residue));
            first..sorted.len()
        });
        let chunked = single.partition_point(|&prime| prime <= tuning.chunks_to);
        sorted.extend(single);
        let (chunks_end, end) = (grouped.len() + chunked, sorted.len());
        let double = |prime: &u32| {
            let inverse = wheel.inverse(*prime);
            if inverse < prime.div_ceil(2) { 2 * inverse } else { inverse - (prime - inverse) }
        };
        let steps = sorted.iter().map(double).collect();
        Self { primes: sorted, steps, groups, chunks: grouped.len()..chunks_end, segments: chunks_end..end }
    }

    /// For each prime the index of its first multiple in a class, from index `first` on: less than the prime.
    ///
    /// class + modulus (first + i) = 0 modulo the prime, so i = -(first + class / modulus).
    pub(super) fn start(&self, class: u32, first: u64, nexts: &mut [u32]) {
        for ((next, &prime), &step) in nexts.iter_mut().zip(&self.primes).zip(&self.steps) {
            let prime = u64::from(prime);
            // (class - 1) / modulus + 1 / modulus, the latter being half a step.
            let half = if step.is_multiple_of(2) { u64::from(step) / 2 } else { u64::midpoint(step.into(), prime) };
            let past = (u64::from(class) * half % prime + first % prime) % prime;
            *next = (if past == 0 { 0 } else { prime - past }) as u32;
        }
    }

    /// Goes on to a class that is larger by `2 * turns`.
    #[inline(always)]
    pub(super) fn turn(&self, turns: u32, nexts: &mut [u32]) {
        // So few that they stay in registers for all turns.
        let few = nexts.chunks_mut(32).zip(self.primes.chunks(32)).zip(self.steps.chunks(32));
        for ((nexts, primes), steps) in few {
            for _ in 0..turns {
                for ((next, &prime), &step) in nexts.iter_mut().zip(primes).zip(steps) {
                    let less = next.wrapping_sub(step);
                    // The one that did not wrap around is less than the prime.
                    *next = less.min(less.wrapping_add(prime));
                }
            }
        }
    }
}

/// At which byte the first group of eight multiples begins, for the index of a prime's first multiple: that multiple,
/// or one up to seven before it, at bit 0 of a byte.
#[inline(always)]
pub(super) fn group_starts(primes: &[u32], nexts: &[u32], starts: &mut [i32]) {
    for ((start, &next), &prime) in starts.iter_mut().zip(nexts).zip(primes) {
        // A prime is its own inverse modulo 8.
        let back = next.wrapping_mul(prime) % 8;
        *start = (next as i32 - (back * prime) as i32) >> 3;
    }
}
