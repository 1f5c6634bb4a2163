//! The tables that all tiles share.

use super::division::Reciprocal;
use super::factor_table::FactorTable;
use super::roots::root;
use crate::algorithm::pi_table::PiTable;
use crate::allocation::with_capacity;
use crate::{Pulse, Stopped};

/// How many primes are listed between two beats.
const PRIMES_PER_BEAT: usize = 1 << 12;

/// What all parts of the formula look up. Built once, and only read from then on.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) x: u128,
    pub(super) y: u64,
    /// pi(y).
    pub(super) a: u64,
    /// The fourth root of x: all special leaves of larger primes are easy.
    pub(super) x_star: u64,
    /// The cube root of x.
    pub(super) cube_root: u64,
    /// The b-th prime at index b, up to x^(2/5). Index 0 holds no prime.
    pub(super) primes: Vec<u32>,
    /// The reciprocals of `primes`.
    pub(super) reciprocals: Vec<Reciprocal>,
    /// pi(n) for n up to y.
    pub(super) pi: PiTable,
    /// Factors of the numbers up to y.
    pub(super) factors: FactorTable,
}

impl Tables {
    /// Builds the tables. y lies between x^(2/5) and the square root of x.
    pub(super) fn new<P: Pulse>(x: u128, y: u64, pulse: &P) -> Result<Self, Stopped> {
        let pi = PiTable::new(y, pulse)?;
        let most = largest_prime(x);
        // Without room for all, the lists would grow to up to twice their size.
        let count = pi.pi(most) as usize + 1;
        let (mut primes, mut reciprocals) =
            (with_capacity("the primes", count), with_capacity("the reciprocals of the primes", count));
        // The first entries are never looked up. They only need values that fit the types.
        primes.push(0);
        reciprocals.push(Reciprocal::of(3));
        for prime in pi.primes(most) {
            if primes.len() % PRIMES_PER_BEAT == 0 {
                pulse.beat()?;
            }
            primes.push(prime as u32);
            reciprocals.push(Reciprocal::of(primes[primes.len() - 1].max(3)));
        }
        let factors = FactorTable::new(y, pi.primes(y).skip(5), pulse)?;
        let (x_star, cube_root) = (root(x, 4) as u64, root(x, 3) as u64);
        Ok(Self { x, y, a: pi.pi(y), x_star, cube_root, primes, reciprocals, pi, factors })
    }

    /// Returns the b-th prime.
    #[inline(always)]
    pub(super) fn prime(&self, b: usize) -> u64 {
        self.primes[b].into()
    }
}

/// Returns the largest prime that any part of the formula takes from the list: x^(2/5), rounded up.
pub(super) fn largest_prime(x: u128) -> u64 {
    // The square of x may not fit, so take the fifth root first, and make sure that its square is not too small.
    let fifth = root(x, 5) as u64 + 1;
    fifth * fifth
}
