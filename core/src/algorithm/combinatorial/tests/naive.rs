//! The terms of the formula, found one by one from their definitions.

use super::cases::is_prime;

/// Prime numbers, and what can be counted with them.
pub(super) struct Naive {
    /// The primes up to the largest number that is asked for, in ascending order.
    primes: Vec<u64>,
}

/// A special leaf x / (p m).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The index of p among the primes, counted from 1.
    pub(super) b: usize,
    pub(super) m: u64,
    /// The Moebius function of p m, which is minus that of m.
    pub(super) sign: i128,
    /// phi(x / (p m), b - 1).
    pub(super) phi: i128,
}

impl Naive {
    /// Finds the primes up to `limit`.
    pub(super) fn new(limit: u64) -> Self {
        Self { primes: (2..=limit).filter(|&n| is_prime(n)).collect() }
    }

    /// Returns pi(n), for n up to the limit.
    pub(super) fn pi(&self, n: u64) -> u64 {
        self.primes.partition_point(|&prime| prime <= n) as u64
    }

    /// Returns the b-th prime.
    pub(super) fn prime(&self, b: usize) -> u64 {
        self.primes[b - 1]
    }

    /// Returns the primes above `after` and up to `last`.
    pub(super) fn primes(&self, after: u64, last: u64) -> &[u64] {
        &self.primes[self.pi(after) as usize..self.pi(last) as usize]
    }

    /// Returns how many numbers from 1 to n none of the first `a` primes divides.
    pub(super) fn phi(&self, n: u64, a: usize) -> u64 {
        if a == 0 || n == 0 {
            return n;
        }
        if n <= self.prime(a) {
            return 1; // The prime factors of all other numbers are among the first a primes.
        }
        self.phi(n, a - 1) - self.phi(n / self.prime(a), a - 1)
    }

    /// Returns the Moebius function of m, or 0 if the b-th prime or a smaller one divides it.
    pub(super) fn mu(&self, mut m: u64, b: usize) -> i128 {
        let mut mu = 1;
        for (index, &prime) in (1..).zip(&self.primes) {
            if m == 1 {
                break;
            }
            if m.is_multiple_of(prime) {
                m /= prime;
                mu = -mu;
                if index <= b || m.is_multiple_of(prime) {
                    return 0;
                }
            }
        }
        mu
    }

    /// Returns the special leaves of the primes above 19 and up to y.
    pub(super) fn special_leaves(&self, x: u64, y: u64) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        for b in 9..=self.pi(y) as usize {
            let p = self.prime(b);
            for m in (y / p).max(p) + 1..=y {
                let sign = -self.mu(m, b);
                if sign != 0 {
                    leaves.push(Leaf { b, m, sign, phi: self.phi(x / (p * m), b - 1).into() });
                }
            }
        }
        leaves
    }

    /// Returns whether the leaf's phi counts no composites.
    pub(super) fn is_easy(&self, x: u64, leaf: &Leaf) -> bool {
        leaf.m > x / self.prime(leaf.b).pow(3)
    }
}
