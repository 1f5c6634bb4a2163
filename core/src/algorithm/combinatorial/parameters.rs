//! The parameters of the combinatorial method.

use serde::{Deserialize, Serialize};

use super::factor_table::FactorTable;
use super::tables::largest_prime;
use crate::Error;
use crate::algorithm::cost::primes_to;
use crate::algorithm::plan::combinatorial_ns;
use crate::crew::{Crew, Memory, largest_that};

/// How pi(x) is split into parts and tiles. Every choice gives the same count; it affects only time and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parameters {
    /// Leaves have at most this value of m; see [`Combinatorial`](super::Combinatorial). A larger y means more easy
    /// leaves, and a shorter sieve. It is between x^(2/5) and the square root of x, and at most 10^11.
    pub y: u64,
    /// The size in bytes of the segments in which hard leaves are counted. 30 numbers take one byte. It is a multiple
    /// of 512, and at most 2^22.
    pub segment: u32,
    /// The size in bytes of a class of a window in which primes are counted; 240 numbers take one byte. It is a multiple
    /// of 64, and at most 2^21.
    pub window: u32,
    /// The approximate number of tiles.
    pub tiles: u32,
}

/// The smallest x that the formula works for. Below, y would have fewer than eight primes.
pub(super) const MIN_X: u128 = 1024;

/// Windows begin after y, and do not contain the primes up to this one, since the sieve crosses them off with their
/// multiples. If y is the root of x, nothing is looked up in windows.
const PRESIEVED: u64 = 149;

/// The largest x: all primes up to x^(2/5) fit in 32 bits.
pub(super) const MAX_X: u128 = (1 << 80) - 1;

impl Parameters {
    /// Returns the parameters for x. Alpha was measured on Zen 3 with AVX2, and is 9.5 at 10^12, 13 at 10^13, 18 at
    /// 10^14, 22 at 10^15 and 27 at 10^16. The optimum is flat: a fifth more or less took up to a tenth longer, and from
    /// 10^13 on no more than the times scatter.
    #[must_use]
    pub fn for_x(x: u128) -> Self {
        let log = (x.max(MIN_X) as f64).ln();
        let alpha = 9.5 + 1.88 * (log - 27.63) + 0.017 * (log - 27.63) * (log - 34.54);
        // Tiles of 0.3 ms or more, but not of more than 30 ms if 128 of a part take longer.
        let cost = combinatorial_ns(x as f64);
        let tiles = (cost / 0.9e6).min(128.0).max(cost / 90e6).clamp(8.0, 65_536.0);
        Self { y: 0, segment: 1 << 17, window: 1 << 15, tiles: tiles as u32 }.with_alpha(x, alpha)
    }

    /// Returns the parameters for x and a crew that take at most `memory` bytes, or as little as possible. Less memory
    /// means a smaller y.
    pub(in crate::algorithm) fn within(memory: u64, x: u128, crew: Crew) -> Self {
        let parameters = Self::for_x(x);
        let fits = |y| Self { y, ..parameters }.memory(x).of(crew) <= memory;
        Self { y: largest_that(fits, bounds_of_y(x).0..=parameters.y), ..parameters }
    }

    /// Returns the parameters with y = alpha x^(1/3), or the nearest y within its bounds.
    #[must_use]
    pub fn with_alpha(self, x: u128, alpha: f64) -> Self {
        let (least, most) = bounds_of_y(x);
        Self { y: ((alpha * (x as f64).cbrt()) as u64).clamp(least, most), ..self }
    }

    /// Returns y / x^(1/3).
    #[must_use]
    pub fn alpha(&self, x: u128) -> f64 {
        self.y as f64 / (x as f64).cbrt()
    }

    /// Checks the values against their bounds.
    ///
    /// # Errors
    /// [`Error::BadTuning`] with the first value that is out of bounds.
    pub fn check(&self, x: u128) -> Result<(), Error> {
        let fault = |reason| Err(Error::BadTuning { reason });
        let (least, most) = bounds_of_y(x);
        if !(least..=most).contains(&self.y) {
            return fault(format!("y is {}, not between {least} and {most}", self.y));
        }
        if self.segment == 0 || !self.segment.is_multiple_of(512) || self.segment > 1 << 22 {
            return fault(format!("the segment is {} bytes, not a multiple of 512 from 512 up to 2^22", self.segment));
        }
        if self.window == 0 || !self.window.is_multiple_of(64) || self.window > 1 << 21 {
            return fault(format!("the window is {} bytes, not a multiple of 64 from 64 up to 2^21", self.window));
        }
        if self.tiles == 0 {
            return fault("there are 0 tiles".to_owned());
        }
        Ok(())
    }

    /// Returns the parameters for x in words, one fact per line.
    pub(in crate::algorithm) fn explain(&self, x: u128) -> String {
        let Self { y, segment, window, tiles } = *self;
        format!(
            "y         {y}: alpha is {:.2}; z = y\n\
             segment   {segment} bytes, for hard leaves\n\
             window    {window} bytes of a class, for B\n\
             tiles     about {tiles} for each of the parts D, A and B",
            self.alpha(x),
        )
    }

    /// Returns the approximate memory of the tables, and of a worker.
    pub(in crate::algorithm) fn memory(&self, x: u128) -> Memory {
        let (number, y) = (x as f64, self.y as f64);
        let hard = 1.5 * f64::from(self.segment) + 28.0 * primes_to(number.powf(0.25));
        let windows = 13.0 * f64::from(self.window) + 8.0 * primes_to((number / y).sqrt());
        // An entry for each number coprime to 2310, and a word for every 128 numbers.
        let tables = y * (2.0 * 480.0 / 2310.0 + 16.0 / 128.0);
        Memory { kernel: tables + 12.0 * primes_to(number.powf(0.4)), scratch: hard + windows }
    }
}

fn bounds_of_y(x: u128) -> (u64, u64) {
    let x = x.clamp(MIN_X, MAX_X);
    let root = x.isqrt() as u64;
    (largest_prime(x).max(root.min(PRESIEVED)), root.min(FactorTable::MAX_LIMIT))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn less_memory_means_a_smaller_y_within_its_bounds() {
        for x in [10_u128.pow(6), 10_u128.pow(15), 10_u128.pow(20), MAX_X] {
            let best = Parameters::for_x(x);
            for crew in [1, 2, 64].map(|workers| NonZeroUsize::new(workers).unwrap()) {
                for crew in [Crew::together(crew), Crew::apart(crew)] {
                    let needed = best.memory(x).of(crew);
                    assert_eq!(Parameters::within(needed, x, crew), best);
                    let least = Parameters::within(0, x, crew);
                    assert_eq!((least.check(x), least.y), (Ok(()), bounds_of_y(x).0));
                    let between = needed.midpoint(least.memory(x).of(crew));
                    let lean = Parameters::within(between, x, crew);
                    assert_eq!(lean.check(x), Ok(()));
                    assert!(lean.memory(x).of(crew) <= between, "{x}: {lean:?}");
                }
            }
        }
    }
}
