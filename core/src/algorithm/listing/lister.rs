//! Finds the primes of a range in ascending order, tile by tile.

use std::ops::{Range, RangeInclusive};

use super::Direction;
use super::bits::{Batch, FITTING, Layout};
use crate::algorithm::odd_sieve::Segment;
use crate::algorithm::sieve::{Ordered, Sieve, SieveScratch, Tuning, WORDS};
use crate::algorithm::{SieveAndTest, SieveAndTestScratch};
use crate::machine::Cpu;
use crate::{Error, Kernel, Pulse, Stopped};

/// The primes of a range, cut into tiles.
#[derive(Debug)]
pub(crate) struct Lister {
    /// The primes of [`Sieve::own_primes`], which are less than all others; or 2.
    own: Vec<u64>,
    source: Source,
    layout: Layout,
    cpu: Cpu,
}

/// Where the bits of a tile come from.
#[derive(Debug)]
enum Source {
    Sieve(Box<Sieve>),
    Test(SieveAndTest),
}

/// The bits of a tile, and what is left to be read of them.
#[derive(Debug)]
pub(super) struct Tile {
    bits: Bits,
    /// The first number of the tile.
    first: u64,
    /// The strips that are left.
    strips: Range<usize>,
    strip: Strip,
}

#[derive(Debug)]
enum Bits {
    Sieve(Box<SieveScratch>, Ordered),
    Test(SieveAndTestScratch),
}

/// Bits in order, and the words that are left of them.
#[derive(Debug)]
struct Strip {
    words: Box<[u64; WORDS]>,
    /// The number of the first bit of the first word.
    first: u64,
    left: Range<usize>,
}

impl Lister {
    /// Lists by the sieve. The range must not be empty.
    ///
    /// # Errors
    /// [`Error::BadTuning`] if the wheel of the tuning is not 210, or another error of [`Sieve::with`].
    pub(super) fn sieve<P: Pulse>(
        range: RangeInclusive<u64>,
        tuning: Tuning,
        cpu: Cpu,
        pulse: &P,
    ) -> Result<Self, Error> {
        let modulus = u32::from(Ordered::MODULUS);
        if tuning.wheel != modulus {
            return Err(Error::BadTuning {
                reason: format!("lists need a wheel of {modulus}, not of {}", tuning.wheel),
            });
        }
        let sieve = Sieve::with(range, tuning, cpu, pulse)?;
        let layout = Layout::new(Ordered::MODULUS.into(), Ordered::offsets());
        Ok(Self { own: sieve.own_primes(), source: Source::Sieve(Box::new(sieve)), layout, cpu })
    }

    /// Lists by a sieve of small primes, and tests of what it leaves.
    pub(super) fn test(range: RangeInclusive<u64>, cpu: Cpu) -> Self {
        let own = if range.contains(&2) { vec![2] } else { Vec::new() };
        let odd = (*range.start()).max(3)..=*range.end();
        let layout = Layout::new(128, (1..128).step_by(2));
        Self { own, source: Source::Test(SieveAndTest::new(odd)), layout, cpu }
    }

    /// Returns the primes that come before those of the first tile.
    pub(super) fn own(&self) -> &[u64] {
        &self.own
    }

    pub(super) fn tiles(&self) -> u64 {
        match &self.source {
            Source::Sieve(sieve) => sieve.segments(),
            Source::Test(test) => test.tiles(),
        }
    }

    /// Returns the first number of a tile.
    pub(super) fn first_of(&self, index: u64) -> u64 {
        match &self.source {
            Source::Sieve(sieve) => sieve.first_of(index),
            Source::Test(test) => test.first_of(index),
        }
    }

    /// Creates room for a tile.
    pub(super) fn tile(&self) -> Tile {
        let bits = match &self.source {
            Source::Sieve(sieve) => Bits::Sieve(Box::new(sieve.scratch()), sieve.ordered()),
            Source::Test(test) => Bits::Test(test.scratch()),
        };
        Tile { bits, first: 0, strips: 0..0, strip: Strip { words: Box::new([0; WORDS]), first: 0, left: 0..0 } }
    }

    /// Finds the primes of a tile.
    pub(super) fn find<P: Pulse>(&self, index: u64, tile: &mut Tile, pulse: &P) -> Result<(), Stopped> {
        tile.strip.left = 0..0;
        match (&self.source, &mut tile.bits) {
            (Source::Sieve(sieve), Bits::Sieve(scratch, ordered)) => {
                sieve.sieve_in_order(index, scratch, ordered, pulse)?;
                (tile.first, tile.strips) = (sieve.first_of(index), 0..ordered.strips());
            }
            (Source::Test(test), Bits::Test(scratch)) => {
                tile.strips = 0..0;
                tile.strip.fill(test.find(index, scratch, pulse)?);
            }
            _ => unreachable!("the room of a tile is made by its lister"),
        }
        Ok(())
    }

    /// Lists the next primes of the tile from one of its ends, in ascending order. Returns whether there were any.
    pub(super) fn next(&self, tile: &mut Tile, direction: Direction, batch: &mut Batch) -> bool {
        loop {
            while !tile.strip.left.is_empty() {
                tile.strip.list(direction, &self.layout, self.cpu, batch);
                if !batch.numbers().is_empty() {
                    return true;
                }
            }
            let next = match direction {
                Direction::Ascending => tile.strips.next(),
                Direction::Descending => tile.strips.next_back(),
            };
            let Some(index) = next else { return false };
            let Bits::Sieve(_, ordered) = &tile.bits else { return false };
            ordered.strip(index, &mut tile.strip.words, self.cpu);
            tile.strip.first = tile.first + self.layout.numbers_per_word * (index * WORDS) as u64;
            tile.strip.left = 0..WORDS;
        }
    }
}

impl Strip {
    /// Takes over the bits of a segment of odd numbers.
    fn fill(&mut self, segment: &Segment) {
        let words = segment.words();
        self.words[..words.len()].copy_from_slice(words);
        (self.first, self.left) = (segment.first_even(), 0..words.len());
    }

    fn list(&mut self, direction: Direction, layout: &Layout, cpu: Cpu, batch: &mut Batch) {
        let Range { start, end } = self.left;
        let from = match direction {
            Direction::Ascending => start,
            Direction::Descending => start.max(end.saturating_sub(FITTING)),
        };
        let first = self.first.wrapping_add(layout.numbers_per_word * from as u64);
        let taken = batch.list(&self.words[from..end], first, layout, cpu);
        match direction {
            Direction::Ascending => self.left.start += taken,
            Direction::Descending => self.left.end = from,
        }
    }
}
