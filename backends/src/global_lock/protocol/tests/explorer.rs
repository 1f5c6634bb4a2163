//! A breadth-first search of all states of a case. So the first schedule found to break a law is a shortest one.

use std::collections::{HashSet, VecDeque};

use super::laws::{Coverage, Law};
use super::world::{Case, Step, World};

/// What the search visited.
#[derive(Debug)]
pub(super) struct Explored {
    pub(super) states: usize,
    /// The number of states in which all programs have ended.
    pub(super) ends: usize,
    pub(super) coverage: Coverage,
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
    // How each state was first reached: from which state, and by which step. The start has number 0.
    let mut origins: Vec<(usize, Option<Step>)> = vec![(0, None)];
    let mut queue = VecDeque::from([(0, start)]);
    let (mut ends, mut coverage) = (0, Coverage::default());
    while let Some((number, world)) = queue.pop_front() {
        ends += usize::from(world.is_over(case));
        for step in world.steps(case) {
            let mut next = world.clone();
            if let Err(law) = next.apply(case, step, &mut coverage) {
                return Err(Counterexample { law, schedule: schedule(&origins, number, step) });
            }
            if known.insert(next.clone()) {
                queue.push_back((origins.len(), next));
                origins.push((number, Some(step)));
            }
        }
    }
    Ok(Explored { states: known.len(), ends, coverage })
}

fn schedule(origins: &[(usize, Option<Step>)], number: usize, last: Step) -> Vec<Step> {
    let mut steps = vec![last];
    let mut at = number;
    while let (before, Some(step)) = origins[at] {
        steps.push(step);
        at = before;
    }
    steps.reverse();
    steps
}
