use super::*;
use crate::algorithm::SimpleSieve;
use crate::{Control, fold_tiles};

fn sums(kernel: &Combinatorial) -> CombinatorialSums {
    fold_tiles(kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).unwrap()
}

fn pi(x: u128, parameters: Parameters) -> u128 {
    let kernel = Combinatorial::with(x, parameters, Cpu::best(), &Control::new()).unwrap();
    kernel.count(&sums(&kernel))
}

#[test]
fn every_small_number_is_exact() {
    let simple = SimpleSieve::new(0..=u64::try_from(MIN_X).unwrap() - 1);
    let mut expected = fold_tiles(&simple, 0..simple.tiles(), &mut simple.scratch(), &Control::new()).unwrap();
    for x in MIN_X..12_000 {
        let x64 = u64::try_from(x).unwrap();
        expected += SimpleSieve::new(x64..=x64).tile(0, &mut Vec::new(), &Control::new()).unwrap();
        assert_eq!(pi(x, Parameters::for_x(x)), expected.into(), "pi({x})");
    }
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
        assert_eq!(pi(x, Parameters::for_x(x)), count, "pi(10^{k})");
    }
}

#[test]
fn each_part_has_its_published_value() {
    let x = 10_u128.pow(15);
    let parameters = Parameters { y: 1_724_700, ..Parameters::for_x(x) };
    let kernel = Combinatorial::with(x, parameters, Cpu::best(), &Control::new()).unwrap();
    let sums = sums(&kernel);
    assert_eq!(sums.hard.sum, 27_248_002_319_287, "D");
    assert_eq!(sums.windows.large.sum_from(kernel.tables.a), 10_439_885_694_914, "B");
    assert_eq!(phi::ordinary_leaves(&kernel.tables, 0..kernel.tables.factors.len()), 618_276_610_001, "Phi0");
    assert_eq!(kernel.count(&sums), 29_844_570_422_669);
}
