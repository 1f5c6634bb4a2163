//! Stops and observes a running count.

mod share;

use std::cell::Cell;
use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, TryLockError};
use std::time::{Duration, Instant};

use share::Share;

use crate::{Error, Kernel, Monoid, Pulse, Stopped, fold_tiles, guard};

/// The time between two reports to an observer while work goes on. People cannot read faster updates, and a report costs
/// more than a small tile.
const REPORT_INTERVAL: Duration = Duration::from_millis(50);

/// Reading the clock takes longer than some kernels work between two beats, so only one beat in this many does it.
const BEATS_PER_LOOK: u8 = 16;

/// A function that receives the progress of a count. [`ControlFlow::Break`] ends the count with [`Error::Cancelled`].
pub type Observer<'a> = dyn Fn(Progress) -> ControlFlow<()> + Sync + 'a;

/// The optional cancel flag and the optional progress observer of a count.
///
/// It is itself a [`Pulse`] that checks the flag. `Control::new()` never stops anything.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    cancel: Option<&'a AtomicBool>,
    observer: Option<&'a Observer<'a>>,
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

    /// Calls the observer when a count begins, about every 50 ms while it works, and when it is complete.
    ///
    /// `done` never shrinks, and ends at `total`. If the count needs several folds, they share one progress, and only
    /// the phase changes from fold to fold. A [`Break`](ControlFlow::Break) ends the count with [`Error::Cancelled`], and
    /// a panic in the observer ends it with [`Error::Panicked`]. After either, the observer is not called again.
    ///
    /// Any worker may call the observer, but only one at a time, and a call blocks only the worker that makes it. If the
    /// work is done in other processes, the thread that receives their answers makes the call.
    #[must_use]
    pub const fn progress(mut self, observer: &'a Observer<'a>) -> Self {
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

    /// Builds a kernel as the first step of a count, and returns the control of its fold. `share` is the approximate
    /// fraction of the time that this step takes. `build` beats the watch, so the observer can end this step too.
    pub(crate) fn set_up<K>(
        &self,
        share: f64,
        build: impl FnOnce(&Watch<'a>) -> Result<K, Error>,
    ) -> Result<(K, Self), Error> {
        let [step, fold] = self.split([share, 1.0 - share]);
        let watch = Watch::new(step, "set-up", 1);
        let kernel = guard("set-up", || build(&watch));
        let kernel = kernel.map_err(|error| if error == Error::Cancelled { watch.cause() } else { error })?;
        watch.finish().map(|()| (kernel, fold))
    }

    /// Reports a step that is already done, for work that needs no fold.
    pub(crate) fn report_step(&self, phase: &'static str) -> Result<(), Error> {
        let [step] = self.split([1.0]);
        Watch::new(step, phase, 1).finish()
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
/// The unit is a millionth of the count by its estimated cost. If a fold is run without a count, as by
/// [`Backend::fold`](crate::Backend::fold), the unit is its tiles.
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
/// pulse of the tiles is the watch itself, or the backend's own pulse, which calls the watch. A beat of the watch also
/// calls the observer, if a report is due. A backend whose tiles run elsewhere calls [`report`](Watch::report) while it waits, and
/// [`advance`](Watch::advance) when it learns that tiles are finished.
pub struct Watch<'a> {
    control: Control<'a>,
    phase: &'static str,
    total: u64,
    halted: AtomicBool,
    /// How the observer ended the count.
    ended: OnceLock<Error>,
    done: AtomicU64,
    begun: Instant,
    /// When the next report is due, in nanoseconds since `begun`.
    due: AtomicU64,
    /// The last report to the observer.
    reported: Mutex<Option<u64>>,
}

impl<'a> Watch<'a> {
    fn new(control: Control<'a>, phase: &'static str, total: u64) -> Self {
        let reported = control.share.filter(|share| share.is_continued).map(|share| share.from);
        let watch = Self {
            control,
            phase,
            total,
            halted: AtomicBool::new(false),
            ended: OnceLock::new(),
            done: AtomicU64::new(0),
            begun: Instant::now(),
            due: AtomicU64::new(REPORT_INTERVAL.as_nanos() as u64),
            reported: Mutex::new(reported),
        };
        watch.report_growth();
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

    /// Counts `tiles` more tiles as finished. The next report includes them.
    pub fn advance(&self, tiles: u64) {
        if self.control.observer.is_some() {
            self.done.fetch_add(tiles, Ordering::Relaxed);
        }
    }

    /// Counts the fold as complete.
    ///
    /// # Errors
    /// [`Error::Cancelled`] or [`Error::Panicked`] if the observer ended the count.
    pub fn finish(&self) -> Result<(), Error> {
        self.done.store(self.total, Ordering::Relaxed);
        self.report_growth();
        self.ended.get().map_or(Ok(()), |cause| Err(cause.clone()))
    }

    /// Stops all workers of this fold at their next beat, because one of them failed.
    pub fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Returns why the pulse stopped the work: the panic of the observer, or else [`Error::Cancelled`].
    #[must_use]
    pub fn cause(&self) -> Error {
        self.ended.get().cloned().unwrap_or(Error::Cancelled)
    }

    /// Returns whether a [`report`](Watch::report) is due. Most calls return false without reading the clock.
    ///
    /// This is for a pulse that holds a lock, and must release it before the observer is called. Such a pulse calls
    /// [`check`](Watch::check) in place of [`beat`](Pulse::beat), which would report.
    #[must_use]
    pub fn is_report_due(&self) -> bool {
        thread_local!(static BEATS: Cell<u8> = const { Cell::new(0) });
        self.control.observer.is_some() && {
            let beats = BEATS.get();
            BEATS.set((beats + 1) % BEATS_PER_LOOK);
            beats == 0 && self.is_interval_over()
        }
    }

    /// Reports to the observer, unless another report is under way or the last one was less than 50 ms ago.
    pub fn report(&self) {
        if self.control.observer.is_some() && self.is_interval_over() {
            self.report_if(|_| true);
        }
    }

    /// Checks whether the work may go on, without a report.
    ///
    /// # Errors
    /// [`Stopped`] if the work must end here.
    pub fn check(&self) -> Result<(), Stopped> {
        if self.halted.load(Ordering::Relaxed) { Err(Stopped) } else { self.control.beat() }
    }

    fn is_interval_over(&self) -> bool {
        self.begun.elapsed().as_nanos() as u64 >= self.due.load(Ordering::Relaxed)
    }

    /// Reports the beginning or the end, unless `done` has not grown since the last report.
    fn report_growth(&self) {
        self.report_if(|grown| grown);
    }

    fn progress(&self) -> Progress {
        let done = self.done.load(Ordering::Relaxed).min(self.total);
        match self.control.share {
            None => Progress::new(self.phase, done, self.total),
            Some(share) => share.progress(self.phase, done, self.total),
        }
    }

    /// Reports to the observer, unless another report is under way. `wanted` takes whether `done` has grown.
    fn report_if(&self, wanted: impl FnOnce(bool) -> bool) {
        let Some(observer) = self.control.observer else { return };
        let mut reported = match self.reported.try_lock() {
            Ok(reported) => reported,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let progress = self.progress();
        if self.ended.get().is_some() || !wanted(*reported < Some(progress.done)) {
            return;
        }
        *reported = Some(progress.done);
        let told = guard("progress observer", || match observer(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        });
        // The interval begins when the observer returns.
        let due = self.begun.elapsed() + REPORT_INTERVAL;
        self.due.store(due.as_nanos() as u64, Ordering::Relaxed);
        if let Err(cause) = told {
            self.ended.get_or_init(|| cause);
            self.halt();
        }
    }
}

impl Pulse for Watch<'_> {
    fn beat(&self) -> Result<(), Stopped> {
        if self.is_report_due() {
            self.report();
        }
        self.check()
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
        let observer = |progress| {
            told.lock().unwrap().push(progress);
            ControlFlow::Continue(())
        };
        work(&watch(&Control::new().progress(&observer), tiles));
        told.into_inner().unwrap()
    }

    fn progress(done: u64, total: u64) -> Progress {
        Progress::new("probe", done, total)
    }

    fn beat(watch: &Watch<'_>) -> Result<(), Stopped> {
        (0..BEATS_PER_LOOK).try_for_each(|_| watch.beat())
    }

    #[test]
    fn the_ends_of_a_phase_are_reported_once() {
        assert_eq!(told(4, |watch| watch.finish().unwrap()), [progress(0, 4), progress(4, 4)]);
        assert_eq!(told(0, |watch| watch.finish().unwrap()), [progress(0, 0)]);
    }

    #[test]
    fn finished_tiles_are_reported_after_a_while() {
        let told = told(4, |watch| {
            watch.advance(1);
            beat(watch).unwrap();
            thread::sleep(REPORT_INTERVAL);
            watch.advance(2);
            beat(watch).unwrap();
        });
        assert_eq!(told, [progress(0, 4), progress(3, 4)]);
    }

    #[test]
    fn a_long_tile_is_reported_again_and_again() {
        let told = told(4, |watch| {
            for _ in 0..2 {
                thread::sleep(REPORT_INTERVAL);
                beat(watch).unwrap();
            }
            thread::sleep(REPORT_INTERVAL);
            watch.report();
            watch.report();
        });
        assert_eq!(told, [progress(0, 4); 4]);
    }

    #[test]
    fn reports_are_an_interval_apart() {
        let clock = Instant::now();
        let told = told(1000, |watch| {
            for _ in 0..1000 {
                watch.advance(1);
                beat(watch).unwrap();
                watch.report();
            }
        });
        let intervals = clock.elapsed().as_millis() / REPORT_INTERVAL.as_millis();
        assert!(told.len() as u128 <= 1 + intervals, "{} reports in {intervals} intervals", told.len());
    }

    #[test]
    fn few_beats_read_the_clock() {
        let told = told(4, |watch| {
            thread::sleep(REPORT_INTERVAL);
            let due = (0..2 * BEATS_PER_LOOK).filter(|_| watch.is_report_due()).count();
            assert_eq!(due, 2);
        });
        assert_eq!(told, [progress(0, 4)]);
        assert!(!watch(&Control::new(), 1).is_report_due());
    }

    #[test]
    fn an_observer_ends_the_count_at_any_report() {
        let begin =
            |progress: Progress| if progress.done == 0 { ControlFlow::Break(()) } else { panic!("{progress:?}") };
        let watch = watch(&Control::new().progress(&begin), 4);
        assert_eq!((watch.beat(), watch.check(), watch.cause()), (Err(Stopped), Err(Stopped), Error::Cancelled));
        assert_eq!(watch.finish(), Err(Error::Cancelled));

        let end =
            |progress: Progress| if progress.done == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let watch = super::tests::watch(&Control::new().progress(&end), 4);
        assert_eq!((watch.beat(), watch.finish()), (Ok(()), Err(Error::Cancelled)));
    }

    #[test]
    fn a_set_up_is_reported_and_can_be_ended() {
        let told = Mutex::new(Vec::new());
        let observer = |progress: Progress| {
            told.lock().unwrap().push(progress);
            if told.lock().unwrap().len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let ended = Control::new().progress(&observer).set_up(0.5, |watch| {
            thread::sleep(REPORT_INTERVAL);
            beat(watch).map_err(|Stopped| Error::Cancelled)
        });
        assert_eq!(ended.err(), Some(Error::Cancelled));
        assert_eq!(told.into_inner().unwrap(), [Progress::new("set-up", 0, 1_000_000); 2]);

        let panics = |_| resume_unwind(Box::new("a bad observer"));
        let control = Control::new().progress(&panics);
        let ended = control.set_up(0.5, |watch| watch.beat().map_err(|Stopped| Error::Cancelled));
        let fault = Error::Panicked { phase: "progress observer".into(), message: "a bad observer".into() };
        assert_eq!(ended.err(), Some(fault));
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
        let control = Control::new().progress(&|_| ControlFlow::Continue(()));
        assert_eq!(format!("{control:?}"), "Control { cancel: None, observed: true }");
        let watch = watch(&Control::new(), 3);
        let control = "Control { cancel: None, observed: false }";
        assert_eq!(format!("{watch:?}"), format!("Watch {{ control: {control}, phase: \"probe\", total: 3, .. }}"));
    }
}
