//! The parameters of the combinatorial method.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::factor_table::FactorTable;
use super::roots::root;
use super::tables::largest_prime;
use crate::Error;

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
    /// Returns the parameters for x.
    #[must_use]
    pub fn for_x(x: u128) -> Self {
        let log = (x.max(MIN_X) as f64).ln();
        let alpha = 9.5 + 1.88 * (log - 27.63) + 0.017 * (log - 27.63) * (log - 34.54);
        Self { y: 0, segment: 1 << 17, window: 1 << 15, tiles: 256 }.with_alpha(x, alpha)
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
}

fn bounds_of_y(x: u128) -> (u64, u64) {
    let x = x.clamp(MIN_X, MAX_X);
    let root = root(x, 2) as u64;
    (largest_prime(x).max(root.min(PRESIEVED)), root.min(FactorTable::MAX_LIMIT))
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "y         {}", self.y)?;
        write!(f, "segment   {} bytes", self.segment)
    }
}
