//! How far a measurement has come.

use std::cell::Cell;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::Progress;

/// How often the progress is shown during a part that does not report any.
const TICK: Duration = Duration::from_millis(250);

/// The largest share of a part that is shown before the part is over, if it does not report its progress.
const ALMOST: f64 = 0.98;

/// The progress of a measurement in parts, each of which should take some seconds.
pub(super) struct Meter<'a> {
    show: &'a (dyn Fn(Progress) + Sync),
    total: f64,
    before: Cell<f64>,
}

impl<'a> Meter<'a> {
    /// Creates a meter for parts that take this many seconds in all.
    pub(super) fn new(total: f64, show: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { show, total, before: Cell::new(0.0) }
    }

    /// Runs a part that reports the number of steps that it has done.
    pub(super) fn steps<R>(
        &self,
        name: &'static str,
        seconds: f64,
        steps: usize,
        part: impl FnOnce(&dyn Fn()) -> R,
    ) -> R {
        let (before, done) = (self.before.get(), Cell::new(0));
        self.show(name, before);
        let result = part(&|| {
            done.set(done.get() + 1);
            // A part that fails may try again.
            let share = (f64::from(done.get()) / steps.max(1) as f64).min(1.0);
            self.show(name, before + seconds * share);
        });
        self.before.set(before + seconds);
        result
    }

    /// Runs a part that does not report its progress. Another thread shows how much of its time has passed.
    pub(super) fn timed<R>(&self, name: &'static str, seconds: f64, part: impl FnOnce() -> R) -> R {
        let (before, begun) = (self.before.get(), Instant::now());
        self.show(name, before);
        let (total, show) = (self.total, self.show);
        let result = thread::scope(|scope| {
            let (running, ended) = mpsc::channel::<()>();
            let tick = move || {
                while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    let share = (begun.elapsed().as_secs_f64() / seconds).min(ALMOST);
                    show(progress(name, before + seconds * share, total));
                }
            };
            // Without this thread, only the progress inside the part is missing.
            drop(thread::Builder::new().spawn_scoped(scope, tick));
            let result = part();
            drop(running);
            result
        });
        self.before.set(before + seconds);
        result
    }

    fn show(&self, name: &'static str, done: f64) {
        (self.show)(progress(name, done, self.total));
    }
}

fn progress(name: &'static str, done: f64, total: f64) -> Progress {
    let millis = |seconds: f64| (1e3 * seconds) as u64;
    Progress::new(name, millis(done).min(millis(total)), millis(total))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn the_progress_grows_to_its_total() {
        let shown = Mutex::new(Vec::new());
        let show = |progress: Progress| shown.lock().unwrap().push((progress.phase, progress.done, progress.total));
        let meter = Meter::new(3.0, &show);
        meter.steps("one", 1.0, 2, |step| (0..2).for_each(|_| step()));
        meter.timed("two", 2.0, || thread::sleep(Duration::from_millis(700)));
        meter.steps("three", 0.0, 1, |step| step());
        let shown = shown.into_inner().unwrap();
        assert_eq!(shown[..3], [("one", 0, 3000), ("one", 500, 3000), ("one", 1000, 3000)]);
        assert!(shown.is_sorted_by_key(|shown| shown.1) && shown.len() >= 6, "{shown:?}");
        assert_eq!(shown.last(), Some(&("three", 3000, 3000)));
    }
}
