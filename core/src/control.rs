//! Stops and observes a running count.

mod recorder;
mod share;
mod watch;

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};

pub use recorder::Recorder;
use share::Share;
pub use watch::Watch;

use crate::{Error, Kernel, Pulse, Stopped, guard};

/// A function that receives the progress of a count. [`ControlFlow::Break`] ends the count with [`Error::Cancelled`].
pub type Observer<'a> = dyn Fn(Progress) -> ControlFlow<()> + Sync + 'a;

/// The optional cancel flag, the optional progress observer and the optional recorder of a count.
///
/// It is itself a [`Pulse`] that checks the flag. `Control::new()` never stops anything.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    cancel: Option<&'a AtomicBool>,
    observer: Option<&'a Observer<'a>>,
    recorder: Option<&'a dyn Recorder>,
    /// The part of a count that the next fold does. `None` if it is the only fold, and its tiles are what is reported.
    share: Option<Share>,
}

impl<'a> Control<'a> {
    /// Creates a control without a flag, an observer or a recorder.
    #[must_use]
    pub const fn new() -> Self {
        Self { cancel: None, observer: None, recorder: None, share: None }
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

    /// Passes the partial results of the next fold to the recorder. This is for a backend that stands in front of another
    /// one. A count consists of several folds, and each needs a recorder of its own.
    #[must_use]
    pub const fn record(mut self, recorder: &'a dyn Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Returns whether the cancel flag is set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    /// Tells the observer, if there is one. For an observer that stands in front of it.
    pub(crate) fn observe(&self, progress: Progress) -> ControlFlow<()> {
        self.observer.map_or(ControlFlow::Continue(()), |observer| observer(progress))
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
    ///
    /// # Errors
    /// [`Error::Cancelled`] or [`Error::Panicked`] if the observer ended the count.
    pub fn report_step(&self, phase: &'static str) -> Result<(), Error> {
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
        f.debug_struct("Control")
            .field("cancel", &self.cancel)
            .field("observed", &self.observer.is_some())
            .field("recorded", &self.recorder.is_some())
            .finish()
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

#[cfg(test)]
mod tests;
