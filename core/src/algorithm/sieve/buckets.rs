//! The multiples of large primes. They are pushed into one bucket per residue class before the classes are sieved.
//!
//! A segment of all classes holds the D numbers from A on. For each prime p, the code finds the first multiple k p that
//! is at least A and whose cofactor k is coprime to 2310. From there it steps to the next such multiple, until A + D. It
//! pushes each multiple into the bucket of its class modulo 210, as a bit index of 4 bytes. When a class is sieved later,
//! the bits that its bucket lists are cleared. So the bit array stays in the cache, and buckets are written and read
//! front to back. Multiples of 11 are left out, although the classes hold them, because they are crossed off anyway.
//!
//! The usual bucket sieve keeps a list for each future segment, and moves a prime from one list to the next (T.
//! Oliveira e Silva, "Fast implementation of the segmented sieve of Eratosthenes", 2001). It touches a prime only where
//! the prime has a multiple, but it keeps 8 bytes per prime and worker. This module keeps nothing from segment to
//! segment, so tiles are independent. Each prime costs one division per segment; vector registers do four or eight at a time.

use super::cofactors::{COFACTOR_MODULUS, CofactorWheel, PUSHED, Turns};
use crate::allocation::zeroed;
use crate::machine::prefetch::prefetch;

/// The number of primes that are processed together. Their working memory stays in the first-level cache.
pub(super) const BATCH: usize = 512;

/// The distance at which a bucket's memory is prefetched, in entries: 256 bytes, four cache lines.
const AHEAD: usize = 64;

/// 2^52. Adding it, as a float, to a number below 2^51 rounds that number to an integer, and leaves the integer in the
/// low bits.
const ROUNDER: f64 = (1_u64 << 52) as f64;

/// The modulus of the classes. With 30, there are more multiples. With 2310, there are 480 buckets, whose ends take nearly
/// all lines of a first-level cache.
pub(super) const MODULUS: u32 = 210;

/// The number of classes.
const CLASSES: usize = 48;

/// The buckets of one segment, and the working memory for filling them.
#[derive(Debug)]
pub(super) struct Buckets {
    wheel: CofactorWheel,
    turns: Turns,
    /// The capacity of each bucket.
    capacity: usize,
    /// The number of entries that still fit, whichever buckets they go to.
    spare: usize,
    /// The end of each bucket, as an index of `entries`.
    ends: [u32; 64],
    /// The bit indices of all buckets.
    entries: Vec<u32>,
    first: Box<First>,
    found: Box<Found>,
}

/// The first multiple of each prime of a batch: its offset from the segment's first number, and its cofactor modulo
/// the wheel of the cofactors.
#[derive(Debug)]
struct First {
    offsets: [u64; BATCH],
    residues: [u32; BATCH],
}

/// The multiples that lie in the segment.
#[derive(Debug)]
struct Found {
    /// The offset from the segment's first number, and later the bit in the class.
    bits: [u32; BATCH],
    /// The index of each cofactor's residue.
    cofactors: [u32; BATCH],
    /// The prime, and later the quotient of the prime and the modulus of the classes.
    quotients: [u32; BATCH],
}

/// Returns the capacity of a bucket if a class is expected to have this many multiples.
pub(super) fn capacity(multiples: f64) -> usize {
    let expected = multiples * PUSHED;
    // The actual number never differs by that much.
    (expected + 16.0 * expected.sqrt()) as usize + 4 * BATCH
}

impl Buckets {
    /// Creates empty buckets for classes with about this many multiples each.
    pub(super) fn new(multiples: f64) -> Self {
        let capacity = capacity(multiples);
        Self {
            wheel: CofactorWheel::new(),
            turns: Turns::none(),
            capacity,
            spare: 0,
            ends: [0; 64],
            entries: zeroed("the buckets", CLASSES * capacity),
            first: Box::new(First { offsets: [0; BATCH], residues: [0; BATCH] }),
            found: Box::new(Found { bits: [0; BATCH], cofactors: [0; BATCH], quotients: [0; BATCH] }),
        }
    }

    /// Empties all buckets.
    pub(super) fn clear(&mut self) {
        for (class, end) in self.ends[..CLASSES].iter_mut().enumerate() {
            *end = (class * self.capacity) as u32;
        }
        self.spare = self.capacity;
    }

    /// Returns the bit indices in the bucket of a class.
    pub(super) fn of(&self, class: usize) -> &[u32] {
        &self.entries[class * self.capacity..self.ends[class] as usize]
    }

    /// Prepares for primes that are congruent to `class` modulo the modulus of the classes.
    pub(super) fn turn_for(&mut self, class: u32) {
        self.turns = self.wheel.turns(class);
    }

    /// Pushes the multiples of up to [`BATCH`] primes that lie in the `length` numbers from `start` on, except the
    /// primes themselves and multiples of 11. `start` and `length` are multiples of the modulus, and `length` is less than
    /// 2^32. All primes belong to the class of [`turn_for`](Self::turn_for).
    #[inline(always)]
    pub(super) fn push_multiples(&mut self, start: u64, length: u32, primes: &[u32]) {
        self.find_first(start, primes);
        let mut found = self.keep_those_within(length, primes);
        while found > 0 {
            self.reserve(found);
            found = self.push_found(found, length / MODULUS);
        }
    }

    /// Finds the first multiple of each prime whose cofactor is at least 2, coprime or not.
    #[inline(always)]
    fn find_first(&mut self, start: u64, primes: &[u32]) {
        const WHEEL: f64 = COFACTOR_MODULUS as f64;
        let First { offsets, residues } = &mut *self.first;
        for ((&prime, offset), residue) in primes.iter().zip(offsets).zip(residues) {
            // The quotient is less than 2^48, since the primes are above 2^16. It is off by less than one.
            let (quotient, bits) = round(start as f64 / f64::from(prime));
            let past = start.wrapping_sub(bits.wrapping_mul(u64::from(prime))) as i64;
            // Round up, so that the multiple is not below the start.
            let up = past > 0;
            let to_multiple = if up { i64::from(prime) - past } else { -past } as u64;
            let cofactor = if up { quotient + 1.0 } else { quotient };
            let least = cofactor.max(2.0);
            let (_, skipped) = round(least - cofactor);
            let (wheels, _) = round(least * (1.0 / WHEEL));
            let rest = least - wheels * WHEEL;
            let (_, rest) = round(if rest < 0.0 { rest + WHEEL } else { rest });
            *offset = to_multiple + skipped * u64::from(prime);
            *residue = rest as u32;
        }
    }

    /// Steps to the first coprime cofactor of each prime, and keeps the multiples that lie in the segment. Returns how
    /// many there are.
    #[inline(always)]
    fn keep_those_within(&mut self, length: u32, primes: &[u32]) -> usize {
        let mut found = 0;
        let First { offsets, residues } = &*self.first;
        for ((&prime, &offset), &residue) in primes.iter().zip(offsets).zip(residues) {
            let (step, cofactor) = self.wheel.to_coprime(residue);
            let offset = offset + u64::from(step) * u64::from(prime);
            self.found.bits[found % BATCH] = offset as u32;
            self.found.cofactors[found % BATCH] = cofactor;
            self.found.quotients[found % BATCH] = prime;
            found += usize::from(offset < u64::from(length));
        }
        self.found.bits.iter_mut().take(found).for_each(|offset| *offset /= MODULUS);
        self.found.quotients.iter_mut().take(found).for_each(|prime| *prime /= MODULUS);
        found
    }

    /// Pushes the multiples that were found, and finds the next ones of the same primes in a segment of `end` bits per
    /// class. Returns how many there are.
    #[inline(always)]
    fn push_found(&mut self, found: usize, end: u32) -> usize {
        let Found { bits, cofactors, quotients } = &mut *self.found;
        let mut next = 0;
        for index in 0..found.min(BATCH) {
            let (bit, quotient, cofactor) = (bits[index], quotients[index], cofactors[index]);
            let turn = self.turns.at(cofactor);
            let free = &mut self.ends[turn.class()];
            prefetch(&self.entries, *free as usize + AHEAD);
            self.entries[*free as usize] = bit;
            *free += 1;
            let following = turn.following(bit, quotient);
            bits[next % BATCH] = following;
            cofactors[next % BATCH] = turn.next();
            quotients[next % BATCH] = quotient;
            next += usize::from(following < end);
        }
        next
    }

    /// Enlarges all buckets if one of them may not have room for `more` entries. That takes primes whose multiples
    /// crowd into few classes.
    #[inline(always)]
    fn reserve(&mut self, more: usize) {
        if self.spare < more {
            self.spare = self.least_room();
            if self.spare < more {
                self.enlarge();
                self.spare = self.least_room();
            }
        }
        self.spare -= more;
    }

    /// Returns the room that is left in the fullest bucket.
    fn least_room(&self) -> usize {
        let left = (1..).zip(&self.ends[..CLASSES]).map(|(next, &end)| next * self.capacity - end as usize);
        left.min().expect("a wheel has classes")
    }

    #[cold]
    fn enlarge(&mut self) {
        let capacity = self.capacity + self.capacity / 2 + BATCH;
        let mut entries = zeroed("the buckets", CLASSES * capacity);
        for (class, end) in self.ends[..CLASSES].iter_mut().enumerate() {
            let old = &self.entries[class * self.capacity..*end as usize];
            entries[class * capacity..][..old.len()].copy_from_slice(old);
            *end = (class * capacity + old.len()) as u32;
        }
        (self.capacity, self.entries) = (capacity, entries);
    }
}

/// Rounds a number from 0 to below 2^51 to an integer, given as a float and as an integer. Vector registers of any
/// width can do this.
#[inline(always)]
fn round(number: f64) -> (f64, u64) {
    let rounded = number + ROUNDER;
    (rounded - ROUNDER, rounded.to_bits() - ROUNDER.to_bits())
}

#[cfg(test)]
mod tests;
