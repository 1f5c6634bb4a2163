//! A count on its own thread, which the calling thread can interrupt.
//!
//! CPython delivers signals to its main thread only, and only when that thread checks for them. So the calling thread does
//! not count. It waits with the lock released, and polls now and then. It also calls Python's progress callback, so that the
//! callback runs in the thread and the context of the caller.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use primelanes_backends::{Error, Progress, guard};

/// The time between two polls. Ctrl-C should take effect at once, which means within a tenth of a second.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// A function that receives the progress of a count.
pub type Observer = dyn Fn(Progress) + Sync;

/// Why [`run`] returned no count.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure<E> {
    /// The count failed.
    Count(Error),
    /// A poll interrupted the count.
    Interrupt(E),
}

/// Runs `count` on another thread, with a cancel flag and an observer for its query.
///
/// Meanwhile this thread calls `poll` with the progress that was observed, or with `None` after 25 ms without any. If
/// `poll` returns an error, the flag is set. The other thread has always ended when this function returns.
///
/// If progress within one phase arrives faster than `poll` takes it, `poll` gets the latest only.
///
/// # Errors
/// The error of `poll`, if there was one; otherwise the error of the count.
pub fn run<E>(
    count: impl FnOnce(&AtomicBool, &Observer) -> Result<u128, Error> + Send,
    mut poll: impl FnMut(Option<Progress>) -> Result<(), E>,
) -> Result<u128, Failure<E>> {
    let cancel = &AtomicBool::new(false);
    let (sender, reports) = mpsc::channel();
    thread::scope(|scope| {
        let counting = move || {
            // It is not an error if nobody receives any more.
            let observer = move |progress| sender.send(progress).unwrap_or(());
            guard("count", || count(cancel, &observer))
        };
        let counting = thread::Builder::new()
            .name("primelanes".to_owned())
            .spawn_scoped(scope, counting)
            .map_err(|error| Failure::Count(spawn_error(&error)))?;
        let cancel_on_drop = CancelOnDrop(cancel);
        let polled = poll_until_done(&reports, &mut poll);
        drop(cancel_on_drop);
        let counted = counting.join().unwrap_or_else(|panic| resume_unwind(panic));
        polled.map_err(Failure::Interrupt)?;
        counted.map_err(Failure::Count)
    })
}

/// Sets the cancel flag when nobody waits for the count any more: it is over, or `poll` returned an error or panicked.
struct CancelOnDrop<'a>(&'a AtomicBool);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls until the count is over and has dropped the sender of its reports.
fn poll_until_done<E>(
    reports: &mpsc::Receiver<Progress>,
    poll: &mut impl FnMut(Option<Progress>) -> Result<(), E>,
) -> Result<(), E> {
    let mut next = None;
    loop {
        let progress = match next.take().map_or_else(|| reports.recv_timeout(POLL_INTERVAL), Ok) {
            Ok(progress) => progress,
            Err(RecvTimeoutError::Timeout) => {
                poll(None)?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let mut latest: Progress = progress;
        while let Ok(later) = reports.try_recv() {
            if later.phase != latest.phase {
                next = Some(later);
                break;
            }
            latest = later;
        }
        poll(Some(latest))?;
    }
}

fn spawn_error(error: &std::io::Error) -> Error {
    Error::Spawn { backend: "the count".into(), requested: 1, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread::{ThreadId, current, sleep};
    use std::time::Instant;

    use super::*;

    type Never = std::convert::Infallible;

    /// Longer than any test takes, unless something hangs.
    const WATCHDOG: Duration = Duration::from_mins(1);

    fn progress(phase: &'static str, done: u64) -> Progress {
        Progress::new(phase, done, 9)
    }

    /// Waits until the flag is set, as a count does.
    fn wait_for_cancel(cancel: &AtomicBool) -> Result<u128, Error> {
        let start = Instant::now();
        while start.elapsed() < WATCHDOG {
            if cancel.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            sleep(Duration::from_millis(1));
        }
        Ok(0)
    }

    #[test]
    fn the_result_of_the_count_is_returned() {
        assert_eq!(run(|_, _| Ok(7), |_| Ok::<(), Never>(())), Ok(7));
        let error = Error::TooManyWorkers { backend: "few".into(), requested: 2, max: 1 };
        let result = run(|_, _| Err(error.clone()), |_| Ok::<(), Never>(()));
        assert_eq!(result, Err(Failure::Count(error)));
    }

    #[test]
    fn a_panic_in_the_count_is_an_error() {
        let result = run(|_, _| panic!("seven"), |_| Ok::<(), Never>(()));
        assert_eq!(result, Err(Failure::Count(Error::Panicked { phase: "count".into(), message: "seven".into() })));
    }

    #[test]
    fn the_caller_is_polled_and_can_end_the_count() {
        let (mut without, mut with) = (0, 0);
        let result = run(
            |cancel, _| wait_for_cancel(cancel),
            |report| {
                let polls = if report.is_none() { &mut without } else { &mut with };
                *polls += 1;
                if without == 3 { Err("enough") } else { Ok(()) }
            },
        );
        assert_eq!((result, without, with), (Err(Failure::Interrupt("enough")), 3, 0));
    }

    #[test]
    fn a_panic_in_a_poll_ends_the_count_and_is_resumed() {
        let start = Instant::now();
        let poll = |_| -> Result<(), Never> { panic!("eight") };
        let result = catch_unwind(AssertUnwindSafe(|| run(|cancel, _| wait_for_cancel(cancel), poll)));
        assert_eq!(result.unwrap_err().downcast_ref(), Some(&"eight"));
        assert!(start.elapsed() < WATCHDOG);
    }

    #[test]
    fn the_error_of_a_poll_wins_over_a_finished_count() {
        let count = |cancel: &AtomicBool, _: &Observer| wait_for_cancel(cancel).or(Ok(7));
        assert_eq!(run(count, |_| Err("enough")), Err(Failure::Interrupt("enough")));
    }

    #[test]
    fn progress_reaches_the_calling_thread_in_order_and_to_the_end() {
        let here = current().id();
        let mut received: Vec<(ThreadId, Progress)> = Vec::new();
        let result = run(
            |_, observer| {
                assert_ne!(current().id(), here);
                for (phase, done) in [("first", 0), ("first", 9), ("second", 0), ("second", 4), ("second", 9)] {
                    observer(progress(phase, done));
                }
                Ok(1)
            },
            |report| {
                received.extend(report.map(|progress| (current().id(), progress)));
                Ok::<(), Never>(())
            },
        );
        assert_eq!(result, Ok(1));
        assert!(received.iter().all(|(thread, _)| *thread == here));
        let order: Vec<_> = received.iter().map(|(_, progress)| (progress.phase, progress.done)).collect();
        assert!(order.is_sorted() && order.contains(&("first", 9)), "{order:?}");
        assert_eq!(order.last(), Some(&("second", 9)));
    }

    #[test]
    fn a_slow_poll_gets_the_latest_progress_of_each_phase() {
        let mut received = Vec::new();
        // The first poll takes until everything has been observed.
        let all_observed = &AtomicBool::new(false);
        let result = run(
            |_, observer| {
                (0..=9).for_each(|done| observer(progress("first", done)));
                (0..=9).for_each(|done| observer(progress("second", done)));
                all_observed.store(true, Ordering::Release);
                Ok(1)
            },
            |report| {
                let start = Instant::now();
                while !all_observed.load(Ordering::Acquire) && start.elapsed() < WATCHDOG {
                    thread::yield_now();
                }
                received.extend(report);
                Ok::<(), Never>(())
            },
        );
        assert_eq!(result, Ok(1));
        assert!(received.len() <= 3, "{received:?}");
        assert_eq!(received[received.len() - 2..], [progress("first", 9), progress("second", 9)]);
    }
}
