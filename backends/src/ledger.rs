//! The ledger: which worker runs which tiles, and with what result. All workers of one fold share it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use primelanes_core::{Error, Kernel, Monoid, Pulse, Watch, guard};

/// Hands out runs of neighbouring tiles and folds their partial results in tile order.
///
/// A claim is `max(left / (4 * workers), grain)` tiles. Claims are long at first, so that there are few of them, and
/// short at the end, so that the workers finish together. A finished run is merged with its finished neighbours at
/// once. While `workers` runs are in progress, at most `workers` gaps separate the merged runs. At the end there must
/// be exactly one merged run, which covers each tile exactly once, whichever worker ran it.
///
/// A backend with your own threads:
///
/// ```
/// use std::num::NonZeroUsize;
/// use std::ops::Range;
/// use primelanes_backends::{Backend, Control, Error, Kernel, Ledger, PrimeCounter};
///
/// struct MyThreads(NonZeroUsize);
///
/// impl Backend for MyThreads {
///     fn label(&self) -> &str { "my-threads" }
///     fn workers(&self) -> NonZeroUsize { self.0 }
///     fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>)
///         -> Result<K::Partial, Error>
///     {
///         let watch = control.watch(kernel, &tiles);
///         let ledger = Ledger::new(tiles, self.workers(), kernel.grain());
///         std::thread::scope(|scope| {
///             for _ in 0..ledger.threads() {
///                 scope.spawn(|| ledger.work(kernel, &watch, &watch));
///             }
///         });
///         ledger.finish(&watch)
///     }
/// }
///
/// assert_eq!(MyThreads(NonZeroUsize::new(2).unwrap()).count_primes(1_000_000), Ok(78_498));
/// ```
#[derive(Debug)]
pub struct Ledger<P> {
    tiles: Range<u64>,
    workers: u64,
    grain: u64,
    state: Mutex<State<P>>,
}

#[derive(Debug)]
struct State<P> {
    /// The first unclaimed tile.
    unclaimed: u64,
    /// The end and the folded partial result of each finished run, by its first tile.
    answered: BTreeMap<u64, (u64, P)>,
    /// The first failure.
    fault: Option<Error>,
}

impl<P: Monoid> Ledger<P> {
    /// Creates a ledger of `tiles` for `workers` workers, with at least `grain` tiles per claim.
    #[must_use]
    pub fn new(tiles: Range<u64>, workers: NonZeroUsize, grain: u64) -> Self {
        let state = State { unclaimed: tiles.start, answered: BTreeMap::new(), fault: None };
        Self { tiles, workers: workers.get() as u64, grain: grain.max(1), state: Mutex::new(state) }
    }

    /// Returns the number of workers to start: the smaller of the number of workers and the number of claims.
    #[must_use]
    pub fn threads(&self) -> usize {
        let claims = self.tiles.end.saturating_sub(self.tiles.start).div_ceil(self.grain);
        self.workers.min(claims) as usize
    }

    /// Claims the next run of tiles. Returns `None` if all tiles are claimed or if the fold has failed.
    pub fn claim(&self) -> Option<Range<u64>> {
        self.claim_at_most(u64::MAX)
    }

    /// Claims like [`claim`](Ledger::claim), but at most `max` tiles, unless the grain is larger.
    pub fn claim_at_most(&self, max: u64) -> Option<Range<u64>> {
        let mut state = self.state();
        let left = self.tiles.end.saturating_sub(state.unclaimed);
        if left == 0 || state.fault.is_some() {
            return None;
        }
        let length = (left / self.workers.saturating_mul(4)).min(max).max(self.grain).min(left);
        let first = state.unclaimed;
        state.unclaimed += length;
        Some(first..first + length)
    }

    /// Adds the partial result of a run.
    ///
    /// # Errors
    /// [`Error::Overlap`] if a tile of the run is not in the ledger, or if its result was added before.
    pub fn deposit(&self, run: Range<u64>, partial: P) -> Result<(), Error> {
        let (mut run, mut partial) = (run, partial);
        loop {
            let mut state = self.state();
            state.check_new(&run, &self.tiles)?;
            let (before, after) = (state.take_ending_at(run.start), state.take_starting_at(run.end));
            if before.is_none() && after.is_none() {
                state.answered.insert(run.start, (run.end, partial));
                return Ok(());
            }
            // Combining may take long and may panic, so do it without the mutex. Then check again with the longer run.
            drop(state);
            if let Some((start, left)) = before {
                run.start = start;
                partial = left.combine(partial);
            }
            if let Some((end, right)) = after {
                run.end = end;
                partial = partial.combine(right);
            }
        }
    }

    /// Ends the fold for all workers. Only the first cause is kept.
    pub fn fail(&self, cause: Error) {
        self.state().fault.get_or_insert(cause);
    }

    /// Does the whole work of one worker. It claims runs, runs their tiles with one scratch, and adds the results,
    /// until no tiles are left or a worker fails. A failure or a panic in this method ends the fold.
    ///
    /// `pulse` is the watch itself, or the backend's own pulse, which calls the watch.
    pub fn work<K: Kernel<Partial = P>>(&self, kernel: &K, watch: &Watch<'_>, pulse: &impl Pulse) {
        let worked = guard(kernel.phase(), || {
            let mut scratch = None;
            while let Some(run) = self.claim() {
                let scratch = scratch.get_or_insert_with(|| kernel.scratch());
                let partial = watch.fold_tiles(kernel, run.clone(), scratch, pulse)?;
                self.deposit(run, partial)?;
            }
            Ok(())
        });
        if let Err(cause) = worked {
            self.fail(cause);
            watch.halt();
        }
    }

    /// Returns the folded result of all tiles.
    ///
    /// # Errors
    /// The first failure, or [`Error::Incomplete`] if the results do not cover all tiles.
    pub fn finish(self, watch: &Watch<'_>) -> Result<P, Error> {
        let whole = self.whole()?;
        watch.finish().map(|()| whole)
    }

    /// Returns the folded result of all tiles, like [`finish`](Ledger::finish).
    pub(crate) fn whole(self) -> Result<P, Error> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = state.fault {
            return Err(cause);
        }
        let tiles = self.tiles;
        let runs = state.answered.len();
        let folded = state.answered.iter().map(|(start, (end, _))| end - start).sum();
        let mut segments = state.answered.into_iter();
        match (segments.next(), segments.next()) {
            (None, None) if tiles.is_empty() => Ok(P::identity()),
            (Some((start, (end, whole))), None) if start == tiles.start && end == tiles.end => Ok(whole),
            _ => Err(Error::Incomplete { tiles, folded, runs }),
        }
    }

    /// Returns each finished run, with its folded partial result as `view` sees it.
    pub(crate) fn segments<T>(&self, view: impl Fn(&P) -> T) -> Vec<(Range<u64>, T)> {
        self.state().answered.iter().map(|(&start, (end, partial))| (start..*end, view(partial))).collect()
    }

    fn state(&self) -> MutexGuard<'_, State<P>> {
        // No code that runs under the mutex leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P> State<P> {
    /// Checks that every tile of the run is in the ledger and not in a finished run.
    fn check_new(&self, run: &Range<u64>, tiles: &Range<u64>) -> Result<(), Error> {
        let inside = tiles.start <= run.start && run.start < run.end && run.end <= tiles.end;
        let last_before_end = self.answered.range(..run.end).next_back();
        let apart = last_before_end.is_none_or(|(_, (end, _))| *end <= run.start);
        if inside && apart { Ok(()) } else { Err(Error::Overlap { run: run.clone() }) }
    }

    fn take_ending_at(&mut self, tile: u64) -> Option<(u64, P)> {
        let (&start, _) = self.answered.range(..tile).next_back().filter(|(_, (end, _))| *end == tile)?;
        self.answered.remove(&start).map(|(_, partial)| (start, partial))
    }

    fn take_starting_at(&mut self, tile: u64) -> Option<(u64, P)> {
        self.answered.remove(&tile)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    fn ledger(tiles: Range<u64>, grain: u64) -> Ledger<Vec<u64>> {
        Ledger::new(tiles, TWO, grain)
    }

    fn finish<P: Monoid>(ledger: Ledger<P>) -> Result<P, Error> {
        let unwatched =
            primelanes_core::Control::new().watch(&primelanes_core::algorithm::TrialDivision::new(0..=1), &(0..0));
        ledger.finish(&unwatched)
    }

    #[test]
    fn claims_lie_side_by_side_and_shrink_to_the_grain() {
        let ledger = ledger(10..1010, 3);
        let claims: Vec<_> = std::iter::from_fn(|| ledger.claim()).collect();
        assert_eq!(claims[0], 10..135, "an eighth of a thousand");
        assert!(claims.windows(2).all(|pair| pair[0].end == pair[1].start));
        let lengths: Vec<_> = claims.iter().map(|run| run.end - run.start).collect();
        assert!(lengths.is_sorted_by(|a, b| a >= b));
        assert!(lengths[..lengths.len() - 1].iter().all(|&length| length >= 3));
        assert_eq!(claims.last().unwrap().end, 1010);
    }

    #[test]
    fn a_bounded_claim_is_neither_longer_nor_shorter_than_the_grain() {
        let ledger = ledger(0..1000, 3);
        let claims = [7, 1, 0, u64::MAX].map(|most| ledger.claim_at_most(most));
        assert_eq!(claims, [Some(0..7), Some(7..10), Some(10..13), Some(13..136)]);
    }

    #[test]
    fn any_number_of_workers_is_fine() {
        for workers in [1 << 62, usize::MAX] {
            let ledger = Ledger::<u64>::new(0..5, NonZeroUsize::new(workers).unwrap(), 1);
            assert_eq!((ledger.threads(), ledger.claim()), (5, Some(0..1)));
        }
    }

    #[test]
    fn no_more_workers_are_called_than_there_are_claims() {
        let thousand = NonZeroUsize::new(1000).unwrap();
        let threads = |tiles, grain| Ledger::<u64>::new(tiles, thousand, grain).threads();
        assert_eq!([threads(0..0, 1), threads(0..3, 1), threads(0..17, 8), threads(0..5000, 1)], [0, 3, 3, 1000]);
    }

    proptest! {
        #[test]
        fn whatever_the_order_of_the_answers_the_fold_is_in_tile_order(
            cuts in prop::collection::btree_set(1..100_u64, 0..12), seed: u64,
        ) {
            let ends: Vec<u64> = [0].into_iter().chain(cuts).chain([100]).collect();
            let mut runs: Vec<_> = ends.windows(2).map(|pair| pair[0]..pair[1]).collect();
            // Sort by a hash of the seed, to get any permutation.
            runs.sort_by_key(|run| (run.start ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let ledger = ledger(0..100, 1);
            for run in runs {
                ledger.deposit(run.clone(), run.collect()).unwrap();
            }
            prop_assert_eq!(finish(ledger), Ok((0..100).collect()));
        }
    }

    #[test]
    fn neighbours_merge_at_once() {
        let ledger = ledger(0..6, 1);
        for run in [0..1, 4..6, 2..3, 3..4, 1..2] {
            ledger.deposit(run.clone(), run.collect()).unwrap();
        }
        assert_eq!(ledger.state().answered.len(), 1);
    }

    #[test]
    fn a_tile_answered_twice_is_refused() {
        let ledger = ledger(5..20, 1);
        ledger.deposit(8..12, vec![]).unwrap();
        for run in [8..12, 11..13, 7..9, 9..10, 5..20, 0..6, 19..21, 15..15] {
            assert_eq!(ledger.deposit(run.clone(), vec![]), Err(Error::Overlap { run }));
        }
    }

    #[test]
    fn a_lost_tile_is_noticed() {
        let gap = ledger(0..9, 1);
        for run in [0..4, 5..9] {
            gap.deposit(run, vec![]).unwrap();
        }
        assert_eq!(finish(gap), Err(Error::Incomplete { tiles: 0..9, folded: 8, runs: 2 }));
        let short = ledger(0..9, 1);
        short.deposit(0..8, vec![]).unwrap();
        assert_eq!(finish(short), Err(Error::Incomplete { tiles: 0..9, folded: 8, runs: 1 }));
        assert_eq!(finish(ledger(0..1, 1)), Err(Error::Incomplete { tiles: 0..1, folded: 0, runs: 0 }));
        assert_eq!(finish(ledger(4..4, 1)), Ok(vec![]));
    }

    #[test]
    fn the_first_fault_wins_and_ends_the_claims() {
        let ledger = ledger(0..9, 1);
        assert!(ledger.claim().is_some());
        ledger.fail(Error::AlreadyAttached);
        ledger.fail(Error::Cancelled);
        assert_eq!(ledger.claim(), None);
        assert_eq!(finish(ledger), Err(Error::AlreadyAttached));
    }
}
