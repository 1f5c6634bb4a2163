//! Wheels: which residue classes a sieve leaves out from the start, and which it keeps.

use std::sync::OnceLock;

/// A wheel: the product of the first few primes, and the residue classes coprime to it. All larger primes lie in these
/// classes.
#[derive(Debug)]
pub(super) struct Wheel {
    /// The product.
    pub(super) modulus: u32,
    /// Its prime factors, ascending.
    pub(super) primes: &'static [u32],
    /// The residues coprime to it, ascending. The first is 1, and all are odd.
    pub(super) classes: Vec<u32>,
    /// For each class, the inverse of -class modulo the modulus. All other elements are 0.
    inverses: Vec<u32>,
}

/// The first primes.
const PRIMES: [u32; 6] = [2, 3, 5, 7, 11, 13];

impl Wheel {
    /// The products of the first three, four, five and six primes.
    pub(super) const MODULI: [u32; 4] = [30, 210, 2310, 30030];

    /// Returns the wheel of a modulus. `None` if the modulus is not one of [`MODULI`](Self::MODULI).
    pub(super) fn of(modulus: u32) -> Option<&'static Self> {
        static WHEELS: [OnceLock<Wheel>; 4] = [const { OnceLock::new() }; 4];
        let index = Self::index(modulus)?;
        Some(WHEELS[index].get_or_init(|| Self::new(modulus, &PRIMES[..3 + index])))
    }

    /// Returns the index of the modulus in [`MODULI`](Self::MODULI).
    pub(super) fn index(modulus: u32) -> Option<usize> {
        Self::MODULI.iter().position(|&known| known == modulus)
    }

    /// Returns the number of classes that the wheel of a modulus keeps: Euler's totient.
    pub(super) fn totient(modulus: u32) -> u64 {
        let factors = PRIMES.into_iter().filter(|&prime| modulus.is_multiple_of(prime));
        factors.map(|prime| u64::from(prime) - 1).product()
    }

    fn new(modulus: u32, primes: &'static [u32]) -> Self {
        let coprime = |residue: &u32| primes.iter().all(|&prime| !residue.is_multiple_of(prime));
        let classes: Vec<u32> = (1..modulus).step_by(2).filter(coprime).collect();
        let mut inverses = vec![0; modulus as usize];
        for &class in &classes {
            inverses[class as usize] = inverse(modulus - class, modulus);
        }
        Self { modulus, primes, classes, inverses }
    }

    /// Returns the inverse of the modulus modulo a prime that does not divide it.
    ///
    /// If k is the inverse of -prime modulo the modulus, the result is (1 + k prime) / modulus.
    pub(super) fn inverse(&self, prime: u32) -> u32 {
        let modulus = u64::from(self.modulus);
        let k = self.inverses[(prime % self.modulus) as usize];
        ((1 + u64::from(k) * u64::from(prime)) / modulus) as u32
    }
}

/// Returns the inverse of `number` modulo `modulus`, by the extended Euclidean algorithm. The two must be coprime.
pub(super) fn inverse(number: u32, modulus: u32) -> u32 {
    let (mut old, mut new) = ((modulus, 0_i64), (number % modulus, 1_i64));
    while new.0 > 1 {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 - quotient * new.0, old.1 - i64::from(quotient) * new.1));
    }
    new.1.rem_euclid(i64::from(modulus)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_keep_the_coprime_classes() {
        assert_eq!(Wheel::of(30).unwrap().classes, [1, 7, 11, 13, 17, 19, 23, 29]);
        for modulus in Wheel::MODULI {
            let wheel = Wheel::of(modulus).unwrap();
            assert_eq!(wheel.primes.iter().product::<u32>(), modulus);
            assert_eq!(wheel.classes.len() as u64, Wheel::totient(modulus));
        }
        assert!(Wheel::of(42).is_none());
    }

    #[test]
    fn inverses_are_inverse() {
        for modulus in Wheel::MODULI {
            let wheel = Wheel::of(modulus).unwrap();
            // Numbers of every class will do, since only their common factors with the modulus matter.
            let of_classes = wheel.classes.iter().map(|class| class + 30_030);
            for prime in of_classes.chain([17, 19, 101, 65_537, 1_000_003, 4_294_967_291]) {
                let inverse = wheel.inverse(prime);
                assert_eq!(u64::from(inverse) * u64::from(modulus) % u64::from(prime), 1, "{modulus} mod {prime}");
            }
        }
        assert_eq!((inverse(3, 8), inverse(1, 8), inverse(7, 30)), (3, 1, 13));
    }
}
