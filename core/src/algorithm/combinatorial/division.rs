//! Divisions, as fast as the size of the numbers allows.

/// Returns the quotient, rounded down. It is several times as fast if both numbers fit in 64 bits.
#[inline(always)]
pub(super) fn quotient(dividend: u128, divisor: u64) -> u128 {
    match u64::try_from(dividend) {
        Ok(dividend) => (dividend / divisor).into(),
        Err(_) => dividend / u128::from(divisor),
    }
}

/// Returns the quotient, rounded down, or `most` if that is less.
#[inline(always)]
pub(super) fn quotient_up_to(dividend: u128, divisor: u64, most: u64) -> u64 {
    u64::try_from(quotient(dividend, divisor)).map_or(most, |quotient| quotient.min(most))
}

/// A number to divide by, as its normalised reciprocal: 2^(64 + l) / d, rounded up, where 2^l <= d < 2^(l + 1).
///
/// The quotient of n < 2^63 by d is the upper half of the product of n and the reciprocal, shifted right by l. The
/// reciprocal is e / d too large with e < d, so n times it, over 2^(64 + l), is too large by n e / (d 2^(64 + l)). Since
/// n e < 2^63 * 2^(l + 1), that is less than 1 / d, and does not reach the next whole number. (T. Granlund and P. L.
/// Montgomery, "Division by invariant integers using multiplication", PLDI 1994.)
#[derive(Clone, Copy, Debug)]
pub(super) struct Reciprocal(u64);

impl Reciprocal {
    /// The dividends for which the quotient is exact are below this.
    pub(super) const DIVIDENDS: u64 = 1 << 63;

    /// `divisor` must not be a power of two.
    pub(super) fn of(divisor: u32) -> Self {
        let power = 1_u128 << (64 + divisor.ilog2());
        Self(power.div_ceil(divisor.into()) as u64)
    }

    /// Returns the quotient, given the binary logarithm of the divisor, rounded down.
    #[inline(always)]
    pub(super) fn quotient(self, dividend: u64, log: u32) -> u64 {
        self.scaled(dividend) >> log
    }

    /// Returns half the quotient, rounded up: the number of odd numbers up to the quotient.
    #[inline(always)]
    pub(super) fn half_quotient(self, dividend: u64, log: u32) -> u64 {
        (self.scaled(dividend) + (1 << log)) >> (log + 1)
    }

    /// Returns the quotient times 2^log, and a fraction of 2^log.
    #[inline(always)]
    fn scaled(self, dividend: u64) -> u64 {
        ((u128::from(dividend) * u128::from(self.0)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_quotient_is_exact_for_either_width(dividend: u128, shift in 0..128_u32, divisor in 1..u64::MAX, most: u64) {
            let dividend = dividend >> shift;
            let quotient = quotient(dividend, divisor);
            let rest = dividend.checked_sub(quotient * u128::from(divisor));
            prop_assert!(rest.is_some_and(|rest| rest < divisor.into()));
            prop_assert_eq!(u128::from(quotient_up_to(dividend, divisor, most)), quotient.min(most.into()));
        }

        #[test]
        fn a_reciprocal_divides_exactly(dividend in 0..Reciprocal::DIVIDENDS, divisor in 3..u32::MAX) {
            prop_assume!(!divisor.is_power_of_two());
            let quotient = |dividend| Reciprocal::of(divisor).quotient(dividend, divisor.ilog2());
            prop_assert_eq!(quotient(dividend), dividend / u64::from(divisor));
            let half = Reciprocal::of(divisor).half_quotient(dividend, divisor.ilog2());
            prop_assert_eq!(half, (dividend / u64::from(divisor)).div_ceil(2));
            // The neighbours of a multiple are the hard cases.
            let multiple = dividend - dividend % u64::from(divisor);
            prop_assert_eq!(quotient(multiple), multiple / u64::from(divisor));
            prop_assert_eq!(quotient(multiple.saturating_sub(1)), multiple.saturating_sub(1) / u64::from(divisor));
        }
    }
}
