//! Pre-sieving: the smallest primes are crossed off all at once, by the logical and of repeating patterns.
//!
//! The multiples of two primes p and q make a pattern in a class that repeats every p q bits, and so every p q bytes.
//! Sixteen such patterns of two primes each, 105 KiB in all on the wheel of 2310, serve every class: only where in the
//! pattern it begins differs. 48 primes were no faster than 32, in patterns of two
//! primes or of one (1e9 and 1e10, Zen 4).

use std::sync::OnceLock;

use super::wheel::{Wheel, inverse};

/// Patterns that one pass over the bits goes through.
const PASS: usize = 8;

/// Passes.
const PASSES: usize = 2;

const PATTERNS: usize = PASS * PASSES;

/// Bytes of each pattern that are used at a time.
const BLOCK: usize = 2048;

/// The patterns of the smallest primes that a wheel leaves.
#[derive(Debug)]
pub(super) struct Presieve {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    primes: [u32; 2],
    /// 1/8 modulo each prime.
    eighths: [u32; 2],
    /// 1/(8 modulus) modulo each prime, with the wheel's modulus.
    turns: [u32; 2],
    /// The inverse of the first prime modulo the second.
    inverse: u32,
    /// The least multiple of the product of the primes that is no less than a block.
    period: usize,
    /// One period and one block more, so that a block may begin anywhere in the period.
    bytes: Vec<u8>,
}

impl Presieve {
    /// The patterns for a wheel; made once a process.
    pub(super) fn of(wheel: &'static Wheel) -> &'static Self {
        static MADE: [OnceLock<Presieve>; 4] = [const { OnceLock::new() }; 4];
        let index = Wheel::index(wheel.modulus).expect("a wheel is one of the known moduli");
        MADE[index].get_or_init(|| Self::new(wheel))
    }

    fn new(wheel: &Wheel) -> Self {
        let primes: Vec<u32> = primes_from(wheel.primes[wheel.primes.len() - 1] + 1).take(2 * PATTERNS).collect();
        // Small with large, so that all periods are of about the same length.
        let pairs = (0..PATTERNS).map(|k| [primes[k], primes[primes.len() - 1 - k]]);
        Self { patterns: pairs.map(|primes| Pattern::new(primes, wheel)).collect() }
    }

    /// The primes whose multiples it crosses off, in no order.
    pub(super) fn primes(&self) -> impl Iterator<Item = u32> {
        self.patterns.iter().flat_map(|pattern| pattern.primes)
    }

    /// Where in each pattern a class begins, for its residue and the index of its first bit.
    pub(super) fn start(&self, class: u32, first: u64, phases: &mut Phases) {
        for (phase, pattern) in phases.0.iter_mut().zip(&self.patterns) {
            *phase = pattern.phase(class, first);
        }
    }

    /// Sets the bytes, but for the multiples of the patterns' primes; goes on with the phases behind them.
    #[inline(always)]
    pub(super) fn fill(&self, bytes: &mut [u8], phases: &mut Phases) {
        for block in bytes.chunks_mut(BLOCK) {
            for pass in 0..PASSES {
                let length = block.len();
                let mut here = [&[][..]; PASS];
                let patterns = self.patterns.iter().zip(&phases.0).skip(pass * PASS);
                for (here, (pattern, &phase)) in here.iter_mut().zip(patterns) {
                    *here = &pattern.bytes[phase..][..length];
                }
                let here = here.map(|pattern| pattern.as_chunks::<64>().0);
                let lines = block.as_chunks_mut::<64>().0;
                let here = here.map(|pattern| &pattern[..lines.len()]);
                for (index, line) in lines.iter_mut().enumerate() {
                    let mut all = if pass == 0 { [0xff; 64] } else { *line };
                    for pattern in here {
                        for (all, byte) in all.iter_mut().zip(&pattern[index]) {
                            *all &= byte;
                        }
                    }
                    *line = all;
                }
            }
            for (phase, pattern) in phases.0.iter_mut().zip(&self.patterns) {
                let next = *phase + block.len();
                *phase = next.min(next.wrapping_sub(pattern.period));
            }
        }
    }
}

/// At which byte of each pattern the next bytes of a class begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Phases([usize; PATTERNS]);

impl Pattern {
    fn new(primes: [u32; 2], wheel: &Wheel) -> Self {
        let period = BLOCK.next_multiple_of((primes[0] * primes[1]) as usize);
        let mut bytes = vec![0xff; period + BLOCK];
        for prime in primes {
            for bit in (0..bytes.len() * 8).step_by(prime as usize) {
                bytes[bit / 8] &= !(1 << (bit % 8));
            }
        }
        Self {
            primes,
            eighths: primes.map(|prime| inverse(8 % prime, prime)),
            turns: primes.map(|prime| inverse(8 * wheel.modulus % prime, prime)),
            inverse: inverse(primes[0] % primes[1], primes[1]),
            period,
            bytes,
        }
    }

    /// The byte b of the pattern where a class begins: bit i of the class, class + modulus (first + i), is a
    /// multiple of a prime if and only if bit 8 b + i is one of it; so 8 b = first + class / modulus modulo both
    /// primes, and b is put together by the Chinese remainder theorem.
    fn phase(&self, class: u32, first: u64) -> usize {
        let [b, c] = [0, 1].map(|k| {
            let [prime, eighth, turn] = [self.primes[k], self.eighths[k], self.turns[k]].map(u64::from);
            (u64::from(class) * turn + first % prime * eighth) % prime
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
                let mut phases = Phases::default();
                presieve.start(class, first, &mut phases);
                // Blocks, a shorter one, and one behind that.
                for (begin, length) in [(0, BLOCK + 64), (BLOCK + 64, 128)] {
                    let mut bytes = vec![0; length];
                    presieve.fill(&mut bytes, &mut phases);
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
