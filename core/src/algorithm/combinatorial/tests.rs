//! Tests of the whole method against published counts. The modules compare it with readable references.

mod cases;
mod exhaustive;
mod folds;
mod invariants;
mod naive;
mod parts;
mod random;
mod refusals;

use super::*;
use crate::{Control, fold_tiles};

fn kernel(x: u128, parameters: Parameters, cpu: Cpu) -> Combinatorial {
    Combinatorial::with(x, parameters, cpu, &Control::new()).unwrap()
}

fn sums(kernel: &Combinatorial) -> CombinatorialSums {
    fold_tiles(kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
}

fn pi(x: u128, parameters: Parameters, cpu: Cpu) -> u128 {
    let kernel = kernel(x, parameters, cpu);
    kernel.count(&sums(&kernel))
}

#[test]
fn powers_of_ten_are_exact() {
    for (k, count) in [
        (6, 78_498),
        (7, 664_579),
        (8, 5_761_455),
        (9, 50_847_534),
        (10, 455_052_511),
        (11, 4_118_054_813),
        (12, 37_607_912_018),
    ] {
        let x = 10_u128.pow(k);
        assert_eq!(pi(x, Parameters::for_x(x), Cpu::best()), count, "pi(10^{k})");
    }
}

#[test]
fn each_part_has_its_published_value() {
    let x = 10_u128.pow(15);
    let parameters = Parameters { y: 1_724_700, ..Parameters::for_x(x) };
    let kernel = kernel(x, parameters, Cpu::best());
    let sums = sums(&kernel);
    assert_eq!(sums.hard.sum, 27_248_002_319_287, "D");
    assert_eq!(sums.windows.large.sum_from(kernel.tables.a), 10_439_885_694_914, "B");
    assert_eq!(phi::ordinary_leaves(&kernel.tables, 0..kernel.tables.factors.len()), 618_276_610_001, "Phi0");
    assert_eq!(kernel.count(&sums), 29_844_570_422_669);
}

/// The windows begin at a multiple of 30 here, but a leaf x / (p q) is y itself.
#[test]
fn a_leaf_of_y_is_counted_if_the_next_number_begins_a_window() {
    let x = 14_406_412;
    let parameters = Parameters { y: 1859, ..Parameters::for_x(x) };
    assert_eq!(pi(x, parameters, Cpu::best()), 934_821);
}

/// The sieve of the windows treats the smallest primes in a way of its own.
#[test]
fn windows_hold_the_primes_above_a_small_y() {
    let parameters = Parameters { y: 149, segment: 512, window: 64, tiles: 1 };
    assert_eq!(pi(22_500, parameters, Cpu::best()), 2515);
}

/// The squares of some primes lie beyond the first segment of a tile, but in the tile.
#[test]
fn a_prime_may_begin_to_cross_off_in_the_middle_of_a_tile() {
    let parameters = Parameters { y: 24_026, segment: 512, window: 64, tiles: 7 };
    assert_eq!(pi(87_104_572_489, parameters, Cpu::best()), 3_607_564_555);
}
