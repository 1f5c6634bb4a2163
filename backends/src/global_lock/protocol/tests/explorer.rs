//! Visits every state that a case can come to, nearest first: the first schedule that breaks a law is a shortest one.

use std::collections::{HashSet, VecDeque};

use super::laws::{Law, Sights};
use super::world::{Case, Step, World};

/// What there was.
#[derive(Debug)]
pub(super) struct Explored {
    pub(super) states: usize,
    /// States in which all programs are at their end.
    pub(super) ends: usize,
    pub(super) sights: Sights,
}

/// A shortest schedule that breaks a law.
#[derive(Debug)]
pub(super) struct Counterexample {
    pub(super) law: Law,
    pub(super) schedule: Vec<Step>,
}

pub(super) fn explore(case: &Case) -> Result<Explored, Counterexample> {
    let start = World::new(case);
    let mut known = HashSet::from([start.clone()]);
    // How each state was first come to: from which, and by what. The start is number 0.
    let mut ways: Vec<(usize, Option<Step>)> = vec![(0, None)];
    let mut queue = VecDeque::from([(0, start)]);
    let (mut ends, mut sights) = (0, Sights::default());
    while let Some((number, world)) = queue.pop_front() {
        ends += usize::from(world.is_over(case));
        for step in world.steps(case) {
            let mut next = world.clone();
            if let Err(law) = next.apply(case, step, &mut sights) {
                return Err(Counterexample { law, schedule: schedule(&ways, number, step) });
            }
            if known.insert(next.clone()) {
                queue.push_back((ways.len(), next));
                ways.push((number, Some(step)));
            }
        }
    }
    Ok(Explored { states: known.len(), ends, sights })
}

fn schedule(ways: &[(usize, Option<Step>)], number: usize, last: Step) -> Vec<Step> {
    let mut steps = vec![last];
    let mut at = number;
    while let (before, Some(step)) = ways[at] {
        steps.push(step);
        at = before;
    }
    steps.reverse();
    steps
}
