//! Random numbers with random parameters, against the readable reference.

use proptest::prelude::*;

use super::cases::{Case, LEAST, bounds, cases, edges, log_uniform};
use super::pi;
use crate::algorithm::{Parameters, pi_by_lucy};
use crate::machine::Cpu;

fn assert_exact((x, parameters, cpu): Case) -> Result<(), TestCaseError> {
    prop_assert_eq!(pi(x.into(), parameters, cpu), pi_by_lucy(x).into());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_number_with_any_parameters_is_exact(case in cases(log_uniform(LEAST..=1_000_000_000))) {
        assert_exact(case)?;
    }

    #[test]
    fn an_edge_with_any_parameters_is_exact(case in cases(edges(1_000_000_000))) {
        assert_exact(case)?;
    }

    /// There are neither easy nor hard leaves with a product beyond y.
    #[test]
    fn a_square_whose_root_is_y_is_exact(
        case in cases(log_uniform(32..=30_000).prop_map(|root| root * root)),
    ) {
        let (x, parameters, cpu) = case;
        assert_exact((x, Parameters { y: x.isqrt(), ..parameters }, cpu))?;
    }
}

proptest! {
    // The reference takes up to a second or two for each of these.
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_large_number_with_any_parameters_is_exact(
        choices in prop_oneof![log_uniform(1_000_000_000..=1_000_000_000_000), edges(1_000_000_000_000)]
            .prop_flat_map(|x| prop::collection::vec(cases(Just(x)), 4)),
    ) {
        let expected = pi_by_lucy(choices[0].0);
        for (x, parameters, cpu) in choices {
            prop_assert_eq!(pi(x.into(), parameters, cpu), expected.into(), "{:?} on {}", parameters, cpu);
        }
    }
}

#[test]
fn every_instruction_set_counts_alike_at_either_bound_of_y() {
    for x in [1_000_003, 123_456_789, 9_876_543_210] {
        let expected = pi_by_lucy(x);
        let (least, most) = bounds(x);
        for (y, cpu) in [least, most].into_iter().flat_map(|y| Cpu::available().map(move |cpu| (y, cpu))) {
            let parameters = Parameters { y, ..Parameters::for_x(x.into()) };
            assert_eq!(pi(x.into(), parameters, cpu), expected.into(), "pi({x}) with {parameters:?} on {cpu}");
        }
    }
}
