//! Sieves the residue classes of a wheel, one at a time. A class has a bit for each of its numbers, and each sieving
//! prime has a single stride in these bits.

mod passes;

use std::ops::{Range, RangeInclusive};

use passes::{Begin, Count, Position, SieveChunk, SieveSegment};

use super::Tuning;
use super::presieve::{Positions, Presieve};
use super::primes::SievingPrimes;
use super::runs::Stretch;
use super::wheel::Wheel;
use crate::allocation::zeroed;
use crate::machine::Cpu;
use crate::machine::bit_array::BitArray;
use crate::{Pulse, Stopped};

/// The largest number of primes between two beats, if a whole segment is crossed off at once. Their working memory stays in
/// the first-level cache.
const PRIMES_PER_BEAT: usize = 1 << 10;

/// A range of numbers, sorted into residue classes. Bit i of a segment of a class stands for class + modulus (first + i).
#[derive(Debug)]
pub(in crate::algorithm) struct Classes {
    pub(super) wheel: &'static Wheel,
    pub(super) tuning: Tuning,
    /// The first number of the range.
    from: u64,
    /// The first number of the range that has a bit.
    pub(super) start: u64,
    pub(super) stop: u64,
    presieve: &'static Presieve,
    primes: SievingPrimes,
    pub(super) cpu: Cpu,
}

/// The bits that one worker sieves, and the position of each prime in them.
#[derive(Debug)]
pub(in crate::algorithm) struct ClassScratch {
    pub(in crate::algorithm) bits: BitArray,
    /// The segment and the index of the class that `firsts` are for.
    at: Option<(u64, usize)>,
    /// For each prime, the index of its first multiple in the segment.
    firsts: Vec<u32>,
    /// The bit of the next multiple: of the primes that are crossed off chunk by chunk, and later of those between two
    /// beats.
    nexts: Vec<u32>,
    /// For primes that are crossed off in groups, the byte in which the next group begins.
    groups: Vec<i32>,
    positions: Positions,
}

impl ClassScratch {
    /// Returns the size of the scratch, in bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bits.bytes() + 4 * (self.firsts.len() + self.nexts.len() + self.groups.len())
    }
}

impl Classes {
    /// Creates the classes of a range, which must not be empty. `primes` are the sieving primes of the range in
    /// ascending order, except those whose multiples go through buckets.
    pub(in crate::algorithm) fn new(range: &RangeInclusive<u64>, tuning: Tuning, cpu: Cpu, primes: &[u32]) -> Self {
        let wheel = Wheel::of(tuning.wheel).expect("a checked tuning has a known wheel");
        let presieve = Presieve::of(wheel);
        let presieved = presieve.primes().max().unwrap_or(0);
        let rest = &primes[primes.partition_point(|&prime| prime <= presieved)..];
        // Nothing crosses off 1, which is not prime. Each sieving prime is a multiple of itself below its square, and it
        // depends on the tuning which of these are crossed off. So no number up to the largest sieving prime has a bit.
        let start = (*range.start()).max(u64::from(primes.last().copied().unwrap_or(1)) + 1);
        Self {
            wheel,
            tuning,
            from: *range.start(),
            start,
            stop: *range.end(),
            presieve,
            primes: SievingPrimes::new(rest, wheel, &tuning),
            cpu,
        }
    }

    /// Returns the primes in the range that have no bit, or that pre-sieving crosses off, in no particular order.
    pub(super) fn own_primes(&self) -> impl Iterator<Item = u32> {
        let used =
            self.wheel.primes.iter().copied().chain(self.presieve.primes()).chain(self.primes.primes.iter().copied());
        used.filter(|&prime| (self.from..=self.stop).contains(&u64::from(prime)))
    }

    pub(in crate::algorithm) fn scratch(&self) -> ClassScratch {
        let grouped = self.primes.groups[3].end;
        let largest = self.primes.primes[..grouped].iter().copied().max().unwrap_or(0);
        let bytes = (self.bits_of_all().div_ceil(8)).min(self.tuning.segment.into()) as usize;
        ClassScratch {
            bits: BitArray::new(bytes, largest),
            at: None,
            firsts: zeroed("the first multiples", self.primes.primes.len()),
            nexts: zeroed("the next multiples", self.primes.chunks.len().max(PRIMES_PER_BEAT)),
            groups: zeroed("the groups of multiples", grouped),
            positions: Positions::default(),
        }
    }

    /// Returns the number of segments of each class.
    pub(in crate::algorithm) fn segments(&self) -> u64 {
        self.bits_of_all().div_ceil(self.segment_bits())
    }

    /// Returns the index in its class of a segment's first bit.
    pub(super) fn first_of(&self, segment: u64) -> u64 {
        self.start / u64::from(self.wheel.modulus) + segment * self.segment_bits()
    }

    /// Returns the number of bits of a segment of a class. The last segment may have fewer than the others.
    pub(in crate::algorithm) fn bits_of(&self, segment: u64) -> u64 {
        (self.bits_of_all() - segment * self.segment_bits()).min(self.segment_bits())
    }

    /// Returns the first number of a segment of all classes, and the number of its numbers, which is less than 2^32 on
    /// the wheel of buckets.
    pub(in crate::algorithm) fn numbers_of(&self, segment: u64) -> (u64, u32) {
        let modulus = u64::from(self.wheel.modulus);
        (modulus * self.first_of(segment), (modulus * self.bits_of(segment)) as u32)
    }

    /// Returns a stretch of a segment, given its first byte in the segment and its length in bytes.
    fn stretch(&self, segment: u64, first: usize, bytes: usize) -> Stretch {
        let first = self.first_of(segment) + 8 * first as u64;
        Stretch { modulus: self.wheel.modulus, first, bits: 8 * bytes as u64 }
    }

    fn segment_bits(&self) -> u64 {
        u64::from(self.tuning.segment) * 8
    }

    fn bits_of_all(&self) -> u64 {
        let modulus = u64::from(self.wheel.modulus);
        self.stop / modulus - self.start / modulus + 1
    }

    /// Sieves a segment of a class: sets the bits of the scratch, and crosses off the multiples of all primes.
    ///
    /// The parts that take time are compiled for each instruction set, and once for all types of pulses.
    pub(in crate::algorithm) fn sieve<P: Pulse>(
        &self,
        segment: u64,
        class: usize,
        scratch: &mut ClassScratch,
        pulse: &P,
    ) -> Result<(), Stopped> {
        // Until the end, the first multiples are those of two classes.
        let before = scratch.at.take();
        let follows = class > 0 && before == Some((segment, class - 1));
        let position = Position { classes: self, segment, class, follows };
        self.cpu.run(Begin { position, scratch });
        let bytes = self.bits_of(segment).div_ceil(512) as usize * 64;
        let chunk = self.tuning.chunk as usize;
        for first in (0..bytes).step_by(chunk) {
            pulse.beat()?;
            self.cpu.run(SieveChunk { position, first, length: chunk.min(bytes - first), scratch });
        }
        let Range { start, end } = self.primes.segments;
        let end = start + self.stretch(segment, 0, bytes).reached(&self.primes.primes[start..end]);
        for first in (start..end).step_by(PRIMES_PER_BEAT) {
            pulse.beat()?;
            let which = first..end.min(first + PRIMES_PER_BEAT);
            self.cpu.run(SieveSegment { position, bytes, which, scratch });
        }
        scratch.at = Some((segment, class));
        Ok(())
    }

    /// Crosses off `bits` as well, and counts the bits that are left and lie in the range.
    pub(super) fn count(&self, segment: u64, class: usize, bits: &[u32], array: &mut BitArray) -> u64 {
        self.cpu.run(Count { classes: self, segment, class, bits, array })
    }

    /// Returns the words of a sieved segment, without the bits that lie outside the range.
    #[inline(always)]
    pub(in crate::algorithm) fn clipped<'a>(&self, segment: u64, class: usize, array: &'a mut BitArray) -> &'a [u64] {
        let modulus = u64::from(self.wheel.modulus);
        let residue = u64::from(self.wheel.classes[class]);
        let bits = self.bits_of(segment);
        let below = u64::from(segment == 0 && residue < self.start % modulus);
        let above = u64::from(segment + 1 == self.segments() && residue > self.stop % modulus);
        let words = &mut array.words_mut()[..bits.div_ceil(64) as usize];
        words[0] &= (u64::MAX << below).to_le();
        // The last word ends with the segment, or a bit before it.
        let last = words.len() - 1;
        let left = bits - 64 * last as u64 - above;
        words[last] &= if left == 64 { u64::MAX } else { ((1 << left) - 1_u64).to_le() };
        words
    }
}
