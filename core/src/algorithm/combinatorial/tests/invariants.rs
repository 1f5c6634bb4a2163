//! What the tiles tell each other: the numbers that are left, the weights of the leaves, and the counts of primes.

use proptest::prelude::*;
use proptest::sample::Index;

use super::cases::{LEAST, cases, log_uniform};
use super::naive::Naive;
use super::{Combinatorial, CombinatorialSums, Tile, kernel, phi, sums};
use crate::algorithm::pi_by_lucy;
use crate::{Control, Kernel, fold_tiles};

/// Returns the tiles of a part, with their results.
fn results<T>(kernel: &Combinatorial, of_part: impl Fn(&Tile) -> Option<T>) -> Vec<(T, CombinatorialSums)> {
    let mut scratch = kernel.scratch();
    let tiles = (0..).zip(&kernel.tiles).filter_map(|(index, tile)| Some((index, of_part(tile)?)));
    tiles
        .map(|(index, tile)| (tile, fold_tiles(kernel, index..index + 1, &mut scratch, &Control::new()).unwrap()))
        .collect()
}

fn hard(tile: &Tile) -> Option<std::ops::Range<u64>> {
    if let Tile::Hard(numbers) = tile { Some(numbers.clone()) } else { None }
}

fn windows(tile: &Tile) -> Option<std::ops::Range<u64>> {
    if let Tile::Windows(indices) = tile { Some(indices.clone()) } else { None }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A tile that still has leaves of the b-th prime needs phi(n, b - 1) of the number n before it.
    #[test]
    fn the_numbers_left_before_a_tile_are_phi(
        (x, parameters, cpu) in cases(log_uniform(1_000_000..=10_000_000_000)),
        chosen in prop::collection::vec(any::<(Index, Index)>(), 20),
    ) {
        let kernel = kernel(x.into(), parameters, cpu);
        let naive = Naive::new(400);
        let tiles = results(&kernel, hard);
        prop_assert!(tiles.windows(2).all(|pair| pair[0].0.end == pair[1].0.start && !pair[1].0.is_empty()));
        let known: Vec<_> = tiles.iter().map(|(_, sums)| sums.hard.left.len()).collect();
        prop_assert!(known.is_sorted_by(|a, b| a >= b), "later tiles have leaves of fewer primes: {:?}", known);
        for (tile, i) in chosen {
            let tile = tile.index(tiles.len());
            let (numbers, sums) = &tiles[tile];
            if numbers.start == 0 || sums.hard.left.is_empty() {
                continue;
            }
            let i = i.index(sums.hard.left.len());
            let left: u64 = tiles[..tile].iter().map(|(_, sums)| sums.hard.left[i]).sum();
            let a = phi::SMALL_PRIMES + i;
            prop_assert_eq!(left, naive.phi(numbers.start - 1, a), "phi({}, {})", numbers.start - 1, a);
        }
    }

    #[test]
    fn the_weights_of_a_prime_are_the_signs_of_its_leaves(
        (x, parameters, cpu) in cases(log_uniform(LEAST..=5_000_000)),
    ) {
        let kernel = kernel(x.into(), parameters, cpu);
        let naive = Naive::new(parameters.y);
        let mut expected = vec![0; naive.pi(parameters.y) as usize + 1];
        for leaf in naive.special_leaves(x, parameters.y).iter().filter(|leaf| !naive.is_easy(x, leaf)) {
            expected[leaf.b] += leaf.sign;
        }
        let weights = sums(&kernel).hard.weights;
        for (b, expected) in expected.into_iter().enumerate() {
            let weight = b.checked_sub(phi::SMALL_PRIMES + 1).and_then(|i| weights.get(i)).copied().unwrap_or(0);
            prop_assert_eq!(i128::from(weight), expected, "the prime with index {}", b);
        }
    }

    /// The table of pi ends where the windows begin, and each window begins where the one before it ends.
    #[test]
    fn the_table_and_the_windows_count_the_same_primes(
        (x, parameters, cpu) in cases(log_uniform(LEAST..=1_000_000_000)),
    ) {
        let kernel = kernel(x.into(), parameters, cpu);
        let y = parameters.y;
        let stop = (x / y).max(y + 1);
        let width = 240 * u64::from(parameters.window);
        let first = (y + 1) / 30 * 30;
        let mut pi = kernel.tables.a;
        prop_assert_eq!(pi, pi_by_lucy(y));
        for n in [y / 2, y - 1, y] {
            prop_assert_eq!(kernel.tables.pi.pi(n), pi_by_lucy(n), "pi({}) by the table", n);
        }
        if y == x.isqrt() {
            return Ok(()); // Nothing is looked up in windows.
        }
        let tiles = results(&kernel, windows);
        for (indices, sums) in &tiles {
            pi += sums.windows.primes;
            let end = stop.min(first + width * indices.end - 1);
            prop_assert_eq!(pi, pi_by_lucy(end), "pi({}) by the windows up to {:?}", end, indices);
        }
        let (last, _) = tiles.last().unwrap();
        prop_assert!(first + width * last.end > stop, "the windows reach x / y");
    }
}
