//! Tests of the conformance suite: backends that break a law, each a few lines away from one that obeys them all.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::mpsc::channel;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use primelanes_backends::{Backend, Control, Error, Kernel, Monoid, Pulse, Stopped, Watch, Wire, fold_tiles, guard};
use primelanes_harness::conformance::{Caps, Law, Verdict, check};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    HangsWithOneWorker,
    DropsTheLastTile,
    RunsATileTwice,
    FoldsAsResultsComeIn,
    SkipsATileAtASeam,
    RunsATileWhereThereIsNone,
    MakesAScratchForEachTile,
    SharesAScratch,
    StartsAThreadTooMany,
    DropsTheFifthSegment,
    EndsAfterTwentyTilesOfPi,
    NeverCallsBeside,
    CallsBesideTwice,
    DropsATileBeside,
    AnswersFromTheLastCount,
    RefusesASecondCountAtOnce,
    BlocksARayonWorker,
    IgnoresCancel,
    LooksAtTheFlagOnceATile,
    CancelsWhatIsDone,
    WatchesEachRun,
    TellsProgressBackwards,
    ForgetsTheEnd,
    ReportsOnlyAtTheEnds,
    SwallowsPanics,
    IsPoisonedByAPanic,
    NamesNoCause,
    CombinesUnguarded,
    RecordsARunTwice,
    RecordsARunAsItsNeighbour,
    RecordsTheFirstRunOnly,
    IgnoresTheRecorder,
}

/// A backend with one fault. It gives a run of neighbouring tiles to each worker, on scoped threads.
struct Mine {
    workers: NonZeroUsize,
    fault: Fault,
    last: Mutex<Option<Answer>>,
    exclusive: Mutex<()>,
}

struct Answer {
    phase: &'static str,
    tiles: Range<u64>,
    bytes: Vec<u8>,
}

struct Heedless;

/// A pulse that can be stopped, and reports nothing.
struct Silent<'a>(&'a Watch<'a>);

impl Pulse for Heedless {
    fn beat(&self) -> Result<(), Stopped> {
        Ok(())
    }
}

impl Pulse for Silent<'_> {
    fn beat(&self) -> Result<(), Stopped> {
        self.0.check()
    }
}

impl Mine {
    fn new(workers: NonZeroUsize, fault: Fault) -> Self {
        Self { workers, fault, last: Mutex::new(None), exclusive: Mutex::new(()) }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn runs(&self, tiles: &Range<u64>, grain: u64) -> Vec<Range<u64>> {
        let workers = self.workers.get() as u64 + u64::from(self.has(Fault::StartsAThreadTooMany));
        let length = (tiles.end - tiles.start).div_ceil(workers).max(grain);
        let starts = (tiles.start..tiles.end).step_by(length as usize);
        let mut runs: Vec<_> = starts.map(|start| start..tiles.end.min(start.saturating_add(length))).collect();
        match (self.fault, runs.last_mut()) {
            (Fault::DropsTheLastTile, Some(last)) => last.end -= 1,
            (Fault::RunsATileTwice, Some(last)) => last.start -= u64::from(last.start > tiles.start),
            (Fault::SkipsATileAtASeam, Some(last)) => last.start += u64::from(tiles.start > 0),
            (Fault::RunsATileWhereThereIsNone, None) => runs.push(tiles.start..tiles.start + 1),
            _ => {}
        }
        runs
    }

    fn run<K: Kernel>(&self, kernel: &K, run: Range<u64>, watch: &Watch<'_>) -> Result<K::Partial, Error> {
        let poisonable = self.has(Fault::IsPoisonedByAPanic).then(|| self.exclusive.lock().unwrap());
        let mut scratch = kernel.scratch();
        let folded = match self.fault {
            Fault::MakesAScratchForEachTile => {
                run.map(|tile| tile..tile + 1).try_fold(Monoid::identity(), |folded: K::Partial, tile| {
                    watch.fold_tiles(kernel, tile, &mut kernel.scratch(), watch).map(|tile| folded.combine(tile))
                })
            }
            Fault::SharesAScratch => {
                let middle = run.start.midpoint(run.end);
                let (mut left, mut right) = (K::Partial::identity(), K::Partial::identity());
                for tile in run.start..middle {
                    left = left.combine(watch.fold_tiles(kernel, tile..tile + 1, &mut scratch, watch)?);
                    let other = tile - run.start + middle;
                    right = right.combine(watch.fold_tiles(kernel, other..other + 1, &mut scratch, watch)?);
                }
                let left_over = middle + (middle - run.start)..run.end;
                Ok(left.combine(right).combine(watch.fold_tiles(kernel, left_over, &mut scratch, watch)?))
            }
            Fault::ReportsOnlyAtTheEnds => watch.fold_tiles(kernel, run, &mut scratch, &Silent(watch)),
            Fault::IgnoresCancel => watch.fold_tiles(kernel, run, &mut scratch, &Heedless),
            Fault::LooksAtTheFlagOnceATile => run.into_iter().try_fold(K::Partial::identity(), |folded, tile| {
                watch.beat().map_err(|Stopped| watch.cause())?;
                watch.fold_tiles(kernel, tile..tile + 1, &mut scratch, &Heedless).map(|tile| folded.combine(tile))
            }),
            Fault::RecordsARunTwice => {
                let folded = watch.fold_tiles(kernel, run.clone(), &mut scratch, watch)?;
                watch.record(run, &folded.encode()?).map(|()| folded)
            }
            Fault::RecordsARunAsItsNeighbour | Fault::RecordsTheFirstRunOnly | Fault::IgnoresTheRecorder => {
                self.fold_and_record(kernel, run, watch)
            }
            _ => watch.fold_tiles(kernel, run, &mut scratch, watch),
        };
        drop(poisonable);
        folded
    }

    /// Passes on what is finished without the help of the watch.
    fn fold_and_record<K: Kernel>(&self, kernel: &K, run: Range<u64>, watch: &Watch<'_>) -> Result<K::Partial, Error> {
        let length = run.end - run.start;
        let folded = fold_tiles(kernel, run.clone(), &mut kernel.scratch(), watch).map_err(|Stopped| watch.cause())?;
        watch.advance(length);
        let recorded = match self.fault {
            Fault::RecordsARunAsItsNeighbour => watch.record(run.end..run.end.wrapping_add(length), &folded.encode()?),
            Fault::RecordsTheFirstRunOnly if run.start > 0 => Ok(()),
            _ => watch.record(run, &folded.encode()?),
        };
        if self.has(Fault::IgnoresTheRecorder) { Ok(folded) } else { recorded.map(|()| folded) }
    }

    fn fold_on_threads<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        control: &Control<'_>,
    ) -> Result<K::Partial, Error> {
        let runs = self.runs(&tiles, kernel.grain());
        let watch = control.watch(kernel, &tiles);
        let first_fault = OnceLock::new();
        let (sender, results) = channel();
        thread::scope(|scope| {
            for (place, run) in runs.into_iter().enumerate() {
                let (sender, watch, first_fault) = (sender.clone(), &watch, &first_fault);
                scope.spawn(move || {
                    let own = self.has(Fault::WatchesEachRun).then(|| control.watch(kernel, &run));
                    let result = guard(kernel.phase(), || self.run(kernel, run, own.as_ref().unwrap_or(watch)));
                    if let Err(fault) = &result {
                        first_fault.get_or_init(|| fault.clone());
                        watch.halt();
                    }
                    sender.send((place, result)).unwrap();
                });
            }
        });
        drop(sender);
        let mut results: Vec<_> = results.into_iter().collect();
        if !self.has(Fault::FoldsAsResultsComeIn) {
            results.sort_by_key(|(place, _)| *place);
        }
        match first_fault.into_inner() {
            Some(Error::Panicked { .. }) if self.has(Fault::SwallowsPanics) => {}
            Some(Error::Panicked { phase, .. }) if self.has(Fault::NamesNoCause) => {
                return Err(Error::Panicked { phase, message: "a worker died".into() });
            }
            Some(fault) => return Err(fault),
            None => {}
        }
        let results = results.into_iter().filter_map(|(_, result)| result.ok());
        let fold = || results.fold(K::Partial::identity(), Monoid::combine);
        let unguarded = self.has(Fault::CombinesUnguarded);
        let folded = if unguarded { fold() } else { guard(kernel.phase(), || Ok(fold()))? };
        match self.fault {
            Fault::ForgetsTheEnd => {}
            Fault::TellsProgressBackwards => control.watch(kernel, &tiles).finish()?,
            _ => watch.finish()?,
        }
        if self.has(Fault::CancelsWhatIsDone) && control.is_cancelled() { Err(Error::Cancelled) } else { Ok(folded) }
    }
}

impl Backend for Mine {
    fn label(&self) -> &'static str {
        "mine"
    }

    fn workers(&self) -> NonZeroUsize {
        self.workers
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let mut last = self.last.lock().unwrap();
        match (self.fault, &*last) {
            (Fault::HangsWithOneWorker, _) if self.workers == NonZeroUsize::MIN => loop {
                thread::park();
            },
            (Fault::AnswersFromTheLastCount, Some(last)) if last.phase == kernel.phase() && last.tiles == tiles => {
                return K::Partial::decode(&last.bytes);
            }
            _ => drop(last),
        }
        let _exclusive = match self.exclusive.try_lock() {
            Err(_) if self.has(Fault::RefusesASecondCountAtOnce) => {
                return Err(Error::Unavailable { what: "mine".into(), reason: "it is counting".into() });
            }
            guard => guard.ok().filter(|_| self.has(Fault::RefusesASecondCountAtOnce)),
        };
        if self.has(Fault::BlocksARayonWorker) && rayon::current_thread_index().is_some() {
            let (sender, receiver) = channel();
            rayon::scope(move |scope| {
                scope.spawn(move |_| sender.send(()).unwrap());
                receiver.recv().unwrap();
            });
        }
        if self.has(Fault::DropsTheFifthSegment) && kernel.phase() == "sieve" && tiles.end > 4 {
            return self.fold_on_threads(kernel, tiles.start..4, control);
        }
        if self.has(Fault::EndsAfterTwentyTilesOfPi) && kernel.phase() == "pi(x)" && tiles.end > 20 {
            return self.fold_on_threads(kernel, tiles.start..20, control);
        }
        let folded = self.fold_on_threads(kernel, tiles.clone(), control)?;
        last = self.last.lock().unwrap();
        *last = Some(Answer { phase: kernel.phase(), tiles, bytes: folded.encode()? });
        Ok(folded)
    }

    fn fold_run_beside<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        control: &Control<'_>,
        beside: &mut dyn FnMut(),
    ) -> Result<K::Partial, Error> {
        let calls = match self.fault {
            Fault::NeverCallsBeside => 0,
            Fault::CallsBesideTwice => 2,
            _ => 1,
        };
        (0..calls).for_each(|_| beside());
        let dropped = u64::from(self.has(Fault::DropsATileBeside) && !tiles.is_empty());
        self.fold_run(kernel, tiles.start..tiles.end - dropped, control)
    }
}

/// The faults, the law that must find each, and a part of its message.
const FAULTS: [(Fault, Law, &str); 32] = [
    (Fault::HangsWithOneWorker, Law::AnyWorkers, "hangs"),
    (Fault::DropsTheLastTile, Law::EachTileOnce, "was not run"),
    (Fault::RunsATileTwice, Law::EachTileOnce, "was run twice"),
    (Fault::FoldsAsResultsComeIn, Law::FoldOrder, "was combined before that of tile"),
    (Fault::SkipsATileAtASeam, Law::AnyCut, "was not run"),
    (Fault::RunsATileWhereThereIsNone, Law::NoTiles, "a kernel without tiles was given some"),
    (Fault::MakesAScratchForEachTile, Law::OneScratch, "scratches for one fold"),
    (Fault::SharesAScratch, Law::OneScratch, "a scratch was moved on after the tiles"),
    (Fault::StartsAThreadTooMany, Law::AtMostWorkers, "tiles ran at once on"),
    (Fault::DropsTheFifthSegment, Law::Agreement, "primes in"),
    (Fault::EndsAfterTwentyTilesOfPi, Law::NthPrime, "with 1 workers and"),
    (Fault::NeverCallsBeside, Law::List, "was called 0 times"),
    (Fault::CallsBesideTwice, Law::List, "was called 2 times"),
    (Fault::DropsATileBeside, Law::List, "was not run"),
    (Fault::AnswersFromTheLastCount, Law::Reuse, "in question 2 to one instance"),
    (Fault::RefusesASecondCountAtOnce, Law::CountsAtOnce, "it is counting"),
    (Fault::BlocksARayonWorker, Law::InsideRayon, "hangs"),
    (Fault::IgnoresCancel, Law::CancelBefore, "cancelled before the first tile"),
    (Fault::LooksAtTheFlagOnceATile, Law::CancelLatency, "although the flag was set"),
    (Fault::CancelsWhatIsDone, Law::CancelAfter, "cancelled"),
    (Fault::WatchesEachRun, Law::Progress, "60 tiles were reported as"),
    (Fault::TellsProgressBackwards, Law::Progress, "were reported"),
    (Fault::ForgetsTheEnd, Law::Progress, "the last report is"),
    (Fault::ReportsOnlyAtTheEnds, Law::ObserverEnds, "while a tile worked"),
    (Fault::SwallowsPanics, Law::TilePanics, "an answer instead of"),
    (Fault::IsPoisonedByAPanic, Law::TilePanics, "afterwards, a fold of 10 tiles fails"),
    (Fault::CombinesUnguarded, Law::TilePanics, "the backend panics: incompatible"),
    (Fault::RecordsARunTwice, Law::Recording, "was run twice"),
    (Fault::RecordsARunAsItsNeighbour, Law::Recording, "is recorded with the results of the tiles"),
    (Fault::RecordsTheFirstRunOnly, Law::Recording, "was not run"),
    (Fault::IgnoresTheRecorder, Law::Recording, "but the fold returned"),
    (Fault::NamesNoCause, Law::ScratchPanics, "a worker died"),
];

#[test]
fn each_fault_breaks_the_law_that_is_to_find_it() {
    // Faults that hang wait for the watchdog, and the others run meanwhile.
    let (hanging, quick): (Vec<_>, Vec<_>) = FAULTS.into_iter().partition(|(_, _, said)| *said == "hangs");
    let broken: BTreeSet<_> = thread::scope(|scope| {
        let trials = [hanging, quick].map(|faults| scope.spawn(|| faults.into_iter().flat_map(broken_by).collect()));
        trials.into_iter().flat_map(|trial| -> Vec<_> { trial.join().unwrap() }).collect()
    });
    let never: Vec<_> = Law::ALL.into_iter().filter(|law| !broken.contains(law.name())).collect();
    assert_eq!(never, [], "laws that nothing breaks");
}

fn broken_by((fault, law, said): (Fault, Law, &str)) -> Vec<&'static str> {
    let caps = Caps::full().timeout(Duration::from_secs(10));
    let report = check(move |workers| Mine::new(workers, fault), caps, 1, 8);
    let verdict = report.laws.iter().find(|finding| finding.law == law).map(|finding| &finding.verdict);
    assert!(matches!(verdict, Some(Verdict::Broken(why)) if why.contains(said)), "{fault:?}: {report}");
    let broken: Vec<_> = report.broken().map(Law::name).collect();
    // Only lists run something beside a fold, and only `recording` has a recorder.
    let is_apart = [Law::List, Law::Recording].contains(&law);
    assert!(!is_apart || broken == [law.name()], "{fault:?}: {report}");
    broken
}

#[test]
fn without_a_fault_every_law_holds() {
    let report = check(|workers| Mine::new(workers, Fault::None), Caps::full(), 1, 32);
    assert!(report.laws.iter().all(|finding| finding.verdict == Verdict::Holds), "{report}");
    assert_eq!(report.laws.len(), Law::ALL.len());
}
