//! Long schedules drawn at random, of more threads than can be explored.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{Regime, Rules};
use super::laws::Sights;
use super::world::{Case, Op, Step, World};

/// Stretches under the lock with up to `checks` check sites each, and a release in between.
pub(super) fn programs(checks: usize) -> impl Strategy<Value = Vec<Vec<Op>>> {
    let stretch = (0..=checks).prop_map(|checks| {
        let mut ops = vec![Op::Check; checks + 2];
        (ops[0], ops[checks + 1]) = (Op::Take, Op::Drop);
        ops
    });
    let program = prop::collection::vec(stretch, 1..5).prop_map(|stretches| stretches.concat());
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
    fn long_schedules_keep_the_laws_and_come_to_an_end(
        regime in regimes(),
        programs in programs(4),
        spurious: bool,
        choices in prop::collection::vec(any::<prop::sample::Index>(), 0..600),
    ) {
        let case = Case { rules: Rules::new(regime), programs, spurious };
        let mut world = World::new(&case);
        let mut sights = Sights::default();
        let mut go = |world: &mut World, step: Step| {
            let lawful = world.apply(&case, step, &mut sights);
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
        // Without timers or spurious wakes from here on, each step either runs a program on or uses up a signal.
        let left: usize = case.programs.iter().map(Vec::len).sum();
        for _ in 0..10 * left {
            let acts = world.steps(&case).into_iter().find(|step| matches!(step, Step::Acts { .. }));
            let Some(step) = acts else { break };
            go(&mut world, step)?;
        }
        prop_assert!(world.is_over(&case), "no end: {:?}", world);
    }
}
