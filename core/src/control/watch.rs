//! One fold of a running count: stops its workers, and reports its progress.

use std::cell::Cell;
use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, TryLockError};
use std::time::{Duration, Instant};

use super::{Control, Progress};
use crate::{Error, Kernel, Monoid, Pulse, Stopped, Wire, fold_tiles, guard};

/// The time between two reports to an observer while work goes on. People cannot read faster updates, and a report costs
/// more than a small tile.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_millis(50);

/// How long a worker works before it passes its partial result to a recorder: at first, and at most. The time doubles. That
/// much is lost if the process is killed, besides what the recorder has not stored yet.
pub(super) const FIRST_RECORD: Duration = Duration::from_millis(60);
const LAST_RECORD: Duration = Duration::from_millis(500);

/// Reading the clock takes longer than some kernels work between two beats, so only one beat in this many does it.
pub(super) const BEATS_PER_LOOK: u8 = 16;

/// One fold under a [`Control`]: the plain [`Pulse`] of its workers, and the count of its finished tiles.
///
/// A backend runs tiles with [`fold_tiles`](Watch::fold_tiles) and calls [`finish`](Watch::finish) at the end. The
/// pulse of the tiles is the watch itself, or the backend's own pulse, which calls the watch. A beat of the watch also
/// calls the observer, if a report is due. A backend whose tiles run elsewhere calls [`report`](Watch::report) while it
/// waits, and [`advance`](Watch::advance) and [`record`](Watch::record) when it learns that tiles are finished.
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
    pub(super) fn new(control: Control<'a>, phase: &'static str, total: u64) -> Self {
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

    /// Runs neighbouring tiles in order, folds their partial results and counts each as finished. If there is a recorder,
    /// passes the results on to it, about every half second or more often, and at the end.
    ///
    /// # Errors
    /// The [`cause`](Watch::cause), if the pulse returned [`Stopped`], or the error of the recorder.
    pub fn fold_tiles<K: Kernel, P: Pulse>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        scratch: &mut K::Scratch,
        pulse: &P,
    ) -> Result<K::Partial, Error> {
        let mut folded = K::Partial::identity();
        let mut left = tiles;
        let mut interval = FIRST_RECORD;
        loop {
            let due = self.control.recorder.map(|_| Instant::now() + interval);
            let (partial, end, ended) = self.fold_until(due, kernel, left.clone(), scratch, pulse);
            interval = LAST_RECORD.min(2 * interval);
            if self.control.recorder.is_some() {
                self.record(left.start..end, &partial.encode()?)?;
            }
            ended?;
            folded = folded.combine(partial);
            left.start = end;
            if left.is_empty() {
                return Ok(folded);
            }
        }
    }

    /// Runs tiles until it is time to record them, if they are recorded. Returns their folded partial result, the end of what
    /// was run, and why the work must end, if it must.
    fn fold_until<K: Kernel, P: Pulse>(
        &self,
        due: Option<Instant>,
        kernel: &K,
        tiles: Range<u64>,
        scratch: &mut K::Scratch,
        pulse: &P,
    ) -> (K::Partial, u64, Result<(), Error>) {
        let mut folded = K::Partial::identity();
        for index in tiles.clone() {
            match fold_tiles(kernel, index..index + 1, scratch, pulse) {
                Ok(tile) => folded = folded.combine(tile),
                Err(Stopped) => return (folded, index, Err(self.cause())),
            }
            self.advance(1);
            if due.is_some_and(|due| Instant::now() >= due) {
                return (folded, index + 1, Ok(()));
            }
        }
        (folded, tiles.end, Ok(()))
    }

    /// Passes the partial result of a run to the recorder, if there is one. [`fold_tiles`](Watch::fold_tiles) does this by
    /// itself. A backend whose tiles run elsewhere does it when it receives the [`Wire`] bytes of a result.
    ///
    /// # Errors
    /// The error of the recorder.
    pub fn record(&self, run: Range<u64>, partial: &[u8]) -> Result<(), Error> {
        match self.control.recorder {
            Some(recorder) if !run.is_empty() => recorder.record(run, partial),
            _ => Ok(()),
        }
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

    /// Most counts have no observer, so this stays out of the kernels' loops.
    #[cold]
    fn report_if_due(&self) {
        if self.is_report_due() {
            self.report();
        }
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
        if self.control.observer.is_some() {
            self.report_if_due();
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
