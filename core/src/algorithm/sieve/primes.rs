//! The sieving primes, in the order in which their multiples are crossed off.

use std::ops::Range;

use super::Tuning;
use super::wheel::Wheel;
use crate::allocation::with_capacity;

/// The primes that are crossed off class by class. They are grouped by the loop that crosses off their multiples, and
/// ascend within each group.
#[derive(Debug)]
pub(super) struct SievingPrimes {
    pub(super) primes: Vec<u32>,
    /// 2 / modulus modulo each prime: in a class that is larger by 2, the first multiple lies this many bits earlier.
    steps: Vec<u32>,
    /// The primes congruent to 1, 3, 5 and 7 modulo 8 that are crossed off in groups.
    pub(super) groups: [Range<usize>; 4],
    /// The primes that are crossed off chunk by chunk.
    pub(super) chunks: Range<usize>,
    /// The primes that are crossed off segment by segment.
    pub(super) segments: Range<usize>,
}

impl SievingPrimes {
    /// Groups ascending primes, none of which divides the wheel's modulus.
    pub(super) fn new(primes: &[u32], wheel: &Wheel, tuning: &Tuning) -> Self {
        let (grouped, single) = primes.split_at(primes.partition_point(|&prime| prime <= tuning.groups_to));
        let mut sorted = with_capacity("the sieving primes", primes.len());
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
        let mut steps = with_capacity("the steps of the primes", sorted.len());
        steps.extend(sorted.iter().map(double));
        Self { primes: sorted, steps, groups, chunks: grouped.len()..chunks_end, segments: chunks_end..end }
    }

    /// Finds the first multiple of some primes in a class, as an index counted from index `first`. It is less than the
    /// prime. `firsts` has an element for every prime, and only those of `which` are changed.
    ///
    /// class + modulus (first + i) = 0 modulo the prime, so i = -(first + class / modulus).
    pub(super) fn find_first(&self, class: u32, first: u64, which: Range<usize>, firsts: &mut [u32]) {
        let [primes, steps] = [&self.primes, &self.steps].map(|all| &all[which.clone()]);
        for ((index, &prime), &step) in firsts[which].iter_mut().zip(primes).zip(steps) {
            let prime = u64::from(prime);
            // 1 / modulus is half a step.
            let half = if step.is_multiple_of(2) { u64::from(step) / 2 } else { u64::midpoint(step.into(), prime) };
            // The product is below 2^46, and `first` is at most 2^64 / 30.
            let past = (u64::from(class) * half + first) % prime;
            *index = (if past == 0 { 0 } else { prime - past }) as u32;
        }
    }

    /// Moves the first multiples of some primes to a class that is larger by `2 * steps`.
    #[inline(always)]
    pub(super) fn advance(&self, steps: u32, which: Range<usize>, firsts: &mut [u32]) {
        let [primes, lengths] = [&self.primes, &self.steps].map(|all| &all[which.clone()]);
        // Take so few primes at a time that they stay in registers for all steps.
        let few = firsts[which].chunks_mut(32).zip(primes.chunks(32)).zip(lengths.chunks(32));
        for ((firsts, primes), lengths) in few {
            for _ in 0..steps {
                for ((index, &prime), &length) in firsts.iter_mut().zip(primes).zip(lengths) {
                    let less = index.wrapping_sub(length);
                    // Of the two, the one that did not wrap around is less than the prime.
                    *index = less.min(less.wrapping_add(prime));
                }
            }
        }
    }
}

/// Finds the byte at which the first group of eight multiples of each prime begins, given the first multiple. The group
/// begins at bit 0 of a byte, with the first multiple or with one of the seven multiples before it.
#[inline(always)]
pub(super) fn group_starts(primes: &[u32], firsts: &[u32], starts: &mut [i32]) {
    for ((start, &first), &prime) in starts.iter_mut().zip(firsts).zip(primes) {
        // An odd number is its own inverse modulo 8.
        let back = first.wrapping_mul(prime) % 8;
        *start = (first as i32 - (back * prime) as i32) >> 3;
    }
}
