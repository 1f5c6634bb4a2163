use std::ops::RangeInclusive;

use proptest::prelude::*;

use super::*;
use crate::algorithm::SimpleSieve;
use crate::{Control, Kernel, fold_tiles};

/// Returns whether a number has no divisor up to its root.
fn is_prime_by_division(n: u64) -> bool {
    n == 2 || n > 2 && n % 2 == 1 && (3..=n.isqrt()).step_by(2).all(|divisor| !n.is_multiple_of(divisor))
}

fn count_simply(range: RangeInclusive<u64>) -> u64 {
    let kernel = SimpleSieve::new(range);
    fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
}

/// A window, and what another program found in it.
pub(in crate::algorithm) struct Window {
    pub(in crate::algorithm) range: RangeInclusive<u128>,
    pub(in crate::algorithm) primes: u64,
    first: u128,
    last: u128,
}

/// Returns the windows around and above 2^64 that are kept as text.
pub(in crate::algorithm) fn windows() -> impl Iterator<Item = Window> {
    let lines = include_str!("windows.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let numbers: Vec<u128> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let [start, stop, primes, first, last] = numbers[..] else { panic!("five numbers, not {line}") };
        Window { range: start..=stop, primes: primes as u64, first, last }
    })
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
    fn both_widths_agree(n in 22_u64.., bits in 6..=64_u32) {
        let n = (n >> (64 - bits)).max(22) | 1;
        prop_assume!(n > 41);
        prop_assert_eq!(passes_strong_tests_u128(n.into()), passes_strong_tests(n));
        prop_assert_eq!(is_prime_u128(n.into()), Ok(is_prime(n)));
    }

    #[test]
    fn wide_products_of_two_are_composite(a in 1_u64 << 32..1 << 40, b in 1_u64 << 32..1 << 40) {
        let [a, b] = [a, b].map(|n| u128::from(next_prime(n).unwrap()));
        prop_assert_eq!(is_prime_u128(a * b), Ok(false));
        prop_assert_eq!(is_prime_u128(a * a), Ok(false));
        prop_assert!(!passes_strong_tests_u128(a * b) && !passes_strong_tests_u128(a * a));
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

/// Some of these numbers divide a base.
#[test]
fn the_strong_tests_alone_know_the_smallest_numbers() {
    for n in (9..20_000).step_by(2) {
        assert_eq!(passes_strong_tests(n), is_prime_by_division(n), "{n}");
        assert!(n < 43 || passes_strong_tests_u128(n.into()) == is_prime_by_division(n), "{n}");
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
fn wide_carmichael_numbers_are_composite() {
    // k from 10^6 to 10^6 + 10^4 for which all three factors are prime.
    let products = (1_000_000..1_010_000_u64).filter_map(|k| {
        let factors = [6 * k + 1, 12 * k + 1, 18 * k + 1];
        factors.into_iter().all(is_prime_by_division).then(|| factors.into_iter().map(u128::from).product::<u128>())
    });
    let mut tried = 0;
    for n in products {
        assert!(n > u64::MAX.into() && !passes_strong_tests_u128(n), "{n}");
        assert_eq!(is_prime_u128(n), Ok(false), "{n}");
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

/// The smallest strong pseudoprimes to the first 12 and to the first 13 primes (OEIS A014233). The second one is the first
/// number that the test cannot tell.
#[test]
fn the_test_ends_at_the_first_number_that_deceives_it() {
    assert_eq!(is_prime_u128(318_665_857_834_031_151_167_461), Ok(false));
    let (last, deceiver) = (LAST_PROVEN, LAST_PROVEN + 1);
    assert_eq!(is_prime_u128(last), Ok(false));
    assert_eq!(is_prime_u128(last - 167), Ok(true));
    let refused = |number| Error::NotProven { number, max: last };
    for number in [deceiver, u128::MAX] {
        assert_eq!(is_prime_u128(number), Err(refused(number)));
    }
    assert_eq!(next_prime_u128(last - 168), Ok(last - 167));
    for n in [last - 167, last] {
        assert_eq!(next_prime_u128(n), Err(refused(deceiver)));
    }
    assert_eq!(next_prime_u128(u128::MAX), Err(refused(u128::MAX)));
    assert_eq!(previous_prime_u128(deceiver), Ok(Some(last - 167)));
    assert_eq!(previous_prime_u128(deceiver + 1), Err(refused(deceiver)));
}

#[test]
fn wide_neighbours_are_those_that_another_program_finds() {
    let mut tried = 0;
    for Window { range, primes, first, last } in windows().filter(|window| window.primes > 0) {
        let (start, stop) = range.clone().into_inner();
        assert_eq!(is_prime_u128(first), Ok(true));
        assert_eq!(next_prime_u128(start - 1), Ok(first));
        assert_eq!(previous_prime_u128(stop + 1), Ok(Some(last)));
        if primes < 500 {
            assert_eq!(range.filter(|&n| is_prime_u128(n).unwrap()).count() as u64, primes, "from {start}");
        }
        tried += 1;
    }
    assert!(tried >= 20, "{tried}");
}

#[test]
fn wide_neighbours_of_small_numbers_are_the_same() {
    for n in 0..1_000_u64 {
        assert_eq!(next_prime_u128(n.into()).ok(), next_prime(n).map(u128::from));
        assert_eq!(previous_prime_u128(n.into()), Ok(previous_prime(n).map(u128::from)));
    }
    let last = u128::from(u64::MAX) - 58;
    assert_eq!(next_prime_u128(last), Ok((1 << 64) + 13));
    assert_eq!(previous_prime_u128((1 << 64) + 13), Ok(Some(last)));
}

#[test]
fn the_product_of_the_small_primes_holds_each_of_them() {
    assert_eq!(SMALL_PRIMES.iter().product::<u64>(), SMALL_PRODUCT);
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
