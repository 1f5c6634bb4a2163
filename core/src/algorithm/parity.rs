//! Checks whether pi(x) is odd or even, without a sieve and without any table that an algorithm for pi(x) uses.
//!
//! Let w(n) be the number of different primes that divide n. Then 2^w(n) is 1 if n = 1, it is 2 if n is a power of a
//! prime, and otherwise it is a multiple of 4. With pi(x^(1/k)) rounded as usual, this gives
//!
//! sum over n <= x of 2^w(n) = 1 + 2 (pi(x) + pi(x^(1/2)) + pi(x^(1/3)) + ..)   (mod 4).
//!
//! Let tau(n) be the number of divisors of n, and mu the Moebius function. 2^w(n) is the sum of mu(d) tau(n / d²) over
//! all d whose square divides n. So the left side is the sum of mu(d) D(x / d²) over all d <= sqrt(x), where D(n) is
//! the sum of tau up to n. It counts the lattice points under a hyperbola: with r = floor(sqrt(n)),
//!
//! D(n) = 2 (floor(n / 1) + floor(n / 2) + .. + floor(n / r)) - r².
//!
//! Modulo 4, only the lowest bit of each quotient matters, and r² is the lowest bit of r.
//!
//! Time: O(sqrt(x) log x), about 0.3 sqrt(x) ln(x) divisions. Memory: 1 MiB for each worker, and 4 bytes for each prime
//! up to x^(1/4).
//!
//! Source: T. Tao, E. Croot and H. Helfgott, "Deterministic methods to find primes", Mathematics of Computation 81
//! (2012), which computes the parity of pi(x) from the same sum.

mod moebius;
mod octaves;
#[cfg(test)]
mod tests;

use std::iter;
use std::ops::RangeInclusive;

use moebius::Moebius;
use octaves::Octaves;
use serde::{Deserialize, Serialize};

use super::odd_sieve::odd_primes_up_to;
use crate::{Error, JobSpec, Kernel, Monoid, Pulse, Stopped, guard};

const PHASE: &str = "parity";

/// The approximate number of divisions in a tile: a few milliseconds of work, or about 15 ms where the dividends do not
/// fit in 64 bits.
const WORK_PER_TILE: u64 = 1 << 20;

/// The number of divisions between two beats: a tenth of a millisecond, or a little more for wide dividends.
const WORK_PER_BEAT: u64 = 1 << 14;

/// Finds whether pi(x) is odd. The result checks any other way to count the primes up to x.
///
/// The fold over all tiles is a sum modulo 4. With the counts of the primes up to the [roots](Parity::roots) of x, it
/// [tells](Parity::is_pi_odd) whether pi(x) is odd.
///
/// ```
/// use primelanes_core::algorithm::{Parity, pi_by_lucy};
/// use primelanes_core::{Control, Error, Kernel, Stopped, fold_tiles};
///
/// let kernel = Parity::new(1_000_000, &Control::new())?;
/// let sum = fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new());
/// let sum = sum.map_err(|Stopped| Error::Cancelled)?;
/// let pi_of_roots = kernel.roots().map(pi_by_lucy).sum();
/// // pi(10^6) is 78498.
/// assert_eq!(kernel.is_pi_odd(sum, pi_of_roots), Some(false));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parity {
    x: u128,
    /// The square root of x, rounded down, which is the largest d.
    root: u64,
    octaves: Octaves,
    /// The odd primes up to the square root of the largest d.
    primes: Vec<u32>,
}

impl Parity {
    /// The largest x: 2^96 - 1. Its check takes about 6 * 10^15 divisions.
    pub const MAX: u128 = (1 << 96) - 1;

    /// Creates the kernel for pi(`x`). The constructor finds the primes up to the fourth root of `x`, and beats the
    /// pulse meanwhile.
    ///
    /// # Errors
    /// - [`Error::OutOfRange`] if `x` is larger than [`MAX`](Self::MAX).
    /// - [`Error::OutOfMemory`] if there is no memory for the primes.
    /// - [`Error::Cancelled`] if the pulse stopped the search for primes.
    pub fn new<P: Pulse>(x: u128, pulse: &P) -> Result<Self, Error> {
        Self::with_tiles_of(WORK_PER_TILE, x, pulse)
    }

    /// Creates the kernel with about `work` divisions per tile.
    fn with_tiles_of<P: Pulse>(work: u64, x: u128, pulse: &P) -> Result<Self, Error> {
        if x > Self::MAX {
            return Err(Error::OutOfRange { algorithm: PHASE.into(), max: Self::MAX, end: x });
        }
        let root = x.isqrt() as u64;
        let primes = guard(PHASE, || odd_primes_up_to(root.isqrt(), pulse).map_err(|Stopped| Error::Cancelled))?;
        Ok(Self { x, root, octaves: Octaves::new(root, work), primes })
    }

    /// Returns the square root of x, its cube root and so on, each rounded down, as long as they are at least 2.
    pub fn roots(&self) -> impl Iterator<Item = u64> {
        let x = self.x;
        (2..).map(move |k| integer_root(x, k)).take_while(|&root| root >= 2)
    }

    /// Returns whether pi(x) is odd. `sum` is the fold over all tiles, and `pi_of_roots` is the sum of pi over the
    /// [roots](Self::roots).
    ///
    /// The result is `None` if no count of primes leads to this sum. Then some tiles are missing or wrong.
    #[must_use]
    pub fn is_pi_odd(&self, sum: SumModulo4, pi_of_roots: u64) -> Option<bool> {
        // If x = 0, there is not even n = 1 to count.
        let SumModulo4(twice) = sum.combine(SumModulo4::from(-i64::from(self.x > 0)));
        twice.is_multiple_of(2).then_some(u64::from(twice / 2) != pi_of_roots % 2)
    }
}

/// A sum modulo 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumModulo4(u8);

impl From<i64> for SumModulo4 {
    fn from(number: i64) -> Self {
        Self(number.rem_euclid(4) as u8)
    }
}

impl Monoid for SumModulo4 {
    fn identity() -> Self {
        Self(0)
    }

    fn combine(self, later: Self) -> Self {
        // 256 is a multiple of 4, so it does no harm if the sum wraps around.
        Self(self.0.wrapping_add(later.0) % 4)
    }
}

/// The Moebius function of the numbers of a tile. Its memory is reused from tile to tile.
#[derive(Clone, Debug)]
pub struct ParityScratch(Moebius);

impl Kernel for Parity {
    type Scratch = ParityScratch;
    type Partial = SumModulo4;

    fn phase(&self) -> &'static str {
        PHASE
    }

    fn tiles(&self) -> u64 {
        self.octaves.tiles()
    }

    fn spec(&self) -> Option<JobSpec> {
        Some(JobSpec::Parity { x: self.x })
    }

    fn scratch(&self) -> ParityScratch {
        ParityScratch(Moebius::default())
    }

    fn tile<P: Pulse>(&self, index: u64, scratch: &mut ParityScratch, pulse: &P) -> Result<SumModulo4, Stopped> {
        let ParityScratch(moebius) = scratch;
        let mut meter = Meter { pulse, work: 0 };
        let (divisors, slice) = self.octaves.tile(index);
        moebius.fill(&divisors, &self.primes, &mut meter)?;
        let mut sum = 0;
        for (d, mu) in moebius.values().filter(|&(_, mu)| mu != 0) {
            // This rounds like x / d², and like the root of x / d².
            let (n, r) = (self.x / u128::from(d) / u128::from(d), self.root / d);
            meter.add(3)?;
            // 2 and -2 are the same, so the sign of mu does not matter here.
            sum += 2 * i64::from(is_sum_of_quotients_odd(n, slice.of(r), &mut meter)?);
            if slice.is_first() {
                sum -= mu * (r % 2) as i64;
            }
        }
        Ok(SumModulo4::from(sum))
    }
}

/// Counts work, and beats the pulse when it is due.
struct Meter<'p, P> {
    pulse: &'p P,
    work: u64,
}

impl<P: Pulse> Meter<'_, P> {
    /// Adds work that is done. The unit is one division.
    fn add(&mut self, work: u64) -> Result<(), Stopped> {
        self.work += work;
        if self.work < WORK_PER_BEAT {
            return Ok(());
        }
        self.work = 0;
        self.pulse.beat()
    }
}

/// Returns whether the sum of floor(n / i) over a range of i is odd.
fn is_sum_of_quotients_odd<P: Pulse>(
    n: u128,
    range: RangeInclusive<u64>,
    meter: &mut Meter<'_, P>,
) -> Result<bool, Stopped> {
    let (mut first, end) = (*range.start(), range.end() + 1);
    let narrow = u64::try_from(n);
    let mut bits = 0;
    while first < end {
        let next = end.min(first + WORK_PER_BEAT);
        bits ^= match narrow {
            Ok(n) => (first..next).fold(0, |bits, i| bits ^ (n / i)),
            Err(_) => (first..next).fold(0, |bits, i| bits ^ (n / u128::from(i)) as u64),
        };
        meter.add(next - first)?;
        first = next;
    }
    Ok(bits % 2 == 1)
}

/// Returns the largest number whose `k`-th power is at most `x`, for k >= 2.
fn integer_root(x: u128, k: u32) -> u64 {
    let fits = |root: u64| u128::from(root).checked_pow(k).is_some_and(|power| power <= x);
    // Bit by bit, from the top.
    iter::successors(Some(1 << 63), |bit| Some(bit / 2).filter(|&bit| bit > 0))
        .fold(0, |root, bit: u64| if fits(root | bit) { root | bit } else { root })
}
