//! Arithmetic modulo an odd number in Montgomery form, for one width of numbers or another (P. L. Montgomery, "Modular
//! multiplication without trial division", Math. Comp. 44, 1985).

use std::ops::{Rem, Sub};

/// An unsigned integer type. R is the number of its values: 2^64 for `u64`.
pub(super) trait Word: Copy + Ord + Rem<Output = Self> + Sub<Output = Self> {
    const BITS: u32;
    const ONE: Self;
    const TWO: Self;
    fn is_bit_set(self, bit: u32) -> bool;
    fn ilog2(self) -> u32;
    fn trailing_zeros(self) -> u32;
    fn wrapping_neg(self) -> Self;
    fn wrapping_add(self, other: Self) -> Self;
    fn wrapping_sub(self, other: Self) -> Self;
    fn wrapping_mul(self, other: Self) -> Self;
    fn overflowing_sub(self, other: Self) -> (Self, bool);
    /// Returns the low and the high half of the product.
    fn widening_mul(self, other: Self) -> (Self, Self);
}

macro_rules! word {
    ($word:ty) => {
        impl Word for $word {
            const BITS: u32 = <$word>::BITS;
            const ONE: Self = 1;
            const TWO: Self = 2;

            fn is_bit_set(self, bit: u32) -> bool {
                self >> bit & 1 == 1
            }

            fn ilog2(self) -> u32 {
                self.ilog2()
            }

            fn trailing_zeros(self) -> u32 {
                self.trailing_zeros()
            }

            fn wrapping_neg(self) -> Self {
                self.wrapping_neg()
            }

            fn wrapping_add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn wrapping_sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            fn wrapping_mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            fn overflowing_sub(self, other: Self) -> (Self, bool) {
                self.overflowing_sub(other)
            }

            fn widening_mul(self, other: Self) -> (Self, Self) {
                self.carrying_mul(other, 0)
            }
        }
    };
}

word!(u64);
word!(u128);

/// Arithmetic modulo an odd number n in Montgomery form: x is represented by x R modulo n.
pub(super) struct Montgomery<W> {
    n: W,
    /// The inverse of n modulo R.
    inverse: W,
    /// R modulo n, which represents 1.
    one: W,
}

impl<W: Word> Montgomery<W> {
    pub(super) fn new(n: W) -> Self {
        // Newton's iteration: n is its own inverse in the lowest three bits, and each step doubles the number of right
        // bits.
        let mut inverse = n;
        for _ in 1..W::BITS.ilog2() {
            inverse = inverse.wrapping_mul(W::TWO.wrapping_sub(n.wrapping_mul(inverse)));
        }
        Self { n, inverse, one: n.wrapping_neg() % n }
    }

    /// a b / R modulo n. The product of a and b must be below n R.
    #[inline(always)]
    pub(super) fn product(&self, a: W, b: W) -> W {
        let (low, high) = a.widening_mul(b);
        let (_, multiple) = low.wrapping_mul(self.inverse).widening_mul(self.n);
        let (difference, negative) = high.overflowing_sub(multiple);
        if negative { difference.wrapping_add(self.n) } else { difference }
    }

    /// 2 a modulo n.
    pub(super) fn double(&self, a: W) -> W {
        let to_n = self.n - a;
        if a >= to_n { a - to_n } else { a.wrapping_add(a) }
    }

    /// R² modulo n. Its product with a number is that number in Montgomery form.
    pub(super) fn square(&self) -> W {
        // Squaring 2 this many times gives R.
        (0..W::BITS.ilog2()).fold(self.double(self.one), |power, _| self.product(power, power))
    }

    /// 2 to the power of `exponent`, which must not be 0.
    pub(super) fn power_of_two(&self, exponent: W) -> W {
        let mut power = self.double(self.one);
        for bit in (0..exponent.ilog2()).rev() {
            power = self.product(power, power);
            let double = self.double(power);
            power = if exponent.is_bit_set(bit) { double } else { power };
        }
        power
    }

    /// Each base to the power of `exponent`, which must not be 0.
    pub(super) fn powers<const N: usize>(&self, bases: [W; N], exponent: W) -> [W; N] {
        let square = self.square();
        let bases = bases.map(|base| self.product(base, square));
        let mut powers = bases;
        for bit in (0..exponent.ilog2()).rev() {
            powers = powers.map(|power| self.product(power, power));
            if exponent.is_bit_set(bit) {
                for (power, base) in powers.iter_mut().zip(bases) {
                    *power = self.product(*power, base);
                }
            }
        }
        powers
    }

    /// Returns whether a base passes the test, given its power to the odd part of n - 1. It passes if the power is 1,
    /// or if repeated squaring reaches -1 before the exponent is n - 1.
    pub(super) fn passes(&self, mut power: W) -> bool {
        let minus_one = self.n - self.one;
        if power == self.one || power == minus_one {
            return true;
        }
        for _ in 1..(self.n - W::ONE).trailing_zeros() {
            power = self.product(power, power);
            if power == minus_one {
                return true;
            }
        }
        false
    }
}

impl Montgomery<u128> {
    /// Each base to the power of `exponent`, which must be odd. The bases must be below 2^8, and n below 2^112.
    ///
    /// A product with such a base needs no reduction: it is below 2^8 n, so its square is below n R.
    pub(super) fn powers_of_small<const N: usize>(&self, bases: [u128; N], exponent: u128) -> [u128; N] {
        let mut powers = bases.map(|base| self.one * base);
        for bit in (0..exponent.ilog2()).rev() {
            powers = powers.map(|power| self.product(power, power));
            if exponent >> bit & 1 == 1 {
                for (power, base) in powers.iter_mut().zip(bases) {
                    *power *= base;
                }
            }
        }
        powers.map(|power| power % self.n)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// a + b modulo n, for a and b below n.
    fn sum(a: u128, b: u128, n: u128) -> u128 {
        if a >= n - b { a - (n - b) } else { a + b }
    }

    /// a b modulo n by doubling and adding.
    fn product(a: u128, b: u128, n: u128) -> u128 {
        (0..128).rev().fold(0, |multiple, bit| {
            let double = sum(multiple, multiple, n);
            if b >> bit & 1 == 1 { sum(double, a, n) } else { double }
        })
    }

    fn power(base: u128, exponent: u128, n: u128) -> u128 {
        (0..128).rev().fold(1 % n, |power, bit| {
            let square = product(power, power, n);
            if exponent >> bit & 1 == 1 { product(square, base % n, n) } else { square }
        })
    }

    /// Odd numbers with any number of bits up to `bits`.
    fn odd(bits: u32) -> impl Strategy<Value = u128> {
        (any::<u128>(), 1..bits).prop_map(|(n, bits)| (n >> (127 - bits)) | 1).prop_filter("1", |&n| n > 1)
    }

    proptest! {
        #[test]
        fn products_are_exact(n in odd(64), a: u64, b: u64) {
            let n = n as u64;
            let (a, b) = (a % n, b % n);
            let modulo_n = Montgomery::new(n);
            let square = modulo_n.square();
            let [a_form, b_form] = [a, b].map(|number| modulo_n.product(number, square));
            let product = modulo_n.product(modulo_n.product(a_form, b_form), 1);
            prop_assert_eq!(u128::from(product), u128::from(a) * u128::from(b) % u128::from(n));
            prop_assert_eq!(u128::from(modulo_n.double(a)), 2 * u128::from(a) % u128::from(n));
        }

        #[test]
        fn wide_products_are_exact(n in odd(128), a: u128, b: u128) {
            let (a, b) = (a % n, b % n);
            let modulo_n = Montgomery::new(n);
            let square = modulo_n.square();
            let [a_form, b_form] = [a, b].map(|number| modulo_n.product(number, square));
            prop_assert_eq!(modulo_n.product(modulo_n.product(a_form, b_form), 1), product(a, b, n));
            prop_assert_eq!(modulo_n.double(a), sum(a, a, n));
            prop_assert_eq!(modulo_n.product(modulo_n.one, 1), 1);
        }

        #[test]
        fn powers_are_exact(n in odd(112), bases: [u8; 3], exponent: u128) {
            let (bases, exponent) = (bases.map(u128::from), exponent | 1);
            let expected = bases.map(|base| power(base, exponent, n));
            let modulo_n = Montgomery::new(n);
            let number = |power| modulo_n.product(power, 1);
            prop_assert_eq!(modulo_n.powers_of_small(bases, exponent).map(number), expected);
            prop_assert_eq!(modulo_n.powers(bases.map(|base| base % n), exponent).map(number), expected);
            prop_assert_eq!(number(modulo_n.power_of_two(exponent)), power(2, exponent, n));
        }
    }
}
