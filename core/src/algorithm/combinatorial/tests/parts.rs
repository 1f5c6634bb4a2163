//! Each part of the formula equals the sum of its terms.

use proptest::prelude::*;

use super::cases::{LEAST, cases, edges, is_prime, log_uniform};
use super::naive::{Leaf, Naive};
use super::{a, c, kernel, pairs, phi, sigma, sums};
use crate::Control;

fn total<'a>(leaves: impl Iterator<Item = &'a Leaf>) -> i128 {
    leaves.map(|leaf| leaf.sign * leaf.phi).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn each_part_is_the_sum_of_its_terms(
        (x, parameters, cpu) in cases(prop_oneof![log_uniform(LEAST..=2_000_000), edges(2_000_000)]),
    ) {
        let (kernel, y) = (kernel(x.into(), parameters, cpu), parameters.y);
        let (tables, sums) = (&kernel.tables, sums(&kernel));
        let naive = Naive::new((x / y).max(y));

        let ordinary: i128 = (1..=y).map(|n| naive.mu(n, 8) * i128::from(naive.phi(x / n, 8))).sum();
        prop_assert_eq!(phi::ordinary_leaves(tables, 0..tables.factors.len()), ordinary, "Phi0");

        let (easy, hard): (Vec<_>, _) =
            naive.special_leaves(x, y).into_iter().partition(|leaf| naive.is_easy(x, leaf));
        prop_assert_eq!(sums.hard.sum, total(hard.iter()), "D");

        let (pairs, triples): (Vec<_>, Vec<_>) = easy.into_iter().partition(|leaf| is_prime(leaf.m));
        prop_assert_eq!(c::easy_leaves(tables, c::indices(tables), &Control::new()), Ok(total(triples.iter())), "C");

        let low = a::low_leaves(tables, pairs::indices(tables), cpu, &Control::new()).unwrap();
        let closed = sigma::sigma(tables, &Control::new()).unwrap();
        let high = sums.windows.easy.sum_from(tables.a) as i128;
        prop_assert_eq!(low + high + closed, i128::from(naive.pi(y)) - 1 + total(pairs.iter()), "A and Sigma");

        let large = naive.primes(y, x.isqrt().max(y));
        prop_assert_eq!(sums.windows.large.count, large.len() as u64);
        let quotients: u64 = large.iter().map(|p| naive.pi(x / p)).sum();
        prop_assert_eq!(sums.windows.large.sum_from(tables.a), quotients.into(), "B");
    }
}
