//! Tests of which tiles run, on which worker, and how their results are folded.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use primelanes_backends::probe::{Probe, Trouble, Visit};
use primelanes_backends::{
    Algorithm, Backend, Control, Kernel, Monoid, PrimeCounter, Pulse, Query, Stopped, fold_tiles,
};
use proptest::prelude::*;

use crate::conformance::broken::{InCase, Judged, ensure};
use crate::conformance::subject::{Subject, combinatorial, ensure_tiles};

/// The numbers up to which primes are counted by folds whose partial results do not commute.
const LIMITS: [u128; 3] = [2_000, 1_000_000, 1_000_000_000];

/// Kernels with random numbers of tiles and grains.
fn probes() -> impl Strategy<Value = Probe> {
    (0..400_u64, 1..20_u64).prop_map(|(tiles, grain)| Probe { grain, ..Probe::new(tiles) })
}

pub(super) fn each_tile_once<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    subject.for_all(probes(), |lane, probe| ensure_tiles(&lane.fold(&probe, &Control::new())?, 0..probe.tiles))
}

/// Checks the order of the fold. The first tile takes longest, so a backend that combines results as they arrive
/// receives it last.
pub(super) fn fold_order<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    // First the probe: it names the tiles, while the sums of a count only differ.
    subject.for_all((probes(), any::<prop::sample::Index>()), |lane, (probe, start)| {
        let first = start.index(probe.tiles as usize + 1) as u64;
        let stall = Trouble::Stall(first, Duration::from_millis(3));
        let run = first..probe.tiles;
        let visits = lane.fold_run(&Probe { trouble: Some(stall), ..probe }, run, &Control::new())?;
        let swapped = visits.windows(2).find(|pair| pair[0].tile > pair[1].tile);
        ensure!(swapped.is_none(), "{}", swapped.map_or_else(String::new, swap));
        Ok(())
    })?;
    for x in LIMITS {
        let kernel = combinatorial(x)?;
        let expected = fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new()).ok();
        for lane in subject.lanes() {
            let sums = Some(lane.fold(&kernel, &Control::new())?);
            ensure!(sums == expected, "the sums for pi({x}) on {} workers differ from those in order", lane.workers());
        }
    }
    Ok(())
}

fn swap(pair: &[Visit]) -> String {
    format!("the result of tile {} was combined before that of tile {}", pair[0].tile, pair[1].tile)
}

pub(super) fn any_cut<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    // Use indices of more than 32 bits.
    for lane in subject.lanes() {
        for start in [u64::from(u32::MAX) - 2, u64::MAX - 5] {
            let visits = lane.fold_run(&Probe::new(u64::MAX), start..start + 5, &Control::new())?;
            ensure_tiles(&visits, start..start + 5)?;
        }
        for x in LIMITS {
            let kernel = combinatorial(x)?;
            let tiles = kernel.tiles();
            let run = |run| lane.fold_run(&kernel, run, &Control::new());
            let cut = run(0..tiles / 3)?.combine(run(tiles / 3..tiles / 2)?).combine(run(tiles / 2..tiles)?);
            ensure!(cut == run(0..tiles)?, "the sums of three runs for pi({x}) differ from those of the whole");
        }
    }
    let cuts = (probes(), prop::array::uniform3(any::<prop::sample::Index>()));
    subject.for_all(cuts, |lane, (probe, cuts)| {
        let mut cuts = cuts.map(|cut| cut.index(probe.tiles as usize + 1) as u64);
        cuts.sort_unstable();
        let [start, middle, end] = cuts;
        for run in [start..middle, middle..end, start..end] {
            let visits = lane.fold_run(&probe, run.clone(), &Control::new())?;
            ensure_tiles(&visits, run.clone()).in_case(|| format!("the run {run:?} of {} tiles", probe.tiles))?;
        }
        Ok(())
    })
}

pub(super) fn any_workers<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for (asked, lane) in subject.workers().into_iter().zip(subject.lanes()) {
        ensure!(lane.workers() == asked, "opened with {asked} workers, it says that it has {}", lane.workers());
        ensure_folds(&lane, 100)?;
        // The sieve folds. Other plans look so small a count up in a table.
        let count = lane.count(&Query::up_to(30_000).algorithm(Algorithm::Sieve))?;
        ensure!(count == 3245, "{} workers count {count} primes up to 30000, not 3245", lane.workers());
    }
    // With more workers than tiles, some workers get none.
    let numbers = [2, 9, 64].into_iter().filter_map(NonZeroUsize::new);
    for workers in numbers.filter(|&workers| subject.caps.takes(workers)) {
        let lane = subject.open(workers);
        for tiles in [1, workers.get() as u64 - 1] {
            ensure_folds(&lane, tiles)?;
        }
    }
    Ok(())
}

fn ensure_folds(lane: &impl Backend, tiles: u64) -> Judged {
    let about = || format!("{tiles} tiles on {} workers", lane.workers());
    let visits = lane.fold(&Probe::new(tiles), &Control::new()).in_case(about)?;
    ensure_tiles(&visits, 0..tiles).in_case(about)
}

pub(super) fn no_tiles<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        ensure!(lane.fold(&Probe::new(0), &Control::new())?.is_empty(), "a kernel without tiles was given some");
        for at in [0, 4, 9] {
            let visits = lane.fold_run(&Probe::new(9), at..at, &Control::new())?;
            ensure!(visits.is_empty(), "the empty run {at}..{at} visited {} tiles", visits.len());
        }
        #[expect(clippy::reversed_empty_ranges, reason = "the law is about reversed ranges")]
        for range in [0..=0, 0..=1, 24..=28, 9..=3, u64::MAX..=0] {
            for &algorithm in Algorithm::ALL {
                let count = lane.count(&Query::from(range.clone()).algorithm(algorithm))?;
                ensure!(count == 0, "{algorithm} counts {count} primes in {range:?}");
            }
        }
    }
    Ok(())
}

pub(super) fn one_scratch<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    subject.for_all(probes(), |lane, probe| {
        let mut visits: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
        for visit in lane.fold(&probe, &Control::new())? {
            visits.entry(visit.scratch).or_default().push((visit.position, visit.tile));
        }
        let (scratches, workers) = (visits.len(), lane.workers());
        ensure!(scratches <= workers.get(), "{workers} workers made {scratches} scratches for one fold");
        visits.into_values().try_for_each(|visits| ensure_runs_are_long(visits, &probe))
    })
}

/// Ensures that the visits to one scratch, in their order, are runs of neighbouring tiles that are no shorter than the
/// grain, except at either end of the fold.
fn ensure_runs_are_long(mut visits: Vec<(u64, u64)>, probe: &Probe) -> Judged {
    visits.sort_unstable();
    for run in visits.chunk_by(|a, b| b.1 == a.1 + 1) {
        let (first, last) = (run[0].1, run[run.len() - 1].1);
        let whole = run.len() as u64 >= probe.grain || first == 0 || last + 1 == probe.tiles;
        ensure!(whole, "a scratch was moved on after the tiles {first}..={last}; the grain is {}", probe.grain);
    }
    Ok(())
}

pub(super) fn at_most_workers<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        let crowd = Crowd::default();
        lane.fold(&crowd, &Control::new())?;
        let max = crowd.max.into_inner();
        ensure!(max <= lane.workers().get(), "{max} tiles ran at once on {} workers", lane.workers());
    }
    Ok(())
}

/// A kernel whose tiles count how many of them run at once.
#[derive(Default)]
struct Crowd {
    running: AtomicUsize,
    max: AtomicUsize,
}

impl Kernel for Crowd {
    type Scratch = ();
    type Partial = ();

    fn phase(&self) -> &'static str {
        "crowd"
    }

    fn tiles(&self) -> u64 {
        60
    }

    fn scratch(&self) {}

    fn tile<P: Pulse>(&self, _: u64, (): &mut (), _: &P) -> Result<(), Stopped> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.max.fetch_max(running, Ordering::SeqCst);
        thread::sleep(Duration::from_micros(200));
        self.running.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }
}
