//! The partial result: one monoid for each part of the formula, and their product.

use serde::{Deserialize, Serialize};

use crate::Monoid;

/// Sums over neighbouring windows of numbers, in which pi counts from the start of the first window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WindowSums {
    /// The number of primes in the windows.
    pub(super) primes: u64,
    /// The easy leaves with two primes.
    pub(super) easy: Lookups,
    /// B.
    pub(super) large: Lookups,
}

/// A sum of values of pi.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lookups {
    pub(super) sum: u128,
    pub(super) count: u64,
}

impl Lookups {
    /// Adds the lookups of later windows, given the number of primes in these.
    fn then(&self, later: &Self, primes: u64) -> Self {
        Self { sum: self.sum + later.sum_from(primes), count: self.count + later.count }
    }

    /// Returns the sum if there are this many primes before the first window.
    pub(super) fn sum_from(&self, primes: u64) -> u128 {
        self.sum + u128::from(self.count) * u128::from(primes)
    }
}

impl Monoid for WindowSums {
    fn identity() -> Self {
        Self::default()
    }

    fn combine(self, later: Self) -> Self {
        Self {
            easy: self.easy.then(&later.easy, self.primes),
            large: self.large.then(&later.large, self.primes),
            primes: self.primes + later.primes,
        }
    }
}

/// The hard leaves over neighbouring segments of numbers, in which phi counts from the start of the first segment.
///
/// Index i stands for the prime with index `SMALL_PRIMES` + 1 + i.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HardLeaves {
    /// The sum of -mu(m) phi(x / (p m), b - 1).
    pub(super) sum: i128,
    /// For each prime, how many of the numbers no smaller prime divides. Primes without leaves here and later may be
    /// missing.
    pub(super) left: Vec<u64>,
    /// For each prime, the sum of -mu(m) over its leaves. Primes without leaves here may be missing.
    pub(super) weights: Vec<i64>,
}

impl Monoid for HardLeaves {
    fn identity() -> Self {
        Self::default()
    }

    fn combine(mut self, later: Self) -> Self {
        if self == Self::identity() {
            return later;
        }
        if later == Self::identity() {
            return self;
        }
        assert!(later.weights.len() <= self.left.len(), "earlier segments count for all leaves of later segments");
        let moved = later.weights.iter().zip(&self.left).map(|(&weight, &left)| i128::from(weight) * i128::from(left));
        self.sum += later.sum + moved.sum::<i128>();
        // Only the primes that both know stay known.
        self.left.truncate(later.left.len());
        self.left.iter_mut().zip(&later.left).for_each(|(left, later)| *left += later);
        if self.weights.len() < later.weights.len() {
            self.weights.resize(later.weights.len(), 0);
        }
        self.weights.iter_mut().zip(&later.weights).for_each(|(weight, later)| *weight += later);
        self
    }
}

/// What some tiles of [`Combinatorial`](super::Combinatorial) contribute to pi(x).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CombinatorialSums {
    /// A, C, Phi0 and Sigma, which are plain sums.
    pub(super) plain: i128,
    pub(super) windows: WindowSums,
    pub(super) hard: HardLeaves,
}

impl Monoid for CombinatorialSums {
    fn identity() -> Self {
        Self::default()
    }

    fn combine(self, later: Self) -> Self {
        Self {
            plain: self.plain + later.plain,
            windows: self.windows.combine(later.windows),
            hard: self.hard.combine(later.hard),
        }
    }
}

impl CombinatorialSums {
    /// Returns pi(x) from the sums of all tiles, given pi(y).
    pub(super) fn total(&self, a: u64) -> i128 {
        let WindowSums { easy, large, .. } = &self.windows;
        let count = i128::from(large.count);
        // P2 subtracts pi(x / p) - (b - 1) for the primes p > y, where p is the b-th prime: from the a + 1st on.
        let indices = count * i128::from(a) + count * (count - 1) / 2;
        let p2 = large.sum_from(a) as i128 - indices;
        self.plain + self.hard.sum + easy.sum_from(a) as i128 - p2
    }
}
