use proptest::prelude::*;

use super::*;
use crate::algorithm::SimpleSieve;
use crate::{Control, Kernel, fold_tiles};

/// Returns whether a number has no divisor up to its root.
fn is_prime_by_division(n: u64) -> bool {
    n == 2 || n > 2 && n % 2 == 1 && (3..=n.isqrt()).step_by(2).all(|divisor| !n.is_multiple_of(divisor))
}

fn count_simply(range: std::ops::RangeInclusive<u64>) -> u64 {
    let kernel = SimpleSieve::new(range);
    fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
}

proptest! {
    #[test]
    fn it_agrees_with_division(n in 0_u64..1 << 38, bits in 1..=38_u32) {
        let n = n >> (38 - bits);
        prop_assert_eq!(is_prime(n), is_prime_by_division(n));
        prop_assert_eq!(is_prime(n | 1), is_prime_by_division(n | 1));
    }

    #[test]
    fn products_of_two_are_composite(a in 2..=u32::MAX, b in 2..=u32::MAX) {
        let product = |a, b| u64::from(a) * u64::from(b);
        prop_assert!(!is_prime(product(a, b)) && !is_prime(product(a | 1, b | 1)));
        let prime = |n: u32| previous_prime(n.max(3).into()).unwrap();
        prop_assert!(!is_prime(prime(a) * prime(b)) && !is_prime(prime(a).pow(2)));
    }

    #[test]
    fn the_strong_tests_alone_know_all_odd_numbers_above_7(n in 4_u64..1 << 33, bits in 4..=33_u32) {
        let n = (n >> (33 - bits)).max(4) * 2 + 1;
        prop_assert_eq!(passes_strong_tests(n), is_prime_by_division(n));
    }

    #[test]
    fn neighbours_are_prime_and_nothing_between_is(n in 0_u64..1 << 36, bits in 1..=36_u32) {
        let n = n >> (36 - bits);
        let next = next_prime(n).unwrap();
        prop_assert!(n < next && is_prime_by_division(next) && !(n + 1..next).any(is_prime_by_division));
        let before = previous_prime(n).unwrap_or(1);
        prop_assert!(before == 1 && n <= 2 || before < n && is_prime_by_division(before));
        prop_assert!(!(before + 1..n).any(is_prime_by_division));
    }
}

#[test]
fn seams_are_exact() {
    for seam in [0, 53 * 53, TABLE_MAX, 1 << 31, FOUR_BASES_END, 1 << 32] {
        let range = u64::saturating_sub(seam, 2_000)..=seam + 2_000;
        let found = range.clone().filter(|&n| is_prime(n)).count() as u64;
        assert_eq!(found, count_simply(range), "around {seam}");
    }
}

#[test]
fn numbers_that_pass_for_some_bases_are_composite() {
    // The smallest strong pseudoprimes to the first 1, 2, .. 11 primes (OEIS A014233; some are the same), and products near
    // the top.
    for n in [
        2_047,
        1_373_653,
        25_326_001,
        3_215_031_751,
        2_152_302_898_747,
        3_474_749_660_383,
        341_550_071_728_321,
        3_825_123_056_546_413_051,
        4_294_967_291 * 4_294_967_291,
        4_294_967_291 * 4_294_967_279,
    ] {
        assert!(!is_prime(n) && !passes_strong_tests(n), "{n}");
    }
}

/// A composite n with three prime factors that passes Fermat's test to every base coprime to it (R. D. Carmichael, 1910;
/// J. Chernick, 1939).
#[test]
fn carmichael_numbers_are_composite() {
    for n in [561, 1_105, 1_729, 2_465, 2_821, 6_601, 8_911, 825_265, 321_197_185] {
        assert!(!is_prime(n) && !passes_strong_tests(n), "{n}");
    }
    let products = (1..=200_000_u64).filter_map(|k| {
        let factors = [6 * k + 1, 12 * k + 1, 18 * k + 1];
        factors.into_iter().all(is_prime_by_division).then(|| factors.into_iter().product::<u64>())
    });
    let mut tried = 0;
    for n in products {
        assert!(!is_prime(n) && !passes_strong_tests(n), "{n}");
        tried += 1;
    }
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn the_last_primes_of_u64_are_prime() {
    let mut end = u64::MAX;
    for below in [59, 83, 95, 179, 189, 257, 279, 323, 353, 363] {
        let prime = 0_u64.wrapping_sub(below);
        assert!(is_prime(prime), "2^64 - {below}");
        assert_eq!(previous_prime(end), Some(prime));
        assert_eq!(next_prime(prime), Some(end).filter(|&end| end < u64::MAX));
        end = prime;
    }
    let primes = (0..364).filter(|below| is_prime(u64::MAX - below)).count();
    assert_eq!(primes, 10);
    assert_eq!(next_prime(u64::MAX - 1), None);
    assert_eq!(next_prime(u64::MAX), None);
}

#[test]
fn the_first_primes_are_their_neighbours() {
    assert_eq!([0, 1, 2, 3, 4, 5].map(next_prime), [2, 2, 3, 5, 5, 7].map(Some));
    assert_eq!([0, 1, 2].map(previous_prime), [None; 3]);
    assert_eq!([3, 4, 5, 6].map(previous_prime), [2, 3, 3, 5].map(Some));
    assert_eq!(next_prime(TABLE_MAX), Some(262_147));
    assert_eq!(previous_prime(262_147), Some(262_139));
    // Gaps of 154 and 320 numbers, the largest so far where they begin (OEIS A002386).
    assert_eq!(next_prime(4_652_353), Some(4_652_507));
    assert_eq!(previous_prime(2_300_942_869), Some(2_300_942_549));
}
