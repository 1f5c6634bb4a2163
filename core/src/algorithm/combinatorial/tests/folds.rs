//! Partial results may be combined in any grouping, and cross a wire.

use proptest::prelude::*;
use proptest::sample::Index;

use super::cases::{LEAST, cases, log_uniform};
use super::{Combinatorial, CombinatorialSums, kernel, sums};
use crate::algorithm::pi_by_lucy;
use crate::job::Heartbeat;
use crate::{Control, JobSpec, Kernel, Monoid, Pulse, Stopped, Wire, fold_tiles};

/// Returns the ends of consecutive runs of tiles.
fn runs(kernel: &Combinatorial, cuts: &[Index]) -> Vec<std::ops::Range<u64>> {
    let tiles = kernel.tiles();
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(tiles as usize + 1) as u64).collect();
    cuts.extend([0, tiles]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// Combines neighbours, in any order, until one result is left.
fn combined(mut parts: Vec<CombinatorialSums>, choices: &[Index]) -> CombinatorialSums {
    for choice in choices.iter().cycle() {
        if parts.len() < 2 {
            break;
        }
        let left = choice.index(parts.len() - 1);
        let later = parts.remove(left + 1);
        let earlier = std::mem::take(&mut parts[left]);
        parts[left] = earlier.combine(later);
    }
    parts.pop().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// The runs share one scratch, in an order that is not theirs.
    #[test]
    fn runs_combine_in_any_grouping(
        (x, parameters, cpu) in cases(log_uniform(LEAST..=1_000_000_000)),
        cuts in prop::collection::vec(any::<Index>(), 0..60),
        choices in prop::collection::vec(any::<Index>(), 1..40),
        first in any::<Index>(),
    ) {
        let kernel = kernel(x.into(), parameters, cpu);
        let mut scratch = kernel.scratch();
        let mut runs: Vec<_> = runs(&kernel, &cuts).into_iter().enumerate().collect();
        let middle = first.index(runs.len());
        runs.rotate_left(middle);
        let mut parts: Vec<_> = runs
            .into_iter()
            .map(|(place, run)| (place, fold_tiles(&kernel, run, &mut scratch, &Control::new()).unwrap()))
            .collect();
        parts.sort_by_key(|&(place, _)| place);
        let parts = parts.into_iter().map(|(_, part)| part).collect();
        let combined = combined(parts, &choices);
        prop_assert_eq!(kernel.count(&combined), pi_by_lucy(x).into());
        prop_assert_eq!(combined, sums(&kernel));
    }

    #[test]
    fn tiles_that_crossed_a_wire_combine_in_any_grouping(
        (x, parameters, cpu) in cases(log_uniform(LEAST..=100_000_000)),
        cuts in prop::collection::vec(any::<Index>(), 0..60),
        choices in prop::collection::vec(any::<Index>(), 1..40),
    ) {
        let kernel = kernel(x.into(), parameters, cpu);
        let spec = kernel.spec().unwrap().encode().unwrap();
        let mut job = JobSpec::decode(&spec).unwrap().open(&Heartbeat::new()).unwrap();
        prop_assert_eq!(job.tiles(), kernel.tiles());
        let parts = runs(&kernel, &cuts).into_iter().map(|run| {
            let bytes = job.run(run, &Heartbeat::new()).unwrap();
            let part = CombinatorialSums::decode(&bytes).unwrap();
            assert_eq!(part.encode().as_ref(), Ok(&bytes));
            part
        });
        let combined = combined(parts.collect(), &choices);
        prop_assert_eq!(kernel.count(&combined), pi_by_lucy(x).into());
    }

    #[test]
    fn the_identity_changes_nothing((x, parameters, cpu) in cases(log_uniform(LEAST..=1_000_000))) {
        let sums = sums(&kernel(x.into(), parameters, cpu));
        prop_assert_eq!(CombinatorialSums::identity().combine(sums.clone()), sums.clone());
        prop_assert_eq!(sums.clone().combine(CombinatorialSums::identity()), sums);
    }
}

/// A pulse that stops the work after this many beats.
struct Beats(std::cell::Cell<u64>);

impl Pulse for Beats {
    fn beat(&self) -> Result<(), Stopped> {
        self.0.set(self.0.get().checked_sub(1).ok_or(Stopped)?);
        Ok(())
    }
}

/// Returns how many beats the work makes.
fn beats(work: impl Fn(&Beats) -> Result<(), Stopped>) -> u64 {
    let beats = Beats(u64::MAX.into());
    assert_eq!(work(&beats), Ok(()));
    u64::MAX - beats.0.get()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A scratch that a stopped tile has left behind serves the next tile.
    #[test]
    fn a_count_stops_at_any_beat_and_is_then_repeated(
        (x, parameters, cpu) in cases(log_uniform(LEAST..=10_000_000)),
        stop in any::<Index>(),
    ) {
        let made = |pulse: &Beats| Combinatorial::with(x.into(), parameters, cpu, pulse).map(drop).map_err(|_| Stopped);
        let stopped = Beats((stop.index(beats(made) as usize) as u64).into());
        prop_assert_eq!(made(&stopped), Err(Stopped));

        let kernel = kernel(x.into(), parameters, cpu);
        let scratch = std::cell::RefCell::new(kernel.scratch());
        let fold = |pulse: &Beats| fold_tiles(&kernel, 0..kernel.tiles(), &mut scratch.borrow_mut(), pulse);
        let stopped = Beats((stop.index(beats(|pulse| fold(pulse).map(drop)) as usize) as u64).into());
        prop_assert_eq!(fold(&stopped), Err(Stopped));
        prop_assert_eq!(fold(&Beats(u64::MAX.into())).map(|sums| kernel.count(&sums)), Ok(pi_by_lucy(x).into()));
    }
}
