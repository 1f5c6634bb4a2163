//! Tests long random schedules of more threads than a search can cover.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{Regime, Rules};
use super::laws::Coverage;
use super::world::{Case, Op, Step, World};

/// Programs that take and drop the lock several times, with up to `checks` check sites in between.
pub(super) fn programs(checks: usize) -> impl Strategy<Value = Vec<Vec<Op>>> {
    let section = (0..=checks).prop_map(|checks| {
        let mut ops = vec![Op::Check; checks + 2];
        (ops[0], ops[checks + 1]) = (Op::Take, Op::Drop);
        ops
    });
    let program = prop::collection::vec(section, 1..5).prop_map(|sections| sections.concat());
    prop::collection::vec(program, 2..=6)
}

fn regimes() -> impl Strategy<Value = Regime> {
    prop_oneof![
        6 => Just(Regime::Timed { interval: Duration::from_millis(5) }),
        3 => (1..6_u32).prop_map(|checks| Regime::Counted { checks }),
        1 => Just(Regime::Unlocked),
    ]
}

proptest! {
    #[test]
    fn long_schedules_keep_the_laws_and_end(
        regime in regimes(),
        programs in programs(4),
        spurious: bool,
        choices in prop::collection::vec(any::<prop::sample::Index>(), 0..600),
    ) {
        let case = Case { rules: Rules::new(regime), programs, spurious };
        let mut world = World::new(&case);
        let mut coverage = Coverage::default();
        let mut go = |world: &mut World, step: Step| {
            let lawful = world.apply(&case, step, &mut coverage);
            prop_assert_eq!(lawful, Ok(()), "at {:?} of {:?}", step, world);
            Ok(())
        };
        for choice in choices {
            let steps = world.steps(&case);
            if steps.is_empty() {
                break;
            }
            go(&mut world, *choice.get(&steps))?;
        }
        // Without timeouts and spurious wake-ups from here on, each step advances a program or uses up a signal.
        let left: usize = case.programs.iter().map(Vec::len).sum();
        for _ in 0..10 * left {
            let acts = world.steps(&case).into_iter().find(|step| matches!(step, Step::Acts { .. }));
            let Some(step) = acts else { break };
            go(&mut world, step)?;
        }
        prop_assert!(world.is_over(&case), "no end: {:?}", world);
    }
}
