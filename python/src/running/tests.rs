use std::sync::mpsc;
use std::thread::{current, sleep};
use std::time::{Duration, Instant};

use super::*;

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

/// Waits for the end, and returns all reports and the result.
fn outcome<T>(running: &Running<T>) -> (Vec<Progress>, Result<T, Error>) {
    let (start, mut reports) = (Instant::now(), Vec::new());
    loop {
        let news = running.news();
        reports.extend(news.reports);
        if news.ended {
            return (reports, running.take_result());
        }
        assert!(start.elapsed() < WATCHDOG);
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_result_of_the_work_is_taken_once() {
    let running = Running::start(|_| Ok(7)).unwrap();
    assert_eq!(outcome(&running), (vec![], Ok(7)));
    assert!(matches!(running.take_result(), Err(Error::Unavailable { .. })));
    let error = Error::TooManyWorkers { backend: "few".into(), requested: 2, max: 1 };
    let failing = Running::<u128>::start({
        let error = error.clone();
        move |_| Err(error)
    });
    assert_eq!(outcome(&failing.unwrap()).1, Err(error));
}

#[test]
fn a_panic_in_the_work_is_an_error() {
    let running = Running::<u128>::start(|_| panic!("seven")).unwrap();
    assert_eq!(outcome(&running).1, Err(Error::Panicked { phase: "count".into(), message: "seven".into() }));
}

#[test]
fn work_ends_when_it_is_cancelled() {
    let running = Running::start(|line| wait_for_cancel(line.cancel)).unwrap();
    assert_eq!(running.news(), News { reports: vec![], warnings: vec![], ended: false });
    assert_eq!(running.take_result(), Err(Error::Cancelled));
    running.cancel();
    assert_eq!(outcome(&running).1, Err(Error::Cancelled));
}

#[test]
fn work_that_is_dropped_is_cancelled_and_not_waited_for() {
    let (sender, ended) = mpsc::channel();
    let running = Running::start(move |Line { cancel, .. }| {
        let result = wait_for_cancel(cancel);
        sleep(Duration::from_millis(100));
        sender.send(result.clone()).unwrap();
        result
    });
    let start = Instant::now();
    drop(running.unwrap());
    assert!(start.elapsed() < Duration::from_millis(100));
    assert_eq!(ended.recv_timeout(WATCHDOG), Ok(Err(Error::Cancelled)));
}

#[test]
fn progress_arrives_in_order_and_to_the_end() {
    let here = current().id();
    let running = Running::start(move |Line { observer, .. }| {
        assert_ne!(current().id(), here);
        for (phase, done) in [("first", 0), ("first", 9), ("second", 0), ("second", 4), ("second", 9)] {
            let _ = observer(progress(phase, done));
        }
        Ok(1)
    });
    let (reports, result) = outcome(&running.unwrap());
    assert_eq!(result, Ok(1));
    let order: Vec<_> = reports.iter().map(|progress| (progress.phase, progress.done)).collect();
    assert!(order.is_sorted() && order.contains(&("first", 9)), "{order:?}");
    assert_eq!(order.last(), Some(&("second", 9)));
}

#[test]
fn whoever_is_slow_gets_the_last_progress_of_each_phase() {
    let (sender, observed) = mpsc::channel();
    let running = Running::start(move |Line { cancel, observer, .. }| {
        for phase in ["first", "second"] {
            for done in 0..=9 {
                let _ = observer(progress(phase, done));
            }
        }
        sender.send(()).unwrap();
        wait_for_cancel(cancel)
    });
    let running = running.unwrap();
    observed.recv_timeout(WATCHDOG).unwrap();
    let last = vec![progress("first", 9), progress("second", 9)];
    assert_eq!(running.news(), News { reports: last, warnings: vec![], ended: false });
    assert_eq!(running.news(), News { reports: vec![], warnings: vec![], ended: false });
}

/// A thousand reports that nobody takes leave one byte in the pipe, and the end is another.
#[test]
fn the_signal_holds_one_byte_while_there_is_news() {
    let (sender, observed) = mpsc::channel();
    let running = Running::start(move |Line { cancel, observer, .. }| {
        for done in 0..1000 {
            let _ = observer(progress("first", done));
        }
        sender.send(()).unwrap();
        wait_for_cancel(cancel)
    });
    let running = running.unwrap();
    observed.recv_timeout(WATCHDOG).unwrap();
    assert!(running.shared.state().signalled);
    assert!(!running.news().ended && !running.shared.state().signalled);
    running.waker()();
    assert!(running.shared.state().signalled);
    assert!(!running.news().ended && !running.shared.state().signalled);
    running.cancel();
    while !running.shared.state().ended {
        sleep(Duration::from_millis(1));
    }
    assert!(running.shared.state().signalled);
    assert!(running.news().ended && !running.shared.state().signalled);
}

#[test]
fn a_warning_arrives_once_and_does_not_end_the_work() {
    let running = Running::start(|line| {
        (line.warn)(&Error::AlreadyAttached);
        wait_for_cancel(line.cancel)
    });
    let running = running.unwrap();
    let warnings = loop {
        let news = running.news();
        assert!(!news.ended);
        if !news.warnings.is_empty() {
            break news.warnings;
        }
        thread::sleep(Duration::from_millis(1));
    };
    assert_eq!(warnings, [Error::AlreadyAttached.to_string()]);
    assert!(running.news().warnings.is_empty());
    running.cancel();
    assert_eq!(outcome(&running).1, Err(Error::Cancelled));
}
