//! D, the hard leaves.
//!
//! ```text
//! D = - sum of mu(m) phi(x / (p m), b - 1)  over the primes p with 19 < p <= x^(1/4), where p is the b-th prime,
//!                                           and over the m with y / p < m <= min(y, x / p^3)
//!                                           whose prime factors are all larger than p
//! ```
//!
//! The numbers up to x / y are sieved segment by segment, and in a segment prime by prime. Before the multiples of p are
//! crossed off, the numbers that are left up to x / (p m) are those that phi counts.
//!
//! A run of segments counts from its own start. How many numbers are left before it is added when results are combined;
//! see [`HardLeaves`]. So a run needs to know nothing about the numbers before it.
//!
//! Time: O(x / y log log x) for the sieve, and O(x^(2/3) / log^2 x) leaves. Memory per worker: the segment and its
//! counts, and 12 bytes per prime up to x^(1/4).

mod leaves;
mod segment;

use std::ops::Range;
use std::sync::LazyLock;

use leaves::Leaves;
use segment::{BLOCK, Counts, Segment};

use super::division::{quotient, quotient_up_to};
use super::phi::SMALL_PRIMES;
use super::sums::HardLeaves;
use super::tables::Tables;
use super::wheel::{PER_BYTE, PER_WORD, Pattern};
use crate::machine::{Cpu, Work};
use crate::{Pulse, Stopped};

/// The index of the first prime with special leaves.
const FIRST: usize = SMALL_PRIMES + 1;

/// Multiples of primes up to this limit are crossed off by a pattern.
const PATTERNS_TO: u64 = 480;

/// Multiples of primes up to this limit are crossed off without looking at the bits, and what is left is counted anew.
const RECOUNTED_TO: u64 = 1100;

/// With this many leaves of a prime in a segment, it pays to count before each word.
const DENSE: usize = 1000;

/// The patterns of the primes from the ninth on.
static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let is_prime = |n: &u64| (2..=n.isqrt()).all(|divisor| !n.is_multiple_of(divisor));
    (23..=PATTERNS_TO).filter(is_prime).map(|prime| Pattern::new(&[prime])).collect()
});

/// The memory of a worker.
#[derive(Debug)]
pub(super) struct HardScratch {
    segment: Segment,
    leaves: Leaves,
    /// For each prime from the first on, the index of the segment's first byte modulo the prime.
    phases: Vec<u32>,
    /// For each prime from the first on, the largest m whose leaf is not before the segment.
    last: Vec<u64>,
}

impl HardScratch {
    /// Creates the memory for segments of `bytes` bytes.
    pub(super) fn new(bytes: u32) -> Self {
        Self { segment: Segment::new(bytes as usize / 8), leaves: Leaves::new(), phases: Vec::new(), last: Vec::new() }
    }

    /// Finds the positions of a prime at the start of a segment, unless they are known from the segment before.
    fn begin(&mut self, tables: &Tables, b: usize, low: u64) {
        if b - FIRST < self.phases.len() {
            return;
        }
        let p = tables.prime(b);
        let x = quotient(tables.x, p);
        let hard = quotient(quotient(x, p), p);
        let here = if low == 0 { x } else { quotient(x, low) };
        self.phases.push((low / PER_BYTE % p) as u32);
        self.last.push(hard.min(here).min(tables.y.into()) as u64);
    }
}

/// Returns the index of the last prime that has hard leaves at a number from `low` on.
fn last_prime(tables: &Tables, low: u64) -> usize {
    // x / (p m) >= low and m > p.
    let most = quotient(tables.x, low.max(1)).isqrt().min(tables.x_star.into()) as u64;
    (tables.pi.pi(most.max(2)) as usize).max(SMALL_PRIMES)
}

/// Returns the hard leaves in a run of numbers. The run begins at a multiple of 240. It ends at one too, or at the end of
/// all numbers, where the numbers beyond do not matter.
pub(super) fn hard_leaves<P: Pulse>(
    tables: &Tables,
    numbers: Range<u64>,
    bytes: u32,
    cpu: Cpu,
    scratch: &mut HardScratch,
    pulse: &P,
) -> Result<HardLeaves, Stopped> {
    let known = last_prime(tables, numbers.start) - SMALL_PRIMES;
    let mut found = HardLeaves { sum: 0, left: vec![0; known], weights: vec![0; known] };
    scratch.phases.clear();
    scratch.last.clear();
    let length = u64::from(bytes) * PER_BYTE;
    for low in numbers.clone().step_by(length as usize) {
        let words = (numbers.end - low).min(length).div_ceil(PER_WORD).next_multiple_of(BLOCK as u64);
        let high = low + words * PER_WORD;
        let known = last_prime(tables, low).min(SMALL_PRIMES + known);
        let sieved = known.min((tables.pi.pi(high.isqrt().min(tables.y)) as usize).max(SMALL_PRIMES));
        cpu.run(Restart { first: low / PER_WORD, words: words as usize, segment: &mut scratch.segment });
        for b in FIRST..=sieved {
            pulse.beat()?;
            scratch.begin(tables, b, low);
            cpu.run(Step { tables, b, low, high, scratch, found: &mut found });
        }
        // The squares of larger primes lie beyond the segment: these primes only cross off themselves.
        let mut left = u64::from(scratch.segment.total());
        for b in sieved + 1..=known {
            found.left[b - FIRST] += left;
            left -= u64::from((low..high).contains(&tables.prime(b)));
        }
    }
    Ok(found)
}

struct Restart<'a> {
    first: u64,
    words: usize,
    segment: &'a mut Segment,
}

impl Work for Restart<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.segment.restart(self.first, self.words, Counts::Words);
    }
}

/// Finds the leaves of a prime in a segment, and crosses off its multiples.
struct Step<'a> {
    tables: &'a Tables,
    b: usize,
    low: u64,
    high: u64,
    scratch: &'a mut HardScratch,
    found: &'a mut HardLeaves,
}

impl Work for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { tables, b, low, high, scratch: HardScratch { segment, leaves, phases, last }, found } = self;
        let (i, p) = (b - FIRST, tables.prime(b));
        let x = quotient(tables.x, p);
        let mut count = 0;
        // The leaf of m lies in the segment if x / (p high) < m <= x / (p low).
        let after = quotient_up_to(x, high, u64::MAX).max(if p * p <= tables.y { tables.y / p } else { p });
        if after < last[i] {
            segment.add_up();
            let (sum, weight, number) = if p * p <= tables.y {
                leaves.of_composites(tables, b, x, low, after..last[i], segment)
            } else {
                leaves.of_primes(tables, x, low, after..last[i], segment)
            };
            found.sum += i128::from(sum) + i128::from(weight) * i128::from(found.left[i]);
            found.weights[i] += weight;
            count = number;
            last[i] = after;
        }
        found.left[i] += u64::from(segment.total());
        // The next prime has about as many leaves as this one.
        let counts = if count >= DENSE {
            Counts::Words
        } else if p <= RECOUNTED_TO {
            Counts::Blocks
        } else {
            Counts::LargeBlocks
        };
        let phase = phases[i] as usize;
        match PATTERNS.get(i) {
            Some(pattern) => segment.cross_off_pattern(pattern, low / PER_WORD, counts),
            None => segment.cross_off(p as usize, phase, counts),
        }
        let bytes = ((high - low) / PER_BYTE) as usize;
        phases[i] = ((phase + bytes) % p as usize) as u32;
    }
}
