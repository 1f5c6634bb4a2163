//! Every small number.

use super::cases::{LEAST, bounds};
use super::pi;
use crate::algorithm::{Parameters, SimpleSieve};
use crate::machine::Cpu;
use crate::{Control, Kernel, fold_tiles};

const END: u64 = 100_000;

/// Returns pi(n) for n from 0 to `END`.
fn counts() -> Vec<u64> {
    let count = |range| {
        let simple = SimpleSieve::new(range);
        fold_tiles(&simple, 0..simple.tiles(), &mut simple.scratch(), &Control::new()).unwrap()
    };
    let mut counts = vec![0];
    for n in 1..=END {
        counts.push(counts[counts.len() - 1] + count(n..=n));
    }
    assert_eq!(counts[END as usize], count(0..=END));
    counts
}

/// Neighbouring numbers differ in all parameters. The strides have no common divisor, so that every choice of one meets
/// every choice of the others.
#[test]
fn every_number_is_exact() {
    let (counts, cpus): (_, Vec<_>) = (counts(), Cpu::available().collect());
    for x in LEAST..=END {
        let (least, most) = bounds(x);
        let part = |parts| x % parts;
        let parameters = if part(11) == 0 {
            Parameters::for_x(x.into())
        } else {
            Parameters {
                y: least + (most - least) * part(5) / 4,
                segment: 512 * (1 + part(7) as u32),
                window: 64 * (1 + part(13) as u32),
                tiles: 1 + part(17) as u32,
            }
        };
        let cpu = cpus[x as usize % cpus.len()];
        assert_eq!(pi(x.into(), parameters, cpu), counts[x as usize].into(), "pi({x}) with {parameters:?} on {cpu}");
    }
}
