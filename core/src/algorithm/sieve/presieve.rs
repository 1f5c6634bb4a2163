//! Pre-sieving: the multiples of the smallest primes are crossed off all at once, by the logical and of repeating
//! patterns.
//!
//! In a class, the multiples of two primes p and q make a pattern that repeats every p q bits, and so every p q bytes.
//! There are sixteen such patterns of two primes each; on the wheel of 2310 they take 105 KiB. All classes use the same
//! patterns. Only the position in the pattern at which a class begins differs. 48 primes were no faster than 32, in
//! patterns of two primes or of one (1e9 and 1e10, Zen 4).

use std::sync::OnceLock;

use super::wheel::{Wheel, inverse};

/// The number of patterns that one pass over the bits combines.
const PASS: usize = 8;

/// The number of passes.
const PASSES: usize = 2;

const PATTERNS: usize = PASS * PASSES;

/// The number of bytes of each pattern that are combined at a time.
const STRIP: usize = 2048;

/// The patterns of the smallest primes that do not divide the wheel's modulus.
#[derive(Debug)]
pub(super) struct Presieve {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    primes: [u32; 2],
    /// 1/8 modulo each prime.
    eighths: [u32; 2],
    /// 1/(8 modulus) modulo each prime, where the modulus is the wheel's.
    class_steps: [u32; 2],
    /// The inverse of the first prime modulo the second.
    inverse: u32,
    /// The least multiple of the product of the primes that is not less than a strip.
    period: usize,
    /// One period and one strip, so that a strip can begin anywhere in the period.
    bytes: Vec<u8>,
}

impl Presieve {
    /// Returns the patterns for a wheel. They are computed once per process.
    pub(super) fn of(wheel: &'static Wheel) -> &'static Self {
        static MADE: [OnceLock<Presieve>; 4] = [const { OnceLock::new() }; 4];
        let index = Wheel::index(wheel.modulus).expect("every wheel has a known modulus");
        MADE[index].get_or_init(|| Self::new(wheel))
    }

    fn new(wheel: &Wheel) -> Self {
        let primes: Vec<u32> = primes_from(wheel.primes[wheel.primes.len() - 1] + 1).take(2 * PATTERNS).collect();
        // Pair a small prime with a large one, so that all periods have about the same length.
        let pairs = (0..PATTERNS).map(|k| [primes[k], primes[primes.len() - 1 - k]]);
        Self { patterns: pairs.map(|primes| Pattern::new(primes, wheel)).collect() }
    }

    /// Returns the primes whose multiples are crossed off, in no particular order.
    pub(super) fn primes(&self) -> impl Iterator<Item = u32> {
        self.patterns.iter().flat_map(|pattern| pattern.primes)
    }

    /// Finds the positions in the patterns at which a class begins, given its residue and the index of its first bit.
    pub(super) fn find_positions(&self, class: u32, first: u64, positions: &mut Positions) {
        for (position, pattern) in positions.0.iter_mut().zip(&self.patterns) {
            *position = pattern.position(class, first);
        }
    }

    /// Sets all bits, except the multiples of the patterns' primes, and advances the positions. The number of bytes
    /// must be a multiple of 64.
    #[inline(always)]
    pub(super) fn fill(&self, bytes: &mut [u8], positions: &mut Positions) {
        for strip in bytes.chunks_mut(STRIP) {
            for pass in 0..PASSES {
                let length = strip.len();
                let mut here = [&[][..]; PASS];
                let patterns = self.patterns.iter().zip(&positions.0).skip(pass * PASS);
                for (here, (pattern, &position)) in here.iter_mut().zip(patterns) {
                    *here = &pattern.bytes[position..][..length];
                }
                let here = here.map(|pattern| pattern.as_chunks::<64>().0);
                let vectors = strip.as_chunks_mut::<64>().0;
                let here = here.map(|pattern| &pattern[..vectors.len()]);
                for (index, vector) in vectors.iter_mut().enumerate() {
                    let mut all = if pass == 0 { [0xff; 64] } else { *vector };
                    for pattern in here {
                        for (all, byte) in all.iter_mut().zip(&pattern[index]) {
                            *all &= byte;
                        }
                    }
                    *vector = all;
                }
            }
            for (position, pattern) in positions.0.iter_mut().zip(&self.patterns) {
                let next = *position + strip.len();
                *position = next.min(next.wrapping_sub(pattern.period));
            }
        }
    }
}

/// The byte of each pattern at which the next bytes of a class begin.
#[derive(Debug, Default)]
pub(super) struct Positions([usize; PATTERNS]);

impl Pattern {
    fn new(primes: [u32; 2], wheel: &Wheel) -> Self {
        let period = STRIP.next_multiple_of((primes[0] * primes[1]) as usize);
        let mut bytes = vec![0xff; period + STRIP];
        for prime in primes {
            for bit in (0..bytes.len() * 8).step_by(prime as usize) {
                bytes[bit / 8] &= !(1 << (bit % 8));
            }
        }
        Self {
            primes,
            eighths: primes.map(|prime| inverse(8 % prime, prime)),
            class_steps: primes.map(|prime| inverse(8 * wheel.modulus % prime, prime)),
            inverse: inverse(primes[0] % primes[1], primes[1]),
            period,
            bytes,
        }
    }

    /// Finds the byte b of the pattern at which a class begins.
    ///
    /// Bit i of the class, which stands for class + modulus (first + i), must be a multiple of a prime if and only if
    /// bit 8 b + i of the pattern is. So 8 b = first + class / modulus modulo both primes. The Chinese remainder theorem
    /// gives b.
    fn position(&self, class: u32, first: u64) -> usize {
        let [b, c] = [0, 1].map(|k| {
            let [prime, eighth, step] = [self.primes[k], self.eighths[k], self.class_steps[k]].map(u64::from);
            (u64::from(class) * step + first % prime * eighth) % prime
        });
        let [p, q] = self.primes.map(u64::from);
        (b + p * ((c + q - b % q) * u64::from(self.inverse) % q)) as usize
    }
}

fn primes_from(first: u32) -> impl Iterator<Item = u32> {
    (first..).filter(|&n| (2..=n.isqrt()).all(|divisor| !n.is_multiple_of(divisor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_multiples_of_its_primes_are_crossed_off() {
        for modulus in Wheel::MODULI {
            let wheel = Wheel::of(modulus).unwrap();
            let presieve = Presieve::of(wheel);
            let primes: Vec<u64> = presieve.primes().map(u64::from).collect();
            for (class, first) in [(1, 0), (wheel.classes[5], 0), (wheel.classes[3], 1_000_001), (29, 1 << 45)] {
                let mut positions = Positions::default();
                presieve.find_positions(class, first, &mut positions);
                // A strip, a shorter one, and one that follows it.
                for (begin, length) in [(0, STRIP + 64), (STRIP + 64, 128)] {
                    let mut bytes = vec![0; length];
                    presieve.fill(&mut bytes, &mut positions);
                    for bit in 0..length * 8 {
                        let number = u64::from(class) + u64::from(modulus) * (first + (8 * begin + bit) as u64);
                        let divided = primes.iter().any(|&prime| number.is_multiple_of(prime));
                        assert_eq!(bytes[bit / 8] >> (bit % 8) & 1 == 0, divided, "{number} on the wheel {modulus}");
                    }
                }
            }
        }
    }
}
