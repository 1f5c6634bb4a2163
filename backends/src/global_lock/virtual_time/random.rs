//! Random numbers that are the same for the same seed.

use std::time::Duration;

use super::{Time, nanoseconds};

/// `SplitMix64`: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A random number below `count`, which must not be 0.
    pub(super) const fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    /// A time that deviates from `time` by at most `part` of it.
    pub(super) fn spread(&mut self, time: Duration, part: f64) -> Time {
        let even = (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
        nanoseconds(time.mul_f64(1.0 + even * part))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}
