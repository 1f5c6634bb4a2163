//! The multiples of large primes, thrown into one bucket a residue class before the classes are sieved.
//!
//! For a segment of all classes, the numbers from A on, D of them, each prime p looks for its first multiple k p that
//! is no less than A and coprime to the wheel, and goes on from there to the next until A + D. A multiple that lies in
//! the segment goes into the bucket of its class, 4 bytes each. Whoever sieves a class later empties its bucket.
//! So the field stays in the cache, and the buckets are written and read front to back.
//!
//! The usual bucket sieve keeps a list for each future segment and moves a prime from one to the next (T. Oliveira e
//! Silva, "Fast implementation of the segmented sieve of Eratosthenes", 2001): it touches a prime only where it has a
//! multiple, but keeps 8 bytes for each prime and worker. Here nothing is kept from segment to segment, so that tiles
//! are independent; each prime costs a division a segment, eight at a time in vector registers.

use super::wheel::Wheel;
use crate::machine::crossing::prefetch;

/// Primes that are looked at together: their working memory stays in the first-level cache.
pub(super) const BATCH: usize = 512;

/// How many bits further on a bucket's memory is fetched: 256 bytes, four cache lines.
const AHEAD: usize = 64;

/// 2^52: a number below 2^51 that it is added to, as a float, is rounded to an integer, in the low bits.
const ROUNDER: f64 = (1_u64 << 52) as f64;

/// The wheel's modulus. With 30 there are more multiples, with 2310 more buckets than a first-level cache has lines.
pub(super) const MODULUS: u32 = 210;

/// The classes of the wheel.
const CLASSES: usize = 48;

/// The buckets of one segment, and what they are filled with.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    turns: Turns,
    /// How many bits each bucket has room for.
    room: usize,
    /// At least so many bits have room in each, whichever they go to.
    credit: usize,
    /// Where each ends, among all bits.
    ends: [u32; 64],
    bits: Vec<u32>,
    first: Box<First>,
    found: Box<Found>,
}

/// How cofactors turn through the classes of the wheel.
#[derive(Clone, Debug)]
struct Turns {
    /// For each residue how far the next coprime one is, times 64, and the index of that one's class.
    to_coprime: [u32; 256],
    /// For the index of each class how far the next one is, times 64, and its index.
    to_next: [u32; 64],
}

/// The first multiple of each prime of a batch: its offset from the segment's first number, and its cofactor modulo
/// the wheel.
#[derive(Clone, Debug)]
struct First {
    offsets: [u64; BATCH],
    residues: [u32; BATCH],
}

/// Multiples that lie in the segment.
#[derive(Clone, Debug)]
struct Found {
    offsets: [u32; BATCH],
    cofactors: [u32; BATCH],
    primes: [u32; BATCH],
}

impl Turns {
    fn new() -> Self {
        let classes = &Wheel::of(MODULUS).expect("a known wheel").classes;
        let mut turns = Self { to_coprime: [0; 256], to_next: [0; 64] };
        for residue in 0..MODULUS {
            let index = classes.partition_point(|&class| class < residue);
            turns.to_coprime[residue as usize] = (classes[index] - residue) * 64 + index as u32;
        }
        for (index, class) in classes.iter().enumerate() {
            let next = (index + 1) % CLASSES;
            turns.to_next[index] = (classes[next] + MODULUS - class) % MODULUS * 64 + next as u32;
        }
        turns
    }
}

impl Buckets {
    /// Empty buckets with room for about so many bits in each.
    pub(super) fn new(expected: f64) -> Self {
        // What is expected, and a good deal more than it varies by.
        let room = (expected + 16.0 * expected.sqrt()) as usize + 4 * BATCH;
        Self {
            turns: Turns::new(),
            room,
            credit: 0,
            ends: [0; 64],
            bits: vec![0; CLASSES * room],
            first: Box::new(First { offsets: [0; BATCH], residues: [0; BATCH] }),
            found: Box::new(Found { offsets: [0; BATCH], primes: [0; BATCH], cofactors: [0; BATCH] }),
        }
    }

    /// Empties all.
    pub(super) fn clear(&mut self) {
        for (class, end) in self.ends[..CLASSES].iter_mut().enumerate() {
            *end = (class * self.room) as u32;
        }
        self.credit = self.room;
    }

    /// The bits in the bucket of a class.
    pub(super) fn of(&self, class: usize) -> &[u32] {
        &self.bits[class * self.room..self.ends[class] as usize]
    }

    /// Throws in the multiples of up to [`BATCH`] primes that lie in the `length` numbers from `start` on, a multiple
    /// of the wheel's modulus; `length` is less than 2^32. The primes themselves are left out.
    #[inline(always)]
    pub(super) fn throw(&mut self, start: u64, length: u32, primes: &[u32]) {
        self.find_first(start, primes);
        let mut found = self.keep_near(length, primes);
        while found > 0 {
            self.make_room(found);
            found = self.throw_found(found, length);
        }
    }

    /// Finds the first coprime multiple of each prime whose cofactor is 2 at least.
    #[inline(always)]
    fn find_first(&mut self, start: u64, primes: &[u32]) {
        const TURN: f64 = MODULUS as f64;
        let First { offsets, residues } = &mut *self.first;
        for ((&prime, offset), rest_of) in primes.iter().zip(offsets).zip(residues) {
            // The quotient is less than 2^48 (the primes are above 2^16) and off by less than one.
            let (quotient, bits) = round(start as f64 / f64::from(prime));
            let past = start.wrapping_sub(bits.wrapping_mul(u64::from(prime))) as i64;
            // Not below the start: 0 or 1 more.
            let up = past > 0;
            let to_multiple = if up { i64::from(prime) - past } else { -past } as u64;
            let cofactor = if up { quotient + 1.0 } else { quotient };
            let least = cofactor.max(2.0);
            let (_, skipped) = round(least - cofactor);
            let (turns, _) = round(least * (1.0 / TURN));
            let rest = least - turns * TURN;
            let (_, residue) = round(if rest < 0.0 { rest + TURN } else { rest });
            *offset = to_multiple + skipped * u64::from(prime);
            *rest_of = residue as u32;
        }
    }

    /// Keeps the first multiples that lie in the segment; gives how many.
    #[inline(always)]
    fn keep_near(&mut self, length: u32, primes: &[u32]) -> usize {
        let mut found = 0;
        let First { offsets, residues } = &*self.first;
        for ((&prime, &offset), &residue) in primes.iter().zip(offsets).zip(residues) {
            let to_coprime = self.turns.to_coprime[residue as usize % 256];
            let offset = offset + u64::from(to_coprime / 64) * u64::from(prime);
            self.found.offsets[found % BATCH] = offset as u32;
            self.found.cofactors[found % BATCH] = to_coprime % 64;
            self.found.primes[found % BATCH] = prime;
            found += usize::from(offset < u64::from(length));
        }
        found
    }

    /// Throws in the multiples that were found, and finds the next ones of the same primes; gives how many.
    #[inline(always)]
    fn throw_found(&mut self, found: usize, length: u32) -> usize {
        let Found { offsets, primes, cofactors } = &mut *self.found;
        let Turns { to_coprime, to_next } = &self.turns;
        let mut next = 0;
        for index in 0..found.min(BATCH) {
            let (offset, prime, cofactor) = (offsets[index], primes[index], cofactors[index]);
            let bit = offset / MODULUS;
            let class = to_coprime[(offset % MODULUS) as usize] % 64;
            let end = &mut self.ends[class as usize];
            prefetch(&self.bits, *end as usize + AHEAD);
            self.bits[*end as usize] = bit;
            *end += 1;
            let turn = to_next[cofactor as usize % 64];
            let following = u64::from(offset) + u64::from(turn / 64) * u64::from(prime);
            offsets[next % BATCH] = following as u32;
            cofactors[next % BATCH] = turn % 64;
            primes[next % BATCH] = prime;
            next += usize::from(following < u64::from(length));
        }
        next
    }

    /// Makes all buckets larger, if one may not have room for a batch: the primes lie oddly.
    #[inline(always)]
    fn make_room(&mut self, found: usize) {
        if self.credit < found {
            self.credit = self.least_room();
            if self.credit < found {
                self.enlarge();
                self.credit = self.least_room();
            }
        }
        self.credit -= found;
    }

    /// The room that is left in the fullest bucket.
    fn least_room(&self) -> usize {
        let left = (1..).zip(&self.ends[..CLASSES]).map(|(next, &end)| next * self.room - end as usize);
        left.min().expect("a wheel has classes")
    }

    #[cold]
    fn enlarge(&mut self) {
        let room = self.room + self.room / 2 + BATCH;
        let mut bits = vec![0; CLASSES * room];
        for (class, end) in self.ends[..CLASSES].iter_mut().enumerate() {
            let old = &self.bits[class * self.room..*end as usize];
            bits[class * room..][..old.len()].copy_from_slice(old);
            *end = (class * room + old.len()) as u32;
        }
        (self.room, self.bits) = (room, bits);
    }
}

/// A number below 2^51, and no less than 0, rounded to an integer: as a float and as an integer. Vector registers of
/// any width can do it.
#[inline(always)]
fn round(number: f64) -> (f64, u64) {
    let rounded = number + ROUNDER;
    (rounded - ROUNDER, rounded.to_bits() - ROUNDER.to_bits())
}
