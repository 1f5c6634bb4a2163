//! Stops and observes a running count.

mod share;

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, TryLockError};
use std::time::{Duration, Instant};

use share::Share;

use crate::{Error, Kernel, Monoid, Pulse, Stopped, fold_tiles, guard};

/// The shortest time between two reports to an observer. People cannot read faster updates, and a report costs more
/// than a small tile.
const REPORT_INTERVAL: Duration = Duration::from_millis(20);

/// The optional cancel flag and the optional progress observer of a count.
///
/// It is itself a [`Pulse`] that checks the flag. `Control::new()` never stops anything.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    cancel: Option<&'a AtomicBool>,
    observer: Option<&'a (dyn Fn(Progress) + Sync)>,
    /// The part of a count that the next fold does. `None` if it is the only fold, and its tiles are what is reported.
    share: Option<Share>,
}

impl<'a> Control<'a> {
    /// Creates a control with neither flag nor observer.
    #[must_use]
    pub const fn new() -> Self {
        Self { cancel: None, observer: None, share: None }
    }

    /// Stops the count soon after the flag becomes true.
    #[must_use]
    pub const fn cancel(mut self, flag: &'a AtomicBool) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Tells the observer when a count begins, from time to time while it runs, and when it is complete.
    ///
    /// `done` only grows, and ends at `total`. If the count needs several folds, they share one progress, and only the
    /// phase changes from fold to fold. Any worker may call the observer, but only one at a time, and a call holds up
    /// only the worker that makes it. If the work is done in other processes, the thread that receives their answers
    /// makes the call. A panic in the observer ends the count with [`Error::Panicked`].
    #[must_use]
    pub const fn progress(mut self, observer: &'a (dyn Fn(Progress) + Sync)) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Returns whether the cancel flag is set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    /// Begins one fold over these tiles of the kernel. This is all that a backend needs from the control.
    pub fn watch<K: Kernel>(&self, kernel: &K, tiles: &Range<u64>) -> Watch<'a> {
        Watch::new(*self, kernel.phase(), tiles.end.saturating_sub(tiles.start))
    }

    /// Reports a step that is already done, for work that needs no fold.
    pub(crate) fn report_step(&self, phase: &'static str) -> Result<(), Error> {
        if self.observer.is_none() { Ok(()) } else { Watch::new(*self, phase, 1).finish() }
    }
}

impl Pulse for Control<'_> {
    fn beat(&self) -> Result<(), Stopped> {
        if self.is_cancelled() { Err(Stopped) } else { Ok(()) }
    }
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("cancel", &self.cancel).field("observed", &self.observer.is_some()).finish()
    }
}

/// How far a count has come.
///
/// If the count is one fold, the unit is its tiles. If it needs several folds, such as a count that is checked, the unit
/// is a millionth of the whole count by its estimated cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The name of the phase that is running.
    pub phase: &'static str,
    /// How much is finished, in whatever order it finishes.
    pub done: u64,
    /// The total.
    pub total: u64,
}

impl Progress {
    /// Creates a report that `done` of `total` is finished.
    #[must_use]
    pub const fn new(phase: &'static str, done: u64, total: u64) -> Self {
        Self { phase, done, total }
    }
}

/// One fold under a [`Control`]: the plain [`Pulse`] of its workers, and the count of its finished tiles.
///
/// A backend runs tiles with [`fold_tiles`](Watch::fold_tiles) and calls [`finish`](Watch::finish) at the end. The
/// pulse of the tiles is the watch itself, or the backend's own pulse, which calls the watch. A backend whose tiles run
/// elsewhere calls [`advance`](Watch::advance) when it learns that tiles are finished.
pub struct Watch<'a> {
    control: Control<'a>,
    phase: &'static str,
    total: u64,
    halted: AtomicBool,
    observer_fault: OnceLock<Error>,
    done: AtomicU64,
    reported: Mutex<Reported>,
}

/// The last report to the observer.
struct Reported {
    done: Option<u64>,
    at: Instant,
}

impl<'a> Watch<'a> {
    fn new(control: Control<'a>, phase: &'static str, total: u64) -> Self {
        let reported = control.share.filter(|share| share.is_continued).map(|share| share.from);
        let watch = Self {
            control,
            phase,
            total,
            halted: AtomicBool::new(false),
            observer_fault: OnceLock::new(),
            done: AtomicU64::new(0),
            reported: Mutex::new(Reported { done: reported, at: Instant::now() }),
        };
        watch.report(Duration::ZERO);
        watch
    }

    /// Runs neighbouring tiles in order, folds their partial results and counts each as finished.
    ///
    /// # Errors
    /// The [`cause`](Watch::cause), if the pulse returned [`Stopped`].
    pub fn fold_tiles<K: Kernel, P: Pulse>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        scratch: &mut K::Scratch,
        pulse: &P,
    ) -> Result<K::Partial, Error> {
        let mut folded = K::Partial::identity();
        for index in tiles {
            let tile = fold_tiles(kernel, index..index + 1, scratch, pulse);
            folded = folded.combine(tile.map_err(|Stopped| self.cause())?);
            self.advance(1);
        }
        Ok(folded)
    }

    /// Counts `tiles` more tiles as finished.
    pub fn advance(&self, tiles: u64) {
        if self.control.observer.is_some() {
            self.done.fetch_add(tiles, Ordering::Relaxed);
            self.report(REPORT_INTERVAL);
        }
    }

    /// Counts the fold as complete.
    ///
    /// # Errors
    /// [`Error::Panicked`] if the observer panicked.
    pub fn finish(&self) -> Result<(), Error> {
        self.done.store(self.total, Ordering::Relaxed);
        self.report(Duration::ZERO);
        self.observer_fault.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// Stops all workers of this fold at their next beat, because one of them failed.
    pub fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Returns why the pulse stopped the work: the panic of the observer, or else [`Error::Cancelled`].
    #[must_use]
    pub fn cause(&self) -> Error {
        self.observer_fault.get().cloned().unwrap_or(Error::Cancelled)
    }

    fn progress(&self) -> Progress {
        let done = self.done.load(Ordering::Relaxed).min(self.total);
        match self.control.share {
            None => Progress::new(self.phase, done, self.total),
            Some(share) => share.progress(self.phase, done, self.total),
        }
    }

    /// Reports to the observer, unless another report is under way or the last one was less than `interval` ago.
    fn report(&self, interval: Duration) {
        let Some(observer) = self.control.observer else { return };
        let mut reported = match self.reported.try_lock() {
            Ok(reported) => reported,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let progress = self.progress();
        if reported.at.elapsed() < interval || reported.done >= Some(progress.done) {
            return;
        }
        *reported = Reported { done: Some(progress.done), at: Instant::now() };
        let told = guard("progress observer", || {
            observer(progress);
            Ok(())
        });
        if let Err(fault) = told {
            self.observer_fault.get_or_init(|| fault);
            self.halt();
        }
    }
}

impl Pulse for Watch<'_> {
    fn beat(&self) -> Result<(), Stopped> {
        if self.halted.load(Ordering::Relaxed) { Err(Stopped) } else { self.control.beat() }
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("control", &self.control)
            .field("phase", &self.phase)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;
    use std::thread;

    use super::*;
    use crate::probe::Probe;

    fn watch<'a>(control: &Control<'a>, tiles: u64) -> Watch<'a> {
        control.watch(&Probe::new(tiles), &(0..tiles))
    }

    /// Returns the reports that an observer receives during a watch over this many tiles.
    fn told(tiles: u64, work: impl FnOnce(&Watch<'_>)) -> Vec<Progress> {
        let told = Mutex::new(Vec::new());
        let observer = |progress| told.lock().unwrap().push(progress);
        work(&watch(&Control::new().progress(&observer), tiles));
        told.into_inner().unwrap()
    }

    fn progress(done: u64, total: u64) -> Progress {
        Progress::new("probe", done, total)
    }

    #[test]
    fn the_ends_of_a_phase_are_told_once() {
        assert_eq!(told(4, |watch| watch.finish().unwrap()), [progress(0, 4), progress(4, 4)]);
        assert_eq!(told(0, |watch| watch.finish().unwrap()), [progress(0, 0)]);
    }

    #[test]
    fn finished_tiles_are_told_after_a_while() {
        let told = told(4, |watch| {
            watch.advance(1);
            thread::sleep(REPORT_INTERVAL);
            watch.advance(2);
        });
        assert_eq!(told.last(), Some(&progress(3, 4)));
    }

    #[test]
    fn reports_keep_their_distance() {
        let clock = Instant::now();
        let told = told(1000, |watch| (0..1000).for_each(|_| watch.advance(1)));
        let intervals = clock.elapsed().as_millis() / REPORT_INTERVAL.as_millis();
        assert!(told.len() as u128 <= 1 + intervals, "{} reports in {intervals} intervals", told.len());
    }

    #[test]
    fn a_halt_stops_one_fold_and_the_flag_stops_all() {
        let flag = AtomicBool::new(false);
        let control = Control::new().cancel(&flag);
        let folds = [(); 2].map(|()| watch(&control, 1));
        let beats = || [folds[0].beat(), folds[1].beat()];
        assert_eq!(beats(), [Ok(()), Ok(())]);
        folds[0].halt();
        assert_eq!(beats(), [Err(Stopped), Ok(())]);
        flag.store(true, Ordering::Relaxed);
        assert_eq!(beats(), [Err(Stopped), Err(Stopped)]);
        assert_eq!(folds[1].cause(), Error::Cancelled);
    }

    #[test]
    fn the_first_panic_of_the_observer_stops_the_workers_and_is_the_cause() {
        let observer = |progress: Progress| resume_unwind(Box::new(format!("done {}", progress.done)));
        let watch = watch(&Control::new().progress(&observer), 1);
        let fault = Error::Panicked { phase: "progress observer".into(), message: "done 0".into() };
        assert_eq!((watch.beat(), watch.cause()), (Err(Stopped), fault.clone()));
        assert_eq!(watch.finish(), Err(fault));
    }

    #[test]
    fn debug_output_tells_what_is_watched() {
        let control = Control::new().progress(&|_| ());
        assert_eq!(format!("{control:?}"), "Control { cancel: None, observed: true }");
        let watch = watch(&Control::new(), 3);
        let control = "Control { cancel: None, observed: false }";
        assert_eq!(format!("{watch:?}"), format!("Watch {{ control: {control}, phase: \"probe\", total: 3, .. }}"));
    }
}
