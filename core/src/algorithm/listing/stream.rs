//! The primes of a range from one end on, in batches. Nothing is done before the first batch is asked for.
//!
//! The range is cut into stretches, each at most twice as far out as the one before. So the sieving primes grow with the
//! numbers that are read, and not with the end of the range. Before a costly set-up, some numbers are tested one by one,
//! since many users read only a few primes.

use std::ops::{Range, RangeInclusive};

use super::Direction;
use super::bits::Batch;
use super::lister::{Lister, Tile};
use crate::algorithm::cost::{listing_set_up_ns, test_ns};
use crate::algorithm::sieve::Tuning;
use crate::machine::Cpu;
use crate::{Control, Error, guard};

/// The first stretch ends here, or later.
const FIRST_STRETCH: u64 = 1 << 22;

/// The tests before a set-up take this part of its time.
const TESTED_PART: f64 = 0.125;

/// The sizes of segments in bytes per class. All classes of the smallest together take 0.8 MiB, about as much as the
/// second-level cache holds. Those of the largest take 12 MiB, and its buckets below 100 MiB.
const SEGMENTS: RangeInclusive<u32> = 1 << 14..=1 << 18;

#[derive(Debug)]
pub(crate) struct Stream {
    direction: Direction,
    /// What no stretch has covered yet.
    left: Option<RangeInclusive<u64>>,
    stretch: Option<Stretch>,
    batch: Batch,
    /// The numbers of the batch that are not read yet.
    unread: Range<usize>,
    has_tested: bool,
}

impl Stream {
    pub(crate) fn ascending(range: RangeInclusive<u64>) -> Self {
        Self::new(range, Direction::Ascending)
    }

    pub(crate) fn descending(range: RangeInclusive<u64>) -> Self {
        Self::new(range, Direction::Descending)
    }

    fn new(range: RangeInclusive<u64>, direction: Direction) -> Self {
        let left = Some(range).filter(|range| !range.is_empty());
        Self { direction, left, stretch: None, batch: Batch::default(), unread: 0..0, has_tested: false }
    }

    /// Returns the primes of the batch that are not read yet, in ascending order.
    pub(crate) fn unread(&self) -> &[u64] {
        &self.batch.numbers()[self.unread.clone()]
    }

    /// Reads the first prime of the batch.
    #[inline]
    pub(crate) fn read_first(&mut self) -> Option<u64> {
        self.unread.next().and_then(|index| self.batch.number(index))
    }

    /// Reads the last prime of the batch.
    #[inline]
    pub(crate) fn read_last(&mut self) -> Option<u64> {
        self.unread.next_back().and_then(|index| self.batch.number(index))
    }

    /// Finds the next batch among the numbers that are still wanted. Returns whether there was one.
    #[cold]
    pub(crate) fn refill(&mut self, wanted: &RangeInclusive<u64>) -> bool {
        loop {
            if let Some(stretch) = &mut self.stretch
                && stretch.next(self.direction, &mut self.batch)
            {
                self.unread = 0..self.batch.numbers().len();
                return true;
            }
            self.unread = 0..0;
            self.stretch = self.left.take().and_then(|left| {
                let rest = *left.start().max(wanted.start())..=*left.end().min(wanted.end());
                (!rest.is_empty()).then(|| self.begin(rest))
            });
            if self.stretch.is_none() {
                return false;
            }
        }
    }

    /// Begins with the next stretch of the rest of the range.
    fn begin(&mut self, rest: RangeInclusive<u64>) -> Stretch {
        let (start, stop) = rest.clone().into_inner();
        let (from, to) = match self.direction {
            Direction::Ascending => (start, stop.min(start.saturating_mul(2).max(FIRST_STRETCH))),
            Direction::Descending => (if stop > FIRST_STRETCH { start.max(stop / 2) } else { start }, stop),
        };
        let cheap = tested_first(to);
        let (from, to, is_tested) = if tests_are_cheaper(&rest, to) {
            (start, stop, true)
        } else if self.has_tested {
            (from, to, false)
        } else {
            match self.direction {
                Direction::Ascending => (from, to.min(from.saturating_add(cheap)), true),
                Direction::Descending => (from.max(to.saturating_sub(cheap)), to, true),
            }
        };
        self.has_tested = true;
        self.left = match self.direction {
            Direction::Ascending => to.checked_add(1).map(|next| next..=stop),
            Direction::Descending => from.checked_sub(1).map(|next| start..=next),
        };
        Stretch::new(from..=to, is_tested)
    }
}

/// Returns how many numbers are tested before the set-up of a sieve that goes up to a number.
pub(super) fn tested_first(stop: u64) -> u64 {
    (TESTED_PART * listing_set_up_ns(stop) / test_ns(stop)) as u64
}

/// Returns whether it takes longer to set up a sieve up to `stop` than to test all numbers of a range.
pub(super) fn tests_are_cheaper(range: &RangeInclusive<u64>, stop: u64) -> bool {
    test_ns(*range.end()) * (range.end() - range.start()) as f64 <= listing_set_up_ns(stop)
}

/// A part of the range that one lister covers, and what is left to be read of it.
#[derive(Debug)]
struct Stretch {
    range: RangeInclusive<u64>,
    lister: Lister,
    tile: Tile,
    tiles: Range<u64>,
    /// Those of the lister's own primes that are left to be read.
    own: Range<usize>,
}

impl Stretch {
    fn new(range: RangeInclusive<u64>, is_tested: bool) -> Self {
        if is_tested {
            return Self::tested(range);
        }
        let tuning = Tuning::for_primes(&range, SEGMENTS);
        let sieve =
            || Lister::sieve(range.clone(), tuning, cpu(), &Control::new()).map(|lister| Self::of(&range, lister));
        match guard("primes", sieve) {
            Ok(stretch) => stretch,
            Err(Error::OutOfMemory { .. }) => Self::tested(range),
            Err(error) => unreachable!("the range holds numbers, and nothing stops the set-up: {error}"),
        }
    }

    fn tested(range: RangeInclusive<u64>) -> Self {
        let lister = Lister::test(range.clone(), cpu());
        Self::of(&range, lister)
    }

    fn of(range: &RangeInclusive<u64>, lister: Lister) -> Self {
        let (tiles, own) = (0..lister.tiles(), 0..lister.own().len());
        Self { range: range.clone(), tile: lister.tile(), tiles, own, lister }
    }

    /// Lists the next primes. Returns whether there were any.
    fn next(&mut self, direction: Direction, batch: &mut Batch) -> bool {
        let own_come_first = direction == Direction::Ascending;
        (own_come_first && self.next_own(direction, batch))
            || self.next_found(direction, batch)
            || self.next_own(direction, batch)
    }

    fn next_own(&mut self, direction: Direction, batch: &mut Batch) -> bool {
        let left = &self.lister.own()[self.own.clone()];
        let copied = batch.copy(left, direction);
        match direction {
            Direction::Ascending => self.own.start += copied,
            Direction::Descending => self.own.end -= copied,
        }
        copied > 0
    }

    fn next_found(&mut self, direction: Direction, batch: &mut Batch) -> bool {
        while !self.lister.next(&mut self.tile, direction, batch) {
            let next = match direction {
                Direction::Ascending => self.tiles.next(),
                Direction::Descending => self.tiles.next_back(),
            };
            let Some(index) = next else { return false };
            match guard("primes", || Ok(self.lister.find(index, &mut self.tile, &Control::new()))) {
                Ok(found) => found.expect("this pulse never stops anything"),
                Err(Error::OutOfMemory { .. }) => *self = Self::tested(self.rest_from(index, direction)),
                Err(error) => unreachable!("nothing else fails in a tile: {error}"),
            }
        }
        true
    }

    /// Returns the numbers of the stretch from a tile on.
    fn rest_from(&self, index: u64, direction: Direction) -> RangeInclusive<u64> {
        let (start, stop) = self.range.clone().into_inner();
        match direction {
            // The primes without bits were read before.
            Direction::Ascending => {
                let own = self.lister.own().last().map_or(0, |prime| prime + 1);
                self.lister.first_of(index).max(start).max(own)..=stop
            }
            Direction::Descending if index + 1 < self.lister.tiles() => start..=self.lister.first_of(index + 1) - 1,
            Direction::Descending => self.range.clone(),
        }
    }
}

/// An instruction set that is not available must not stop an iterator, which cannot fail.
fn cpu() -> Cpu {
    Cpu::chosen().unwrap_or_else(|_| Cpu::best())
}
