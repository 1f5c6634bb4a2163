//! Exact integer roots of 128-bit numbers.

/// Returns the largest r with r^k <= x. `k` is at least 2.
pub(super) fn root(x: u128, k: u32) -> u128 {
    let fits = |r: u128| r.checked_pow(k).is_some_and(|power| power <= x);
    // The estimate is off by a few units at most, since k is at least 2 and a double has 53 bits.
    let mut r = (x as f64).powf(1.0 / f64::from(k)) as u128;
    while !fits(r) {
        r -= 1;
    }
    while fits(r + 1) {
        r += 1;
    }
    r
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::root;

    #[test]
    fn powers_and_their_neighbours_have_exact_roots() {
        for k in 2..=6 {
            for r in [1, 2, 3, 10, 4_294_967_295, 99_999_989].into_iter().filter(|r| u128::checked_pow(*r, k).is_some())
            {
                let power = r.pow(k);
                assert_eq!([root(power - 1, k), root(power, k), root(power + 1, k)], [r - 1, r, r], "{r}^{k}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_root_is_the_last_number_whose_power_fits(x in 0..1_u128 << 100, k in 2..8_u32) {
            let r = root(x, k);
            prop_assert!(r.pow(k) <= x && (r + 1).pow(k) > x);
        }
    }
}
