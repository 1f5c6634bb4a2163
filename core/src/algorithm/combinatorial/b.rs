//! B, and the easy leaves with two primes that lie above the table of pi: sums of pi(n) over n > y.
//!
//! ```text
//! B = sum of pi(x / p) over the primes p with y < p <= sqrt(x)
//! ```
//!
//! The numbers above y are sieved window by window, by the kernel that counts primes: class by class, and then sorted
//! in ascending order. A window counts only its own primes. How many primes lie before it is added when the windows'
//! results are combined; see [`WindowSums`].
//!
//! Time: O(x / y log log x). Memory per worker: 12 bytes for every 240 numbers of a window.

use std::ops::{Range, RangeInclusive};

use super::a::{OfQuotient, sum_of_quotients};
use super::division::{quotient, quotient_up_to};
use super::pairs::{self, Pairs};
use super::sums::{Lookups, WindowSums};
use super::tables::Tables;
use super::window::Window;
use crate::algorithm::odd_sieve::Segment;
use crate::algorithm::sieve::{ClassScratch, Classes, Tuning};
use crate::machine::{Cpu, Work};
use crate::{Pulse, Stopped};

/// The number of odd numbers that are sieved for primes p at a time: 32 KiB of bits.
const LISTED: u64 = 1 << 18;

/// How many easy leaves' primes are gone through between two beats.
const PRIMES_PER_BEAT: usize = 64;

/// The numbers from y + 1 to x / y, in windows.
#[derive(Debug)]
pub(super) struct Windows {
    classes: Classes,
    cpu: Cpu,
}

/// The memory of a worker.
#[derive(Debug)]
pub(super) struct WindowScratch {
    class: ClassScratch,
    window: Window,
    /// Lists the primes p.
    listed: Segment,
}

impl Windows {
    /// Cuts the numbers into windows of 240 numbers per byte of `segment`.
    pub(super) fn new(tables: &Tables, segment: u32, cpu: Cpu) -> Self {
        // If y is the root of x, there are no large primes, and one window that nobody needs.
        let stop = (quotient(tables.x, tables.y) as u64).max(tables.y + 1);
        let roots = &tables.primes[tables.pi.indices(2..stop.isqrt())];
        Self { classes: Classes::new(&(tables.y + 1..=stop), Tuning::for_windows(segment), cpu, roots), cpu }
    }

    pub(super) fn count(&self) -> u64 {
        self.classes.segments()
    }

    pub(super) fn scratch(&self) -> WindowScratch {
        WindowScratch { class: self.classes.scratch(), window: Window::default(), listed: Segment::default() }
    }

    /// Returns the sums over the numbers of a window.
    pub(super) fn sums<P: Pulse>(
        &self,
        tables: &Tables,
        index: u64,
        scratch: &mut WindowScratch,
        pulse: &P,
    ) -> Result<WindowSums, Stopped> {
        let (first, length) = self.classes.numbers_of(index);
        let words = self.classes.bits_of(index).div_ceil(8) as usize;
        scratch.window.words.clear();
        scratch.window.words.resize(words, 0);
        for class in 0..8 {
            self.classes.sieve(index, class, &mut scratch.class, pulse)?;
            let bits = self.classes.clipped(index, class, &mut scratch.class.bits);
            let bits: &[u8] = bytemuck::cast_slice(bits);
            for (word, &byte) in scratch.window.words.iter_mut().zip(bits) {
                // Byte c of the word holds 8 bits of class c for now.
                *word |= u64::from(byte) << (8 * class);
            }
        }
        let primes = self.cpu.run(SortAndCount(&mut scratch.window)).into();
        // The first window has the leaves from y on, although its primes are larger.
        let start = if index == 0 { tables.y } else { first };
        let view = View { tables, window: &scratch.window, first, range: start..=first + u64::from(length) - 1 };
        let easy = view.easy_leaves(self.cpu, pulse)?;
        Ok(WindowSums { primes, easy, large: view.large_primes(&mut scratch.listed, pulse)? })
    }
}

/// A counted window, and the numbers whose leaves it has.
struct View<'a> {
    tables: &'a Tables,
    window: &'a Window,
    /// The first number of the window.
    first: u64,
    range: RangeInclusive<u64>,
}

impl View<'_> {
    /// Returns the sum of pi(x / (p q)) over the leaves in the range, for primes p < q.
    fn easy_leaves<P: Pulse>(&self, cpu: Cpu, pulse: &P) -> Result<Lookups, Stopped> {
        let Self { tables, range, .. } = self;
        // x / (p q) < p^2 for easy leaves, and x / (p q) < x / p^2.
        let root = range.start().isqrt();
        let most = quotient(tables.x, *range.start()).isqrt().min(tables.cube_root.into()) as u64;
        let Range { start, end } = tables.pi.indices(root - 1..most.max(root));
        let mut found = Lookups::default();
        for b in start.max(pairs::indices(tables).start)..end {
            if b % PRIMES_PER_BEAT == 0 {
                pulse.beat()?;
            }
            let pairs = Pairs::of(tables, b);
            let after = quotient_up_to(pairs.x, range.end() + 1, tables.y).max(pairs.from);
            let last = quotient_up_to(pairs.x, *range.start(), tables.y).min(pairs.swap);
            if after < last {
                found.sum += u128::from(cpu.run(EasyLeaves { view: self, x: pairs.x, bounds: after..last }));
                found.count += tables.pi.indices(after..last).len() as u64;
            }
        }
        Ok(found)
    }

    /// Returns the sum of pi(x / p) over the primes p with y < p <= sqrt(x) and x / p in the range.
    fn large_primes<P: Pulse>(&self, listed: &mut Segment, pulse: &P) -> Result<Lookups, Stopped> {
        let Self { tables, range, .. } = self;
        let before = quotient_up_to(tables.x, range.end() + 1, u64::MAX).max(tables.y);
        let last = quotient_up_to(tables.x, *range.start(), u64::MAX).min(tables.x.isqrt() as u64);
        // Bit i stands for 2 i + 1. All these primes are odd.
        let (first_bit, end) = (before.div_ceil(2), last.div_ceil(2));
        let mut found = Lookups::default();
        listed.restart();
        for bit in (first_bit..end).step_by(LISTED as usize) {
            listed.sieve(bit..end.min(bit + LISTED), &tables.primes[2..], pulse)?;
            for bit in listed.ones() {
                let n = quotient(tables.x, 2 * bit + 1) as u64;
                found.sum += u128::from(self.window.up_to(n - self.first));
                found.count += 1;
            }
        }
        Ok(found)
    }
}

/// Adds up the leaves of one prime p, given x / p and the bounds of q.
struct EasyLeaves<'a> {
    view: &'a View<'a>,
    x: u128,
    bounds: Range<u64>,
}

impl Work for EasyLeaves<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        sum_of_quotients(self.view.tables, self.x, self.bounds, self.view)
    }
}

impl OfQuotient for View<'_> {
    #[inline(always)]
    fn of(&self, quotient: u64) -> u64 {
        // y itself may be the number before the first window. No prime of a window is less.
        self.window.up_to(quotient.saturating_sub(self.first))
    }
}

/// Sorts the bits of the classes in ascending order of their numbers, and counts them.
struct SortAndCount<'a>(&'a mut Window);

impl Work for SortAndCount<'_> {
    type Output = u32;

    #[inline(always)]
    fn run(self) -> u32 {
        for word in &mut self.0.words {
            *word = transposed(*word);
        }
        self.0.count()
    }
}

/// Transposes a word as a matrix of 8 bytes of 8 bits: bit i of byte c becomes bit c of byte i.
#[inline(always)]
const fn transposed(word: u64) -> u64 {
    let word = swapped::<7>(word, 0x00AA_00AA_00AA_00AA);
    let word = swapped::<14>(word, 0x0000_CCCC_0000_CCCC);
    swapped::<28>(word, 0x0000_0000_F0F0_F0F0)
}

/// Swaps the bits of the mask with those `SHIFT` places above.
#[inline(always)]
const fn swapped<const SHIFT: u32>(word: u64, mask: u64) -> u64 {
    let differ = (word ^ (word >> SHIFT)) & mask;
    word ^ differ ^ (differ << SHIFT)
}
