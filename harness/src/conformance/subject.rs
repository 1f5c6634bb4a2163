//! The backend under test, as the laws see it.

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::ops::Range;

use primelanes_backends::algorithm::{Combinatorial, Parameters};
use primelanes_backends::machine::Cpu;
use primelanes_backends::probe::{Probe, Visit};
use primelanes_backends::{Backend, Control, Error};
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner};

use super::Caps;
use super::broken::{Broken, InCase, Judged, ensure};

/// The numbers of workers to try, up to the backend's limit.
const WORKERS: [usize; 4] = [1, 2, 3, 7];

/// The limits of the search for the smallest failing case, in milliseconds and steps.
const MAX_SHRINK_TIME: u32 = 5_000;
const MAX_SHRINK_STEPS: u32 = 10_000;

/// Creates a backend with the given number of workers.
pub(super) type Factory<B> = dyn Fn(NonZeroUsize) -> B + Send + Sync;

/// The source of random inputs.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) seed: u64,
    pub(super) cases: u32,
    /// The source file of the test. Failing cases are kept next to it.
    pub(super) source: Option<&'static str>,
}

pub(super) struct Subject<'a, B> {
    pub(super) factory: &'a Factory<B>,
    pub(super) caps: &'a Caps,
    pub(super) trial: &'a Trial,
}

impl<B: Backend> Subject<'_, B> {
    /// Creates a new instance of the backend.
    pub(super) fn open(&self, workers: NonZeroUsize) -> B {
        (self.factory)(workers)
    }

    /// Returns the numbers of workers to try.
    pub(super) fn workers(&self) -> Vec<NonZeroUsize> {
        let numbers = WORKERS.into_iter().filter_map(NonZeroUsize::new);
        numbers.filter(|&workers| self.caps.takes(workers)).collect()
    }

    /// Creates a new instance of the backend for each number of workers.
    pub(super) fn lanes(&self) -> impl Iterator<Item = B> {
        self.workers().into_iter().map(|workers| self.open(workers))
    }

    /// Checks `law` on new instances with random numbers of workers and random inputs. If it fails, looks for a small
    /// failing case.
    pub(super) fn for_all<S>(&self, inputs: S, law: impl Fn(B, S::Value) -> Judged) -> Judged
    where
        S: Strategy + 'static,
        S::Value: Debug,
    {
        self.trial.run(self.workers(), inputs.boxed(), &|workers, input| law(self.open(workers), input))
    }
}

impl Trial {
    /// Runs a law. This code does not depend on the backend or on the law, so it is compiled once per type of input.
    fn run<V: Debug>(
        &self,
        workers: Vec<NonZeroUsize>,
        inputs: BoxedStrategy<V>,
        law: &dyn Fn(NonZeroUsize, V) -> Judged,
    ) -> Judged {
        let persistence = FileFailurePersistence::WithSource("proptest-regressions");
        let config = Config {
            cases: self.cases,
            rng_seed: RngSeed::Fixed(self.seed),
            source_file: self.source,
            failure_persistence: self.source.map(|_| Box::new(persistence) as _),
            max_shrink_time: MAX_SHRINK_TIME,
            max_shrink_iters: MAX_SHRINK_STEPS,
            ..Config::default()
        };
        let inputs = (proptest::sample::select(workers), inputs);
        let tried = TestRunner::new(config)
            .run(&inputs, |(workers, input)| law(workers, input).map_err(|broken| TestCaseError::fail(broken.0)));
        tried.map_err(|error| match error {
            TestError::Fail(reason, (workers, input)) => {
                Broken(format!("{reason}, with {workers} workers and {input:?}"))
            }
            TestError::Abort(reason) => Broken(reason.to_string()),
        })
    }
}

/// Creates the kernel that counts the primes up to x by the combinatorial method. Its partial results do not commute,
/// and its tiles also run in other processes.
pub(super) fn combinatorial(x: u128) -> Result<Combinatorial, Error> {
    Combinatorial::with(x, Parameters::for_x(x), Cpu::chosen()?, &Control::new())
}

/// Ensures that an instance still folds correctly.
pub(super) fn ensure_usable(lane: &impl Backend) -> Judged {
    let visits = lane.fold(&Probe::new(10), &Control::new());
    let visits = visits.in_case(|| "afterwards, a fold of 10 tiles fails".to_owned())?;
    ensure_tiles(&visits, 0..10).in_case(|| "afterwards, in a fold of 10 tiles".to_owned())
}

/// Ensures that the visits are to exactly these tiles, in any order. Another law covers the order.
pub(super) fn ensure_tiles(visits: &[Visit], tiles: Range<u64>) -> Judged {
    let mut seen: Vec<u64> = visits.iter().map(|visit| visit.tile).collect();
    seen.sort_unstable();
    for pair in seen.windows(2) {
        ensure!(pair[0] != pair[1], "tile {} was run twice", pair[0]);
    }
    let lost = tiles.clone().find(|tile| seen.binary_search(tile).is_err());
    ensure!(lost.is_none(), "tile {} was not run", lost.unwrap_or_default());
    let stray = seen.iter().find(|tile| !tiles.contains(tile));
    ensure!(stray.is_none(), "tile {} was run, which is not one of {tiles:?}", stray.unwrap_or(&0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tiles: &[u64]) -> String {
        let visits: Vec<_> = tiles.iter().map(|&tile| Visit { tile, scratch: 0, position: 0 }).collect();
        ensure_tiles(&visits, 3..6).map_or_else(|broken| broken.0, |()| "fine".to_owned())
    }

    #[test]
    fn lost_repeated_and_invented_tiles_are_found() {
        assert_eq!((seen(&[3, 4, 5]), seen(&[5, 3, 4])), ("fine".into(), "fine".into()));
        assert_eq!((seen(&[3, 5]), seen(&[3, 4])), ("tile 4 was not run".into(), "tile 5 was not run".into()));
        assert_eq!(seen(&[3, 4, 5, 4]), "tile 4 was run twice");
        assert_eq!(seen(&[3, 4, 5, 6]), "tile 6 was run, which is not one of 3..6");
        assert_eq!(seen(&[2, 3, 4, 5]), "tile 2 was run, which is not one of 3..6");
    }
}
