//! The fast sieve of Eratosthenes, for counting: segmented, one residue class of a wheel at a time.
//!
//! A wheel's modulus W is the product of the first few primes; all larger primes lie in the phi(W) residue classes
//! coprime to it. In the bits of one class, where bit i stands for c + W i, the multiples of a prime p are every p-th
//! bit, so that one loop without any wheel state crosses them off. From class to class the first multiple moves by one
//! subtraction modulo p. What does the crossing off depends on p:
//!
//! | primes | are crossed off |
//! |---|---|
//! | those of W | never: they are left out |
//! | the next 32 | by the logical and of repeating patterns ([`presieve`]) |
//! | small | in a chunk of a class that fits in the first-level cache, eight multiples at a time ([`crossing`]) |
//! | middle | in the chunk, or in the segment that fits in the second-level cache, one by one |
//! | large | in the segment, from a list: one bucket a class, filled for all classes at once ([`buckets`]) |
//!
//! Primes up to the root of the range's end cross off themselves too; those in the range are added at the end. A tile
//! is a segment of one class or, with buckets, of all. [`Tuning`] cuts all this to the range and to the caches.
//!
//! Time O(n log log n) for a range of n numbers, and, where it ends at N, O(sqrt(N) / log N) a tile. Memory for each
//! worker: a segment, eight bytes a prime below the buckets, and the buckets, 4 bytes a multiple: below 2 MiB without
//! buckets. Shared by workers: 8 bytes a prime below the buckets, and 123 MB at most for those above.
//!
//! Sources: the wheel and the segments are those of C. Bays and R. H. Hudson, "The segmented sieve of Eratosthenes and
//! primes in arithmetic progressions to 10^12", BIT 17 (1977), and P. Pritchard, "A sublinear additive sieve for
//! finding prime numbers", CACM 24 (1981).
//!
//! [`crossing`]: crate::machine::crossing

mod buckets;
mod classes;
mod large;
mod presieve;
mod primes;
mod tuning;
mod wheel;

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use buckets::{BATCH, Buckets, MODULUS};
use classes::{ClassScratch, Classes};
use large::{Block, LargePrimes};
pub(super) use tuning::BUCKETS_FROM;
pub use tuning::Tuning;

use super::odd_sieve::odd_primes_up_to;
use crate::machine::{Cpu, Work};
use crate::{Error, JobSpec, Kernel, Pulse, Stopped};

/// Neighbouring tiles to a claim at the least. The first tile of a claim finds the first multiple of each prime by
/// division, the others by a subtraction from those in the last one.
const GRAIN: u64 = 8;

/// Counts the primes of a range by the sieve of Eratosthenes.
#[derive(Debug)]
pub struct Sieve {
    start: u64,
    stop: u64,
    tuning: Tuning,
    /// None for a range without numbers.
    work: Option<Ranged>,
}

/// What is sieved, and with what.
#[derive(Debug)]
struct Ranged {
    classes: Classes,
    /// The primes whose multiples go through buckets, if there are such.
    large: Option<LargePrimes>,
}

impl Sieve {
    /// The work for a range, both ends counted, tuned for this machine and one worker. Finds the sieving primes,
    /// beating the pulse.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the pulse said so, or an instruction set that was asked for and is not there.
    pub fn new<P: Pulse>(range: RangeInclusive<u64>, pulse: &P) -> Result<Self, Error> {
        let tuning = Tuning::for_range(&range, NonZeroUsize::MIN);
        Self::with(range, tuning, Cpu::chosen()?, pulse)
    }

    /// The same with a tuning and an instruction set of one's own.
    ///
    /// # Errors
    /// As [`new`](Self::new), and those of [`Tuning::check`].
    pub fn with<P: Pulse>(range: RangeInclusive<u64>, tuning: Tuning, cpu: Cpu, pulse: &P) -> Result<Self, Error> {
        tuning.check()?;
        let (start, stop) = (*range.start(), *range.end());
        if u64::from(tuning.buckets_from) <= stop.isqrt() && tuning.wheel != MODULUS {
            let reason = format!("buckets are for the wheel of {MODULUS}, not of {}", tuning.wheel);
            return Err(Error::BadTuning { reason });
        }
        let work = if start > stop || stop < 2 { None } else { Some(Ranged::new(&range, tuning, cpu, pulse)?) };
        Ok(Self { start, stop, tuning, work })
    }
}

impl Ranged {
    fn new<P: Pulse>(range: &RangeInclusive<u64>, tuning: Tuning, cpu: Cpu, pulse: &P) -> Result<Self, Error> {
        let (root, from) = (range.end().isqrt(), u64::from(tuning.buckets_from));
        let primes = odd_primes_up_to(root.min(from - 1), pulse).map_err(|Stopped| Error::Cancelled)?;
        let large = (from <= root).then(|| LargePrimes::new(&(from..=root), cpu, &primes));
        Ok(Self { classes: Classes::new(range, tuning, cpu, &primes), large })
    }

    /// How many classes of a segment make a tile: all, where buckets are filled for all of them.
    fn classes_a_tile(&self) -> usize {
        if self.large.is_some() { self.classes.wheel.classes.len() } else { 1 }
    }

    fn tiles(&self) -> u64 {
        self.classes.segments() * (self.classes.wheel.classes.len() / self.classes_a_tile()) as u64
    }

    fn scratch(&self) -> RangedScratch {
        let large = self.large.as_ref().map(|large| LargeScratch {
            buckets: Buckets::new(large.density() * self.classes.bits_of(0) as f64),
            class: large.scratch(),
            batch: Box::new([0; BATCH]),
        });
        RangedScratch { class: self.classes.scratch(), large }
    }
}

/// What a worker keeps from one tile to the next.
#[derive(Debug)]
pub struct SieveScratch(Option<RangedScratch>);

#[derive(Debug)]
struct RangedScratch {
    class: ClassScratch,
    large: Option<LargeScratch>,
}

#[derive(Debug)]
struct LargeScratch {
    buckets: Buckets,
    /// For sieving large primes.
    class: ClassScratch,
    batch: Box<[u32; BATCH]>,
}

impl Kernel for Sieve {
    type Scratch = SieveScratch;
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "sieve"
    }

    fn tiles(&self) -> u64 {
        self.work.as_ref().map_or(0, Ranged::tiles)
    }

    fn grain(&self) -> u64 {
        // With buckets every tile starts afresh.
        if self.work.as_ref().is_some_and(|work| work.large.is_some()) { 1 } else { GRAIN }
    }

    fn spec(&self) -> Option<JobSpec> {
        Some(JobSpec::Sieve { start: self.start, stop: self.stop, tuning: self.tuning })
    }

    fn scratch(&self) -> SieveScratch {
        SieveScratch(self.work.as_ref().map(Ranged::scratch))
    }

    fn tile<P: Pulse>(&self, index: u64, scratch: &mut SieveScratch, pulse: &P) -> Result<u64, Stopped> {
        let work = self.work.as_ref().expect("an empty range has no tiles");
        let scratch = scratch.0.as_mut().expect("a scratch of this kernel");
        let own = if index == 0 { work.classes.own_primes() } else { 0 };
        Ok(own + work.tile(index, scratch, pulse)?)
    }
}

impl Ranged {
    fn tile<P: Pulse>(&self, index: u64, scratch: &mut RangedScratch, pulse: &P) -> Result<u64, Stopped> {
        let RangedScratch { class: bits, large: large_scratch } = scratch;
        let all = self.classes.wheel.classes.len();
        let a_tile = self.classes_a_tile();
        let first = index * a_tile as u64;
        let (segment, first) = (first / all as u64, (first % all as u64) as usize);
        if let (Some(large), Some(scratch)) = (&self.large, &mut *large_scratch) {
            self.fill_buckets(large, segment, scratch, pulse)?;
        }
        let mut primes = 0;
        for class in first..first + a_tile {
            self.classes.sieve(segment, class, bits, pulse)?;
            pulse.beat()?;
            let bucket = large_scratch.as_ref().map_or(&[][..], |scratch| scratch.buckets.of(class));
            primes += self.classes.count(segment, class, bucket, &mut bits.field);
        }
        Ok(primes)
    }

    /// Fills the buckets for a segment.
    fn fill_buckets<P: Pulse>(
        &self,
        large: &LargePrimes,
        segment: u64,
        scratch: &mut LargeScratch,
        pulse: &P,
    ) -> Result<(), Stopped> {
        let modulus = u64::from(self.classes.wheel.modulus);
        let (start, length) = (modulus * self.classes.first_of(segment), modulus * self.classes.bits_of(segment));
        scratch.buckets.clear();
        // Workers begin with different blocks, so that each sieves its part of them.
        let turn = (segment as usize).wrapping_mul(large.blocks() / 2 + 1) % large.blocks();
        for block in (turn..large.blocks()).chain(0..turn) {
            let mut block = large.block(block, &mut scratch.class, pulse)?;
            while self.throw_some(start, length as u32, &mut block, scratch) {
                pulse.beat()?;
            }
        }
        Ok(())
    }

    /// Throws in the multiples of some primes of a block; whether there were any.
    fn throw_some(&self, start: u64, length: u32, block: &mut Block<'_>, scratch: &mut LargeScratch) -> bool {
        self.classes.cpu.run(ThrowSome { start, length, block, scratch })
    }
}

struct ThrowSome<'a, 'b> {
    start: u64,
    length: u32,
    block: &'a mut Block<'b>,
    scratch: &'a mut LargeScratch,
}

impl Work for ThrowSome<'_, '_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let primes = self.block.next_into(&mut self.scratch.batch);
        self.scratch.buckets.throw(self.start, self.length, primes);
        !primes.is_empty()
    }
}

#[cfg(test)]
mod tests;
