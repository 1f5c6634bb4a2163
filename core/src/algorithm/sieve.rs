//! The fast sieve of Eratosthenes, for counting. It is segmented, and it sieves one residue class of a wheel at a time.
//!
//! A wheel's modulus W is the product of the first few primes. All larger primes lie in the phi(W) residue classes
//! coprime to W. In the class of c, bit i stands for c + W i, and every p-th bit is a multiple of the prime p. So one
//! loop without any wheel state crosses off the multiples. A subtraction modulo p gives the first multiple in the next
//! class. How a prime's multiples are crossed off depends on its size:
//!
//! | primes | how they are crossed off |
//! |---|---|
//! | those of W | not at all: the classes leave their multiples out |
//! | the next 32 | by the logical and of repeating patterns ([`presieve`]) |
//! | small | in a chunk of a class that fits in the first-level cache, eight multiples at a time ([`bit_array`]) |
//! | middle | in the chunk, or in the segment that fits in the second-level cache, one by one |
//! | large | in the segment, from a list: one bucket per class, filled for all classes at once ([`buckets`]) |
//!
//! A composite number is crossed off by its smallest prime factor. So small and middle primes leave out their multiples
//! below their squares, as far as that saves time ([`runs`]). Then some primes cross off themselves, and others do not. So
//! the bits begin after them, and the first tile adds those of them that lie in the range. A tile is a segment of one
//! class or, with buckets, of all classes. [`Tuning`] fits all these sizes to the range and to the caches.
//!
//! Time: O(n log log n) for a range of n numbers, and O(sqrt(N) / log N) per tile if the range ends at N. Memory per
//! worker: a segment, four bytes per prime below the buckets, and four bytes per multiple in the buckets. Without
//! buckets that is below 2 MiB up to 10^13. Shared by all workers: 8 bytes per prime below the buckets, and at most 123
//! MB for the primes above.
//!
//! Sources: the wheel and the segments are those of C. Bays and R. H. Hudson, "The segmented sieve of Eratosthenes and
//! primes in arithmetic progressions to 10^12", BIT 17 (1977), and P. Pritchard, "A sublinear additive sieve for
//! finding prime numbers", CACM 24 (1981).
//!
//! [`bit_array`]: crate::machine::bit_array

mod buckets;
mod classes;
mod cofactors;
mod large;
mod ordered;
mod presieve;
mod primes;
mod runs;
mod tuning;
mod wheel;

use std::num::NonZeroUsize;
use std::ops::{Range, RangeInclusive};

use buckets::MODULUS;
pub(super) use classes::{ClassScratch, Classes};
use large::{LargePrimes, LargeScratch};
pub(super) use ordered::{Ordered, WORDS};
pub use tuning::Tuning;

use super::odd_sieve::odd_primes_up_to;
use crate::machine::Cpu;
use crate::machine::bit_array::BitArray;
use crate::{Error, JobSpec, Kernel, Pulse, Stopped, guard};

const PHASE: &str = "sieve";

/// The fewest neighbouring tiles per claim without buckets, if that leaves at least eight claims. The first tile of a claim
/// or of a segment finds the first multiple of each prime by a division. All others find it by a subtraction.
const GRAIN: u64 = 8;

/// About the fewest bits of a claim. To start two threads takes about as long as to sieve two claims. With one tile per
/// claim, two workers took 1.94 ms up to 10^6, and one took 1.7 ms (Sapphire Rapids).
const LEAST_CLAIM: u64 = 1 << 19;

/// Counts the primes of a range by the sieve of Eratosthenes.
#[derive(Debug)]
pub struct Sieve {
    start: u64,
    stop: u64,
    classes: Classes,
    /// The primes whose multiples go through buckets, if the range reaches the square of one.
    large: Option<LargePrimes>,
}

impl Sieve {
    /// Creates the kernel for a range, both ends included, with the tuning for this machine and one worker. The
    /// constructor finds the sieving primes, and beats the pulse meanwhile.
    ///
    /// # Errors
    /// - [`Error::EmptyRange`] if the range holds no numbers.
    /// - [`Error::Cancelled`] if the pulse stopped the search for sieving primes.
    /// - [`Error::OutOfMemory`] if there is no memory for the sieving primes.
    /// - [`Error::BadVariable`] if `PRIMELANES_CPU` names an instruction set that is not available; see [`Cpu::chosen`].
    pub fn new<P: Pulse>(range: RangeInclusive<u64>, pulse: &P) -> Result<Self, Error> {
        let tuning = Tuning::for_range(&range, NonZeroUsize::MIN);
        Self::with(range, tuning, Cpu::chosen()?, pulse)
    }

    /// Creates the kernel like [`new`](Self::new), but with your own tuning and instruction set.
    ///
    /// # Errors
    /// - [`Error::EmptyRange`] if the range holds no numbers.
    /// - [`Error::Cancelled`] if the pulse stopped the search for sieving primes.
    /// - [`Error::OutOfMemory`] if there is no memory for the sieving primes.
    /// - [`Error::BadTuning`] if [`Tuning::check`] rejects the tuning, or if the range needs buckets and the wheel of
    ///   the tuning is not 210.
    pub fn with<P: Pulse>(range: RangeInclusive<u64>, tuning: Tuning, cpu: Cpu, pulse: &P) -> Result<Self, Error> {
        if range.is_empty() {
            return Err(Error::EmptyRange { phase: PHASE.into() });
        }
        tuning.check()?;
        guard(PHASE, || Self::build(range, tuning, cpu, pulse))
    }

    fn build<P: Pulse>(range: RangeInclusive<u64>, tuning: Tuning, cpu: Cpu, pulse: &P) -> Result<Self, Error> {
        let (start, stop) = range.clone().into_inner();
        let (root, from) = (stop.isqrt(), u64::from(tuning.buckets_from));
        if from <= root && tuning.wheel != MODULUS {
            let reason = format!("buckets need a wheel of {MODULUS}, not of {}", tuning.wheel);
            return Err(Error::BadTuning { reason });
        }
        let primes = odd_primes_up_to(root.min(from - 1), pulse).map_err(|Stopped| Error::Cancelled)?;
        let large = (from <= root).then(|| LargePrimes::new(&(from..=root), cpu, &primes));
        Ok(Self { start, stop, classes: Classes::new(&range, tuning, cpu, &primes), large })
    }

    /// Returns the number of classes of a segment that make up a tile. Buckets are filled for all of them at once.
    fn classes_per_tile(&self) -> usize {
        if self.large.is_some() { self.classes.wheel.classes.len() } else { 1 }
    }

    /// Sieves some classes of a segment. With buckets, it must be all of them. `each` receives the index of a class, the
    /// bits in its bucket, which are still to be crossed off, and the bits of the class.
    fn sieve_classes<P: Pulse>(
        &self,
        segment: u64,
        classes: Range<usize>,
        scratch: &mut SieveScratch,
        pulse: &P,
        mut each: impl FnMut(usize, &[u32], &mut BitArray),
    ) -> Result<(), Stopped> {
        let SieveScratch { class: class_scratch, large: large_scratch } = scratch;
        if let Some((large, scratch)) = self.large.as_ref().zip(large_scratch.as_mut()) {
            large.fill_buckets(&self.classes, segment, scratch, pulse)?;
        }
        for class in classes {
            self.classes.sieve(segment, class, class_scratch, pulse)?;
            pulse.beat()?;
            let bucket = large_scratch.as_ref().map_or(&[][..], |scratch| scratch.buckets.of(class));
            each(class, bucket, &mut class_scratch.bits);
        }
        Ok(())
    }
}

/// Listing: all classes of a segment are sieved, and then put in order. The wheel of the tuning must be 210.
impl Sieve {
    /// Returns the number of segments.
    pub(super) fn segments(&self) -> u64 {
        self.classes.segments()
    }

    /// Returns the first number of a segment.
    pub(super) fn first_of(&self, segment: u64) -> u64 {
        self.classes.numbers_of(segment).0
    }

    /// Returns the primes of the range that have no bits, or that pre-sieving crosses off, in ascending order. All other
    /// primes are larger.
    pub(super) fn own_primes(&self) -> Vec<u64> {
        let mut own: Vec<_> = self.classes.own_primes().map(u64::from).collect();
        own.sort_unstable();
        own
    }

    /// Returns room for the bits of a segment.
    pub(super) fn ordered(&self) -> Ordered {
        Ordered::new(self.classes.bits_of(0))
    }

    /// Sieves a segment.
    pub(super) fn sieve_in_order<P: Pulse>(
        &self,
        segment: u64,
        scratch: &mut SieveScratch,
        ordered: &mut Ordered,
        pulse: &P,
    ) -> Result<(), Stopped> {
        let classes = 0..self.classes.wheel.classes.len();
        self.sieve_classes(segment, classes, scratch, pulse, |class, bucket, bits| {
            bits.cross_off_listed(bucket);
            ordered.put(class, self.classes.clipped(segment, class, bits));
        })
    }
}

/// The working memory of a worker, which it keeps from one tile to the next.
#[derive(Debug)]
pub struct SieveScratch {
    class: ClassScratch,
    large: Option<LargeScratch>,
}

impl Kernel for Sieve {
    type Scratch = SieveScratch;
    type Partial = u64;

    fn phase(&self) -> &'static str {
        PHASE
    }

    fn tiles(&self) -> u64 {
        self.classes.segments() * (self.classes.wheel.classes.len() / self.classes_per_tile()) as u64
    }

    fn grain(&self) -> u64 {
        // With buckets, nothing is kept from tile to tile.
        if self.large.is_some() {
            return 1;
        }
        (self.tiles() / GRAIN).clamp(1, GRAIN).max(LEAST_CLAIM / self.classes.bits_of(0))
    }

    fn spec(&self) -> Option<JobSpec> {
        Some(JobSpec::Sieve { start: self.start, stop: self.stop, tuning: self.classes.tuning })
    }

    fn scratch(&self) -> SieveScratch {
        let large = self.large.as_ref().map(|large| large.scratch(self.classes.bits_of(0)));
        SieveScratch { class: self.classes.scratch(), large }
    }

    fn tile<P: Pulse>(&self, index: u64, scratch: &mut SieveScratch, pulse: &P) -> Result<u64, Stopped> {
        // Beyond the last tile, the number of bits would wrap, and primes outside the range would be counted.
        assert!(index < self.tiles(), "tile {index} of {}", self.tiles());
        let (all, per_tile) = (self.classes.wheel.classes.len() as u64, self.classes_per_tile());
        let first = index * per_tile as u64;
        let (segment, first) = (first / all, (first % all) as usize);
        let mut primes = if index == 0 { self.classes.own_primes().count() as u64 } else { 0 };
        self.sieve_classes(segment, first..first + per_tile, scratch, pulse, |class, bucket, bits| {
            primes += self.classes.count(segment, class, bucket, bits);
        })?;
        Ok(primes)
    }
}

#[cfg(test)]
mod tests;
