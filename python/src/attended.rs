//! A count on a thread of its own, while the thread that waits for it attends to other things.
//!
//! CPython shows signals to its main thread alone, and only when that asks. So the thread that calls does not count: it
//! waits, with the lock released, and asks now and then. A progress callback of Python is called from there too, in the thread
//! and the context that it was handed over in.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use primelanes_backends::{Error, Progress, guard};

/// Between two looks at what else there is. Ctrl-C is to be felt at once, which is a tenth of a second.
const INTERVAL: Duration = Duration::from_millis(25);

/// Who is told of a count's progress.
pub type Observer = dyn Fn(Progress) + Sync;

/// What ended a count.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending<E> {
    /// A fault of the count.
    Count(Error),
    /// What the attendant said.
    Attendant(E),
}

/// Runs `count` on another thread, with a cancel flag and an observer for its query; meanwhile calls `attend` on this one,
/// with the progress that was observed, or with `None` when there was none for 25 ms. An error of `attend` sets the flag.
/// The other thread is always gone at the end.
///
/// Of progress within one phase that comes faster than it is attended to, the last is told.
///
/// # Errors
/// What the attendant said, if it did; else the fault of the count.
pub fn attended<E>(
    count: impl FnOnce(&AtomicBool, &Observer) -> Result<u128, Error> + Send,
    mut attend: impl FnMut(Option<Progress>) -> Result<(), E>,
) -> Result<u128, Ending<E>> {
    let cancel = &AtomicBool::new(false);
    let (sender, news) = mpsc::channel();
    thread::scope(|scope| {
        let counting = move || {
            // That nobody listens any more is no fault.
            let observer = move |progress| sender.send(progress).unwrap_or(());
            guard("count", || count(cancel, &observer))
        };
        let counting = thread::Builder::new()
            .name("primelanes".to_owned())
            .spawn_scoped(scope, counting)
            .map_err(|refusal| Ending::Count(refused(&refusal)))?;
        let end = EndOfCare(cancel);
        let attended = attend_to(&news, &mut attend);
        drop(end);
        let counted = counting.join().unwrap_or_else(|panic| resume_unwind(panic));
        attended.map_err(Ending::Attendant)?;
        counted.map_err(Ending::Count)
    })
}

/// Cancels when it is dropped, since nobody waits any more: because the count is over, or the attendant said or panicked so.
struct EndOfCare<'a>(&'a AtomicBool);

impl Drop for EndOfCare<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Attends until the count is over, which shows by there being nobody who could tell more.
fn attend_to<E>(
    news: &mpsc::Receiver<Progress>,
    attend: &mut impl FnMut(Option<Progress>) -> Result<(), E>,
) -> Result<(), E> {
    let mut next = None;
    loop {
        let progress = match next.take().map_or_else(|| news.recv_timeout(INTERVAL), Ok) {
            Ok(progress) => progress,
            Err(RecvTimeoutError::Timeout) => {
                attend(None)?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let mut latest: Progress = progress;
        while let Ok(later) = news.try_recv() {
            if later.phase != latest.phase {
                next = Some(later);
                break;
            }
            latest = later;
        }
        attend(Some(latest))?;
    }
}

fn refused(refusal: &std::io::Error) -> Error {
    Error::Spawn { backend: "the count".into(), requested: 1, reason: refusal.to_string() }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread::{ThreadId, current, sleep};
    use std::time::Instant;

    use super::*;

    type Nothing = std::convert::Infallible;

    /// Longer than any test takes, unless something hangs.
    const WATCHDOG: Duration = Duration::from_mins(1);

    fn progress(phase: &'static str, done: u64) -> Progress {
        Progress::new(phase, done, 9)
    }

    /// Waits until the flag is set, as a count does.
    fn until_cancelled(cancel: &AtomicBool) -> Result<u128, Error> {
        let since = Instant::now();
        while since.elapsed() < WATCHDOG {
            if cancel.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            sleep(Duration::from_millis(1));
        }
        Ok(0)
    }

    #[test]
    fn a_count_is_given_back_as_it_ended() {
        assert_eq!(attended(|_, _| Ok(7), |_| Ok::<(), Nothing>(())), Ok(7));
        let fault = Error::TooManyWorkers { backend: "few".into(), requested: 2, max: 1 };
        let ended = attended(|_, _| Err(fault.clone()), |_| Ok::<(), Nothing>(()));
        assert_eq!(ended, Err(Ending::Count(fault)));
    }

    #[test]
    fn a_panic_of_the_count_is_a_fault() {
        let ended = attended(|_, _| panic!("seven"), |_| Ok::<(), Nothing>(()));
        assert_eq!(ended, Err(Ending::Count(Error::Panicked { phase: "count".into(), message: "seven".into() })));
    }

    #[test]
    fn who_waits_is_asked_now_and_then_and_may_end_the_count() {
        let (mut asked, mut told) = (0, 0);
        let ended = attended(
            |cancel, _| until_cancelled(cancel),
            |news| {
                let counter = if news.is_none() { &mut asked } else { &mut told };
                *counter += 1;
                if asked == 3 { Err("enough") } else { Ok(()) }
            },
        );
        assert_eq!((ended, asked, told), (Err(Ending::Attendant("enough")), 3, 0));
    }

    #[test]
    fn a_panic_of_the_attendant_ends_the_count_and_goes_on() {
        let since = Instant::now();
        let attend = |_| -> Result<(), Nothing> { panic!("eight") };
        let ended = catch_unwind(AssertUnwindSafe(|| attended(|cancel, _| until_cancelled(cancel), attend)));
        assert_eq!(ended.unwrap_err().downcast_ref(), Some(&"eight"));
        assert!(since.elapsed() < WATCHDOG);
    }

    #[test]
    fn what_the_attendant_said_stands_even_if_the_count_went_on() {
        let count = |cancel: &AtomicBool, _: &Observer| until_cancelled(cancel).or(Ok(7));
        assert_eq!(attended(count, |_| Err("enough")), Err(Ending::Attendant("enough")));
    }

    #[test]
    fn progress_is_told_on_the_thread_that_waits_in_order_to_the_end() {
        let here = current().id();
        let mut told: Vec<(ThreadId, Progress)> = Vec::new();
        let ended = attended(
            |_, observer| {
                assert_ne!(current().id(), here);
                for (phase, done) in [("first", 0), ("first", 9), ("second", 0), ("second", 4), ("second", 9)] {
                    observer(progress(phase, done));
                }
                Ok(1)
            },
            |news| {
                told.extend(news.map(|progress| (current().id(), progress)));
                Ok::<(), Nothing>(())
            },
        );
        assert_eq!(ended, Ok(1));
        assert!(told.iter().all(|(thread, _)| *thread == here));
        let order: Vec<_> = told.iter().map(|(_, progress)| (progress.phase, progress.done)).collect();
        assert!(order.is_sorted() && order.contains(&("first", 9)), "{order:?}");
        assert_eq!(order.last(), Some(&("second", 9)));
    }

    #[test]
    fn of_what_comes_faster_than_it_is_attended_to_the_last_of_each_phase_is_told() {
        let mut told = Vec::new();
        // The thread that waits is held up until all has been observed.
        let all = &AtomicBool::new(false);
        let ended = attended(
            |_, observer| {
                (0..=9).for_each(|done| observer(progress("first", done)));
                (0..=9).for_each(|done| observer(progress("second", done)));
                all.store(true, Ordering::Release);
                Ok(1)
            },
            |news| {
                let since = Instant::now();
                while !all.load(Ordering::Acquire) && since.elapsed() < WATCHDOG {
                    thread::yield_now();
                }
                told.extend(news);
                Ok::<(), Nothing>(())
            },
        );
        assert_eq!(ended, Ok(1));
        assert!(told.len() <= 3, "{told:?}");
        assert_eq!(told[told.len() - 2..], [progress("first", 9), progress("second", 9)]);
    }
}
