use std::cell::Cell;

use proptest::prelude::*;

use super::*;
use crate::algorithm::pi_by_lucy;
use crate::{Control, fold_tiles};

/// Returns the Moebius function by trial division.
pub(super) fn moebius(number: u64) -> i64 {
    let (mut rest, mut mu) = (number, 1);
    for divisor in 2..=number.isqrt() {
        if rest.is_multiple_of(divisor) {
            (rest, mu) = (rest / divisor, -mu);
        }
        if rest.is_multiple_of(divisor) {
            return 0;
        }
    }
    if rest > 1 { -mu } else { mu }
}

/// Returns the sum of 2^w(n) for all n up to `x` modulo 4, from its definition.
fn sum_of_powers(x: u64) -> SumModulo4 {
    let powers = (1..=x).map(|n| {
        let primes = (2..=n).filter(|&p| n.is_multiple_of(p) && (2..p).all(|divisor| !p.is_multiple_of(divisor)));
        1 << primes.count()
    });
    SumModulo4::from(powers.sum::<i64>())
}

fn fold(kernel: &Parity) -> SumModulo4 {
    fold_tiles(kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
}

fn is_pi_odd(x: u64) -> Option<bool> {
    let kernel = Parity::new(x.into(), &Control::new()).unwrap();
    kernel.is_pi_odd(fold(&kernel), kernel.roots().map(pi_by_lucy).sum())
}

#[test]
fn every_small_number_is_exact() {
    for x in 0..=3_000 {
        assert_eq!(is_pi_odd(x), Some(pi_by_lucy(x) % 2 == 1), "pi({x})");
    }
}

#[test]
fn the_sum_is_that_of_its_definition() {
    for x in 0..=200 {
        assert_eq!(fold(&Parity::new(x.into(), &Control::new()).unwrap()), sum_of_powers(x), "up to {x}");
    }
}

#[test]
fn large_numbers_are_exact() {
    // pi(10^12) and pi(10^13).
    for (x, count) in [(1_000_000_000_000, 37_607_912_018_u64), (10_000_000_000_000, 346_065_536_839)] {
        assert_eq!(is_pi_odd(x), Some(count % 2 == 1), "pi({x})");
    }
}

#[test]
fn powers_of_primes_and_their_neighbours_are_exact() {
    for (prime, exponent) in [(2_u64, 33), (3, 20), (7, 11), (9973, 2), (99_991, 2), (2137, 3)] {
        let power = prime.pow(exponent);
        for x in power - 1..=power + 1 {
            assert_eq!(is_pi_odd(x), Some(pi_by_lucy(x) % 2 == 1), "pi({x})");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn random_numbers_are_exact(x in 0..10_000_000_000_u64) {
        prop_assert_eq!(is_pi_odd(x), Some(pi_by_lucy(x) % 2 == 1));
    }

    #[test]
    fn the_sum_does_not_depend_on_the_tiles(x in 0..10_000_000_u128, work in 1..3_000_u64) {
        let whole = Parity::new(x, &Control::new()).unwrap();
        let cut = Parity::with_tiles_of(work, x, &Control::new()).unwrap();
        prop_assert_eq!(fold(&whole), fold(&cut));
    }

    #[test]
    fn tiles_do_not_depend_on_the_tile_before(
        tiles in (0..40_u64).prop_map(|first| (first * 17..(first + 1) * 17).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let kernel = Parity::with_tiles_of(300, 1 << 30, &Control::new()).unwrap();
        prop_assert!(kernel.tiles() >= 40 * 17);
        let mut scratch = kernel.scratch();
        for index in tiles {
            let reused = kernel.tile(index, &mut scratch, &Control::new());
            prop_assert_eq!(reused, kernel.tile(index, &mut kernel.scratch(), &Control::new()));
        }
    }

    /// The parity of a quotient follows from a remainder, without the quotient.
    #[test]
    fn quotients_of_any_width_are_exact(
        bits in 0..96_u32, seed in any::<u128>(), first in 1..1_u64 << 40, length in 0..40_000_u64,
    ) {
        let n = seed >> (127 - bits);
        let naive = (first..first + length).filter(|&i| n % (2 * u128::from(i)) >= u128::from(i)).count();
        let mut meter = Meter { pulse: &Control::new(), work: 0 };
        let odd = is_sum_of_quotients_odd(n, first..=first + length - 1, &mut meter);
        prop_assert_eq!(odd, Ok(naive % 2 == 1));
    }

    /// Tiles near 2^80, whose divisions are of every width, against the formula.
    #[test]
    fn tiles_of_a_huge_number_are_exact(offset in 0..1_u128 << 70, octave in 0..8_u32, at in 0..1_u64 << 40) {
        let x = (1 << 80) + offset;
        let kernel = Parity::with_tiles_of(1 << 10, x, &Control::new()).unwrap();
        let index = (kernel.tiles() >> octave).saturating_sub(1 + at % 1000);
        let (divisors, slice) = kernel.octaves.tile(index);
        let naive = divisors.map(|d| {
            let n = x / u128::from(d).pow(2);
            let r = n.isqrt() as u64;
            let quotients: u128 = slice.of(r).map(|i| n / u128::from(i)).sum();
            let square = if slice.is_first() { u128::from(r).pow(2) } else { 0 };
            // D(n) is the same modulo 4 if the sum of the quotients is replaced by its remainder.
            moebius(d) * (2 * (quotients % 4) as i64 - (square % 4) as i64)
        });
        let expected = SumModulo4::from(naive.sum::<i64>());
        prop_assert_eq!(kernel.tile(index, &mut kernel.scratch(), &Control::new()), Ok(expected));
    }

    #[test]
    fn sums_modulo_4_combine_like_sums(a: i32, b: i32) {
        let combined = SumModulo4::from(i64::from(a)).combine(SumModulo4::from(i64::from(b)));
        prop_assert_eq!(combined, SumModulo4::from(i64::from(a) + i64::from(b)));
    }

    #[test]
    fn roots_are_exact(k in 2..130_u32, root in any::<u64>(), shift in 0..64_u32) {
        let Some(power) = u128::from(root >> shift).checked_pow(k) else { return Ok(()) };
        for x in power.saturating_sub(1)..=power.saturating_add(1) {
            let found = u128::from(integer_root(x, k));
            prop_assert!(found.pow(k) <= x);
            prop_assert!((found + 1).checked_pow(k).is_none_or(|next| next > x), "root {k} of {x} is not {found}");
        }
    }
}

#[test]
fn the_roots_are_listed_down_to_2() {
    let roots = |x| Parity::new(x, &Control::new()).unwrap().roots().collect::<Vec<_>>();
    assert_eq!([roots(0), roots(1), roots(3), roots(4)], [vec![], vec![], vec![], vec![2]]);
    assert_eq!(roots(1_000), [31, 10, 5, 3, 3, 2, 2, 2]);
    assert_eq!(roots(1 << 80)[..3], [1 << 40, 106_528_681, 1 << 20]);
    assert_eq!(integer_root(u128::MAX, 2), u64::MAX);
}

#[test]
fn a_sum_that_no_count_leads_to_is_refused() {
    let kernel = Parity::new(100, &Control::new()).unwrap();
    let answers = [0, 1, 2, 3].map(|sum| kernel.is_pi_odd(SumModulo4::from(sum), 0));
    assert_eq!(answers, [None, Some(false), None, Some(true)]);
    assert_eq!(kernel.is_pi_odd(SumModulo4::from(3), 5), Some(false));
}

#[test]
fn a_number_beyond_the_maximum_is_refused() {
    let error = Parity::new(Parity::MAX + 1, &Control::new()).unwrap_err();
    assert_eq!(error, Error::OutOfRange { algorithm: "parity".into(), max: Parity::MAX, end: Parity::MAX + 1 });
    assert!(Parity::new(Parity::MAX, &Control::new()).unwrap().tiles() > 1 << 30);
}

#[test]
fn backends_are_told_its_name() {
    assert_eq!(Parity::new(100, &Control::new()).unwrap().phase(), "parity");
}

/// Stops at the beat after `left` others.
struct Beats {
    left: Cell<u64>,
}

impl Pulse for Beats {
    fn beat(&self) -> Result<(), Stopped> {
        self.left.set(self.left.get().checked_sub(1).ok_or(Stopped)?);
        Ok(())
    }
}

#[test]
fn the_search_for_primes_can_be_stopped() {
    let stopped = Parity::new(1 << 80, &Beats { left: Cell::new(0) });
    assert_eq!(stopped.err(), Some(Error::Cancelled));
}

#[test]
fn every_tile_beats_all_the_way() {
    let kernel = Parity::new(1 << 64, &Control::new()).unwrap();
    // A slice of one loop, many loops, and loops of one step.
    for index in [0, kernel.tiles() / 2, kernel.tiles() - 10] {
        let beats = Beats { left: Cell::new(1_000) };
        kernel.tile(index, &mut kernel.scratch(), &beats).unwrap();
        let beaten = 1_000 - beats.left.get();
        assert!(beaten >= WORK_PER_TILE / WORK_PER_BEAT / 4, "tile {index} beat {beaten} times");
        let short = Beats { left: Cell::new(beaten - 1) };
        assert_eq!(kernel.tile(index, &mut kernel.scratch(), &short), Err(Stopped));
    }
}
