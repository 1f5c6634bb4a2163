//! The cofactors by which large primes are multiplied, and how the multiples of a prime follow each other.
//!
//! The primes of a class are congruent to each other modulo 210. So the step from one cofactor to the next decides which
//! class the multiple leaves and which it enters, whatever the prime is. No division is needed.

use super::buckets::MODULUS;
use super::wheel::Wheel;

/// The modulus of the wheel that cofactors turn on. It has one more prime, 11, than that of the classes.
pub(super) const COFACTOR_MODULUS: u32 = 2310;

/// The part of a class's numbers that are not multiples of 11.
pub(super) const PUSHED: f64 = 10.0 / 11.0;

/// The wheel of the cofactors.
#[derive(Debug)]
pub(super) struct CofactorWheel {
    residues: &'static [u32],
    /// For each number below the modulus, the step to the first coprime residue that is not less, and the index of that
    /// residue: 512 times the step, plus the index.
    to_coprime: [u16; 4096],
}

/// The turns of the wheel for the primes of one class. Turn i begins at a cofactor of the residue with index i.
#[derive(Debug)]
pub(super) struct Turns([Turn; 512]);

/// A step from one cofactor to the next, packed into 23 bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn(u32);

impl CofactorWheel {
    pub(super) fn new() -> Self {
        let residues = &Wheel::of(COFACTOR_MODULUS).expect("2310 is one of the known moduli").classes;
        let mut to_coprime = [0; 4096];
        for (number, packed) in (0..COFACTOR_MODULUS).zip(&mut to_coprime) {
            let index = residues.partition_point(|&residue| residue < number);
            *packed = ((residues[index] - number) * 512 + index as u32) as u16;
        }
        Self { residues, to_coprime }
    }

    /// Returns the step from a number below the modulus to the first coprime residue that is not less, and the index of that
    /// residue.
    #[inline(always)]
    pub(super) fn to_coprime(&self, number: u32) -> (u32, u32) {
        let packed = u32::from(self.to_coprime[number as usize % 4096]);
        (packed / 512, packed % 512)
    }

    /// Returns the turns for primes that are congruent to `class` modulo the modulus of the classes.
    pub(super) fn turns(&self, class: u32) -> Turns {
        let classes = &Wheel::of(MODULUS).expect("210 is one of the known moduli").classes;
        let mut turns = [Turn::default(); 512];
        for (index, turn) in turns[..self.residues.len()].iter_mut().enumerate() {
            let next = (index + 1) % self.residues.len();
            let (here, there) = (self.residues[index], self.residues[next]);
            let step = (there + COFACTOR_MODULUS - here) % COFACTOR_MODULUS;
            let multiple = class * here % MODULUS;
            let target = classes.partition_point(|&class| class < multiple) as u32;
            *turn = Turn::new(target, step, (multiple + step * class) / MODULUS, next as u32);
        }
        Turns(turns)
    }
}

impl Turns {
    /// Returns turns that lead nowhere. Those of a class must replace them before multiples are pushed.
    pub(super) const fn none() -> Self {
        Self([Turn(0); 512])
    }

    /// Returns the turn that begins at a cofactor, given the index of its residue.
    #[inline(always)]
    pub(super) fn at(&self, cofactor: u32) -> Turn {
        self.0[cofactor as usize % 512]
    }
}

impl Turn {
    /// Packs the index of the class that the multiple belongs to, the step to the next cofactor, the bits that the
    /// remainders carry over to the next multiple, and the index of its cofactor.
    fn new(class: u32, step: u32, carry: u32, next: u32) -> Self {
        debug_assert!(class < 64 && step < 16 && carry < 16 && next < 512, "{class} {step} {carry} {next}");
        Self(class | step << 6 | carry << 10 | next << 14)
    }

    #[inline(always)]
    pub(super) fn class(self) -> usize {
        self.0 as usize % 64
    }

    /// Returns the bit of the next multiple.
    ///
    /// Bit b of a class stands for 210 b + c. If the prime is 210 q + r, a step of s leads to 210 (b + s q) + c + s r. The
    /// carry is (c + s r) / 210.
    #[inline(always)]
    pub(super) fn following(self, bit: u32, quotient: u32) -> u32 {
        bit + (self.0 >> 6) % 16 * quotient + (self.0 >> 10) % 16
    }

    #[inline(always)]
    pub(super) fn next(self) -> u32 {
        self.0 >> 14
    }
}
