//! The Moebius function and the least prime factor of the numbers coprime to 2310.
//!
//! Memory: 2 bytes per number coprime to 2310, which is 0.42 bytes per number. Time to build: O(n log log n).

use std::ops::Range;
use std::sync::LazyLock;

use crate::allocation::filled;
use crate::{Pulse, Stopped};

/// The product of the primes up to 11, and how many numbers below it are coprime to it.
const MODULUS: u64 = 2310;
pub(super) const COPRIME: usize = 480;

/// The residues coprime to the modulus, and for each number below the modulus how many of them are not larger.
struct Wheel {
    residues: [u32; COPRIME],
    ranks: [u16; MODULUS as usize],
}

static WHEEL: LazyLock<Wheel> = LazyLock::new(|| {
    let (mut residues, mut ranks, mut rank) = ([0; COPRIME], [0; MODULUS as usize], 0);
    for (number, ranks) in (0_u32..).zip(&mut ranks) {
        if [2, 3, 5, 7, 11].iter().all(|prime| !number.is_multiple_of(*prime)) {
            residues[rank] = number;
            rank += 1;
        }
        *ranks = rank as u16;
    }
    Wheel { residues, ranks }
});

/// What is known of a number that is coprime to 2310. It orders numbers by their least prime factor.
///
/// - 0 for a number that is divisible by a square.
/// - 2 b, or 2 b + 1 if its Moebius function is -1, for a product of different primes, the least of which is the b-th.
/// - The two largest values for 1 and for primes.
pub(super) type Entry = u16;

/// How many cofactors are gone through between two beats.
const COFACTORS_PER_BEAT: usize = 1 << 15;

const ONE: Entry = Entry::MAX - 1;
const PRIME: Entry = Entry::MAX;

/// Entries for the numbers coprime to 2310 up to a limit.
#[derive(Debug)]
pub(super) struct FactorTable {
    entries: Vec<Entry>,
}

impl FactorTable {
    /// The largest limit: the index of the least prime factor of a composite must fit in 15 bits.
    pub(super) const MAX_LIMIT: u64 = 100_000_000_000;

    /// Finds the factors of the numbers up to `limit`. `primes` are the odd primes from 13 to at least `limit / 13`, in
    /// ascending order; the first of them is the sixth prime.
    pub(super) fn new<P: Pulse>(limit: u64, primes: impl Iterator<Item = u64>, pulse: &P) -> Result<Self, Stopped> {
        let mut table = Self { entries: filled("the table of factors", rank(limit), PRIME) };
        if let Some(first) = table.entries.first_mut() {
            *first = ONE;
        }
        for (b, prime) in (6..).zip(primes) {
            if 13 * prime > limit {
                break;
            }
            let end = rank(limit / prime);
            for first in (0..end).step_by(COFACTORS_PER_BEAT) {
                pulse.beat()?;
                // The index fits: only primes up to the root of the limit are the least factor of a composite.
                table.mark_multiples(prime, (2 * b) as Entry, first..end.min(first + COFACTORS_PER_BEAT));
            }
            table.mark_squares(limit, prime);
        }
        Ok(table)
    }

    /// Marks the multiples by the cofactors of these ranks, except the prime itself.
    fn mark_multiples(&mut self, prime: u64, least: Entry, cofactors: Range<usize>) {
        for cofactor in numbers(cofactors.start.max(1)..cofactors.end) {
            let entry = &mut self.entries[rank(prime * cofactor) - 1];
            *entry = match *entry {
                PRIME => least | 1,
                0 => 0,
                known => known ^ 1,
            };
        }
    }

    fn mark_squares(&mut self, limit: u64, prime: u64) {
        for cofactor in numbers(0..rank(limit / prime / prime)) {
            self.entries[rank(prime * prime * cofactor) - 1] = 0;
        }
    }

    /// Returns the residues and entries from rank `first` to `end`, but not beyond the block of 2310 numbers of `first`.
    #[inline(always)]
    pub(super) fn block(&self, first: usize, end: usize) -> (&'static [u32], &[Entry]) {
        let residues = &WHEEL.residues[first % COPRIME..];
        let length = residues.len().min(end - first);
        (&residues[..length], &self.entries[first..first + length])
    }

    /// Returns the entries of a range of ranks.
    #[inline(always)]
    pub(super) fn entries(&self, ranks: Range<usize>) -> &[Entry] {
        &self.entries[ranks]
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Returns the largest entry of a number whose least prime factor is at most the b-th prime.
#[inline(always)]
pub(super) const fn largest_up_to(b: usize) -> Entry {
    (2 * b + 1) as Entry
}

/// Returns the Moebius function of a number that is not divisible by a square.
#[inline(always)]
pub(super) const fn mu(entry: Entry) -> i64 {
    1 - 2 * (entry as i64 & 1)
}

/// Returns how many numbers up to n are coprime to 2310.
#[inline(always)]
pub(super) fn rank(n: u64) -> usize {
    (n / MODULUS) as usize * COPRIME + usize::from(WHEEL.ranks[(n % MODULUS) as usize])
}

/// Returns the numbers coprime to 2310 whose ranks, counted from 0, are in the range.
pub(super) fn numbers(ranks: Range<usize>) -> impl Iterator<Item = u64> {
    ranks.map(number)
}

/// Returns the first number of the block of 2310 numbers that a rank lies in.
#[inline(always)]
pub(super) const fn base(rank: usize) -> u64 {
    (rank / COPRIME) as u64 * MODULUS
}

/// Returns the number of a rank, counted from 0.
#[inline(always)]
pub(super) fn number(rank: usize) -> u64 {
    base(rank) + u64::from(WHEEL.residues[rank % COPRIME])
}
